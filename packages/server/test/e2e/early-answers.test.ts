import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startTestServer, type TestServer } from '../harness.js';

const megabyte = 1024 * 1024;
let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ bodyLimit: megabyte, requestTimeout: 60_000 });
});
afterAll(() => server.stop());

/** Begins a request whose body is longer than is taken, and waits for the answer to it. */
async function beginTooLong(): Promise<{ caller: Socket; received: () => string }> {
  const { port } = new URL(server.origin);
  const caller = connect(Number(port), '127.0.0.1');
  onTestFinished(() => void caller.destroy());
  let text = '';
  caller.setEncoding('utf8').on('data', (more) => {
    text += more;
  });
  caller.write(
    'POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
  );
  sendMegabyte(caller);
  sendMegabyte(caller);
  while (!text.includes('BODY_TOO_LARGE')) await once(caller, 'data');
  return { caller, received: () => text };
}

function sendMegabyte(caller: Socket): void {
  caller.write(`${megabyte.toString(16)}\r\n${' '.repeat(megabyte)}\r\n`);
}

describe('a caller who is refused in the middle of a body', () => {
  test('may send the rest of it, and is told nothing else than the answer', async () => {
    const { caller, received } = await beginTooLong();
    for (let i = 0; i < 3; i++) {
      sendMegabyte(caller);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    caller.write('0\r\n\r\n');
    await once(caller, 'end');
    expect(received()).toMatch(/^HTTP\/1\.1 413 .*\r\nconnection: close\r\n/is);
    expect(received().match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  test('and does not end it, is cut off after five seconds', async () => {
    const { caller } = await beginTooLong();
    const begun = performance.now();
    await once(caller, 'end');
    expect(performance.now() - begun).toBeGreaterThan(4_000);
    expect(performance.now() - begun).toBeLessThan(15_000);
  });

  test('and never stops, is cut off after 16 MB', async () => {
    const { caller } = await beginTooLong();
    const begun = performance.now();
    caller.on('error', () => undefined);
    const sending = setInterval(() => sendMegabyte(caller), 10);
    onTestFinished(() => clearInterval(sending));
    await new Promise((resolve) => caller.once('close', resolve));
    expect(performance.now() - begun).toBeLessThan(4_000);
  });

  test('and whose body nobody has begun to read, is cut off after 16 MB too', async () => {
    const caller = connect(Number(new URL(server.origin).port), '127.0.0.1');
    caller.on('error', () => undefined).resume();
    caller.write(
      'POST /graphql HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n',
    );
    await once(caller, 'data');
    const begun = performance.now();
    const sending = setInterval(() => sendMegabyte(caller), 10);
    onTestFinished(() => clearInterval(sending));
    await new Promise((resolve) => caller.once('close', resolve));
    expect(performance.now() - begun).toBeLessThan(4_000);
  });
});
