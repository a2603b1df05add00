import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { run } from '../src/cli/run.js';

/**
 * A shell with a data directory of its own, or that of a server, and with settings in the environment; returns what a
 * command line does there.
 */
export function openShell(data = makeData(), env: NodeJS.ProcessEnv = {}) {
  return async (argv: readonly string[], input = '') => {
    const io = { stdin: new PassThrough().end(input), stdout: new PassThrough(), stderr: new PassThrough() };
    const code = await run(argv, { LATCHKEY_DATA: data, LATCHKEY_LOG_LEVEL: 'error', ...env }, io);
    io.stdout.end();
    io.stderr.end();
    return { code, stdout: await text(io.stdout), stderr: await text(io.stderr) };
  };
}

function makeData(): string {
  const data = mkdtempSync(join(tmpdir(), 'latchkey-shell-'));
  onTestFinished(() => rmSync(data, { recursive: true }));
  return data;
}
