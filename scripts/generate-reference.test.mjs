import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findDrift, renderPages } from './generate-reference.mjs';

const pages = await renderPages();
const page = (name) => pages.find(([file]) => file === name)[1];

test('a page that differs or is missing is named', () => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-reference-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of pages) writeFileSync(join(folder, name), text);
  expect(findDrift(folder, pages)).toEqual([]);
  writeFileSync(join(folder, 'cli.md'), `${page('cli.md')}\n`);
  rmSync(join(folder, 'errors.md'));
  expect(findDrift(folder, pages)).toEqual([join(folder, 'errors.md'), join(folder, 'cli.md')]);
});

test('a setting is shown with its names, what is allowed and its default', () => {
  expect(page('config.md')).toContain(`### upstreamTimeout

How long the upstream may take to answer.

- Set by: flag \`--upstream-timeout DURATION\`, environment \`LATCHKEY_UPSTREAM_TIMEOUT\`, file \`upstreamTimeout\`
- Allowed: a duration from 100ms to 10m, written like 500ms, 2s, 15m, 1h or 30d
- Default: \`30s\``);
});

test('an error is shown with its status and what to do', () => {
  expect(page('errors.md')).toMatch(/^\| `TOKEN_EXPIRED` \| 401 \| The access token has expired\. \| .+ \|$/m);
});

test('a word in angle brackets is not taken for HTML', () => {
  expect(page('errors.md')).toContain('Bearer &lt;accessToken>');
});

test('a field is shown with its type and its arguments', () => {
  expect(page('schema.md')).toMatch(
    /^\| `signOut` \| `SignOutResult!` \| .+ \|\n\| — argument `everywhere` \| `Boolean! = false` \|/m,
  );
});

test('every command is shown with its help', () => {
  expect(page('cli.md')).toContain('## latchkey user add\n\n```text\nUsage: latchkey user add EMAIL [flags]');
});
