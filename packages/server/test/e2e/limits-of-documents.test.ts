import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { repeat } from '../floods.js';
import { type Gate, startGate } from '../gate.js';
import { type ScriptedUpstream, sendJson, startScripted } from '../scripted-upstream.js';

let gate: Gate<ScriptedUpstream>;

beforeAll(async () => {
  gate = await startGate(() => startScripted((response) => sendJson(response, { data: {} })), {
    documentMaxDirectives: 10,
    documentMaxAliases: 10,
    documentMaxRootFields: 10,
    documentMaxDepth: 10,
    documentMaxCost: 1_000,
  });
});
afterAll(() => gate.stop());

/** What comes of an operation, and whether the upstream got it. */
async function ask(query: string, variables: Record<string, unknown> = {}) {
  const before = gate.upstream.requests.length;
  const { status, body } = await gate.server.ask(query, { token: gate.token, variables });
  const { message, extensions } = body.errors?.[0] ?? {};
  return { status, message, code: extensions?.code, isForwarded: gate.upstream.requests.length > before };
}

describe('an operation beyond a limit', () => {
  test.each([
    [
      'directives',
      `{ hello ${repeat(11, () => '@include(if: true)')} }`,
      'The document has 11 directives, and 10 are accepted (documentMaxDirectives).',
    ],
    [
      'aliases',
      `{ widgets { ...F } things { ...F } } fragment F on Widget { ${repeat(6, (i) => `a${i}: id`)} }`,
      'With its fragments the operation has 12 aliases, and 10 are accepted (documentMaxAliases).',
    ],
    [
      'fields at the root',
      `{ ${'hello '.repeat(6)} ...F } fragment F on Query { ${'hello '.repeat(5)} }`,
      'With its fragments the operation has 11 fields at the root, and 10 are accepted (documentMaxRootFields).',
    ],
    [
      'depth',
      `{ widget(id: 1) { ...F0 } } ${repeat(4, (i) => `fragment F${i} on Widget { related(first: 1) { ...F${i + 1} } }`)} fragment F4 on Widget { id }`,
      'The document is nested deeper than 10 levels.',
    ],
    [
      'cost',
      '{ widgets(first: 1001) { id } }',
      'The operation may cost the API 1001, and 1000 is accepted (documentMaxCost).',
    ],
  ])('is refused before the upstream sees it: %s', async (_, query, message) => {
    expect(await ask(query)).toMatchObject({ status: 400, message, isForwarded: false });
  });

  test('is refused whoever its fields belong to', async () => {
    const { code, isForwarded } = await ask('{ viewer { id } widgets(first: 1001) { id } }');
    expect([code, isForwarded]).toEqual(['DOCUMENT_TOO_COSTLY', false]);
    expect((await ask(`{ viewer { ${repeat(11, (i) => `a${i}: id`)} } }`)).code).toBe('DOCUMENT_TOO_COMPLEX');
  });
});

describe('what an operation costs', () => {
  test.each([
    ['query ($n: Int) { widgets(first: $n) { id } }', { n: 1_000 }, true],
    ['query ($n: Int) { widgets(first: $n) { id } }', { n: 1_001 }, false],
    ['query ($n: Int) { widgets(first: $n) { id } }', { n: -5_000 }, false],
    ['query ($n: Int) { widgets(first: $n) { id } }', { n: 1e300 }, false],
    ['query ($n: Int) { widgets(first: $n) { id } }', {}, true],
    ['query ($n: Int = 1001) { widgets(first: $n) { id } }', {}, false],
    ['query ($n: Int = 1001) { widgets(first: $n) { id } }', { n: 5 }, true],
    ['query ($n: Int) { viewer { id } widgets(first: $n) { id } }', { n: 1_001 }, false],
    [
      'query ($n: Int) { ...F } fragment F on Query { a: widgets(first: $n) { id } b: widgets(first: $n) { id } }',
      { n: 501 },
      false,
    ],
    ['query ($n: Int) { widgets(first: $n) { related(first: $n) { related(first: $n) { id } } } }', { n: 10 }, false],
    ['query ($n: Int) { widgets(first: $n) { related(first: $n) { related(first: $n) { id } } } }', { n: 9 }, true],
    ['query ($n: Int, $s: Boolean!) { widgets(first: $n) @skip(if: $s) { id } }', { n: 1_001, s: true }, false],
  ])('is asked of each request: %s with %j goes on: %s', async (query, variables, isForwarded) => {
    const answer = await ask(query, variables);
    expect(answer).toMatchObject(
      isForwarded ? { status: 200, isForwarded } : { status: 400, code: 'DOCUMENT_TOO_COSTLY', isForwarded },
    );
  });

  test('is not asked of introspection, which is ours', async () => {
    const { status } = await ask('{ __schema { types { fields { args { type { ofType { name } } } } } } }');
    expect(status).toBe(200);
  });
});

test('the limits as they stand let the operations of real programs through', async () => {
  const own = await startGate(() => startScripted((response) => sendJson(response, { data: {} })));
  try {
    for (const query of [
      '{ widgets(first: 100) { id name related(first: 100) { id name } } }',
      `{ ${repeat(90, (i) => `w${i}: widget(id: ${i}) { id name related { id } }`)} }`,
      `query ($a: Boolean!) { widgets { ${repeat(90, (i) => `f${i}: name @include(if: $a)`)} } }`,
    ]) {
      expect((await own.server.ask(query, { token: own.token, variables: { a: true } })).body).toEqual({ data: {} });
    }
  } finally {
    await own.stop();
  }
});
