import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { buildSchema, graphql } from 'graphql';

export interface HeldUpstream {
  /** The GraphQL endpoint. */
  readonly url: string;
  /** Resolves when somebody has asked for `held`. */
  readonly asked: Promise<void>;
  /** Lets `held` answer. */
  release(): void;
  close(): void;
}

/** An upstream whose field `held` answers when the test says so, so that a request is in flight for as long as it must. */
export async function startHeldUpstream(sdl = 'type Query { hello: String, held: String }'): Promise<HeldUpstream> {
  const [asked, noteAsked] = latch();
  const [released, release] = latch();
  const held = () => {
    noteAsked();
    return released.then(() => 'released');
  };
  const rootValue = { hello: 'world', held };
  const schema = buildSchema(sdl);
  const server = createServer(async (request, response) => {
    const { query } = (await json(request)) as { query: string };
    const answer = await graphql({ schema, source: query, rootValue });
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}/graphql`, asked, release, close };
}

function latch(): [Promise<void>, () => void] {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return [opened, open];
}
