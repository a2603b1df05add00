import { buildSchema, defaultFieldResolver, type GraphQLSchema, graphqlSync } from 'graphql';
import type { Rules } from '../src/gateway/policy/rules.js';
import { type ScriptedUpstream, sendJson, startScripted } from './scripted-upstream.js';

/** An API with something to keep back in every kind of place. */
export const companiesSdl = `
  scalar Money
  scalar _Any
  enum Grade { JUNIOR SENIOR }
  interface Node { id: ID! name: String! }
  type Company implements Node {
    id: ID!
    name: String!
    revenue: Money
    owner: Person!
    people(first: Int = 10): [Person!]!
    offices: [String!]
  }
  type Person implements Node {
    id: ID!
    name: String!
    salary: Int!
    bonus: Int
    grade: Grade
    boss: Person
    employer: Company
  }
  type Vault implements Node { id: ID! name: String! code: String! keeper: Person }
  union Found = Company | Person | Vault
  union _Entity = Company | Person
  input PersonFilter { grade: Grade nameContains: String }
  type Query {
    status: String!
    version: String
    companies: [Company!]!
    company(id: ID!): Company
    people(filter: PersonFilter): [Person!]!
    node(id: ID!): Node
    nodes: [Node!]!
    search(text: String): [Found!]!
    vault: Vault
    numbers: [Money]
    self: Query!
    _entities(representations: [_Any!]!): [_Entity]!
    _service: _Service!
  }
  type _Service { sdl: String }
  type Mutation { rename(id: ID!, name: String!): Company raise(id: ID!): Person! }
`;

/** The same without `_service`, for an upstream that answers whatever it is asked with something else. */
export const scriptedSdl = companiesSdl.replace('_service: _Service!', '');

const ada = { __typename: 'Person', id: 'p1', name: 'Ada', salary: 100, bonus: 7, grade: 'SENIOR' };
const eve = { __typename: 'Person', id: 'p2', name: 'Eve', salary: 50, bonus: null, grade: 'JUNIOR', boss: ada };
const acme = {
  __typename: 'Company',
  id: 'c1',
  name: 'Acme',
  // Beyond Int, with a fraction, and no number at all: a custom scalar can be anything.
  revenue: { amount: 12_345_678_901.5, currency: 'EUR' },
  owner: ada,
  people: [ada, eve],
  offices: ['Riga', 'Oslo'],
};
const empty = { __typename: 'Company', id: 'c2', name: 'Empty', revenue: null, owner: eve, people: [], offices: null };
const safe = { __typename: 'Vault', id: 'v1', name: 'Safe', code: '1234', keeper: ada };
Object.assign(ada, { boss: null, employer: acme });
Object.assign(eve, { employer: acme });

/** What the fields at the root answer with. */
export const companiesRoot: Record<string, unknown> = {
  status: 'up',
  version: '1.0',
  companies: [acme, empty],
  company: ({ id }: { id: string }) => [acme, empty].find((company) => company.id === id) ?? null,
  people: [ada, eve],
  node: ({ id }: { id: string }) => [acme, ada, eve, safe].find((node) => node.id === id) ?? null,
  nodes: [acme, ada, safe],
  search: [acme, safe, eve],
  vault: safe,
  numbers: [1, 2_147_483_648, 0.1, '9007199254740993', null],
  self: () => companiesRoot,
  _entities: [acme, ada],
  // The gate reads it too, for the directives in it.
  _service: { sdl: companiesSdl },
  rename: acme,
  raise: ada,
};

/** The rules that most tests go by. */
export const companyRules: Rules = {
  'Query.status': 'public',
  'Query.version': 'public',
  'Person.salary': { scopes: [['hr:read'], ['admin']] },
  'Person.bonus': { scopes: [['hr:read', 'money:read'], ['admin']] },
  'Company.revenue': { scopes: [['money:read']] },
  Vault: 'denied',
};

/** Runs an operation over the data, with a resolver that may look at each field first. */
export function runCompanies(
  schema: GraphQLSchema,
  { query, variables, operationName }: { query: string; variables?: Record<string, unknown>; operationName?: string },
  fieldResolver = defaultFieldResolver,
) {
  return graphqlSync({
    schema,
    source: query,
    rootValue: companiesRoot,
    variableValues: variables ?? {},
    operationName: operationName ?? null,
    fieldResolver,
  });
}

/** A real upstream with these data, on a port of its own. */
export function startCompanies(sdl = companiesSdl): () => Promise<ScriptedUpstream> {
  const schema = buildSchema(sdl);
  return () =>
    startScripted((response, body) => void sendJson(response, runCompanies(schema, JSON.parse(body))), { sdl });
}
