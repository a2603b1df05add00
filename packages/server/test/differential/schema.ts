/** What the generated operations are about: every kind of type, and the same answer to the same question each time. */
export interface DifferentialSchema {
  readonly typeDefs: string;
  readonly resolvers: Record<string, Record<string, unknown>>;
}

/** The SDL with root types of these names. */
function sdl(query: string, mutation: string): string {
  return `
    schema { query: ${query} mutation: ${mutation} }
    scalar Moment
    directive @loud(how: String) on FIELD | QUERY
    enum Kind { SMALL LARGE NONE }
    interface Node { id: ID! }
    interface Named implements Node { id: ID! name: String! }
    type Item implements Named & Node {
      id: ID! name: String! kind: Kind! price: Float count: Int! at: Moment tags: [String!]! matrix: [[Int!]]
      label(upper: Boolean = false, pad: Int): String!
      children(first: Int = 2, filter: ItemFilter): [Item!]!
      maker: Maker! parent: Item any: [Any!]! failing: String failingHard: String!
    }
    type Maker implements Named & Node { id: ID! name: String! items(first: Int = 1, kinds: [Kind!]): [Item]! partner: Maker }
    type Note { text: String! about: Named on: [Node!]! }
    union Any = Item | Maker | Note
    input ItemFilter { kind: Kind kinds: [Kind!] text: String = "" range: Range and: [ItemFilter!] }
    input Range { from: Float = 0 to: Float! }
    type ${query} implements Node {
      id: ID!
      item(id: ID! = "1"): Item
      items(first: Int = 3, filter: ItemFilter): [Item!]!
      maker: Maker!
      any: [Any!]!
      named: [Named]!
      node(id: ID!): Node
      echo(text: String, texts: [String!], list: [[Int!]], kind: Kind, at: Moment, flag: Boolean, number: Float, id: ID, filter: ItemFilter): String
      failing: String
      failingHard: String!
      failingItems: [Item!]
      query: ${query}!
    }
    type ${mutation} { touch(item: ID!, note: String): Item rename(filter: ItemFilter!, names: [String!]! = ["x"]): [Item!] fail: Int! again: ${query}! }`;
}

const kinds = ['SMALL', 'LARGE', 'NONE'];
const upTo = (first: number | null | undefined) => Math.max(0, Math.min(first ?? 2, 4));

function makeItem(number: number) {
  return {
    __typename: 'Item',
    number,
    id: String(number),
    name: `Item ${number} \u00fc \u{1F3CA} "quoted" \u2028`,
    kind: kinds[number % 3],
    price: number % 4 === 0 ? null : number / 3,
    count: number,
    at: '2026-01-01T00:00:00Z',
    tags: ['a', `t${number}`],
    matrix: [[number, 2], null],
  };
}

const makeMaker = (number: number) => ({ __typename: 'Maker', number, id: `m${number}`, name: `Maker ${number}` });
const list = (first: number, from = 1) => Array.from({ length: upTo(first) }, (_, i) => makeItem(from + i));

// A plain Error: a GraphQLError of another copy of graphql-js would be masked by some servers.
const fail = () => {
  throw new Error('failed, as it always does');
};

const any = () => [makeItem(1), makeMaker(1), { __typename: 'Note', text: 'a note' }];

function queryResolvers(): Record<string, unknown> {
  return {
    id: () => 'root',
    item: (_: unknown, { id }: { id: string }) => (/^\d$/.test(id) ? makeItem(Number(id)) : null),
    items: (_: unknown, { first }: { first: number }) => list(first),
    maker: () => makeMaker(1),
    any,
    named: () => [makeItem(2), null, makeMaker(2)],
    node: (_: unknown, { id }: { id: string }) => (id === '1' ? makeItem(1) : makeMaker(3)),
    echo: (_: unknown, args: object) => JSON.stringify(args),
    failing: fail,
    failingHard: fail,
    failingItems: () => [makeItem(1), null],
    query: () => ({}),
  };
}

/** The schema with root types of these names; nothing that its mutations do is remembered. */
export function createDifferentialSchema(query = 'Query', mutation = 'Mutation'): DifferentialSchema {
  return {
    typeDefs: sdl(query, mutation),
    resolvers: {
      [query]: queryResolvers(),
      [mutation]: {
        touch: (_: unknown, { item }: { item: string }) => makeItem(item.length),
        rename: (_: unknown, { names }: { names: string[] }) => names.map((name) => ({ ...makeItem(7), name })),
        fail,
        again: () => ({}),
      },
      Item: {
        label: ({ name }: { name: string }, { upper, pad }: { upper: boolean; pad?: number | null }) =>
          (upper ? name.toUpperCase() : name).padEnd(Math.min(pad ?? 0, 60)),
        children: ({ number }: { number: number }, { first }: { first: number }) => list(first, number + 1),
        maker: ({ number }: { number: number }) => makeMaker(number),
        parent: ({ number }: { number: number }) => (number > 1 ? makeItem(number - 1) : null),
        any,
        failing: fail,
        failingHard: fail,
      },
      Maker: {
        items: ({ number }: { number: number }, { first }: { first: number }) => [...list(first, number), null],
        partner: ({ number }: { number: number }) => (number > 2 ? null : makeMaker(number + 1)),
      },
      Note: { about: () => makeMaker(9), on: () => [makeItem(3), makeMaker(3)] },
    },
  };
}
