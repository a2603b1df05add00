import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errors } from '../../src/domain/errors.js';
import { startGate } from '../gate.js';
import { type PolicyGate, startPolicyGate, told } from '../policy-gate.js';
import { companyRules, scriptedSdl } from '../policy-upstream.js';
import { sendJson, startScripted } from '../scripted-upstream.js';

let gate: PolicyGate;
beforeAll(async () => {
  gate = await startPolicyGate();
});
afterAll(() => gate.stop());

/** What no answer to a caller without a scope may have in it: each is a value that only a field kept back gives. */
const secrets = ['12345678901.5', '"1234"', 'Safe', '"v1"', ':100', ':50', ':7'];

describe('what is kept back cannot be had', () => {
  test.each([
    ['by an alias', '{ company(id: "c1") { name: revenue } }'],
    ['by the alias of a field that may be had', '{ status: vault { code } }'],
    ['by an alias that calls itself __typename', '{ company(id: "c1") { __typename: revenue id } }'],
    ['by an alias that calls itself __proto__', '{ company(id: "c1") { __proto__: revenue id } }'],
    ['by a fragment', '{ company(id: "c1") { ...F } } fragment F on Company { revenue }'],
    [
      'by fragments in fragments',
      '{ ...A } fragment A on Query { company(id: "c1") { ...B } } fragment B on Company { ...C } fragment C on Company { revenue }',
    ],
    ['by an inline fragment', '{ company(id: "c1") { ... { ... on Company { revenue } } } }'],
    ['by an inline fragment on an interface', '{ company(id: "c1") { ... on Node { ... on Company { revenue } } } }'],
    ['by an interface', '{ nodes { id name } }'],
    ['by a fragment on an interface, inside a type that may be had', '{ search { ... on Node { name } } }'],
    ['by a union', '{ search { ... on Vault { code name } ... on Company { id } } }'],
    ['by a fragment on an interface in a union', '{ search { ... on Node { id ... on Vault { code } } } }'],
    ['by __typename of a type that is kept back', '{ nodes { __typename } search { __typename } }'],
    ['by another way to the same type', '{ companies { owner { employer { revenue } } } }'],
    ['by the root once more', '{ self { self { vault { code } company(id: "c1") { revenue } } } }'],
    [
      'by a root field that gives any type',
      '{ _entities(representations: []) { ... on Company { revenue } ... on Person { bonus } } }',
    ],
    ['by @include with a variable', 'query ($x: Boolean = true) { vault @include(if: $x) { code } status }'],
    ['by @skip with a variable', 'query ($x: Boolean = false) { ... @skip(if: $x) { vault { code } } status }'],
    ['by a mutation', 'mutation { rename(id: "c1", name: "x") { revenue owner { employer { revenue } } } }'],
    ['by @defer', '{ company(id: "c1") { id ... @defer { revenue } } }'],
  ])('%s', async (_, query) => {
    const { body } = await gate.ask(query, 'plain');
    for (const secret of secrets) expect(JSON.stringify(body)).not.toContain(secret);
    expect(body.errors.length).toBeGreaterThan(0);
    const codes = body.errors.map(({ extensions }: { extensions: { code: string } }) => extensions.code);
    expect(['INSUFFICIENT_SCOPE', 'FORBIDDEN', 'GRAPHQL_VALIDATION_FAILED']).toContain(codes[0]);
  });

  test.each([
    ['by one key for it and for what may be had', '{ company(id: "c1") { x: name x: revenue } }'],
    ['by one key for what may be had and for it', '{ company(id: "c1") { x: revenue x: name } }'],
    ['by one key at the root', '{ x: vault { id } x: company(id: "c1") { id } }'],
  ])('%s', async (_, query) => {
    const { data } = told(await gate.ask(query, 'plain'));
    expect(data.x === null || data.company === null || data.company.x === null).toBe(true);
  });
});

describe('a document that can be understood in two ways is refused', () => {
  test.each([
    [
      'two fragments of one name',
      '{ company(id: "c1") { ...F } } fragment F on Company { revenue } fragment F on Company { id }',
    ],
    ['two operations of one name', 'query A { status } query A { vault { code } }', 'OPERATION_NOT_FOUND'],
    ['a fragment in itself', '{ company(id: "c1") { ...F } } fragment F on Company { id owner { employer { ...F } } }'],
    ['a type definition', '{ companies { id } } type Company { revenue: Int }'],
    ['a field that is not there', '{ companies { revenu } }'],
    ['an operation type that is not there', 'subscription { vault { code } }', 'SUBSCRIPTION_NOT_SUPPORTED'],
  ])('%s', async (_, query, code = 'GRAPHQL_VALIDATION_FAILED') => {
    const before = gate.asked();
    const { status, errors } = told(await gate.ask(query, 'plain'));
    expect({ status, errors: [...new Set(errors)] }).toEqual({ status: 400, errors: [`- ${code}`] });
    expect(gate.asked()).toBe(before);
  });
});

test('the operation that is judged is the one that is run', async () => {
  const query = 'query A { status } query B { company(id: "c1") { revenue } }';
  expect(told(await gate.ask(query, 'plain', { operationName: 'A' })).data).toEqual({ status: 'up' });
  expect(told(await gate.ask(query, 'plain', { operationName: 'B' })).data).toEqual({ company: { revenue: null } });
  expect(gate.sent().query).not.toContain('revenue');
  expect(told(await gate.ask(query, 'plain', { operationName: '' })).errors).toEqual(['- OPERATION_NOT_FOUND']);
});

describe('what the upstream says of itself', () => {
  test('is not to be had through the query root below the root', async () => {
    for (const field of ['__schema { types { name } }', '__type(name: "Vault") { fields { name } }']) {
      const { data, errors } = told(await gate.ask(`{ self { status x: ${field} } }`, 'plain'));
      expect({ data, errors }).toEqual({ data: { self: { status: 'up', x: null } }, errors: ['self.x FORBIDDEN'] });
      expect(gate.sent().query).not.toMatch(/__schema|__type\(/);
    }
  });

  test('is not to be had in SDL', async () => {
    expect(told(await gate.ask('{ status _service { sdl } }', 'admin'))).toMatchObject({
      data: null,
      errors: ['_service FORBIDDEN'],
    });
  });

  test('is not told in what is wrong with a document', async () => {
    const { body } = await gate.ask(
      '{ company(id: "c1") { revenues } vaults { id } node(id: 1) { ... on Vaul { id } } }',
      'plain',
    );
    expect(body.errors.length).toBeGreaterThan(2);
    expect(JSON.stringify(body)).not.toMatch(/revenue\b|vault\b|Vault\b/);
    expect(JSON.stringify((await gate.ask('{ company(id: "c1") { revenues } }', 'money')).body)).toContain(
      '\\"revenue\\"',
    );
  });
});

describe('an upstream that answers with what it was not asked', () => {
  test.each([
    ['an object of a type that is kept back', { nodes: [{ latchkeyType: 'Vault', id: 'kept-back' }] }],
    ['an object of a type that is not there', { nodes: [{ latchkeyType: 'Ghost', id: 'kept-back' }] }],
    ['an object that does not say its type', { nodes: [{ id: 'kept-back' }] }],
    ['a text in place of an object', { nodes: ['kept-back'] }],
    ['a text in place of a list', { nodes: 'kept-back' }],
    ['nothing', {}],
  ])('gives nothing of it to the caller: %s', async (_, data) => {
    const own = await startGate(
      () =>
        startScripted((response) => void sendJson(response, { data: { ...data, vault: { code: 'kept-back' } } }), {
          sdl: scriptedSdl,
        }),
      { policy: companyRules },
    );
    const { status, body } = await own.server.ask('{ nodes { ... on Company { id } } vault { code } }', {
      token: own.token,
    });
    await own.stop();
    expect(status).toBe(200);
    expect(JSON.stringify(body)).not.toContain('kept-back');
  });
});

test('documents made to take long are answered soon', async () => {
  const numbers = Array.from({ length: 300 }, (_, index) => index);
  const spreads = numbers.map((number) => `...F${number}`).join(' ');
  const fragments = numbers.map((number) => `fragment F${number} on Company { revenue id }`).join(' ');
  const begin = performance.now();
  const { body } = await gate.ask(`{ companies { ${spreads} } } ${fragments}`, 'plain');
  expect(performance.now() - begin).toBeLessThan(5_000);
  expect(body.errors.map(({ message }: { message: string }) => message)).toEqual(
    Array(2).fill(errors.INSUFFICIENT_SCOPE.message),
  );
  expect(body.data.companies[0]).toEqual({ revenue: null, id: 'c1' });
});
