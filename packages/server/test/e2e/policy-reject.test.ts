import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256 } from '../../src/graphql/manifest.js';
import { expectRefused, type PolicyGate, startPolicyGate, told } from '../policy-gate.js';

let gate: PolicyGate;
beforeAll(async () => {
  gate = await startPolicyGate({ policyMode: 'reject' });
});
afterAll(() => gate.stop());

describe('in the mode reject, an operation that asks for too much', () => {
  test('is refused with the scope that would be enough, and the upstream hears nothing', async () => {
    const { headers } = await expectRefused(
      gate,
      '{ status company(id: "c1") { revenue people { bonus } } }',
      'hr',
      403,
      'INSUFFICIENT_SCOPE',
    );
    expect(headers.get('www-authenticate')).toBe(
      'Bearer realm="latchkey", error="insufficient_scope", error_description="The scope of the access token does not reach this.", scope="hr:read money:read"',
    );
  });

  test('is refused without a word about scopes where nobody may have it', async () => {
    const { headers } = await expectRefused(gate, '{ status vault { id } }', 'admin', 403, 'FORBIDDEN');
    expect(headers.get('www-authenticate')).toBeNull();
  });

  test('is told to sign in where there is no token', async () => {
    const { headers } = await expectRefused(gate, '{ status numbers }', 'nobody', 401, 'UNAUTHENTICATED');
    expect(headers.get('www-authenticate')).toBe('Bearer realm="latchkey"');
  });

  test('is refused with what is ours in it', () =>
    expectRefused(gate, '{ viewer { id } people { salary } }', 'plain', 403, 'INSUFFICIENT_SCOPE'));

  test('is refused also for a field that a variable would leave out', () =>
    expectRefused(
      gate,
      'query ($no: Boolean = false) { status people @include(if: $no) { salary } }',
      'plain',
      403,
      'INSUFFICIENT_SCOPE',
    ));
});

test('an operation that asks for what its caller may have is answered', async () => {
  expect(told(await gate.ask('{ status }', 'nobody')).data).toEqual({ status: 'up' });
  expect(told(await gate.ask('{ people { salary } }', 'hr')).data).toEqual({
    people: [{ salary: 100 }, { salary: 50 }],
  });
});

test('an object whose type is kept back, which only the answer shows, is null', async () => {
  expect(told(await gate.ask('{ nodes { __typename } status }', 'plain'))).toMatchObject({
    data: null,
    errors: ['nodes.2 FORBIDDEN'],
  });
});

test('an operation that its caller may not have teaches no document', async () => {
  const { server, token } = gate;
  const query = '{ people { salary } } # taught by nobody';
  const post = async (body: object) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    return (await fetch(server.url, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  };
  const extensions = { persistedQuery: { version: 1, sha256Hash: sha256(query) } };
  expect((await post({ query, extensions })).errors[0].extensions.code).toBe('INSUFFICIENT_SCOPE');
  expect((await post({ extensions })).errors[0].extensions.code).toBe('PERSISTED_QUERY_NOT_FOUND');
});
