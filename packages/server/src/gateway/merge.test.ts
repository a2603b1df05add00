import { buildSchema, Kind, OperationTypeNode } from 'graphql';
import { describe, expect, test } from 'vitest';
import { mergeAnswers } from './merge.js';
import type { SplitPlan } from './plan.js';
import type { Owner } from './root-fields.js';

/** A plan with these keys, in this order. */
function planOf(...fields: readonly [key: string, owner: Owner][]): SplitPlan {
  return {
    kind: 'split',
    operation: OperationTypeNode.QUERY,
    fields: fields.map(([key, owner]) => ({ key, name: key, owner })),
    own: { kind: Kind.DOCUMENT, definitions: [] },
    upstream: { query: '', variables: [] },
    order: fields.map(([key, owner]) => ({
      key,
      name: key,
      isUpstream: owner === 'upstream',
      conditions: [],
      types: [],
    })),
  };
}

const run = { variables: null, schema: buildSchema('type Query { a: Int }') };

const plan = planOf(
  ['z', 'upstream'],
  ['me', 'own'],
  ['__typename', 'either'],
  ['a', 'upstream'],
  ['__schema', 'introspection'],
);

describe('two answers', () => {
  test('become one with the keys in the order of the document', () => {
    const own = { data: { __schema: {}, __typename: 'Query', me: { id: '1' } } };
    const answer = mergeAnswers(plan, run, own, { data: { a: [1], z: null } });
    expect(JSON.stringify(answer)).toBe(
      '{"data":{"z":null,"me":{"id":"1"},"__typename":"Query","a":[1],"__schema":{}}}',
    );
  });

  test('have each key from the side that owns it, whatever the other says', () => {
    const answer = mergeAnswers(
      plan,
      run,
      { data: { me: 'ours', z: 'ours' } },
      { data: { me: 'theirs', z: 'theirs', more: 1 } },
    );
    expect(answer).toEqual({ data: { z: 'theirs', me: 'ours' } });
  });

  test('have no key for what was skipped', () => {
    expect(JSON.stringify(mergeAnswers(plan, run, { data: {} }, { data: { a: 1 } }))).toBe('{"data":{"a":1}}');
  });

  test('are null as a whole where one of them is', () => {
    expect(mergeAnswers(plan, run, { data: null }, { data: { a: 1 } })).toEqual({ data: null });
    expect(mergeAnswers(plan, run, { data: { me: 1 } }, { data: null, errors: [{ message: 'x' }] })).toEqual({
      errors: [{ message: 'x' }],
      data: null,
    });
  });

  test('have the errors of both, ours first, and the extensions of the upstream', () => {
    const answer = mergeAnswers(
      plan,
      run,
      { data: {}, errors: [1] },
      { data: {}, errors: [{ message: '2' }], extensions: { cost: 4 } },
    );
    expect(JSON.stringify(answer)).toBe('{"errors":[1,{"message":"2"}],"data":{},"extensions":{"cost":4}}');
  });

  test('have no lines and columns of a document that the caller never saw', () => {
    const error = { message: 'no', path: ['a'], locations: [{ line: 1, column: 2 }] };
    const answer = mergeAnswers(plan, run, { data: {} }, { data: {}, errors: [error] });
    expect(answer.errors).toEqual([{ message: 'no', path: ['a'] }]);
  });

  test('may have keys that objects of JavaScript have as well', () => {
    const keys = planOf(['__proto__', 'upstream'], ['constructor', 'own'], ['toString', 'own']);
    const answer = mergeAnswers(keys, run, { data: {} }, { data: JSON.parse('{"__proto__":{"admin":true}}') });
    expect(JSON.stringify(answer)).toBe('{"data":{"__proto__":{"admin":true}}}');
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });
});
