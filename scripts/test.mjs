/**
 * `npm test`: lint, types, import direction, reference pages, then all tests. The first check that fails ends it.
 * Arguments go to Vitest: `npm test -- packages/server/src/config`. Ends with the plain line `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow, newestChange, root } from './repository.mjs';
import { report, runVitest } from './run-vitest.mjs';

const checks = [
  ['lint', 'npm run --silent lint'],
  ['types', 'npm run --silent typecheck'],
  ['import direction', 'node scripts/check-imports.mjs'],
  ['reference pages', 'node scripts/generate-reference.mjs --check'],
];

/** Whether the command succeeds; its output is shown. */
function succeeds(title, command) {
  const start = performance.now();
  console.log(`• ${title}: ${command}`);
  const good = spawnSync(command, { cwd: root, stdio: 'inherit', shell: true }).status === 0;
  console.log(`${good ? '✓' : '✗'} ${title} (${((performance.now() - start) / 1000).toFixed(1)} s)\n`);
  return good;
}

/** Tests and reference pages use the built program, so it must not be older than its sources. */
function isBuilt() {
  const built = join(root, 'packages/server/dist/bin.cjs');
  if (!existsSync(built)) return false;
  const sources = ['packages/server/src', 'packages/web', 'examples/companies-api'].flatMap((path) =>
    filesBelow(join(root, path)),
  );
  return newestChange(sources.filter((file) => !/\.test\./.test(file))) < statSync(built).mtimeMs;
}

function main() {
  if (!isBuilt() && !succeeds('build', 'npm run --silent build')) return report({ passed: 0, failed: 1, skipped: 0 });
  for (const [index, [title, command]] of checks.entries()) {
    if (!succeeds(title, command)) return report({ passed: index, failed: 1, skipped: 0 });
  }
  const totals = runVitest(process.argv.slice(2));
  return report({ ...totals, passed: totals.passed + checks.length });
}

main();
