/**
 * Runs the tests and counts them. Run alone it ends with the plain line `N passed, N failed`; arguments go to Vitest.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMain, runPackage } from './repository.mjs';

/**
 * @param {readonly string[]} args for Vitest
 * @returns {{ passed: number, failed: number, skipped: number }}
 */
export function runVitest(args) {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-tests-'));
  const report = join(folder, 'report.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  try {
    const status = runPackage('vitest', 'vitest.mjs', ['run', ...reporters, ...args]);
    return count(readReport(report), status);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { testResults: [] };
  }
}

function count({ testResults }, status) {
  const states = testResults.flatMap(({ assertionResults }) => assertionResults.map(({ status: state }) => state));
  const of = (state) => states.filter((each) => each === state).length;
  // A file that cannot be loaded has no test to fail, and an error outside of any test fails none either.
  const broken = testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every(({ status: state }) => state !== 'failed'),
  );
  const [passed, failed] = [of('passed'), of('failed') + broken.length];
  return { passed, failed: failed || (status === 0 ? 0 : 1), skipped: states.length - passed - of('failed') };
}

/**
 * Prints the totals as the last line and sets the exit code. In CI nothing may be left out.
 * @param {{ passed: number, failed: number, skipped: number }} totals
 */
export function report({ passed, failed, skipped }) {
  const leftOut = Boolean(process.env.CI) && skipped > 0;
  if (leftOut) console.log('Some tests were skipped, and CI leaves none out: install what they need.');
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  process.exitCode = failed > 0 || leftOut ? 1 : 0;
}

if (isMain(import.meta.url)) report(runVitest(process.argv.slice(2)));
