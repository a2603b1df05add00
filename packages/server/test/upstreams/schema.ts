import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** What every resolver gets as its context. */
export interface UpstreamContext {
  headers: IncomingHttpHeaders;
}

/** What a server of the tests serves. */
export interface ExecutableSchema {
  readonly typeDefs: string;
  // biome-ignore lint/suspicious/noExplicitAny: each server has a type of its own for resolvers
  readonly resolvers: Record<string, any>;
}

interface Widget {
  __typename: 'Widget';
  id: string;
  name: string;
  color: 'RED' | 'GREEN';
  createdAt: string;
}

const MAX_WIDGETS = 1_000;
const MAX_SLEEP_MS = 10_000;

export const typeDefs = `
  scalar Timestamp

  enum Color { RED GREEN }

  interface Named { name: String! }

  "A widget."
  type Widget implements Named {
    id: ID!
    name: String!
    color: Color!
    createdAt: Timestamp!
    "Other widgets, so that a selection can be as deep as a test wants it."
    related(first: Int = 2): [Widget!]!
  }

  type Maker implements Named { name: String! widgets(first: Int = 20): [Widget!]! }

  union Thing = Widget | Maker

  input WidgetFilter { color: Color nameContains: String = "" }

  type Header { name: String! value: String! }

  type Query {
    hello: String!
    oldHello: String @deprecated(reason: "Use hello.")
    echo(text: String!): String
    widgets(first: Int = 20): [Widget!]!
    widget(id: ID!): Widget
    findWidgets(filter: WidgetFilter!): [Widget!]!
    things: [Thing!]!
    named: [Named!]!
    "The headers of the HTTP request that asked for them, as this server received them."
    headers: [Header!]!
    failNullable: String
    failNonNull: String!
    "Answers after that many milliseconds, at most 10,000."
    slow(ms: Int!): String
  }

  type Mutation { addWidget(name: String!): Widget! }

  type Subscription {
    "Counts from 1, with that many milliseconds before each."
    ticks(count: Int!, everyMs: Int = 1): Int!
    "Texts of that many characters, for ever and without a pause."
    flood(size: Int!): String!
    "What Query.headers answers, once."
    headersSeen: [Header!]!
    "One event that is an error, then the end."
    failEvent: Int!
  }
`;

const makeWidget = (number: number, name = `Widget ${number}`): Widget => ({
  __typename: 'Widget',
  id: String(number),
  name,
  color: number % 2 === 0 ? 'GREEN' : 'RED',
  createdAt: '2026-01-01T00:00:00.000Z',
});

// A plain Error: a GraphQLError of another copy of graphql-js would be masked by some servers.
const fail = (field: string) => () => {
  throw new Error(`${field} failed, as it always does`);
};

function listHeaders(headers: IncomingHttpHeaders) {
  return Object.entries(headers).map(([name, value]) => ({ name, value: String(value) }));
}

/** Subscriptions that run at this moment, in this process. */
export const subscribed = { count: 0, flooded: 0 };

async function* counted<T>(events: AsyncGenerator<T>): AsyncGenerator<T> {
  subscribed.count++;
  try {
    yield* events;
  } finally {
    subscribed.count--;
  }
}

async function* tick(count: number, everyMs: number) {
  for (let i = 1; i <= count; i++) {
    await sleep(everyMs, undefined, { ref: false });
    yield { ticks: i };
  }
}

async function* flood(size: number) {
  const event = { flood: 'x'.repeat(size) };
  for (;;) {
    // Not to starve everything else of this process.
    await sleep(0);
    subscribed.flooded++;
    yield event;
  }
}

async function* once<T>(event: T) {
  yield event;
}

/** The resolvers of {@link typeDefs} over fifty widgets of their own. */
export function createResolvers() {
  const widgets = Array.from({ length: 50 }, (_, index) => makeWidget(index + 1));
  const firstWidgets = (_: unknown, { first }: { first: number }) => widgets.slice(0, Math.max(0, first));
  const maker = { __typename: 'Maker', name: 'Ada' };
  return {
    Query: {
      hello: () => 'world',
      oldHello: () => 'world',
      echo: (_: unknown, { text }: { text: string }) => text,
      widgets: firstWidgets,
      widget: (_: unknown, { id }: { id: string }) => widgets.find((widget) => widget.id === id) ?? null,
      findWidgets: (_: unknown, { filter }: { filter: { color?: string | null; nameContains: string } }) =>
        widgets.filter(({ color, name }) => color === (filter.color ?? color) && name.includes(filter.nameContains)),
      things: () => [widgets[0], maker],
      named: () => [maker, widgets[1]],
      headers: (_: unknown, __: unknown, { headers }: UpstreamContext) => listHeaders(headers),
      failNullable: fail('failNullable'),
      failNonNull: fail('failNonNull'),
      slow: (_: unknown, { ms }: { ms: number }) => sleep(Math.min(ms, MAX_SLEEP_MS), `slept ${ms} ms`, { ref: false }),
    },
    Mutation: {
      addWidget: (_: unknown, { name }: { name: string }) => {
        if (widgets.length >= MAX_WIDGETS) throw new Error(`There are ${MAX_WIDGETS} widgets already.`);
        const widget = makeWidget(widgets.length + 1, name);
        widgets.push(widget);
        return widget;
      },
    },
    Subscription: {
      ticks: {
        subscribe: (_: unknown, { count, everyMs }: { count: number; everyMs: number }) =>
          counted(tick(count, everyMs)),
      },
      flood: { subscribe: (_: unknown, { size }: { size: number }) => counted(flood(size)) },
      headersSeen: {
        subscribe: (_: unknown, __: unknown, { headers }: UpstreamContext) =>
          counted(once({ headersSeen: listHeaders(headers) })),
      },
      failEvent: { subscribe: () => counted(once({ failEvent: 1 })), resolve: fail('failEvent') },
    },
    Widget: { related: firstWidgets },
    Maker: { widgets: firstWidgets },
  };
}
