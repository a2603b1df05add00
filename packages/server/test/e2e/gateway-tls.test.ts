import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { createSchema, createYoga } from 'graphql-yoga';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { openShell } from '../shell.js';
import { ask, signIn } from './ask.js';
import { inService, makeDirectory, serve } from './process.js';

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const certificate = fixture('localhost-cert.pem');
const user = { userName: 'ada@example.com', password: 'four green boats at noon' };
const typeDefs = 'type Query { rows: [String!]!, echo(text: String!): String! }';
const rows = Array.from({ length: 100_000 }, (_, i) => `row ${i}`);

const data = makeDirectory();

beforeAll(async () => {
  await openShell(data)(['user', 'add', user.userName, '--password-stdin'], user.password);
});

/** An API that is reached over TLS alone, with what it has seen of each connection. */
async function startApi() {
  const yoga = createYoga({
    schema: createSchema({
      typeDefs,
      resolvers: { Query: { rows: () => rows, echo: (_: unknown, { text }: { text: string }) => text } },
    }),
    logging: false,
  });
  const server = createServer(
    { key: readFileSync(fixture('localhost-key.pem')), cert: readFileSync(certificate) },
    yoga,
  );
  const connections: { name: unknown; protocol: unknown; isResumed: boolean }[] = [];
  server.on('secureConnection', (socket: TLSSocket & { servername?: unknown }) => {
    connections.push({
      name: socket.servername,
      protocol: socket.alpnProtocol,
      isResumed: socket.isSessionReused(),
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `https://localhost:${(server.address() as AddressInfo).port}/graphql`, server, connections };
}

test('an upstream is reached over TLS, by its name, and a second connection resumes the session of the first', async () => {
  const { url, server, connections } = await startApi();
  const gate = await serve(['--upstream', url], { data, env: { NODE_EXTRA_CA_CERTS: certificate } });
  onTestFinished(() => void gate.stop());
  await inService(gate.url);
  const { accessToken: token } = await signIn(gate.url, user);
  const text = 'ä'.repeat(50_000);
  const echoed = await ask(gate.url, `{ echo(text: "${text}") }`, { token });
  expect(echoed.body).toEqual({ data: { echo: text } });
  server.closeAllConnections();
  const answer = await ask(gate.url, '{ rows }', { token });
  expect(answer.body).toEqual({ data: { rows } });
  expect(connections[0]).toEqual({ name: 'localhost', protocol: 'http/1.1', isResumed: false });
  expect(connections.at(-1)).toEqual({ name: 'localhost', protocol: 'http/1.1', isResumed: true });
});

test('an upstream whose certificate nobody trusts is never asked', async () => {
  const { url, server } = await startApi();
  let requests = 0;
  server.on('request', () => requests++);
  const schema = join(makeDirectory(), 'schema.graphql');
  writeFileSync(schema, typeDefs);
  const gate = await serve(['--upstream', url, '--upstream-schema', schema], { data });
  onTestFinished(() => void gate.stop());
  const { accessToken: token } = await signIn(gate.url, user);
  const { status, body } = await ask(gate.url, '{ rows }', { token });
  expect(status).toBe(502);
  expect(body).toMatchObject({ errors: [{ extensions: { code: 'UPSTREAM_UNAVAILABLE' } }] });
  await gate.said(/DEPTH_ZERO_SELF_SIGNED_CERT/);
  expect(requests).toBe(0);
});
