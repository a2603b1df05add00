import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Gate, startGate } from '../gate.js';
import { type ScriptedUpstream, startScripted } from '../scripted-upstream.js';

// Apollo Server answers with these by itself where @cacheControl is used; the others are for caches of one maker.
let said: Record<string, string> = {};
const start = () =>
  startScripted(
    (response) => {
      response.writeHead(200, { 'content-type': 'application/json', etag: '"1"', ...said });
      response.end('{"data":{"hello":"world","open":"to all"}}');
    },
    { sdl: 'type Query { hello: String open: String }' },
  );

let gate: Gate<ScriptedUpstream>;
let rich: string;
beforeAll(async () => {
  gate = await startGate(start, {
    policy: { 'Query.open': 'public', 'Query.hello': { scopes: [['hello:read']] } },
    // What is sent to the upstream says nothing of who asks.
    upstreamIdentity: 'none',
  });
  await gate.server.addUser('rich@example.com', 'hello:read');
  rich = (await gate.server.signIn('rich@example.com')).accessToken;
});
afterAll(() => gate.stop());

interface Asked {
  readonly token?: string;
  readonly by?: 'GET' | 'POST';
  /** The name under which the token is sent. */
  readonly as?: string;
}

/** What a cache on the way reads of the answer. */
async function cachingOf(query: string, { token, by = 'GET', as = 'authorization' }: Asked = {}) {
  const { url } = gate.server;
  const headers: Record<string, string> = { accept: 'application/json', ...(token && { [as]: `Bearer ${token}` }) };
  const response =
    by === 'GET'
      ? await fetch(`${url}?query=${encodeURIComponent(query)}`, { headers })
      : await fetch(url, {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/json' },
          body: JSON.stringify({ query }),
        });
  expect(response.status).toBe(200);
  const kept = [
    'cache-control',
    'expires',
    'surrogate-control',
    'cdn-cache-control',
    'x-accel-expires',
    'x-litespeed-cache-control',
    'vary',
  ];
  return Object.fromEntries(kept.map((name) => [name, response.headers.get(name)]).filter(([, value]) => value));
}

const perCaller = { vary: 'Authorization, Authorisation' };
const forOne = { 'cache-control': 'private, no-cache', ...perCaller };

describe('an answer that an upstream lets everybody keep', () => {
  beforeAll(() => {
    said = {
      'cache-control': 'max-age=60, public',
      expires: 'Fri, 01 Jan 2100 00:00:00 GMT',
      'surrogate-control': 'max-age=60',
      'cdn-cache-control': 'max-age=60',
      'x-litespeed-cache-control': 'public, max-age=60',
      'x-accel-expires': '60',
    };
  });

  test.each(['GET', 'POST'] as const)('is for nobody but the caller if it needed a scope, by %s', async (by) => {
    expect(await cachingOf('{ hello }', { token: rich, by })).toEqual(forOne);
  });

  test('is for nobody but the caller if it came with a token, though it needed none', async () => {
    expect(await cachingOf('{ open }', { token: gate.token })).toEqual(forOne);
    expect(await cachingOf('{ open }', { token: gate.token, as: 'Authorisation' })).toEqual(forOne);
  });

  test('is for everybody without a token if it needed none', async () => {
    expect(await cachingOf('{ open }')).toEqual({ ...said, ...perCaller });
  });

  test.each([
    ['the fields of Latchkey', '{ open viewer { userName } }'],
    ['null where something is kept back', '{ open hello }'],
  ])('is not kept at all with %s', async (_with, query) => {
    expect(await cachingOf(query, { token: gate.token })).toEqual({ 'cache-control': 'no-store' });
  });
});

describe('an answer of an upstream', () => {
  test.each(['private, max-age=60', 'no-store', 'No-Store, must-revalidate', 'PRIVATE'])(
    'keeps %s, which is strict enough',
    async (cacheControl) => {
      said = { 'cache-control': cacheControl };
      expect(await cachingOf('{ hello }', { token: rich })).toEqual({ 'cache-control': cacheControl, ...perCaller });
    },
  );

  test.each(['max-age=60', 'private="x-a", max-age=60', 'private, public', 'private, s-maxage=9', 'no-cache', ''])(
    'does not keep %j, of which some shared cache makes something else',
    async (cacheControl) => {
      said = { 'cache-control': cacheControl };
      expect(await cachingOf('{ hello }', { token: rich })).toEqual(forOne);
    },
  );

  // Some caches keep for a while what nothing is said of, unless they see a credential; and this one they do not know.
  test('to a GET is for nobody but the caller also where nothing is said', async () => {
    said = {};
    expect(await cachingOf('{ hello }', { token: rich, as: 'Authorisation' })).toEqual(forOne);
    expect(await cachingOf('{ hello }', { token: rich, by: 'POST' })).toEqual({});
    expect(await cachingOf('{ open }')).toEqual(perCaller);
  });
});
