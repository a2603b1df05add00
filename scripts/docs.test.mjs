import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { filesBelow, root } from './repository.mjs';

const files = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].map((name) => join(root, name)),
  ...['docs', 'examples', 'bench'].flatMap((folder) => filesBelow(join(root, folder))),
].filter((file) => file.endsWith('.md'));

const read = (file) => readFileSync(file, 'utf8');

/** The text of a page without what is code: brackets there are no links, and # begins a comment. */
const proseOf = (file) =>
  read(file)
    .replace(/^ *```[^\n]*\n[\s\S]*?^ *```$/gm, '')
    .replace(/`[^`\n]+`/g, (code) => code.replace(/[[\]()]/g, ''));

/** The blocks of code in a page, each with the file that the comment before it names. */
function blocksOf(file) {
  const fence = /^(?:<!-- from (\S+) -->\n)?```(\w*)\n([\s\S]*?)^```$/gm;
  return [...read(file).matchAll(fence)].map(([, from, language, code]) => ({ from, language, code: code.trimEnd() }));
}

/** The anchors that a page has, made of its headings as GitHub and GitLab make them. */
function anchorsOf(file) {
  const seen = new Map();
  return [...proseOf(file).matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading]) => {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = plain.replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-');
    const count = seen.get(anchor) ?? 0;
    seen.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  });
}

function brokenLinksOf(file) {
  const targets = [...proseOf(file).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target);
  return targets.filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [path = '', anchor] = target.split('#');
    const linked = path === '' ? file : resolve(dirname(file), path);
    return !existsSync(linked) || (anchor !== undefined && !anchorsOf(linked).includes(anchor));
  });
}

test.each(files.map((file) => relative(root, file)))('every link in %s leads somewhere', (file) => {
  expect(brokenLinksOf(join(root, file))).toEqual([]);
});

const copies = files.flatMap((file) =>
  blocksOf(file).flatMap(({ from, code }) => (from ? [{ file, from: resolve(dirname(file), from), code }] : [])),
);

test('code that a page has from an example stands there in the same words', () => {
  expect(copies.length).toBeGreaterThan(0);
  const different = copies.filter(({ from, code }) => !read(from).includes(`${code}\n`));
  expect(different.map(({ file, from }) => `${relative(root, file)}: ${relative(root, from)}`)).toEqual([]);
});

test.each([
  ['graphql', 'mutation signIn {'],
  ['sh', 'curl '],
  ['python', 'import requests'],
  ['graphql', 'mutation signInRefresh {'],
])('the %s example "%s…" is the one that callers know, but for the host', (language, start) => {
  const page = read(join(root, 'packages/server/test/e2e/fixtures/getting-a-bearer-token.txt'));
  const known = page.split(/\n{2,}/).find((paragraph) => paragraph.startsWith(start)) ?? '';
  const ours = blocksOf(join(root, 'docs/guides/getting-a-token.md')).find(
    (block) => block.language === language && block.code.startsWith(start),
  );
  // The page has no-break spaces, which nobody can tell from spaces and not every shell takes.
  const plain = known.replaceAll('\u00a0', ' ').replaceAll(/ +$/gm, '');
  expect(ours?.code).toBe(plain.replaceAll('https://azp-primary-api.azurewebsites.net', 'http://localhost:4000'));
});
