import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Config } from '../../src/config/schema.js';
import { type Gate, startGate } from '../gate.js';
import { password, type TestServer } from '../harness.js';
import { type ScriptedUpstream, sendJson, startScripted } from '../scripted-upstream.js';

const usageOf =
  '{ viewer { usage(last: HOUR) { requests errors fields operations { name requests errors fields } } } }';

/** An upstream that does what the name of the operation says. */
const startUpstream = () =>
  startScripted((response, body) => {
    if (body.includes('Fail')) return sendJson(response, { errors: [{ message: 'no' }] }, 500);
    if (body.includes('Cut')) return void response.writeHead(200).write('{"data":', () => response.destroy());
    if (body.includes('Inside')) return sendJson(response, { data: { hello: null }, errors: [{ message: 'no' }] });
    return sendJson(response, { data: { hello: 'world' } });
  });

async function open(config: Partial<Config> = {}): Promise<Gate<ScriptedUpstream>> {
  const gate = await startGate(startUpstream, config);
  onTestFinished(() => gate.stop());
  return gate;
}

async function usageIn({ server, token }: Pick<Gate<unknown>, 'server' | 'token'>) {
  return (await server.ask(usageOf, { token })).body.data.viewer.usage;
}

const metricsOf = async ({ origin }: TestServer) => (await fetch(`${origin}/metrics`)).text();

describe('what is sent to the upstream', () => {
  let gate: Gate<ScriptedUpstream>;
  beforeAll(async () => {
    gate = await startGate(startUpstream);
    const ask = (query: string, token: string | undefined = gate.token) =>
      gate.server.ask(query, { token }).catch(() => undefined);
    await ask('{ hello }');
    await ask('query Fine { hello ...F } fragment F on Query { again: hello }');
    await ask('query Split { viewer { id } hello }');
    await ask('query Fail { hello }');
    await ask('query Cut { hello }');
    await ask('query Inside { hello }');
    // None of these is charged.
    await ask('query Own { viewer { id } }');
    await ask('query Bad { hello }', 'garbage');
    await ask('query Broken { hello');
    await ask('query Introspection { __schema { queryType { name } } }');
    await gate.server.signIn('ada@example.com');
  });
  afterAll(() => gate.stop());

  test('is shown to its caller by operation, with what failed, and nothing else is', async () => {
    expect(await usageIn(gate)).toEqual({
      requests: 6,
      errors: 2,
      fields: 9,
      operations: [
        { name: '(anonymous)', requests: 1, errors: 0, fields: 1 },
        { name: 'Cut', requests: 1, errors: 1, fields: 1 },
        { name: 'Fail', requests: 1, errors: 1, fields: 1 },
        { name: 'Fine', requests: 1, errors: 0, fields: 2 },
        { name: 'Inside', requests: 1, errors: 0, fields: 1 },
        { name: 'Split', requests: 1, errors: 0, fields: 3 },
      ],
    });
  });

  test('is in the metrics by the id of the user, and by operation', async () => {
    const { body } = await gate.server.ask('{ viewer { id userName } }', { token: gate.token });
    const { id, userName } = body.data.viewer;
    const metrics = await metricsOf(gate.server);
    expect(metrics).toContain(`latchkey_caller_requests_total{caller="${id}"} 6\n`);
    expect(metrics).toContain(`latchkey_caller_errors_total{caller="${id}"} 2\n`);
    expect(metrics).toContain(`latchkey_caller_fields_total{caller="${id}"} 9\n`);
    expect(metrics).toMatch(new RegExp(`^latchkey_caller_milliseconds_total{caller="${id}"} \\d`, 'm'));
    expect(metrics).toContain('latchkey_operation_requests_total{operation="Fine"} 1\n');
    expect(metrics).toContain('latchkey_operation_requests_total{operation="(anonymous)"} 1\n');
    expect(metrics).toContain('latchkey_usage_lost_requests_total 0\n');
    expect(metrics).not.toContain(userName);
    expect(metrics).not.toContain('"Own"');
  });

  test('is shown for other periods, at most so many operations, and the most asked for first', async () => {
    const { server, token } = gate;
    await server.ask('query Fine { hello ...F } fragment F on Query { again: hello }', { token });
    const { body } = await server.ask(
      '{ viewer { usage { from to operations(first: 1) { name } } month: usage(last: MONTH) { from milliseconds } } }',
      { token },
    );
    const hour = 3_600_000;
    const running = Math.floor(server.clock() / hour) * hour;
    expect(body.data.viewer).toEqual({
      usage: {
        from: new Date(running - 24 * hour).toISOString(),
        to: new Date(server.clock()).toISOString(),
        operations: [{ name: 'Fine' }],
      },
      month: { from: new Date(running - 720 * hour).toISOString(), milliseconds: expect.toSatisfy(Number.isInteger) },
    });
    for (const first of [0, -1, 101]) {
      const refused = await server.ask(`{ viewer { usage { operations(first: ${first}) { name } } } }`, { token });
      expect(refused.body.errors[0].extensions.code).toBe('BAD_USER_INPUT');
    }
    const wrong = await server.ask('{ viewer { usage(last: YEAR) { requests } } }', { token });
    expect(wrong.body.errors[0].extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
  });
});

describe('a quota', () => {
  test('is never passed by however many requests at once, and what is ours always works', async () => {
    const gate = await open({ quotaPerDay: 20 });
    const { server, token, upstream } = gate;
    const before = upstream.requests.length;
    const crowd = await Promise.all(Array.from({ length: 50 }, () => server.ask('query Many { hello }', { token })));
    const refused = crowd.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(30);
    expect(crowd.filter(({ status }) => status === 200)).toHaveLength(20);
    expect(upstream.requests.length - before).toBe(20);

    const midnight = 86_400_000 - (server.clock() % 86_400_000);
    for (const { headers, body } of refused) {
      expect(headers.get('retry-after')).toBe(String(Math.ceil(midnight / 1000)));
      expect(body.data).toBeUndefined();
      expect(body.errors[0]).toMatchObject({
        message: 'The 20 requests of today are used up.',
        extensions: { code: 'QUOTA_EXCEEDED', retryAfter: Math.ceil(midnight / 1000) },
      });
    }
    expect((await server.ask('{ viewer { id } hello }', { token })).status).toBe(429);
    const { accessToken, refreshToken } = await server.signIn('ada@example.com');
    expect((await server.refresh(refreshToken)).status).toBe(200);
    const { body } = await server.ask('{ viewer { quota { limit used resetsAt } usage { requests errors } } }', {
      token,
    });
    const resetsAt = new Date(server.clock() + midnight).toISOString();
    expect(body.data.viewer).toEqual({ quota: { limit: 20, used: 20, resetsAt }, usage: { requests: 20, errors: 0 } });
    const out = await server.ask('mutation { signOut { sessionsEnded } }', { token: accessToken });
    expect(out.body.data.signOut.sessionsEnded).toBe(1);
  });

  test('is that of each user, and begins anew at midnight in UTC', async () => {
    const gate = await open({ quotaPerDay: 1, accessTokenLifetime: 2 * 86_400_000 });
    const { server, token } = gate;
    await server.addUser('bob@example.com');
    const { accessToken: ofBob } = await server.signIn('bob@example.com');
    const ask = async (by: string) => (await server.ask('{ hello }', { token: by })).status;
    expect([await ask(token), await ask(token), await ask(ofBob)]).toEqual([200, 429, 200]);
    server.clock.advance(86_400_000 - (server.clock() % 86_400_000));
    expect([await ask(token), await ask(token)]).toEqual([200, 429]);
  });

  test('is nothing that a caller without one sees', async () => {
    const { server, token } = await open();
    const { body } = await server.ask('{ viewer { quota { limit } } }', { token });
    expect(body.data.viewer.quota).toBeNull();
  });
});

test('a user who is refused a sign-in has used nothing', async () => {
  const { server, token } = await open();
  const wrong = `mutation { signIn(credentials: { userName: "ada@example.com", password: "${password}x" }) { scope } }`;
  await server.ask(wrong);
  expect(await usageIn({ server, token })).toMatchObject({ requests: 0, operations: [] });
});
