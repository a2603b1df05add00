import { channel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { buildSchema, graphqlSync } from 'graphql';
import { expect, onTestFinished, test, vi } from 'vitest';
import { untilInService } from '../gate.js';
import { startTestServer } from '../harness.js';
import { openSocket } from '../raw.js';

/** An upstream that tells its schema when the test says so, and what else it was asked. */
async function startReserved() {
  const schema = buildSchema('type Query { hello: String hidden: String }');
  const asked: string[] = [];
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const server = createServer(async (request, response) => {
    const { query } = JSON.parse(await text(request)) as { query: string };
    if (query.includes('IntrospectionQuery')) await released;
    else asked.push(query);
    const answer = graphqlSync({ schema, source: query, rootValue: { hello: 'world' } });
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`, asked, release };
}

/** What becomes of a request in this process. */
interface Watched {
  readonly isRead: Promise<unknown>;
  readonly isOver: Promise<unknown>;
}

/** The requests from now on, by their ids. */
function watchRequests(): Map<unknown, Watched> {
  const watched = new Map<unknown, Watched>();
  const note = (message: unknown) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    watched.set(request.headers['x-request-id'], { isRead: once(request, 'end'), isOver: once(response, 'close') });
  };
  const started = channel('http.server.request.start');
  started.subscribe(note);
  onTestFinished(() => void started.unsubscribe(note));
  return watched;
}

test.each([
  ['split', '{ viewer { userName } hello }'],
  ['upstream', '{ hello hidden }'],
])('a caller who has gone before the upstream was asked has nothing asked for them: %s', async (kind, query) => {
  const upstream = await startReserved();
  const server = await startTestServer({ upstream: upstream.url, policy: { 'Query.hidden': 'denied' } });
  onTestFinished(() => server.stop());
  await server.addUser('ada@example.com');
  const { accessToken } = await server.signIn('ada@example.com');
  const requests = watchRequests();

  const caller = await openSocket(server.origin);
  const body = JSON.stringify({ query });
  const head = [
    'POST /graphql HTTP/1.1',
    'Host: localhost',
    'Content-Type: application/json',
    'X-Request-Id: the-one-who-goes',
  ];
  caller.write(
    [...head, `Authorization: Bearer ${accessToken}`, `Content-Length: ${body.length}`, '', body].join('\r\n'),
  );
  const { isRead, isOver } = await vi.waitUntil(() => requests.get('the-one-who-goes'));
  await isRead;
  caller.destroy();
  await isOver;
  upstream.release();
  await untilInService(server);
  await vi.waitUntil(async () => {
    const metrics = await (await fetch(`${server.origin}/metrics`)).text();
    return new RegExp(`^latchkey_operations_total\\{kind="${kind}",`, 'm').test(metrics);
  });
  expect(upstream.asked).toEqual([]);
  expect(server.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
});
