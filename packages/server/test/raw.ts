import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  /** The header as it was written, names in lower case. */
  readonly headers: string;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: an answer has the shape that the test's request gives it
  readonly body: any;
}

/** A connection for requests that no HTTP client would send. */
export async function openSocket(origin: string): Promise<Socket> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  // What is cut in the middle is what some tests are about; they see it as the end.
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Sends bytes as they are and resolves with all that comes until the other side ends the connection. */
export async function sendRaw(origin: string, request: string | Buffer): Promise<string> {
  const socket = await openSocket(origin);
  socket.write(request);
  return readAll(socket);
}

export async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  await once(socket, 'close');
  return Buffer.concat(chunks).toString();
}

/** Resolves with what has come when `text` is in it, or when the other side has ended the connection. */
export async function readUntil(socket: Socket, text: string): Promise<string> {
  let read = '';
  return new Promise((resolve) => {
    socket.on('data', (chunk) => {
      read += chunk.toString();
      if (read.includes(text)) resolve(read);
    });
    socket.once('close', () => resolve(read));
  });
}

/** The first answer in what came. */
export function parseRaw(raw: string): RawAnswer {
  const end = raw.indexOf('\r\n\r\n');
  const [first = '', ...lines] = raw.slice(0, end).split('\r\n');
  const headers = lines.map((line) => line.replace(/^[^:]+/, (name) => name.toLowerCase())).join('\n');
  const length = /^content-length: (\d+)$/m.exec(headers)?.[1];
  const text = Buffer.from(raw.slice(end + 4))
    .subarray(0, length === undefined ? undefined : Number(length))
    .toString();
  return {
    status: Number(first.split(' ')[1]),
    headers,
    text,
    body: text.startsWith('{') ? JSON.parse(text) : undefined,
  };
}

/** POSTs JSON with exactly these header lines, also two of one name. */
export async function postRaw(url: string, headerLines: readonly string[], body: object): Promise<RawAnswer> {
  const { host, pathname, origin } = new URL(url);
  const text = JSON.stringify(body);
  const lines = [
    `POST ${pathname} HTTP/1.1`,
    `Host: ${host}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(text)}`,
    'Connection: close',
    ...headerLines,
  ];
  return parseRaw(await sendRaw(origin, `${lines.join('\r\n')}\r\n\r\n${text}`));
}
