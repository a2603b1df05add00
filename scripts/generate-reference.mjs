/**
 * Writes docs/reference from the built program. With --check it writes nothing, names the first page that differs
 * and ends with exit code 1.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderCli } from './reference/cli.mjs';
import { renderConfig } from './reference/config.mjs';
import { renderErrors } from './reference/errors.mjs';
import { renderSchema } from './reference/schema.mjs';
import { isMain, root } from './repository.mjs';

const notice = '<!-- Made by "npm run docs" from the source. Change the source, not this page. -->';

/** The pages, as file name and text. */
export async function renderPages() {
  const load = (path) => import(new URL(`../packages/server/dist/${path}`, import.meta.url).href);
  const [settings, describe, names] = await Promise.all(
    ['config/schema.js', 'config/describe.js', 'config/names.js'].map(load),
  );
  const [{ commands }, help, { errors }] = await Promise.all(
    ['cli/commands.js', 'cli/help.js', 'domain/errors.js'].map(load),
  );
  const schema = readFileSync(join(root, 'packages/server/src/graphql/schema.graphql'), 'utf8');
  const pages = {
    'config.md': renderConfig({ ...settings, ...describe, ...names }),
    'errors.md': renderErrors(errors),
    'cli.md': renderCli(commands, help),
    'schema.md': renderSchema(schema),
  };
  return Object.entries(pages).map(([name, text]) => [name, `${notice}\n\n${text.trim()}\n`]);
}

/** The pages of a folder that are not as they would be written now. */
export function findDrift(folder, pages) {
  const current = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : undefined);
  return pages
    .map(([name, text]) => [join(folder, name), text])
    .filter(([file, text]) => current(file) !== text)
    .map(([file]) => file);
}

async function main() {
  if (!existsSync(join(root, 'packages/server/dist/bin.cjs'))) throw new Error('Build first: npm run build.');
  const folder = join(root, 'docs/reference');
  const pages = await renderPages();
  if (!process.argv.includes('--check')) {
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of pages) writeFileSync(join(folder, name), text);
    return;
  }
  const [drifted] = findDrift(folder, pages);
  if (drifted) throw new Error(`${drifted} differs from the source. Run "npm run docs" and commit what it writes.`);
  console.log(`The ${pages.length} reference pages are as the source has them.`);
}

if (isMain(import.meta.url)) {
  main().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
