import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import tls from 'node:tls';
import { onTestFinished } from 'vitest';

/** A request as it came over a connection, which has a number of its own from 0 on. */
export interface Received {
  readonly head: string;
  readonly body: string;
  readonly connection: number;
  readonly socket: Socket;
}

/** A server for tests that answers each request with whatever bytes `answer` writes; it is gone when the test is. */
export async function startRawServer(answer: (received: Received) => void, secure?: TlsOptions) {
  const received: Received[] = [];
  const sockets: Socket[] = [];
  const accept = (socket: Socket) => {
    const connection = sockets.push(socket) - 1;
    let text = '';
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      const end = endOf(text);
      if (end === undefined) return;
      const split = text.indexOf('\r\n\r\n') + 4;
      const request = { head: text.slice(0, split), body: text.slice(split, end), connection, socket };
      text = text.slice(end);
      received.push(request);
      answer(request);
    });
  };
  const server: Server = secure ? tls.createServer(secure, accept) : createServer(accept);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: new URL(`${secure ? 'https' : 'http'}://localhost:${port}`), received, sockets, server };
}

/** Where the first request in `text` ends. */
function endOf(text: string): number | undefined {
  const split = text.indexOf('\r\n\r\n') + 4;
  if (split < 4) return undefined;
  if (/\r\ntransfer-encoding: chunked\r\n/.test(text.slice(0, split))) {
    const last = text.indexOf('\r\n0\r\n\r\n', split - 2);
    return last < 0 ? undefined : last + 7;
  }
  const end = split + Number(/\r\ncontent-length: (\d+)\r\n/.exec(text)?.[1] ?? 0);
  return text.length < end ? undefined : end;
}
