import { expect, onTestFinished, test, vi } from 'vitest';
import { startGate } from '../gate.js';
import { overEvents, overSocket } from '../subscribers.js';
import type { ExecutableSchema } from '../upstreams/schema.js';
import { startWith } from '../upstreams/sockets.js';

const schemaOf = (beat: string) => `
  type Query { hello: String _service: _Service! }
  type _Service { sdl: String! }
  type Subscription { beats: Beat! }
  type Beat { ${beat} }
`;
const open = schemaOf('number: Int! code: String');
const guarded = schemaOf('number: Int! code: String @requiresScopes(scopes: [["codes"]]) later: Boolean');
const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@requiresScopes"])';

/** A subgraph of a federation with one stream, which beats when the test says so. */
function createHeart() {
  const hearts = new Set<() => void>();

  async function* subscribe() {
    for (let number = 1; number <= 2; number++) {
      yield { beats: { number, code: 'four', later: true } };
      if (number === 1) await new Promise<void>((resolve) => hearts.add(resolve));
    }
  }

  const version = (sdl: string): ExecutableSchema => ({
    typeDefs: sdl.replace(/@requiresScopes\(.*?\)/, ''),
    resolvers: { Query: { _service: () => ({ sdl: link + sdl }) }, Subscription: { beats: { subscribe } } },
  });
  /** Lets all that run beat for the last time, and end. */
  const finish = () => {
    for (const go of hearts) go();
    hearts.clear();
  };
  return { version, finish };
}

test.each([
  ['a WebSocket', overSocket],
  ['an event stream', overEvents],
])(
  'when the schema is swapped, what runs on %s ends on the old one, and what begins is judged by the new',
  async (_, over) => {
    const { version, finish } = createHeart();
    const gate = await startGate(() => startWith(version(open)), { upstreamSchemaInterval: 0 });
    onTestFinished(() => gate.stop());
    const { server, upstream, token } = gate;
    const subscriber = over(server, token);
    onTestFinished(() => subscriber.dispose());
    const query = 'subscription { beats { number code } }';
    const before = subscriber.subscribe(query);
    await expect.poll(() => before.events.length).toBe(1);

    upstream.become(version(guarded));
    server.reloadUpstreamSchema();
    const swapped = 'a new schema of the upstream is in service';
    await vi.waitUntil(() => server.log.lines.some(({ message }) => message === swapped), { timeout: 5_000 });
    // The same document, on the same connection.
    const after = subscriber.subscribe(query);
    const fresh = subscriber.subscribe('subscription { beats { number later } }');
    await expect.poll(() => [after.events.length, fresh.events.length]).toEqual([1, 1]);
    finish();

    expect([await before.ended, await after.ended, await fresh.ended]).toEqual([undefined, undefined, undefined]);
    expect(before.events).toEqual([1, 2].map((number) => ({ data: { beats: { number, code: 'four' } } })));
    expect(after.events).toMatchObject(
      [1, 2].map((number) => ({
        data: { beats: { number, code: null } },
        errors: [{ path: ['beats', 'code'], extensions: { code: 'INSUFFICIENT_SCOPE' } }],
      })),
    );
    expect(fresh.events).toEqual([1, 2].map((number) => ({ data: { beats: { number, later: true } } })));
  },
);
