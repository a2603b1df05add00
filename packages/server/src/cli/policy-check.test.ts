import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { companyRules, startCompanies } from '../../test/policy-upstream.js';
import type { ScriptedUpstream } from '../../test/scripted-upstream.js';
import { run } from './run.js';

let upstream: ScriptedUpstream;
beforeAll(async () => {
  upstream = await startCompanies()();
});
afterAll(() => upstream.close());

/** Runs "latchkey policy check" with these rules in the config file. */
async function check(policy: object, ...flags: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const config = join(folder, 'latchkey.config.json');
  writeFileSync(config, JSON.stringify({ policy, upstream: upstream.url }));
  const io = { stdin: new PassThrough().end(), stdout: new PassThrough(), stderr: new PassThrough() };
  const code = await run(['policy', 'check', '--config', config, ...flags], {}, io);
  io.stdout.end();
  io.stderr.end();
  return { code, stdout: await text(io.stdout), stderr: await text(io.stderr) };
}

test('it shows what a caller without a token reaches', async () => {
  const { code, stdout, stderr } = await check(companyRules);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^Without a token\n\nQuery\nFIELD +NEEDS +REACHED\nQuery.status +nothing +yes\n/);
  expect(stdout).toMatch(/^Query.companies +a token +no$/m);
  expect(stdout).toMatch(/^Query.vault +denied +no$/m);
  expect(stdout).toMatch(/^Person.bonus +hr:read \+ money:read or admin +no$/m);
  expect(stdout).toMatch(/^Mutation.rename +a token +no$/m);
});

test('it shows what a scope reaches, also for a script', async () => {
  const { stdout } = await check(companyRules, '--scope', 'money:read hr:read', '--json');
  const { scope, roots, below, unknown } = JSON.parse(stdout);
  expect({ scope, unknown }).toEqual({ scope: 'hr:read money:read', unknown: [] });
  expect(roots[0]).toMatchObject({ operation: 'query', type: 'Query' });
  expect(below).toContainEqual({
    coordinate: 'Person.bonus',
    reached: true,
    needs: { token: true, denied: false, allOf: [[['hr:read', 'money:read'], ['admin']]] },
  });
  expect((await check(companyRules, '--scope', '')).stdout).toMatch(
    /^With a token of no scope\n[\s\S]*companies +a token +yes/,
  );
});

test('it fails with a line for each rule that holds for nothing', async () => {
  const { code, stdout, stderr } = await check({
    'Query.compnies': 'public',
    Persn: 'denied',
    '*.gone': 'denied',
    'Person.*': 'public',
  });
  expect(code).toBe(1);
  expect(stdout).toContain('Query.companies');
  expect(stderr).toBe(
    'latchkey: The schema of the upstream has no Query.compnies. Did you mean Query.companies?\n' +
      'latchkey: The schema of the upstream has no Persn. Did you mean Person?\n' +
      'latchkey: Nothing in the schema of the upstream matches *.gone.\n',
  );
});

test('it says in one line what keeps it from checking', async () => {
  expect(await check({ 'Query.status': 'open' })).toMatchObject({ code: 2, stdout: '' });
  expect(await check({}, '--scope', '"')).toMatchObject({ code: 1, stderr: expect.stringContaining('scope names') });
  const gone = await check({}, '--upstream', 'http://127.0.0.1:1/graphql');
  expect(gone).toMatchObject({ code: 1, stdout: '' });
  expect(gone.stderr).toMatch(/^latchkey: The upstream cannot be asked for its schema: [^\n]*\n$/);
});
