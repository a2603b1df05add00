import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';
import { buffer } from 'node:stream/consumers';

/** What stands before several nodes: each request goes to the next one, and nothing is sticky. */
export interface RoundRobin {
  /** The endpoint, for clients. */
  readonly url: string;
  close(): void;
}

/**
 * Passes each request on to the next of the origins, without those that refuse the connection. It never sends a request
 * twice: where a node dies with one, the answer is lost, as it would be in the wild.
 */
export async function startRoundRobin(origins: () => readonly string[]): Promise<RoundRobin> {
  const agent = new Agent({ keepAlive: true });
  let turn = 0;

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await buffer(incoming);
    const all = origins();
    for (let tries = all.length; tries > 0; tries--) {
      const origin = all[turn++ % all.length] as string;
      if ((await pass(incoming, body, outgoing, origin, agent)) === 'passed') return;
    }
    outgoing.destroy();
  }

  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch(() => outgoing.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}/graphql/`,
    close() {
      server.close().closeAllConnections();
      agent.destroy();
    },
  };
}

function pass(
  { method = '', url = '', headers }: IncomingMessage,
  body: Buffer,
  outgoing: ServerResponse,
  origin: string,
  agent: Agent,
): Promise<'passed' | 'refused'> {
  return new Promise((resolve) => {
    request(new URL(url, origin), { method, headers, agent })
      .on('response', (answer) => {
        outgoing.writeHead(answer.statusCode ?? 0, answer.headers);
        // A node that dies in the middle of its answer breaks the caller's connection too.
        pipeline(answer, outgoing, () => resolve('passed'));
      })
      .on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECONNREFUSED') return resolve('refused');
        outgoing.destroy();
        resolve('passed');
      })
      .end(body);
  });
}
