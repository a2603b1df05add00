import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256 } from '../../src/graphql/manifest.js';
import { type Gate, startGate } from '../gate.js';
import { makeTempDirectory, startTestServer } from '../harness.js';
import { type ScriptedUpstream, sendJson, startScripted } from '../scripted-upstream.js';

const hello = 'query Hello { hello }';
const both = 'query Widgets($n: Int) { widgets(first: $n) { id } } query Split { viewer { userName } hello }';
/** What the upstream gets of `both` where the operation to run is not the one with a part of ours. */
const widgets = 'query Widgets($n: Int) {\n  widgets(first: $n) {\n    id\n  }\n}';
const add = 'mutation Add { addWidget(name: "x") { id } }';
const listed = { hello, both, add };

let gate: Gate<ScriptedUpstream>;
let path: string;

beforeAll(async () => {
  path = join(await makeTempDirectory(), 'documents.json');
  writeFileSync(path, JSON.stringify(listed));
  gate = await startGate(() => startScripted((response) => sendJson(response, { data: { hello: 'world' } })), {
    documents: 'trusted',
    trustedDocuments: path,
  });
});
afterAll(() => gate.stop());

/** Sends a body as it is, or a GET, with a good token, and tells what the upstream got. */
async function send(body: object | string, search?: Record<string, string>) {
  const before = gate.upstream.requests.length;
  const url = search ? `${gate.server.url}?${new URLSearchParams(search)}` : gate.server.url;
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${gate.token}`, ...(!search && { 'content-type': 'application/json' }) },
    ...(!search && { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const answer = await response.json();
  const received = gate.upstream.requests.slice(before).map((request) => JSON.parse(request.body));
  return { status: response.status, answer, code: answer.errors?.[0].extensions.code, received };
}

const byHash = (text: string) => ({ extensions: { persistedQuery: { version: 1, sha256Hash: sha256(text) } } });
const get = (search: Record<string, string>) => send({}, search);

describe('a document of the list', () => {
  test.each([
    ['its text', { query: hello }, hello],
    ['its id', { documentId: 'hello' }, hello],
    ['its hash as an id', { documentId: `sha256:${sha256(hello)}` }, hello],
    ['its hash, as Apollo Client sends it', byHash(hello), hello],
    [
      'its id, as Apollo Client sends it',
      { extensions: { persistedQuery: { version: 1, sha256Hash: 'hello' } } },
      hello,
    ],
    ['its hash and its text', { query: hello, ...byHash(hello) }, hello],
    [
      'its id, an operation and variables',
      { documentId: 'both', operationName: 'Widgets', variables: { n: 3 } },
      widgets,
    ],
    ['the id of a mutation', { documentId: 'add' }, add],
  ])('reaches the upstream whole, without a name, by %s', async (_, body, query) => {
    const { status, received } = await send(body);
    expect(status).toBe(200);
    expect(received).toHaveLength(1);
    expect(received[0].query).toBe(query);
    expect(received[0]).not.toHaveProperty('documentId');
    expect(received[0].extensions ?? {}).not.toHaveProperty('persistedQuery');
    const { operationName = null, variables = null } = body as { operationName?: string; variables?: object };
    expect(received[0]).toMatchObject({ operationName, variables });
  });

  test('reaches it by GET, unless it is a mutation', async () => {
    expect((await get({ documentId: 'hello' })).received[0].query).toBe(hello);
    expect((await get({ extensions: JSON.stringify(byHash(hello).extensions) })).received[0].query).toBe(hello);
    const { status, received } = await get({ documentId: 'add' });
    expect([status, received]).toEqual([405, []]);
  });

  test('may be one of which a part is ours', async () => {
    const { answer, received } = await send({ documentId: 'both', operationName: 'Split' });
    expect(answer.data).toEqual({ viewer: { userName: 'ada@example.com' }, hello: 'world' });
    expect(received).toHaveLength(1);
    expect(received[0].query).not.toContain('viewer');
  });

  test('needs a token like any other, and its cost counts', async () => {
    expect((await gate.server.ask(hello)).status).toBe(401);
    const { code, received } = await send({ documentId: 'both', operationName: 'Widgets', variables: { n: 1e6 } });
    expect([code, received]).toEqual(['DOCUMENT_TOO_COSTLY', []]);
  });
});

describe('a document that is not of the list', () => {
  test.each([
    ['another text', { query: '{ hello }' }],
    ['a space more', { query: `${hello} ` }],
    ['a line break for a space', { query: hello.replace(' ', '\n') }],
    ['a no-break space for a space', { query: hello.replace(' ', '\u00a0') }],
    ['a comment', { query: `${hello}#` }],
    ['one of two operations', { query: 'query Widgets($n: Int) { widgets(first: $n) { id } }' }],
    ['an operation more', { query: `${hello} query Other { headers { name } }`, operationName: 'Other' }],
    [
      'an operation more, and one of the list to run',
      { query: `${hello} query Other { hello }`, operationName: 'Hello' },
    ],
    [
      'ours to run, and a fragment of the upstream in it',
      { query: '{ viewer { id } ...F } fragment F on Query { hello }' },
    ],
    ['what skips the upstream', { query: '{ viewer { id } hello @skip(if: true) }' }],
    ['the id of another beside it', { query: '{ headers { name } }', documentId: 'hello' }],
    ['a hash of its own', { query: '{ headers { name } }', ...byHash('{ headers { name } }') }],
  ])('never reaches the upstream: %s', async (_, body) => {
    const { status, code, received } = await send(body);
    expect({ status, code, received }).toEqual({ status: 403, code: 'DOCUMENT_NOT_TRUSTED', received: [] });
  });

  test.each([
    ['an unknown id', { documentId: 'gone' }, 'DOCUMENT_NOT_FOUND'],
    ['an id in another case', { documentId: 'HELLO' }, 'DOCUMENT_NOT_FOUND'],
    ['an id that objects have', { documentId: 'constructor' }, 'DOCUMENT_NOT_FOUND'],
    ['a hash of the list with another text', { query: '{ headers { name } }', ...byHash(hello) }, 'BAD_REQUEST'],
    ['an operation that the document has not', { documentId: 'hello', operationName: 'Other' }, 'OPERATION_NOT_FOUND'],
    ['an unknown hash', byHash('{ headers { name } }'), 'PERSISTED_QUERY_NOT_FOUND'],
  ])('never reaches it by name: %s', async (_, body, expected) => {
    const { code, received } = await send(body);
    expect([code, received]).toEqual([expected, []]);
  });

  test('never reaches it by GET', async () => {
    expect(await get({ query: '{ hello }' })).toMatchObject({ status: 403, received: [] });
    expect(await get({ documentId: 'hello', query: '{ headers { name } }' })).toMatchObject({
      status: 403,
      received: [],
    });
    expect(await get({ documentId: 'gone' })).toMatchObject({ status: 400, received: [] });
  });

  test('never reaches it in a second member of one name, whichever of the two the upstream would take', async () => {
    const doubled = [
      `{"query":"{ headers { name } }","query":${JSON.stringify(hello)}}`,
      `{"query":${JSON.stringify(hello)},"query":"{ headers { name } }"}`,
      `{"documentId":"gone","documentId":"hello"}`,
    ];
    for (const body of doubled) expect(await send(body)).toMatchObject({ status: 400, received: [] });
  });

  test('never reaches it in a member that only the upstream knows', async () => {
    const { received } = await send(
      `{"query":${JSON.stringify(hello)},"extensions":{"persistedQuery":null},"id":"other","doc_id":"other"}`,
    );
    expect(received.map(({ query, ...rest }) => [query, Object.keys(rest).sort()])).toEqual([
      [hello, expect.not.arrayContaining(['id', 'doc_id', 'documentId'])],
    ]);
  });

  test('is not taught by sending it with its hash', async () => {
    const viewer = 'query V { viewer { userName } }';
    expect((await send({ query: viewer, ...byHash(viewer) })).status).toBe(200);
    expect((await send(byHash(viewer))).code).toBe('PERSISTED_QUERY_NOT_FOUND');
  });
});

test('what is ours alone needs no list: signing in, viewer, introspection', async () => {
  const { accessToken } = await gate.server.signIn('ada@example.com');
  const ask = (query: string) => gate.server.ask(query, { token: accessToken });
  expect((await ask('{ viewer { userName } }')).body.data.viewer.userName).toBe('ada@example.com');
  expect((await ask('{ __schema { queryType { name } } }')).body.data.__schema.queryType.name).toBe('Query');
  expect((await ask('mutation { signOut { sessionsEnded } }')).body.data.signOut.sessionsEnded).toBe(1);
});

test('without "trusted" the list only gives documents their ids', async () => {
  const own = await startGate(() => startScripted((response) => sendJson(response, { data: { hello: 'world' } })), {
    trustedDocuments: path,
  });
  try {
    expect((await own.server.ask('{ hello }', { token: own.token })).status).toBe(200);
    const response = await fetch(own.server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${own.token}` },
      body: '{"documentId":"hello"}',
    });
    expect(await response.json()).toEqual({ data: { hello: 'world' } });
  } finally {
    await own.stop();
  }
});

test.each([
  ['{"a":"{ b "}', / has a document that is not GraphQL: that with the id "a" \(Syntax Error: .*\)$/],
  ['[', / is not JSON\.$/],
  [undefined, / cannot be read \(ENOENT\)\.$/],
])('a file that cannot be used stops the start: %s', async (text, message) => {
  const file = join(await makeTempDirectory(), 'documents.json');
  if (text !== undefined) writeFileSync(file, text);
  const starting = startTestServer({ trustedDocuments: file });
  await expect(starting).rejects.toThrow(expect.objectContaining({ name: 'ConfigError' }));
  await expect(starting).rejects.toThrow(message);
});
