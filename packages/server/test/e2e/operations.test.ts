import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errors } from '../../src/domain/errors.js';
import { addUser, ask, codeOf, refresh, signIn, signOut, type Tokens } from './ask.js';
import { type HeldUpstream, startHeldUpstream } from './held-upstream.js';
import { inService, type Running, serve } from './process.js';

const userName = 'ada@example.com';
let upstream: HeldUpstream;
let server: Running;
let password: string;

beforeAll(async () => {
  upstream = await startHeldUpstream();
  server = await serve(['--upstream', upstream.url, '--log-level', 'debug']);
  ({ password } = await addUser(server.data, userName));
  await inService(server.url);
});

afterAll(() => upstream.close());

function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(new URL(path, server.url), { headers });
}

test('/healthz says that it is alive', async () => {
  const response = await get('/healthz');
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ status: 'alive' });
});

test('/readyz says that people can sign in, and that the upstream is in service', async () => {
  const response = await get('/readyz');
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ status: 'ready', signIn: true, upstream: 'in service' });
});

test('with an upstream that is down people still sign in, and /readyz says both', async () => {
  const gone = await startHeldUpstream();
  gone.close();
  const alone = await serve(['--upstream', gone.url]);
  const response = await fetch(new URL('/readyz', alone.url));
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ status: 'ready', signIn: true, upstream: 'not reached yet' });
  const { accessToken } = await signIn(alone.url, await addUser(alone.data, userName));
  const { body } = await ask(alone.url, '{ viewer { userName } }', { token: accessToken });
  expect(body).toEqual({ data: { viewer: { userName } } });
  const answer = await ask(alone.url, '{ hello }', { token: accessToken });
  expect([answer.status, codeOf(answer)]).toEqual([502, 'UPSTREAM_UNAVAILABLE']);
});

describe('/metrics', () => {
  test('is text that Prometheus reads: each sample of a declared family, and none twice', async () => {
    const response = await get('/metrics');
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const { families, samples } = parseExposition(await response.text());
    for (const { name } of samples) expect(families).toHaveProperty([familyOf(name, families)]);
    const series = samples.map(({ name, labels }) => `${name}${labels}`);
    expect(new Set(series).size).toBe(series.length);
    expect(families).toMatchObject({
      latchkey_operations_total: 'counter',
      latchkey_operation_duration_seconds: 'histogram',
      latchkey_hash_queue_length: 'gauge',
      latchkey_upstream_in_service: 'gauge',
      process_resident_memory_bytes: 'gauge',
      nodejs_eventloop_lag_seconds: 'gauge',
    });
  });

  test('counts what was asked, with the code of the answer', async () => {
    const before = await operationsOf('kind="own",code="INVALID_CREDENTIALS"');
    await expect(signIn(server.url, { userName, password: 'not the password of ada' })).rejects.toThrow();
    expect(await operationsOf('kind="own",code="INVALID_CREDENTIALS"')).toBe(before + 1);
  });

  test('has no label that a caller could make grow', async () => {
    const headers = { 'x-request-id': 'request-of-a-flood', 'user-agent': 'flood' };
    for (let number = 0; number < 30; number++) {
      await ask(server.url, `query Flood${number} { flood${number} }`, { headers, operationName: `Flood${number}` });
      await get(`/flood/${number}?flood=${number}`, { authorization: `flood ${number}` });
    }
    const text = await (await get('/metrics')).text();
    expect(text).not.toMatch(/flood/i);
    const ours = parseExposition(text).samples.filter(({ name }) => name.startsWith('latchkey_operation'));
    const labels = ours.flatMap(({ labels: all }) => [...all.matchAll(/(\w+)="(.*?)"/g)]);
    const allowed: Record<string, string[]> = {
      kind: ['own', 'upstream', 'split', 'page', 'refused'],
      code: ['OK', ...Object.keys(errors)],
      le: ['0.001', '0.0025', '0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '5', '10', '+Inf'],
    };
    expect(labels.length).toBeGreaterThan(0);
    for (const [, name = '', value] of labels) expect(allowed[name]).toContain(value);
  });
});

describe('the log', () => {
  test('is JSON, names every request by the id that its caller got, and holds no secret', async () => {
    const tokens = await signIn(server.url, { userName, password });
    const { answers, secrets } = await everyWayToShowASecret(tokens);
    expect(await server.stop()).toBe(0);

    const lines: Record<string, unknown>[] = server
      .stdout()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    for (const line of lines) {
      expect(line).toMatchObject({ level: expect.any(Number), time: expect.any(Number), msg: expect.any(String) });
    }
    const logged = new Set(lines.map(({ requestId }) => requestId));
    expect(answers.length).toBeGreaterThan(10);
    for (const { headers } of answers) expect(logged).toContain(headers.get('x-request-id'));
    expect(logged).toContain('named-by-the-caller');

    const said = server.stdout() + server.stderr();
    for (const secret of secrets) expect(said).not.toContain(secret);
  });
});

/** A session of use in which each secret goes wherever a caller might put it, and fails wherever it can. */
async function everyWayToShowASecret({ accessToken, refreshToken }: Tokens) {
  const { url } = server;
  const mistyped = 'a password that was mistyped';
  const mutation = `mutation { signIn(credentials: { userName: "${userName}", password: "${password}" }) { accessToken } }`;
  const asked = async (query: string, options = {}) => ask(url, query, options);
  const sent = async (path: string, init: RequestInit = {}) => fetch(new URL(path, url), init);
  const json = { 'content-type': 'application/json' };

  const successor = await refresh(url, refreshToken);
  const next: Tokens = successor.body.data.signInRefresh;
  const answers = [
    successor,
    await asked('{ viewer { userName } hello }', {
      token: next.accessToken,
      headers: { 'x-request-id': 'named-by-the-caller' },
    }),
    await asked('{ hello }', { token: next.accessToken }),
    await asked('{ hello }', { headers: { Authorisation: `Bearer ${accessToken}x` } }),
    await asked('{ hello }', { headers: { authorization: `Basic ${btoa(`${userName}:${password}`)}` } }),
    await asked('{ hello }', { token: accessToken, headers: { authorisation: `Bearer ${accessToken}` } }),
    await asked(mutation),
    await asked(mutation.replace('accessToken', 'nothing')),
    await asked(mutation.replace(') {', ' {')),
    await asked(mutation.replace(password, mistyped)),
    await asked(mutation.replace(password, mistyped.repeat(100))),
    await asked('mutation ($password: Int) { signIn }', { variables: { password } }),
    await refresh(url, `${refreshToken}x`),
    await sent('/graphql', { method: 'POST', headers: json, body: `{"query":"${password}` }),
    await sent(`/graphql?query=${encodeURIComponent(mutation)}`),
    await sent(`/graphql?query={hello}&access_token=${accessToken}`),
    await sent('/graphql', { method: 'POST', body: mutation }),
  ];
  upstream.close();
  answers.push(await asked('{ hello }', { token: next.accessToken }));
  answers.push(await asked('{ viewer { userName } hello }', { token: next.accessToken }));
  await sent(`/nowhere/${accessToken}?password=${encodeURIComponent(password)}`);
  await sent('/healthz', { headers: { authorization: `Bearer ${accessToken}` } });
  // Rotated twice, so the first token is a replay.
  await refresh(url, next.refreshToken);
  answers.push(await refresh(url, refreshToken));
  answers.push(await signOut(url, next.accessToken));
  const [header, payload, signature] = accessToken.split('.');
  const secrets = [
    password,
    mistyped,
    btoa(`${userName}:${password}`),
    header,
    payload,
    signature,
    'lk_rt_',
    refreshToken.slice(6, 40),
  ];
  return { answers, secrets: secrets.concat(encodeURIComponent(password)) };
}

interface Sample {
  readonly name: string;
  readonly labels: string;
  readonly value: number;
}

const typeLine = /^# TYPE ([a-zA-Z_:][\w:]*) (counter|gauge|histogram|summary|untyped)$/;
const helpLine = /^# HELP [a-zA-Z_:][\w:]* /;
const label = '[a-zA-Z_]\\w*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"';
// Prometheus reads NaN in any case, and prom-client writes Nan.
const number = '-?[\\d.e+-]+|NaN|Nan|[+-]Inf';
const sampleLine = new RegExp(`^([a-zA-Z_:][\\w:]*)({${label}(?:,${label})*})? (${number})$`);

/** Reads the text format of Prometheus, version 0.0.4. Throws at a line that is not in it. */
function parseExposition(text: string): { families: Record<string, string>; samples: Sample[] } {
  const families: Record<string, string> = {};
  const samples: Sample[] = [];
  expect(text).toMatch(/\n$/);
  for (const line of text.split('\n').filter(Boolean)) {
    const type = typeLine.exec(line);
    const sample = sampleLine.exec(line);
    if (type) families[String(type[1])] = String(type[2]);
    else if (sample) samples.push({ name: String(sample[1]), labels: sample[2] ?? '', value: Number(sample[3]) });
    else expect(line).toMatch(helpLine);
  }
  return { families, samples };
}

/** A histogram's samples have the name of their family and an ending. */
function familyOf(name: string, families: Record<string, string>): string {
  const family = name.replace(/_(bucket|sum|count)$/, '');
  return families[family] === 'histogram' ? family : name;
}

async function operationsOf(labels: string): Promise<number> {
  const { samples } = parseExposition(await (await get('/metrics')).text());
  const found = samples.find(
    (sample) => sample.name === 'latchkey_operations_total' && sample.labels === `{${labels}}`,
  );
  return found?.value ?? 0;
}
