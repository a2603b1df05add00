import { buildSchema } from 'graphql';
import { describe, expect, test } from 'vitest';
import { createOwnerOf } from '../gateway/root-fields.js';
import { createCosts } from './costs.js';
import { DocumentError } from './document-error.js';
import { createDocuments } from './documents.js';
import { parseManifest } from './manifest.js';
import { createPreparer, type Preparer } from './prepare.js';

const schema = buildSchema(`
  type Query { viewer: Viewer hello: String }
  type Viewer { id: ID! friend: Viewer }
  type Mutation { signIn(credentials: Credentials!): Viewer signOut: Int }
  input Credentials { userName: String! password: String! }`);
const fields = {
  query: new Set(['viewer']),
  mutation: new Set(['signIn', 'signOut']),
  subscription: new Set<string>(),
};
const limits = {
  documentMaxTokens: 1_000,
  documentMaxDepth: 20,
  documentMaxAliases: 50,
  documentMaxRootFields: 50,
  documentMaxDirectives: 50,
};
const upstream = buildSchema('type Query { hello: String list(first: Int): [Thing] } type Thing { id: ID }');

function create(documentCache = 100, { documents = 'any' as 'any' | 'trusted', listed = '{}' } = {}): Preparer {
  const ownerOf = createOwnerOf(fields, true);
  return createPreparer({ ...limits, documentCache }, ownerOf, (name) => name === 'signIn', {
    costs: createCosts({ documentMaxCost: 1_000, documentListSize: 10 }, ownerOf, () => upstream),
    documents: createDocuments({ documents, manifest: parseManifest(listed) }),
  });
}

/** Whether the document is found again. */
function isRemembered(preparer: Preparer, text: string, name: string | null = null): boolean {
  const first = preparer.prepare(text, name);
  return preparer.prepare(text, name) === first;
}

/** The error that validation ends with. */
function refusal(text: string): DocumentError {
  try {
    create().prepare(text, null).validateOwn(schema);
  } catch (error) {
    if (error instanceof DocumentError) return error;
    throw error;
  }
  throw new Error('It is valid.');
}

describe('a prepared document', () => {
  test.each([
    ['{ __typename }', false, false],
    ['{ __schema { types { name } } }', false, false],
    ['{ viewer { id } }', true, false],
    ['{ hello }', true, false],
    ['{ __typename hello }', true, false],
    ['mutation { signIn(credentials: $c) { id } }', false, true],
    ['mutation { a: signIn(credentials: $c) { id } __typename }', false, true],
    ['mutation { signIn(credentials: $c) { id } signOut }', true, true],
    ['mutation { signOut }', true, false],
    ['{ signIn }', true, false],
  ])('%s needs a token: %s, has a credential: %s', (text, needsToken, hasCredential) => {
    expect(create().prepare(text, null)).toMatchObject({ needsToken, hasCredential });
  });

  test.each([
    'mutation { a: signIn(credentials: $c) { id } b: signIn(credentials: $c) { id } }',
    'mutation { ...F signIn(credentials: $c) { id } } fragment F on Mutation { x: signIn(credentials: $c) { id } }',
    'mutation { ... { a: signIn(credentials: $c) { id } } ... { b: signIn(credentials: $c) { id } } }',
    'mutation { signIn(credentials: $c) { id } again: signIn(credentials: $c) @skip(if: true) { id } }',
  ])('has one credential at most: %s', (text) => {
    expect(() => create().prepare(text, null)).toThrow(expect.objectContaining({ code: 'ONE_CREDENTIAL_FIELD' }));
  });

  test('keeps what introspection alone answers, and no other', () => {
    const { prepare } = create();
    expect(prepare('{ __schema { types { name } } }', null).introspections).toBeDefined();
    for (const text of [
      'query ($n: String!) { __type(name: $n) { name } }',
      '{ __typename viewer { id } }',
      '{ hello __typename }',
    ]) {
      expect(prepare(text, null).introspections).toBeUndefined();
    }
  });
});

describe('the memory of answers to introspection', () => {
  test('holds one for each schema and document', () => {
    const { prepare } = create();
    const [types, type] = ['{ __schema { types { name } } }', '{ __type(name: "A") { name } }'].map(
      (text) => prepare(text, null).introspections,
    );
    const other = buildSchema('type Query { a: Int }');
    types?.set(schema, 'types');
    types?.set(other, 'other types');
    expect([types?.get(schema), types?.get(other), type?.get(schema)]).toEqual(['types', 'other types', undefined]);
  });

  test('holds 64 MiB at most, whatever is asked', () => {
    const { prepare } = create(100_000);
    const json = 'x'.repeat(1024 * 1024);
    const answers = Array.from({ length: 100 }, (_, i) => prepare(`{ a${i}: __typename }`, null).introspections);
    for (const each of answers) each?.set(schema, json);
    const kept = answers.filter((each) => each?.get(schema) === json);
    expect(kept.length).toBeGreaterThan(10);
    expect(kept.length).toBeLessThanOrEqual(64);
  });
});

describe('the memory of documents', () => {
  test('holds what was prepared', () => {
    const preparer = create();
    expect(isRemembered(preparer, '{ viewer { id } }')).toBe(true);
    expect(isRemembered(preparer, '{ hello(text: "a text of the upstream") }')).toBe(true);
    expect(isRemembered(preparer, 'mutation ($c: Credentials!) { signIn(credentials: $c) { id } }')).toBe(true);
  });

  test.each([
    'mutation { signIn(credentials: { userName: "a", password: "secret" }) { id } }',
    'mutation { signIn(credentials: { userName: "a", password: """secret""" }) { id } }',
    'mutation { ...F } fragment F on Mutation { a: signIn(credentials: { userName: "a", password: "secret" }) { id } }',
    'mutation ($c: Credentials! = { userName: "a", password: "secret" }) { signIn(credentials: $c) { id } }',
    'mutation ($p: String! = "secret") { signIn(credentials: { userName: "", password: $p }) { id } }',
    'query Run { hello } mutation S { signIn(credentials: { userName: "a", password: "secret" }) { id } }',
    'query Run { viewer { id } } mutation S { ... { signIn(credentials: { userName: "a", password: "secret" }) { id } } }',
    'query Run { hello viewer { id } } mutation S { signIn(credentials: { userName: "a", password: "secret" }) { id } }',
  ])('holds no password: %s', (text) => {
    expect(isRemembered(create(), text, text.startsWith('query') ? 'Run' : null)).toBe(false);
  });

  test('tells apart what has another name or text', () => {
    const preparer = create();
    const text = 'query A { hello } query B { viewer { id } }';
    expect(preparer.prepare(text, 'A').plan.kind).toBe('upstream');
    expect(preparer.prepare(text, 'B').plan.kind).toBe('own');
    preparer.prepare('query A\n{ hello }', 'A');
    expect(() => preparer.prepare('{ hello }', 'A\nquery A')).toThrow(
      expect.objectContaining({ code: 'OPERATION_NOT_FOUND' }),
    );
  });

  test('forgets what was not asked for lately, and keeps what was', () => {
    const preparer = create(10);
    const text = (i: number) => `{ viewer { f${i}: id } }`;
    const kept = preparer.prepare(text(0), null);
    const lost = preparer.prepare(text(1), null);
    for (let i = 2; i < 100; i++) {
      preparer.prepare(text(i), null);
      expect(preparer.prepare(text(0), null)).toBe(kept);
    }
    expect(preparer.prepare(text(1), null)).not.toBe(lost);
  });

  test('does not let one large document take the place of many', () => {
    const preparer = create(10);
    const large = `{ viewer { id } } # ${'x'.repeat(20_000)}`;
    const small = preparer.prepare('{ viewer { id } }', null);
    expect(isRemembered(preparer, large)).toBe(false);
    expect(preparer.prepare('{ viewer { id } }', null)).toBe(small);
  });

  test('counts a document of ours by its tree, which weighs more than its text', () => {
    const preparer = create(100);
    const names = 'a '.repeat(400);
    expect(isRemembered(preparer, `{ hello { ${names} } }`)).toBe(true);
    expect(isRemembered(preparer, `{ viewer { ${names} } }`)).toBe(false);
    expect(isRemembered(preparer, `{ hello viewer { ${names} } }`)).toBe(false);
  });

  test('is empty after a change of the schema', () => {
    const preparer = create();
    const before = preparer.prepare('{ hello }', null);
    preparer.clear();
    expect(preparer.prepare('{ hello }', null)).not.toBe(before);
  });

  test('holds nothing that is wrong', () => {
    const preparer = create();
    for (const _ of [1, 2]) {
      expect(() => preparer.prepare('{ hello', null)).toThrow(DocumentError);
      expect(() => preparer.prepare('{ hello }', 'Gone')).toThrow(
        expect.objectContaining({ code: 'OPERATION_NOT_FOUND' }),
      );
    }
  });
});

describe('what an operation costs', () => {
  const costly = expect.objectContaining({ code: 'DOCUMENT_TOO_COSTLY' });

  test('is checked once where no variable decides about it', () => {
    expect(create().prepare('{ list(first: 1000) { id } }', null).assertAffordable).toBeUndefined();
    expect(() => create().prepare('{ list(first: 1001) { id } }', null)).toThrow(costly);
    expect(() => create().prepare('{ list(first: 1001) { id } viewer { id } }', null)).toThrow(
      'The operation may cost the API 1001, and 1000 is accepted (documentMaxCost).',
    );
  });

  test('is checked for each request where one does', () => {
    const { assertAffordable } = create().prepare('query ($n: Int) { list(first: $n) { id } }', null);
    assertAffordable?.({ n: 1_000 });
    expect(() => assertAffordable?.({ n: 1_001 })).toThrow(costly);
  });

  test('is not asked of what is ours', () => {
    create().prepare('query ($n: Int) { viewer(first: $n) { id } __schema { types { name } } }', null);
    expect(create().prepare('query ($n: Int) { viewer(first: $n) { id } }', null).assertAffordable).toBeUndefined();
  });

  test('is that of the operation that is run', () => {
    const text = 'query A { list(first: 1001) { id } } query B { hello }';
    create().prepare(text, 'B');
    expect(() => create().prepare(text, 'A')).toThrow(costly);
  });

  test('of a function of variables weighs as much as a tree', () => {
    const lists = (first: string) =>
      `query ($n: Int) { ${Array.from({ length: 40 }, (_, i) => `a${i}: list(first: ${first}) { id }`).join(' ')} }`;
    expect(isRemembered(create(80), lists('1'))).toBe(true);
    expect(isRemembered(create(80), lists('$n'))).toBe(false);
  });
});

describe('where only trusted documents reach the upstream', () => {
  const trusted = (listed: object) => create(100, { documents: 'trusted', listed: JSON.stringify(listed) });
  const refused = expect.objectContaining({ code: 'DOCUMENT_NOT_TRUSTED' });
  const listed = 'query A { hello } query B { hello viewer { id } }';

  test('those of the list do, whichever of their operations is run', () => {
    for (const name of ['A', 'B']) trusted({ x: listed }).prepare(listed, name);
  });

  test.each([
    '{ hello }',
    ' query A { hello } query B { hello viewer { id } }',
    'query A { hello } query B { hello viewer { id } }#',
    'query A { hello }',
    'query A { hello } query B { viewer { id } hello }',
    '{ viewer { id } hello }',
    '{ ...F } fragment F on Query { hello }',
    '{ hello @skip(if: true) viewer { id } }',
    'query A { viewer { id } } query C { hello }',
  ])('no other does: %s', (text) => {
    const name = text.includes('query A') ? (text.includes('C') ? 'C' : 'A') : null;
    expect(() => trusted({ x: listed }).prepare(text, name)).toThrow(refused);
  });

  test('what is ours alone needs no list', () => {
    const { prepare } = trusted({});
    prepare('{ viewer { id } }', null);
    prepare('{ __schema { types { name } } }', null);
    prepare('mutation ($c: Credentials!) { signIn(credentials: $c) { id } }', null);
    prepare('query A { viewer { id } } query C { hello }', 'A');
  });
});

describe('validation', () => {
  test('is of our part alone', () => {
    create().prepare('{ viewer { id } nobodyKnows }', null).validateOwn(schema);
    create().prepare('{ nobodyKnows }', null).validateOwn(schema);
  });

  test('is done again for another schema', () => {
    const prepared = create().prepare('{ viewer { id } }', null);
    prepared.validateOwn(schema);
    expect(() => prepared.validateOwn(buildSchema('type Query { viewer: Int }'))).toThrow(DocumentError);
    prepared.validateOwn(schema);
  });

  test('says where in the document of the caller', () => {
    const { code, errors } = refusal('query Q {\n  viewer {\n    nope\n  }\n}');
    expect(code).toBe('GRAPHQL_VALIDATION_FAILED');
    expect(errors.map(({ message, locations }) => ({ message, locations }))).toEqual([
      { message: 'Cannot query field "nope" on type "Viewer".', locations: [{ line: 3, column: 5 }] },
    ]);
  });

  test('names ten errors at most', () => {
    const { errors } = refusal(`{ viewer { ${Array.from({ length: 50 }, (_, i) => `nope${i}`).join(' ')} } }`);
    expect(errors.length).toBeLessThanOrEqual(11);
    expect(errors.length).toBeGreaterThan(5);
  });

  test.each([
    ['{ viewer { id } ...Gone }', 'Unknown fragment "Gone".'],
    ['{ viewer { ...F } } fragment F on Viewer { id ...F }', 'Cannot spread fragment "F" within itself.'],
    ['{ ...F } fragment F on Query { viewer { id } ...F }', 'Cannot spread fragment "F" within itself.'],
    [
      '{ ...A } fragment A on Query { ...B viewer { id } } fragment B on Query { ...A }',
      'Cannot spread fragment "A" within itself via "B".',
    ],
    ['query ($x: Int) { viewer { id } }', 'Variable "$x" is never used.'],
    ['query Q($x: Int) { viewer { id } hello }', 'Variable "$x" is never used in operation "Q".'],
    ['{ viewer { id @skip(if: $x) } }', 'Variable "$x" is not defined.'],
    ['{ viewer { id @nope } }', 'Unknown directive "@nope".'],
  ])('refuses %s', (text, message) => {
    expect(refusal(text).errors.map((error) => error.message)).toContain(message);
  });

  test.each([
    'mutation { signIn(credentials: { userName: 5, password: "secret of mine" }) { id } }',
    'mutation { signIn(credentials: "secret of mine") { id } }',
    'mutation { signIn(credentials: { password: "secret of mine", userName: $x, more: "secret of mine" }) { id } }',
    'mutation { signIn(password: "secret of mine") { id } }',
    'mutation { signIn(credentials: ["secret of mine"]) { id } }',
  ])('never quotes what may be a password: %s', (text) => {
    expect(JSON.stringify(refusal(text).errors)).not.toContain('secret of mine');
  });

  test.each([
    '{ signIn(password: "secret of mine" "secret of mine") }',
    '{ "secret of mine" }',
    '{ a(b: "secret of mine',
  ])('nor does parsing: %s', (text) => {
    expect(() => create().prepare(text, null)).toThrow(DocumentError);
    try {
      create().prepare(text, null);
    } catch (error) {
      expect(JSON.stringify((error as DocumentError).errors)).not.toContain('secret of mine');
    }
  });
});
