import { execFile } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, test, vi } from 'vitest';
import { demo, makeDirectory } from './process.js';
import { findTool } from './tool.js';

const root = new URL('../../../../', import.meta.url);
const readme = readFileSync(new URL('README.md', root), 'utf8');
const execute = promisify(execFile);

const curl = findTool('curl', ['curl'], '--version');
const python = findTool('Python with requests', ['/usr/bin/python3', 'python3'], '-c', 'import requests');

let server: Awaited<ReturnType<typeof demo>>;

beforeAll(async () => {
  server = await demo();
});

/** The block of the README that starts so, with the address and the password of the demo that runs here. */
function block(language: string, start: string): string {
  const blocks = [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)];
  const code = blocks.find(([, name, text]) => name === language && text?.startsWith(start))?.[2];
  if (!code) throw new Error(`The README has no ${language} block that starts with "${start}".`);
  return code.replaceAll('http://localhost:4000/graphql/', server.url).replaceAll('PASSWORD', server.password);
}

test('the README signs in within its first 25 lines', () => {
  expect(readme.split('\n').slice(0, 25).join('\n')).toContain('signIn(credentials:');
});

test.runIf(curl)('the curl line of the README prints both tokens', async () => {
  const { stdout } = await execute('sh', ['-c', block('sh', 'curl ')]);
  expect(JSON.parse(stdout).data.signIn).toEqual({
    accessToken: expect.any(String),
    refreshToken: expect.any(String),
  });
});

test.runIf(python)('the Python program of the README prints three companies', async () => {
  const file = join(makeDirectory(), 'program.py');
  writeFileSync(file, block('python', 'import requests'));
  const { stdout } = await execute(String(python), [file]);
  expect(stdout).toMatch(
    /^\{'data': \{'companies': \{'nodes': \[(\{'name': '[^']+', 'city': '[^']+'\}(, )?){3}\]\}\}\}\s$/,
  );
});

test('the TypeScript program of the README prints three companies', async () => {
  const folder = makeDirectory();
  copyFileSync(fileURLToPath(new URL('examples/clients/sign-in.ts', root)), join(folder, 'sign-in.ts'));
  writeFileSync(join(folder, 'program.ts'), block('ts', 'import { createClient }'));
  const print = vi.spyOn(console, 'log').mockReturnValue();
  await import(pathToFileURL(join(folder, 'program.ts')).href);
  const company = { name: expect.any(String), city: expect.any(String) };
  const printed = print.mock.calls.map(([json]) => JSON.parse(json));
  expect(printed).toEqual([{ companies: { nodes: [company, company, company] } }]);
});
