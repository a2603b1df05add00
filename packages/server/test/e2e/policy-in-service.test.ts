import { describe, expect, onTestFinished, test } from 'vitest';
import { untilInService } from '../gate.js';
import { startTestServer } from '../harness.js';
import { startPolicyGate, told } from '../policy-gate.js';
import { companyRules, scriptedSdl, startCompanies } from '../policy-upstream.js';
import { sendJson, startScripted } from '../scripted-upstream.js';

describe('while no schema of the upstream is in service', () => {
  test('a policy lets nothing through, and what is ours goes on', async () => {
    const gone = await startScripted(() => undefined);
    await gone.close();
    const server = await startTestServer({ upstream: gone.url, policy: companyRules });
    onTestFinished(() => server.stop());
    await server.addUser('ada@example.com');
    const { accessToken: token } = await server.signIn('ada@example.com');
    for (const query of ['{ status }', '{ viewer { id } companies { id } }']) {
      expect(told(await server.ask(query, { token }))).toMatchObject({
        status: 502,
        errors: ['- UPSTREAM_UNAVAILABLE'],
      });
    }
    expect(told(await server.ask('{ status }')).status).toBe(502);
    expect(told(await server.ask('{ viewer { userName } }', { token })).data).toEqual({
      viewer: { userName: 'ada@example.com' },
    });
  });

  test('and as soon as one is, the same documents are judged by it', async () => {
    const upstream = await startCompanies()();
    const port = Number(new URL(upstream.url).port);
    await upstream.close();
    const server = await startTestServer({ upstream: upstream.url, policy: companyRules });
    onTestFinished(() => server.stop());
    expect((await server.ask('{ status }')).status).toBe(502);
    const again = await startScripted((response) => sendJson(response, { data: { status: 'back' } }), {
      sdl: scriptedSdl,
      port,
    });
    onTestFinished(() => again.close());
    await untilInService(server);
    expect(told(await server.ask('{ status }')).data).toEqual({ status: 'back' });
  });
});

test('a rule that holds for nothing is said in the log, and keeps nothing from opening', async () => {
  const gate = await startPolicyGate({
    policy: { ...companyRules, 'Person.salry': 'denied', 'Gone.*': 'denied', 'Query.viewer': 'public' },
  });
  onTestFinished(() => gate.stop());
  const said = gate.server.log.lines.filter(({ message }) => message === 'a rule of the policy holds for nothing');
  expect(said.map(({ level, fields }) => ({ level, ...fields }))).toEqual([
    {
      level: 'error',
      coordinate: 'Person.salry',
      reason: 'The schema of the upstream has no Person.salry. Did you mean Person.salary?',
    },
    { level: 'error', coordinate: 'Gone.*', reason: 'Nothing in the schema of the upstream matches Gone.*.' },
    {
      level: 'error',
      coordinate: 'Query.viewer',
      reason: expect.stringMatching(/^The schema of the upstream has no Query.viewer\./),
    },
  ]);
});

test('without a policy a document goes on as it came, whatever is in it', async () => {
  const gate = await startPolicyGate({ policy: {} });
  onTestFinished(() => gate.stop());
  const query = '{ nowhere { to } be: found }';
  await gate.ask(query, 'plain');
  expect(gate.sent().query).toBe(query);
  expect(told(await gate.ask('{ status }', 'nobody')).status).toBe(401);
});
