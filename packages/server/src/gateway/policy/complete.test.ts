import {
  buildSchema,
  defaultFieldResolver,
  execute,
  type FieldNode,
  type GraphQLFieldResolver,
  type GraphQLNamedType,
  type GraphQLTypeResolver,
  getNamedType,
  graphqlSync,
  isAbstractType,
  isInterfaceType,
  isLeafType,
  isObjectType,
  parse,
  TypeInfo,
  validate,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { companiesRoot, companiesSdl } from '../../../test/policy-upstream.js';
import { analyseDocument } from './analyse.js';
import { completeAnswer } from './complete.js';
import { createFilter } from './filter.js';
import { createPolicy } from './policy.js';
import type { Rules } from './rules.js';

const schema = buildSchema(companiesSdl);

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const args: Record<string, string> = {
  company: '(id: "c1")',
  node: '(id: "v1")',
  _entities: '(representations: [])',
  people: '',
  rename: '(id: 1, name: $s)',
  raise: '(id: 1)',
};

/** A query or a mutation that fits the schema, with fragments of all kinds in it. */
function createDocument(random: () => number): string {
  const fragments: string[] = [];
  let keys = 0;
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const condition = () =>
    random() < 0.15 ? ` @${pick(['skip', 'include'])}(if: ${pick(['$t', '$f', 'true', 'false'])})` : '';
  const related = (type: GraphQLNamedType): readonly GraphQLNamedType[] =>
    isAbstractType(type)
      ? [type, ...schema.getPossibleTypes(type)]
      : isObjectType(type)
        ? [type, ...type.getInterfaces()]
        : [type];

  function selections(type: GraphQLNamedType, depth: number): string {
    const parts = Array.from({ length: 1 + Math.floor(random() * 4) }, () => selection(type, depth));
    return `{ ${parts.join(' ')} }`;
  }

  function selection(type: GraphQLNamedType, depth: number): string {
    const dice = random();
    if (dice < 0.1 || !('getFields' in type)) {
      if (dice < 0.03) return `k${keys++}: __typename`;
      const inner = pick(related(type));
      return inner === type && isAbstractType(type) && !isInterfaceType(type)
        ? '__typename'
        : `... on ${inner.name}${condition()} ${selections(inner, depth - 1)}`;
    }
    if (dice < 0.2) {
      const inner = pick(related(type));
      if (isAbstractType(inner) && !isInterfaceType(inner)) return '__typename';
      const name = `F${fragments.length}`;
      fragments.push('');
      fragments[Number(name.slice(1))] = `fragment ${name} on ${inner.name} ${selections(inner, depth - 1)}`;
      return `...${name}${condition()}`;
    }
    const fields = Object.values((type as ReturnType<typeof schema.getQueryType> & object).getFields()).filter(
      (field) => depth > 0 || isLeafType(getNamedType(field.type)),
    );
    if (fields.length === 0) return '__typename';
    const field = pick(fields);
    const alias = random() < 0.3 ? `k${keys++}: ` : '';
    const returned = getNamedType(field.type);
    const inner = isLeafType(returned) ? '' : ` ${selections(returned, depth - 1)}`;
    return `${alias}${field.name}${args[field.name] ?? ''}${condition()}${inner}`;
  }

  const isMutation = random() < 0.15;
  const root = (isMutation ? schema.getMutationType() : schema.getQueryType()) as GraphQLNamedType;
  const body = selections(root, 4);
  const used = `${body} ${fragments.join(' ')}`;
  const variables = [
    ['t', 'Boolean! = true'],
    ['f', 'Boolean! = false'],
    ['s', 'String!'],
  ].filter(([name]) => used.includes(`$${name}`));
  const declared = variables.map(([name, type]) => `$${name}: ${type}`).join(' ');
  return `${isMutation ? 'mutation' : 'query'} ${declared && `(${declared})`} ${used}`;
}

interface Case {
  readonly rules: Rules;
  readonly scope: string | undefined;
  /** The code with which a field asked through that type is refused, worked out by hand. */
  refuses(type: string, field: string): string | undefined;
  refusesType(type: string): string | undefined;
}

const typeRules: Rules = {
  'Query.*': 'public',
  'Mutation.*': 'public',
  Vault: 'denied',
  'Person.salary': { scopes: [['hr']] },
  'Company.revenue': { scopes: [['money']] },
};
const fieldRules: Rules = {
  'Query.*': 'public',
  'Mutation.*': 'authenticated',
  'Vault.name': { scopes: [['hr']] },
  'Query.vault': 'denied',
  '*.boss': 'authenticated',
  Money: { scopes: [['money']] },
};

const lacks = (scope: string | undefined, name: string) =>
  scope === undefined ? 'UNAUTHENTICATED' : scope.split(' ').includes(name) ? undefined : 'INSUFFICIENT_SCOPE';

const cases: readonly Case[] = [undefined, '', 'hr', 'money hr'].flatMap((scope) => [
  {
    rules: typeRules,
    scope,
    refuses(type, field) {
      if (type === 'Vault' || type === 'Node' || field === 'vault') return 'FORBIDDEN';
      if (field === 'salary') return lacks(scope, 'hr');
      return field === 'revenue' ? lacks(scope, 'money') : undefined;
    },
    refusesType: (type) => (type === 'Vault' ? 'FORBIDDEN' : undefined),
  },
  {
    rules: fieldRules,
    scope,
    refuses(type, field) {
      if (field === 'vault') return 'FORBIDDEN';
      if (field === 'name' && (type === 'Vault' || type === 'Node')) return lacks(scope, 'hr');
      if (field === 'revenue' || field === 'numbers') return lacks(scope, 'money');
      const needsToken = field === 'boss' || type === 'Mutation';
      return needsToken && scope === undefined ? 'UNAUTHENTICATED' : undefined;
    },
    refusesType: () => undefined,
  },
]);

const variableValues = { s: 'x' };

/** What an upstream that knew the rules would answer: the whole document, with resolvers that throw. */
function executeWithRules(text: string, { refuses, refusesType }: Case) {
  const document = parse(text);
  const types = new TypeInfo(schema);
  const parents = new Map<FieldNode, string>();
  visit(
    document,
    visitWithTypeInfo(types, { Field: (node) => void parents.set(node, types.getParentType()?.name ?? '') }),
  );
  const fieldResolver: GraphQLFieldResolver<unknown, unknown> = (source, given, context, info) => {
    for (const node of info.fieldNodes) {
      const code = refuses(parents.get(node) ?? '', node.name.value);
      if (code) throw new Error(code);
    }
    return defaultFieldResolver(source, given, context, info);
  };
  const typeResolver: GraphQLTypeResolver<unknown, unknown> = (value) => {
    const name = (value as { __typename: string }).__typename;
    const code = refusesType(name);
    if (code) throw new Error(code);
    return name;
  };
  const result = execute({ schema, document, rootValue: companiesRoot, variableValues, fieldResolver, typeResolver });
  if (result instanceof Promise) throw new Error('No resolver is asynchronous.');
  return {
    data: result.data,
    errors: (result.errors ?? []).map(({ path, message }) => `${path?.join('.')} ${message}`),
  };
}

/** What we make of it: what is left of the document goes to the upstream, and its answer is completed. */
function filterAndComplete(text: string, { rules, scope }: Case) {
  const policy = createPolicy(rules, schema);
  const filter = createFilter(
    analyseDocument(parse(text, { noLocation: true }), policy),
    policy,
    policy.accessOf(scope),
  );
  const asked = filter.part?.query;
  const answer = asked ? graphqlSync({ schema, source: asked, rootValue: companiesRoot, variableValues }) : {};
  const completed = completeAnswer(
    filter,
    answer as never,
    variableValues,
    ({ error, path }) => `${path.join('.')} ${error.code}`,
  );
  return { asked, answer, data: completed.data, errors: completed.errors ?? [] };
}

describe.each(cases.map((each, index) => ({ each, index })))(
  'an answer with parts kept back, for caller $index',
  ({ each, index }) => {
    test('is that of an execution in which the fields kept back fail', () => {
      const random = createRandom(index + 1);
      let compared = 0;
      let withErrors = 0;
      while (compared < 60) {
        const text = createDocument(random);
        const problems = validate(schema, parse(text)).map(({ message }) => message);
        if (problems.some((message) => message.includes('conflict'))) continue;
        expect(problems, text).toEqual([]);
        const { asked, answer, data, errors } = filterAndComplete(text, each);
        // What goes to the upstream is a document that it takes.
        expect(answer.errors, `${text}\n${asked}`).toBeUndefined();
        const expected = executeWithRules(text, each);
        expect(JSON.stringify({ data, errors }), text).toBe(JSON.stringify(expected));
        compared++;
        if (errors.length > 0) withErrors++;
      }
      if (each.scope !== 'money hr') expect(withErrors).toBeGreaterThan(10);
    });
  },
);
