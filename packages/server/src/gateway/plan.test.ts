import { parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { LatchkeyError } from '../domain/errors.js';
import { type Plan, planOperation } from './plan.js';
import { createOwnerOf } from './root-fields.js';

const ownInputs = new Set(['SignInCredentials']);

const ownFields = {
  query: new Set(['viewer']),
  mutation: new Set(['signIn', 'signOut']),
  subscription: new Set<string>(),
};

function plan(text: string, operationName: string | null = null, hasUpstream = true): Plan {
  return planOperation(
    parse(text, { noLocation: true }),
    operationName,
    createOwnerOf(ownFields, hasUpstream, ownInputs),
  );
}

/** The error that planning ends with. */
function refusal(text: string, operationName: string | null = null): LatchkeyError {
  try {
    plan(text, operationName);
  } catch (error) {
    if (error instanceof LatchkeyError) return error;
    throw error;
  }
  throw new Error('It was planned.');
}

describe('an operation', () => {
  test.each([
    ['{ viewer { id } }', 'own'],
    ['{ __typename }', 'own'],
    ['{ __schema { types { name } } __type(name: "A") { name } }', 'own'],
    ['{ hello }', 'upstream'],
    ['{ __typename hello }', 'upstream'],
    ['{ hello { viewer } }', 'upstream'],
    ['{ viewer: hello }', 'upstream'],
    ['{ signIn }', 'upstream'],
    ['{ hello viewer { id } }', 'split'],
    ['{ hello: viewer { id } }', 'own'],
    ['{ hello __schema { types { name } } }', 'split'],
    ['{ ... { ...F } } fragment F on Query { ... on Query { hello } viewer { id } }', 'split'],
    ['mutation { signOut }', 'own'],
    ['mutation { viewer }', 'upstream'],
    ['mutation { addWidget }', 'upstream'],
    ['{ ...Gone }', 'own'],
  ])('%s is %s', (text, kind) => {
    expect(plan(text).kind).toBe(kind);
  });

  test('is ours where there is no upstream, for validation to refuse what is not there', () => {
    expect(plan('{ viewer { id } hello }', null, false).kind).toBe('own');
  });

  test('has its root fields in the order of the document, through fragments, and a spread twice is one', () => {
    const { fields } = plan('{ a: hello ...F viewer { id } ...F } fragment F on Query { b: hello ... { __typename } }');
    expect(fields).toEqual([
      { key: 'a', name: 'hello', owner: 'upstream' },
      { key: 'b', name: 'hello', owner: 'upstream' },
      { key: '__typename', name: '__typename', owner: 'either' },
      { key: 'viewer', name: 'viewer', owner: 'own' },
    ]);
  });

  test('is chosen by its name', () => {
    const text = 'query A { hello } mutation B { signOut } query C { viewer { id } }';
    expect([plan(text, 'A').kind, plan(text, 'B').operation, plan(text, 'C').kind]).toEqual([
      'upstream',
      'mutation',
      'own',
    ]);
  });

  test.each([
    ['query A { hello } query B { hello }', null],
    ['query A { hello } query B { hello }', 'C'],
    ['query A { hello } query A { hello }', 'A'],
    ['{ hello } query A { hello }', null],
    ['{ hello }', 'A'],
    ['fragment F on Query { hello }', null],
    ['type A { a: Int }', null],
  ])('%s is not found as %s', (text, operationName) => {
    expect(refusal(text, operationName).code).toBe('OPERATION_NOT_FOUND');
  });

  test('that is not found is told which there are', () => {
    expect(refusal('query A { hello } { hello }', 'C').message).toBe(
      'The document has the operations A, (without a name), and "operationName" does not name one of them.',
    );
  });

  test('that subscribes is for the upstream, and refused where there is none', () => {
    expect(plan('subscription { ticks }')).toMatchObject({ kind: 'upstream', operation: 'subscription' });
    const withoutUpstream = () => plan('subscription { ticks }', null, false);
    expect(withoutUpstream).toThrow('Subscriptions are not served here.');
  });

  test('that subscribes to introspection is refused', () => {
    expect(refusal('subscription { ticks __typename }')).toMatchObject({
      code: 'GRAPHQL_VALIDATION_FAILED',
      message: 'A subscription must not select "__typename" at its root.',
    });
    expect(refusal('subscription { __schema { description } }').code).toBe('GRAPHQL_VALIDATION_FAILED');
  });

  test('that mixes the two in a mutation is refused', () => {
    expect(refusal('mutation { signOut addWidget }').code).toBe('MIXED_MUTATION');
    expect(refusal('mutation { ...F } fragment F on Mutation { addWidget ... { signOut } }').code).toBe(
      'MIXED_MUTATION',
    );
  });

  test.each([
    '{ hello hello: viewer { id } }',
    '{ __typename: hello viewer { id } __typename }',
    '{ a: __schema { a } a: hello }',
  ])('that has two owners for one key is refused: %s', (text) => {
    const { code, message } = refusal(text);
    expect(code).toBe('GRAPHQL_VALIDATION_FAILED');
    expect(message).toMatch(/^Two different fields are to be answered as "\w+"/);
  });

  test('keeps no syntax tree of what it only forwards', () => {
    expect(plan('{ hello }')).toEqual({
      kind: 'upstream',
      operation: 'query',
      fields: [{ key: 'hello', name: 'hello', owner: 'upstream' }],
      variables: [],
    });
  });

  test('is sent by itself where the document has one of ours as well, and as it came where it has none', () => {
    const theirs =
      'query A($a: Int) { hello(a: $a) ...F } fragment F on Query { hello } query B($b: Int) { hello(a: $b) }';
    expect(plan(theirs, 'A')).not.toHaveProperty('upstream');
    expect(plan(`${theirs} { __typename }`, 'A')).not.toHaveProperty('upstream');
    expect(plan(`${theirs} mutation C { ... { signIn(password: "secret") } }`, 'A')).toMatchObject({
      kind: 'upstream',
      upstream: {
        query: 'query A($a: Int) {\n  hello(a: $a)\n  ... on Query {\n    hello\n  }\n}',
        variables: ['a'],
      },
    });
  });

  test.each([
    ['a variable of a type of ours', 'query B($c: SignInCredentials! = { password: "secret" }) { hello }'],
    ['a fragment that nobody spreads', 'fragment M on Mutation { signIn(password: "secret") }'],
    ['a fragment in another', 'fragment M on Mutation { ...N } fragment N on Mutation { a { signIn } }'],
  ])('is sent by itself where the rest of the document has %s', (_, rest) => {
    expect(plan(`query A { hello } ${rest}`, 'A')).toMatchObject({ upstream: { query: 'query A {\n  hello\n}' } });
  });

  test.each([
    ['query A($c: SignInCredentials!) { hello }', '"$c" is of a type of Latchkey'],
    ['query A($c: [SignInCredentials!]) { hello(a: $c) }', '"$c" is of a type of Latchkey'],
    ['{ signIn(credentials: { password: "secret" }) { accessToken } }', 'with the word "mutation"'],
    ['{ ... { a: signIn(credentials: { password: "secret" }) { accessToken } hello } }', 'with the word "mutation"'],
  ])('is refused here where the upstream could only refuse it, and would have the password: %s', (text, message) => {
    expect(refusal(text)).toMatchObject({
      code: 'GRAPHQL_VALIDATION_FAILED',
      message: expect.stringContaining(message),
    });
  });

  test('of the upstream may be called as one of ours', () => {
    expect(plan('{ signIn(email: "a", password: "b") { token } }').kind).toBe('upstream');
  });

  test('that doubles at each of forty fragments costs no more than its text', () => {
    const fragments = Array.from({ length: 40 }, (_, i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`);
    const text = `{ ...F0 } ${fragments.join(' ')} fragment F40 on Query { hello }`;
    expect(plan(text)).toMatchObject({ kind: 'upstream', fields: [{ key: 'hello' }] });
    expect(refusal(`${text} fragment G on Query { hello }`.replace('{ ...F0 }', '{ ...F0 viewer { id } }')).code).toBe(
      'DOCUMENT_TOO_COMPLEX',
    );
  });
});

describe('the part of a split that goes to the upstream', () => {
  test('is text, and the names of the variables in it', () => {
    const split = plan('query Q($a: Int, $b: Int) { hello(a: $a) viewer @skip(if: $b) { id } }');
    expect(split).toMatchObject({ upstream: { query: 'query Q($a: Int) {\n  hello(a: $a)\n}', variables: ['a'] } });
  });
});

test('many operations with the same fragments take time by their sum, not by their product', () => {
  const names = Array.from({ length: 500 }, (_, i) => `f${i}`);
  const operations = names.map((name) => `query q${name} { ...f }`).join(' ');
  const fragments = names.map((name) => `fragment ${name} on Query { hello }`).join(' ');
  const document = `${operations} fragment f on Query { ${names.map((name) => `...${name}`).join(' ')} } ${fragments}`;
  const started = performance.now();
  expect(plan(document, 'qf0').kind).toBe('upstream');
  expect(performance.now() - started).toBeLessThan(400);
});
