import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/config/load.js';
import type { Config } from '../../src/config/schema.js';
import { addUser, type NewUser } from '../../src/domain/accounts/add-user.js';
import { disableUser } from '../../src/domain/accounts/disable-user.js';
import type { Domain } from '../../src/domain/domain.js';
import { type ErrorCode, errors, LatchkeyError } from '../../src/domain/errors.js';
import { revokeSessionByOperator } from '../../src/domain/sessions/revoke-by-operator.js';
import { setQuota } from '../../src/domain/usage/set-quota.js';
import { openDomain } from '../../src/main.js';
import { type Gate, startGate } from '../gate.js';
import { createTestLog, makeTempDirectory, password, startTestServer, type TestAnswer } from '../harness.js';
import { postRaw } from '../raw.js';
import { type Answer, type ScriptedUpstream, startScripted } from '../scripted-upstream.js';

const userName = 'ada@example.com';
const viewer = '{ viewer { userName } }';
const signInWith = (name: string, word: string) =>
  `mutation { signIn(credentials: { userName: "${name}", password: "${word}" }) { accessToken refreshToken } }`;
const signIn = signInWith(userName, password);
const signOut = 'mutation { signOut { sessionsEnded } }';

/** What a caller is told, and with which status; an operator's command has none. */
interface Told {
  readonly status?: number;
  readonly retryAfter?: string | null;
  readonly error: {
    readonly message: string;
    readonly extensions: { readonly code: string; readonly hint: string; readonly retryAfter?: number | undefined };
  };
}

let gate: Gate<ScriptedUpstream>;
beforeAll(async () => {
  gate = await startGate(() => startScripted((response) => void response.end('no GraphQL')));
});
afterAll(() => gate.stop());

function told({ status, headers, body }: TestAnswer): Told {
  return { status, retryAfter: headers.get('retry-after'), error: body.errors[0] };
}

const ask = async (query: string, token = gate.token) => told(await gate.server.ask(query, { token }));
const askWith = async (headers: Record<string, string>) => told(await gate.server.ask('{ __typename }', { headers }));

async function send(init: RequestInit, path = '/graphql'): Promise<Told> {
  const headers = { 'content-type': 'application/json', ...init.headers };
  const response = await fetch(`${gate.server.origin}${path}`, { method: 'POST', ...init, headers });
  return { status: response.status, error: (await response.json()).errors[0] };
}

/** A gate of this case's own. */
async function another(answer: Answer, config: Partial<Config> = {}) {
  const own = await startGate(() => startScripted(answer), { upstreamSubscriptions: 'sse', ...config });
  onTestFinished(() => own.stop());
  return own;
}

/** What another program has done to the data. */
function spoil(data: string, sql: string): void {
  const database = new DatabaseSync(join(data, 'latchkey.db'));
  database.exec(sql);
  database.close();
}

/** The error of a command, as the operator is told it. */
async function refusalOf(command: (domain: Domain) => Promise<unknown>): Promise<Told> {
  const data = await makeTempDirectory();
  const { domain, close } = await openDomain({ ...loadConfig({}), data }, { log: createTestLog() });
  onTestFinished(close);
  const error = await command(domain).catch((thrown: unknown) => thrown);
  if (!(error instanceof LatchkeyError)) throw new Error('The command was not refused.');
  return { error: { message: error.message, extensions: error } };
}

/** The error of the command that adds a user. */
function commandError(user: Partial<NewUser>): Promise<Told> {
  return refusalOf(async (domain) => {
    await addUser(domain, { userName, password, scope: '' });
    return addUser(domain, { userName: 'eve@example.com', password, scope: '', ...user });
  });
}

/** A subscription over server-sent events: answered at once, although the upstream says nothing. */
function openStream({ server, token }: Gate<unknown>): Promise<Response> {
  return fetch(server.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      authorization: `Bearer ${token}`,
    },
    body: JSON.stringify({ query: 'subscription { ticks(count: 1) }' }),
  });
}

async function streamRefusal(own: Gate<unknown>): Promise<Told> {
  const response = await openStream(own);
  const [error] = ((await response.json()) as TestAnswer['body']).errors;
  return { status: response.status, retryAfter: response.headers.get('retry-after'), error };
}

async function signedIn() {
  const { accessToken, refreshToken } = await gate.server.signIn(userName);
  return { accessToken, refreshToken, refresh: async (token = refreshToken) => gate.server.refresh(token) };
}

/** How each error of the catalogue comes about. */
const cases: Record<ErrorCode, () => Promise<Told>> = {
  UNAUTHENTICATED: async () => told(await gate.server.ask(viewer)),
  TOKEN_EXPIRED: async () => {
    const own = await another(() => undefined);
    own.server.clock.advance(3_600_000);
    return told(await own.server.ask(viewer, { token: own.token }));
  },
  TOKEN_REVOKED: async () => {
    const { accessToken } = await signedIn();
    await gate.server.ask(signOut, { token: accessToken });
    return ask(viewer, accessToken);
  },
  AMBIGUOUS_CREDENTIALS: async () => {
    const { status, body } = await postRaw(gate.server.url, ['Authorization: Bearer a', 'Authorisation: Bearer b'], {
      query: viewer,
    });
    return { status, error: body.errors[0] };
  },
  INSUFFICIENT_SCOPE: async () => {
    const own = await another(() => undefined, {
      policy: { 'Query.hello': { scopes: [['x']] } },
      policyMode: 'reject',
    });
    return told(await own.server.ask('{ hello }', { token: own.token }));
  },
  FORBIDDEN: async () => {
    const own = await another(() => undefined, { policy: { 'Query.hello': 'denied' }, policyMode: 'reject' });
    return told(await own.server.ask('{ hello }', { token: own.token }));
  },
  INVALID_CREDENTIALS: () => ask(signInWith(userName, 'wrong')),
  PASSWORD_TOO_LONG: () => ask(signInWith(userName, 'x'.repeat(1_025))),
  REFRESH_TOKEN_INVALID: async () => told(await gate.server.refresh('lk_rt_x')),
  REFRESH_TOKEN_EXPIRED: async () => {
    const own = await another(() => undefined);
    const { refreshToken } = await own.server.signIn(userName);
    own.server.clock.advance(90 * 86_400_000);
    return told(await own.server.refresh(refreshToken));
  },
  REFRESH_TOKEN_REVOKED: async () => {
    const { accessToken, refresh } = await signedIn();
    await gate.server.ask(signOut, { token: accessToken });
    return told(await refresh());
  },
  REFRESH_TOKEN_REUSED: async () => {
    const { refresh } = await signedIn();
    const second = (await refresh()).body.data.signInRefresh.refreshToken;
    await refresh(second);
    return told(await refresh());
  },
  ONE_CREDENTIAL_FIELD: () =>
    ask(signIn.replace('{', '{ again: signIn(credentials: { userName: "", password: "" }) { scope }')),
  BAD_REQUEST: () => send({ body: '{' }),
  BATCHING_NOT_SUPPORTED: () => send({ body: '[]' }),
  GRAPHQL_PARSE_FAILED: () => ask('{'),
  GRAPHQL_VALIDATION_FAILED: () => ask('{ viewer { nope } }'),
  BAD_USER_INPUT: () => ask('query ($x: Boolean!) { viewer @skip(if: $x) { id } }'),
  OPERATION_NOT_FOUND: async () => told(await gate.server.ask('{ __typename }', { operationName: 'Gone' })),
  SUBSCRIPTION_NOT_SUPPORTED: () => ask('subscription { hello }'),
  MIXED_MUTATION: () => ask('mutation { addWidget(name: "x") { id } signOut { sessionsEnded } }'),
  DOCUMENT_TOO_LARGE: () => ask(`{ ${'a '.repeat(10_000)} }`),
  DOCUMENT_TOO_DEEP: () => ask('{a'.repeat(51)),
  DOCUMENT_TOO_COMPLEX: () => ask(`{ viewer { ${'id '.repeat(101)} } }`),
  DOCUMENT_TOO_COSTLY: () => ask('{ widgets(first: 100001) { id } }'),
  DOCUMENT_NOT_TRUSTED: async () => {
    const trustedDocuments = join(await makeTempDirectory(), 'documents.json');
    writeFileSync(trustedDocuments, '{}');
    const own = await another(() => undefined, { documents: 'trusted', trustedDocuments });
    return told(await own.server.ask('{ hello }', { token: own.token }));
  },
  DOCUMENT_NOT_FOUND: () => send({ body: '{"documentId":"gone"}' }),
  PERSISTED_QUERY_NOT_FOUND: () =>
    send({ body: '{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"gone"}}}' }),
  RATE_LIMITED: async () => {
    const server = await startTestServer({ callerRate: 0.001, callerBurst: 1 });
    onTestFinished(() => server.stop());
    await server.ask('{ __typename }');
    return told(await server.ask('{ __typename }'));
  },
  TOO_MANY_AT_ONCE: async () => {
    const own = await another(() => undefined, { callerConcurrency: 1, upstreamTimeout: 500 });
    const answers = [1, 2].map(async () => told(await own.server.ask('{ hello }', { token: own.token })));
    return Promise.race(answers);
  },
  METHOD_NOT_ALLOWED: () => send({ method: 'PUT', body: '{}' }),
  NOT_ACCEPTABLE: () => askWith({ accept: 'image/png' }),
  BODY_TOO_LARGE: () => send({ body: 'x'.repeat(1_048_577) }),
  UNSUPPORTED_MEDIA_TYPE: () => askWith({ 'content-type': 'text/plain' }),
  ORIGIN_NOT_ALLOWED: () => askWith({ origin: 'https://evil.example' }),
  NOT_FOUND: () => send({ body: '{}' }, '/nowhere'),
  TOO_MANY_CONNECTIONS: async () => {
    const own = await another(() => undefined, { connectionsPerCaller: 1 });
    await openStream(own);
    return streamRefusal(own);
  },
  TOO_MANY_SUBSCRIPTIONS: async () => {
    const own = await another(() => undefined, { subscriptionsPerCaller: 1 });
    await openStream(own);
    return streamRefusal(own);
  },
  GOING_AWAY: async () => {
    const own = await startGate(() => startScripted(() => undefined), { upstreamSubscriptions: 'sse' });
    const stream = await openStream(own);
    await own.stop();
    const [event] = /\{"errors".*/.exec(await stream.text()) ?? [];
    return { error: JSON.parse(String(event)).errors[0] };
  },
  UPSTREAM_UNAVAILABLE: async () => {
    const own = await another((response) => void response.destroy());
    return told(await own.server.ask('{ hello }', { token: own.token }));
  },
  UPSTREAM_INVALID: () => ask('{ viewer { id } hello }'),
  UPSTREAM_TIMEOUT: async () => {
    const own = await another(() => undefined, { upstreamTimeout: 100 });
    return told(await own.server.ask('{ hello }', { token: own.token }));
  },
  QUOTA_EXCEEDED: async () => {
    const own = await another((response) => void response.end('{"data":{"hello":""}}'), { quotaPerDay: 1 });
    const ask = () => own.server.ask('{ hello }', { token: own.token });
    await ask();
    return told(await ask());
  },
  OVERLOADED: async () => {
    const server = await startTestServer({ hashQueue: 1 });
    onTestFinished(() => server.stop());
    const crowd = await Promise.all(Array.from({ length: 30 }, () => server.ask(signIn)));
    const refused = crowd.map(told).find(({ error }) => error.extensions.code === 'OVERLOADED');
    if (!refused) throw new Error('Everybody was let in.');
    return refused;
  },
  STORE_UNAVAILABLE: async () => {
    const own = await another(() => undefined);
    spoil(own.server.data, 'ALTER TABLE sessions RENAME TO lost');
    return told(await own.server.ask(signIn));
  },
  INTERNAL: async () => {
    const own = await another(() => undefined);
    spoil(own.server.data, "UPDATE users SET password_hash = 'spoiled'");
    return told(await own.server.ask(signIn));
  },
  USER_NAME_INVALID: () => commandError({ userName: 'ada' }),
  USER_EXISTS: () => commandError({ userName }),
  USER_NOT_FOUND: () => refusalOf((domain) => disableUser(domain, 'nobody@example.com')),
  SESSION_NOT_FOUND: () => refusalOf((domain) => revokeSessionByOperator(domain, 'nothing')),
  PASSWORD_UNACCEPTABLE: () => commandError({ password: 'aaaaaaaaaaaaaaaaaaaa' }),
  QUOTA_INVALID: () => refusalOf((domain) => setQuota(domain, userName, -1)),
  SCOPE_INVALID: () => commandError({ scope: '"quoted"' }),
};

/** Answers of a split carry what is ours and are served, whatever the upstream did. */
const servedWith200: readonly string[] = ['UPSTREAM_INVALID'];

describe('every error of the catalogue', () => {
  test('has a case here', () => {
    expect(Object.keys(cases).sort()).toEqual(Object.keys(errors).sort());
  });

  test.each(Object.keys(cases) as ErrorCode[])('can be met: %s', async (code) => {
    const { status, retryAfter, error } = await cases[code]();
    expect(error.extensions.code).toBe(code);
    expect(error.extensions.hint).toBe(errors[code].hint);
    // What clients compare, word for word, is no sentence.
    if (code !== 'PERSISTED_QUERY_NOT_FOUND') expect(error.message).toMatch(/^[A-Z"0-9].*[.?]$/);
    if (status !== undefined) expect(status).toBe(servedWith200.includes(code) ? 200 : errors[code].status);
    if (status === 503 || status === 429) {
      expect(error.extensions.retryAfter).toBeGreaterThan(0);
      expect(retryAfter).toBe(String(error.extensions.retryAfter));
    }
  });
});
