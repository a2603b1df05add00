import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { ask, claimsOf, codeOf, signIn, type Tokens } from './ask.js';
import { filledIn, paragraph } from './page.js';
import { demo, makeDirectory } from './process.js';
import { findTool } from './tool.js';

const signInMutation = paragraph('mutation signIn {');
const refreshMutation = paragraph('mutation signInRefresh {');
const curlCommand = paragraph('curl ');
const pythonProgram = paragraph('import requests');
const clients = new URL('../../../../examples/clients/', import.meta.url);

const companies = '{ companies(first: 3) { totalCount nodes { name country employees } } }';
const threeCompanies = { companies: { nodes: [{ name: expect.any(String) }, {}, {}] } };

const curl = findTool('curl', ['curl'], '--version');
const python = findTool('Python with requests', ['/usr/bin/python3', 'python3'], '-c', 'import requests');

const execute = promisify(execFile);
const environment = () => ({
  PATH: process.env.PATH,
  LATCHKEY_URL: server.url,
  LATCHKEY_USER: server.userName,
  LATCHKEY_PASSWORD: server.password,
});

let server: Awaited<ReturnType<typeof demo>>;

beforeAll(async () => {
  server = await demo();
});

describe('the signIn mutation of the page', () => {
  test('has the no-break spaces of the web page it comes from', () => {
    expect(signInMutation).toContain('\u00a0');
  });

  test('gives an access token that is good for one hour from now, and a refresh token', async () => {
    const { status, body } = await ask(server.url, filledIn(signInMutation, server));
    expect(status).toBe(200);
    expect(body).toEqual({ data: { signIn: { accessToken: expect.any(String), refreshToken: expect.any(String) } } });
    const { iat, exp } = claimsOf(body.data.signIn.accessToken);
    expect(exp - iat).toBe(3600);
    expect(Math.abs(iat - Date.now() / 1000)).toBeLessThan(60);
    await expectCompanies(body.data.signIn);
  });
});

test.runIf(curl)('the curl command of the page prints both tokens', async () => {
  const { stdout, stderr } = await execute('sh', ['-c', filledIn(curlCommand, server)]);
  expect(stderr).toBe('');
  await expectCompanies(JSON.parse(stdout).data.signIn);
});

test.runIf(python)('the Python program of the page prints an access token', async () => {
  const file = join(makeDirectory(), 'program.py');
  writeFileSync(file, filledIn(pythonProgram, server));
  const { stdout } = await execute(String(python), [file]);
  await expectCompanies({ accessToken: stdout.trim() });
});

describe('an access token', () => {
  test.each(['Authorization', 'Authorisation', 'AUTHORISATION'])('in a header %s gets companies', async (name) => {
    const { accessToken } = await signIn(server.url, server);
    const { status, body } = await ask(server.url, companies, { headers: { [name]: `Bearer ${accessToken}` } });
    expect(status).toBe(200);
    expect(body.data).toMatchObject(threeCompanies);
  });

  test('is needed: without one the answer is 401 and says how to authenticate', async () => {
    const answer = await ask(server.url, companies);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="latchkey"');
    expect(answer.body).not.toHaveProperty('data');
    expect(codeOf(answer)).toBe('UNAUTHENTICATED');
  });
});

test('the signInRefresh mutation of the page gives a new access token, good for another hour', async () => {
  const { accessToken, refreshToken } = await signIn(server.url, server);
  const { status, body } = await ask(server.url, refreshMutation.replace('zzzz', refreshToken));
  expect(status).toBe(200);
  expect(body).toEqual({
    data: { signInRefresh: { accessToken: expect.any(String), refreshToken: expect.any(String) } },
  });
  const next: Tokens = body.data.signInRefresh;
  expect(next.accessToken).not.toBe(accessToken);
  const { iat, exp } = claimsOf(next.accessToken);
  expect(exp - iat).toBe(3600);
  await expectCompanies(next);
});

describe('the clients of examples/clients', () => {
  test.runIf(curl)('sign-in.sh signs in, asks, refreshes and asks again', async () => {
    const { stdout } = await execute('sh', [fileURLToPath(new URL('sign-in.sh', clients))], { env: environment() });
    expect(stdout.trim().split('\n').map(dataOf)).toMatchObject([threeCompanies, threeCompanies]);
  });

  test.runIf(python)('sign_in.py signs in, asks, refreshes and asks again', async () => {
    const file = fileURLToPath(new URL('sign_in.py', clients));
    const { stdout } = await execute(String(python), [file], { env: environment() });
    const lines = stdout.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([threeCompanies, threeCompanies]);
  });

  test('sign-in.ts signs in once for all its queries', async () => {
    // By a name that the compiler does not follow: the file belongs to another project.
    const { createClient } = (await import(new URL('sign-in.ts', clients).href)) as {
      createClient(of: object): (query: string) => Promise<unknown>;
    };
    const { url, userName, password } = server;
    const query = createClient({ url, userName, password });
    const answers = await Promise.all([query(companies), query(companies)]);
    expect(answers).toMatchObject([threeCompanies, threeCompanies]);
    const { viewer } = (await query('{ viewer { userName session { id } } }')) as { viewer: object };
    expect(viewer).toEqual({ userName, session: { id: expect.any(String) } });
  });
});

function dataOf(json: string): unknown {
  return JSON.parse(json).data;
}

async function expectCompanies({ accessToken }: Pick<Tokens, 'accessToken'>): Promise<void> {
  const { body } = await ask(server.url, companies, { token: accessToken });
  expect(body.data).toMatchObject(threeCompanies);
}
