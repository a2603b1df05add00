import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Gate, startGate } from '../gate.js';
import { password } from '../harness.js';
import { type ScriptedUpstream, sendJson, startScripted } from '../scripted-upstream.js';

const secret = 'correct-horse-battery-9f2c';
const signIn = 'mutation ($c: SignInCredentials!) { signIn(credentials: $c) { scope } }';
const signInWith = (userName: string, word: string) =>
  `mutation { signIn(credentials: { userName: ${userName}, password: ${word} }) { scope } }`;

let gate: Gate<ScriptedUpstream>;
/** Everything that callers were answered. */
const answers: string[] = [];

beforeAll(async () => {
  gate = await startGate(() => startScripted((response) => sendJson(response, { data: { hello: 'world' } })), {
    corsOrigins: ['https://app.example'],
  });
});
afterAll(() => gate.stop());

interface Sent {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly search?: string;
  readonly body?: string | Buffer | object;
}

async function send({ method = 'POST', headers = {}, search = '', body }: Sent) {
  const isWritten = typeof body === 'string' || Buffer.isBuffer(body) || body === undefined;
  const response = await fetch(`${gate.server.url}${search}`, {
    method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${gate.token}`, ...headers },
    ...(body !== undefined && { body: isWritten ? (body as BodyInit) : JSON.stringify(body) }),
  });
  const text = await response.text();
  answers.push(text);
  const parsed = text === '' ? undefined : JSON.parse(text);
  return {
    status: response.status,
    headers: response.headers,
    body: parsed,
    code: parsed?.errors?.[0].extensions.code,
  };
}

const refusals: Record<string, [sent: Sent, status: number, code: string]> = {
  'broken JSON': [{ body: `{"query": "${secret}` }, 400, 'BAD_REQUEST'],
  'no body': [{ body: '' }, 400, 'BAD_REQUEST'],
  'JSON that is no object': [{ body: `"${secret}"` }, 400, 'BAD_REQUEST'],
  'a list of operations': [
    { body: [{ query: '{ __typename }' }, { query: signInWith('"a"', `"${secret}"`) }] },
    400,
    'BATCHING_NOT_SUPPORTED',
  ],
  'a query that is no text': [{ body: { query: { secret } } }, 400, 'BAD_REQUEST'],
  'variables that are no object': [{ body: { query: '{ __typename }', variables: secret } }, 400, 'BAD_REQUEST'],
  'a name that is no text': [{ body: { query: '{ __typename }', operationName: [secret] } }, 400, 'BAD_REQUEST'],
  'broken GraphQL': [
    { body: { query: `mutation { signIn(credentials: { password: "${secret}" ` } },
    400,
    'GRAPHQL_PARSE_FAILED',
  ],
  'an empty document': [{ body: { query: '' } }, 400, 'GRAPHQL_PARSE_FAILED'],
  'GraphQL that defines types': [{ body: { query: 'type A { a: Int }' } }, 400, 'OPERATION_NOT_FOUND'],
  'a number for a text in the document': [
    { body: { query: signInWith('5', `"${secret}"`) } },
    400,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  'a text for an object in the document': [
    { body: { query: `mutation { signIn(credentials: "${secret}") { scope } }` } },
    400,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  'a number for a text in the variables': [
    { body: { query: signIn, variables: { c: { userName: 5, password: secret } } } },
    400,
    'BAD_USER_INPUT',
  ],
  'a list for a text in the variables': [
    { body: { query: signIn, variables: { c: { userName: 'a', password: [secret] } } } },
    400,
    'BAD_USER_INPUT',
  ],
  'a member that is not there in the variables': [
    { body: { query: signIn, variables: { c: { userName: 'a', password: secret, [secret]: 1 } } } },
    400,
    'BAD_USER_INPUT',
  ],
  'no variable where one is needed': [{ body: { query: signIn } }, 400, 'BAD_USER_INPUT'],
  'text/plain': [
    { headers: { 'content-type': 'text/plain' }, body: { query: '{ __typename }' } },
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  'a form': [
    { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'query={__typename}' },
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  'a form with files': [
    {
      // No form can send the header Authorization, and what can is an upload.
      headers: { 'content-type': 'multipart/form-data; boundary=x', authorization: '' },
      body: '--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\n{"query":"{ __typename }"}\r\n--x--',
    },
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  'application/graphql': [
    { headers: { 'content-type': 'application/graphql' }, body: '{ __typename }' },
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  'JSON in UTF-16': [
    {
      headers: { 'content-type': 'application/json; charset=utf-16' },
      body: Buffer.from('{"query":"{ __typename }"}', 'utf16le'),
    },
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  'JSON in gzip': [
    { headers: { 'content-encoding': 'gzip' }, body: gzipSync('{"query":"{ __typename }"}') },
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  'a bomb in gzip': [
    { headers: { 'content-encoding': 'gzip' }, body: gzipSync(Buffer.alloc(64 << 20)) },
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  'an Accept that nothing fits': [
    { headers: { accept: 'image/png' }, body: { query: '{ __typename }' } },
    406,
    'NOT_ACCEPTABLE',
  ],
  'a page of another origin': [
    { headers: { origin: 'https://evil.example' }, body: { query: '{ __typename }' } },
    403,
    'ORIGIN_NOT_ALLOWED',
  ],
  'a page without an origin': [
    { headers: { origin: 'null' }, body: { query: '{ __typename }' } },
    403,
    'ORIGIN_NOT_ALLOWED',
  ],
  'an origin that begins as an allowed one': [
    { headers: { origin: 'https://app.example.evil.example' }, body: { query: '{ __typename }' } },
    403,
    'ORIGIN_NOT_ALLOWED',
  ],
  'a mutation by GET': [
    { method: 'GET', search: `?query=${encodeURIComponent(signInWith('"a"', `"${secret}"`))}` },
    405,
    'METHOD_NOT_ALLOWED',
  ],
  'a mutation of the upstream by GET': [
    { method: 'GET', search: '?query=mutation{addWidget(name:"x"){id}}' },
    405,
    'METHOD_NOT_ALLOWED',
  ],
  'a GET without a query': [{ method: 'GET' }, 400, 'BAD_REQUEST'],
  'a GET with two queries': [{ method: 'GET', search: '?query={hello}&query={viewer{id}}' }, 400, 'BAD_REQUEST'],
  PUT: [{ method: 'PUT', body: { query: '{ __typename }' } }, 405, 'METHOD_NOT_ALLOWED'],
  DELETE: [{ method: 'DELETE' }, 405, 'METHOD_NOT_ALLOWED'],
  'a body that is too large': [{ body: { query: `# ${'x'.repeat(1_048_576)}` } }, 413, 'BODY_TOO_LARGE'],
  'a NUL byte in JSON': [{ body: `{"query":"{ __typename }","a":"\0"}` }, 400, 'BAD_REQUEST'],
  'a NUL byte in GraphQL': [{ body: { query: '{ __typename \0 }' } }, 400, 'GRAPHQL_PARSE_FAILED'],
  'half a surrogate in GraphQL': [{ body: { query: '{ __typename } # \ud800' } }, 400, 'GRAPHQL_PARSE_FAILED'],
  'half a surrogate in a text of GraphQL': [
    { body: { query: signInWith('"a"', '"\\ud800"') } },
    400,
    'GRAPHQL_PARSE_FAILED',
  ],
};

describe('what is no request for us', () => {
  test.each(Object.entries(refusals))('is refused with a code: %s', async (_, [sent, status, code]) => {
    const before = gate.upstream.requests.length;
    const answer = await send(sent);
    expect({ status: answer.status, code: answer.code }).toEqual({ status, code });
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.body.errors[0]).toMatchObject({
      message: expect.stringMatching(/\.$/),
      extensions: { hint: expect.stringMatching(/\.$/) },
    });
    expect(answer.body).not.toHaveProperty('data');
    expect(gate.upstream.requests).toHaveLength(before);
  });

  test('leaves no word of it in an answer or in the log', async () => {
    await send({ body: { query: signIn, variables: { c: { userName: 'ada@example.com', password: secret } } } });
    const told = JSON.stringify([answers, gate.server.log.lines]);
    expect(answers.length).toBeGreaterThan(0);
    for (const word of [secret, password, gate.token]) expect(told).not.toContain(word);
  });
});

describe('odd words', () => {
  const credentials = (userName: string, word: string) => ({
    body: { query: signIn, variables: { c: { userName, password: word } } },
  });
  test.each([
    ['a NUL byte', `${password}\0`],
    ['half a surrogate', `${password}\ud800`],
    ['nothing', ''],
    ['a space more', `${password} `],
    ['another case', password.toUpperCase()],
    ['a byte-order mark', `\ufeff${password}`],
  ])('in a password are a wrong password: %s', async (_, word) => {
    const { status, code, body } = await send(credentials('ada@example.com', word));
    expect({ status, code, data: body.data }).toEqual({ status: 200, code: 'INVALID_CREDENTIALS', data: null });
  });

  test.each([
    'ada@example.com\0',
    '\ud800@example.com',
    '',
    'x'.repeat(500_000),
    "' OR 1=1 --",
    '__proto__',
    'ada@example.com\n'.repeat(3),
  ])('in a user name are a wrong user name (%#)', async (userName) => {
    const { status, code } = await send(credentials(userName, password));
    expect({ status, code }).toEqual({ status: 200, code: 'INVALID_CREDENTIALS' });
  });

  test('may be names that objects of JavaScript have', async () => {
    const query =
      '{ __proto__: viewer { constructor: userName __proto__: scope } toString: __typename hasOwnProperty: hello }';
    const response = await fetch(gate.server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${gate.token}` },
      body: JSON.stringify({ query }),
    });
    expect(await response.text()).toBe(
      '{"data":{"__proto__":{"constructor":"ada@example.com","__proto__":""},"toString":"Query"}}',
    );
    const variables = '{"__proto__":{"c":1},"constructor":{"prototype":{"c":1}}}';
    expect((await send({ body: `{"query":${JSON.stringify(signIn)},"variables":${variables}}` })).code).toBe(
      'BAD_USER_INPUT',
    );
    expect((await send({ body: `{"__proto__":{"query":"{ __typename }"}}` })).code).toBe('BAD_REQUEST');
    expect((await send({ method: 'GET', search: '?__proto__[query]={__typename}' })).code).toBe('BAD_REQUEST');
    expect(({} as { c?: number }).c).toBeUndefined();
  });
});

describe('pages of other origins', () => {
  const origin = 'https://app.example';

  test('may call where the provider has allowed it, and read what went wrong', async () => {
    const good = await send({ headers: { origin }, body: { query: '{ viewer { scope } }' } });
    expect([good.status, good.headers.get('access-control-allow-origin'), good.headers.get('vary')]).toEqual([
      200,
      origin,
      'Origin',
    ]);
    const bad = await send({ headers: { origin, authorization: 'Bearer x' }, body: { query: '{ viewer { scope } }' } });
    expect([bad.status, bad.headers.get('access-control-allow-origin')]).toEqual([401, origin]);
    expect(bad.headers.get('access-control-expose-headers')).toContain('WWW-Authenticate');
    expect(bad.headers.get('access-control-allow-credentials')).toBeNull();
  });

  test('are told before they call', async () => {
    const ask = (from: string, fields = 'authorization,content-type') =>
      fetch(gate.server.url, {
        method: 'OPTIONS',
        headers: { origin: from, 'access-control-request-method': 'POST', 'access-control-request-headers': fields },
      });
    const { status, headers } = await ask(origin);
    expect([status, headers.get('access-control-allow-origin')]).toEqual([204, origin]);
    expect(headers.get('access-control-allow-headers')).toMatch(/Authorization.*Content-Type/);
    const more = await ask(origin, 'authorization, traceparent, x-tenant, apollographql-client-name');
    expect(more.headers.get('access-control-allow-headers')).toMatch(/Authorization.*traceparent, x-tenant, apollo/);
    const odd = await ask(origin, 'x-a\t<script>');
    expect(odd.headers.get('access-control-allow-headers')).not.toContain('x-a');
    const refused = await ask('https://evil.example');
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([403, null]);
  });

  test('that may not call learn nothing but that, with the setting that allows it', async () => {
    const { headers, body } = await send({
      headers: { origin: 'https://evil.example' },
      body: { query: '{ viewer { scope } }' },
    });
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(body.errors[0].message).toBe('Pages of https://evil.example may not call this endpoint.');
    expect(body.errors[0].extensions.hint).toContain('corsOrigins (LATCHKEY_CORS_ORIGINS)');
  });

  test('are not meant where the page is our own', async () => {
    expect((await send({ headers: { origin: gate.server.origin }, body: { query: '{ __typename }' } })).status).toBe(
      200,
    );
  });
});
