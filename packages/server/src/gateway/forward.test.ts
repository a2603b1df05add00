import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type Received, startRawServer } from '../../test/raw-server.js';
import { forward } from './forward.js';
import { createUpstream } from './upstream.js';

const fixture = (name: string) => readFileSync(new URL(`../../test/e2e/fixtures/${name}`, import.meta.url));
const quiet = { info: () => undefined, warn: () => undefined };

/** A server that forwards whatever it is asked to an upstream which answers with `answer`; and somebody who asks it. */
async function startForwarding(answer: (received: Received) => void, secure?: tls.TlsOptions) {
  const { url } = await startRawServer(answer, secure);
  const breaker = { failures: 5, pause: 1_000 };
  const upstream = createUpstream({ url: `${url.origin}/graphql`, timeout: 10_000, breaker }, quiet);
  const outcomes: Promise<void>[] = [];
  const server = createServer((_request, response) => {
    const request = { body: '{}', headers: [], mayRepeat: false, isPersonal: false };
    const outcome = forward(upstream, request, response, []);
    outcome.catch(() => response.destroy());
    outcomes.push(outcome);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const caller = connect((server.address() as AddressInfo).port, '127.0.0.1');
  onTestFinished(() => {
    caller.destroy();
    server.close();
    upstream.destroy();
  });
  caller.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
  return { caller, outcomes };
}

/** All that comes, read no faster than a piece each millisecond. */
async function readSlowly(caller: Socket): Promise<string> {
  const pieces: Buffer[] = [];
  caller.on('data', (bytes) => {
    pieces.push(bytes);
    caller.pause();
    setTimeout(() => caller.resume(), 1);
  });
  caller.resume();
  await once(caller, 'end');
  return Buffer.concat(pieces).toString('latin1');
}

/** JSON of about so many bytes, no two places in it alike. */
function json(size: number): string {
  let text = '{"data":{"list":[0';
  for (let i = 1; text.length < size; i++) text += `,${i}`;
  return `${text}]}}`;
}

const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';
const bodyOf = (answer: string) => answer.slice(answer.indexOf('\r\n\r\n') + 4);

/** Takes the chunked coding off. */
function joined(answer: string): string {
  let body = '';
  for (let rest = bodyOf(answer); ; ) {
    const size = Number.parseInt(rest, 16);
    if (!size) return body;
    const from = rest.indexOf('\r\n') + 2;
    body += rest.slice(from, from + size);
    rest = rest.slice(from + size + 2);
  }
}

test('a caller who reads slowly gets every byte of a large answer', async () => {
  const text = json(20_000_000);
  const { caller, outcomes } = await startForwarding(({ socket }) =>
    socket.write(`${head}content-length: ${text.length}\r\n\r\n${text}`),
  );
  expect(bodyOf(await readSlowly(caller)) === text).toBe(true);
  await outcomes[0];
});

test('and of one that comes over TLS, which goes on for a while after it was told to stop', async () => {
  const real = tls.connect;
  const ca = fixture('localhost-cert.pem');
  const trusting = vi.spyOn(tls, 'connect') as unknown as ReturnType<typeof vi.fn>;
  trusting.mockImplementation((options: tls.ConnectionOptions) => real({ ...options, ca }));
  onTestFinished(() => trusting.mockRestore());
  const undelayed = vi.spyOn(tls.TLSSocket.prototype, 'setNoDelay');
  const text = json(20_000_000);
  const { caller, outcomes } = await startForwarding(
    ({ socket }) => socket.write(`${head}content-length: ${text.length}\r\n\r\n${text}`),
    { key: fixture('localhost-key.pem'), cert: ca },
  );
  expect(bodyOf(await readSlowly(caller)) === text).toBe(true);
  await outcomes[0];
  // Node 20 does not do that by itself.
  expect(undelayed).toHaveBeenCalledWith(true);
});

// Less than what Node calls too much: it never says that such a piece is gone.
test.each([
  ['with a length', true],
  ['in chunks', false],
])('a caller who stops reading, and goes on, gets the rest of what comes in small pieces %s', async (_, hasLength) => {
  const piece = '      0,'.repeat(1_000);
  const count = 2_500;
  const { caller, outcomes } = await startForwarding(async ({ socket }) => {
    const size = piece.length * count + 1;
    socket.write(
      hasLength ? `${head}content-length: ${size}\r\n\r\n{` : `${head}transfer-encoding: chunked\r\n\r\n1\r\n{\r\n`,
    );
    for (let i = 0; i < count; i++) {
      const isTaken = socket.write(hasLength ? piece : `${piece.length.toString(16)}\r\n${piece}\r\n`);
      if (!isTaken) await once(socket, 'drain');
      await new Promise(setImmediate);
    }
    if (!hasLength) socket.write('1\r\n}\r\n0\r\n\r\n');
  });
  caller.pause();
  await sleep(500);
  const answer = await readSlowly(caller);
  const body = hasLength ? bodyOf(answer) : joined(answer);
  expect(body === `{${piece.repeat(count)}${hasLength ? '' : '}'}`).toBe(true);
  await outcomes[0];
});

test('space that came before an object goes on with it', async () => {
  const { caller } = await startForwarding(async ({ socket }) => {
    socket.write(`${head}content-length: 17\r\n\r\n   `);
    await sleep(50);
    socket.write('  \n');
    await sleep(50);
    socket.write('{"data":{}');
    await sleep(50);
    socket.write('}');
  });
  expect(bodyOf(await readSlowly(caller))).toBe('     \n{"data":{}}');
});

test('many small pieces of one read go on together, and are waited for once', async () => {
  const warned = vi.fn();
  process.on('warning', warned);
  onTestFinished(() => void process.off('warning', warned));
  const text = json(1_000_000);
  const chunks = text.replace(/.{1,10}/g, (part) => `${part.length.toString(16)}\r\n${part}\r\n`);
  const { caller } = await startForwarding(({ socket }) =>
    socket.write(`${head}transfer-encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`),
  );
  let reads = 0;
  caller.on('data', () => reads++);
  expect(joined(await readSlowly(caller)) === text).toBe(true);
  expect(reads).toBeLessThan(2_000);
  expect(warned).not.toHaveBeenCalled();
});
