import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { LatchkeyError } from '../domain/errors.js';
import { isJsonContentType } from '../graphql/media-type.js';

/** How much of a body that was refused is still read, so that its sender gets to see the answer. */
const discarded = 16 * 1024 * 1024;

/** Reads a body of at most `limit` bytes. Rejects with BODY_TOO_LARGE, or with the connection's error. */
function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return refuse(request, limit);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) {
        request.removeAllListeners('data');
        reject(refusal(limit));
        discard(request);
      } else chunks.push(chunk);
    });
    request.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    request.on('error', reject);
  });
}

function refuse(request: IncomingMessage, limit: number): Promise<never> {
  discard(request);
  return Promise.reject(refusal(limit));
}

function refusal(limit: number): LatchkeyError {
  return new LatchkeyError('BODY_TOO_LARGE', { message: `The request body is larger than ${limit} bytes.` });
}

/** Throws away what still comes of a body, so that its sender gets to see the answer. */
export function discard(request: IncomingMessage): void {
  let size = 0;
  request.on('error', () => undefined);
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > discarded) request.destroy();
  });
  request.resume();
}

/** Reads a body of JSON, at most `limit` bytes. Rejects with UNSUPPORTED_MEDIA_TYPE, and as `readBody` does. */
export function readJsonBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const { 'content-type': contentType, 'content-encoding': encoding } = request.headers;
  if (!isJsonContentType(contentType) || (encoding !== undefined && encoding !== 'identity')) {
    return Promise.reject(new LatchkeyError('UNSUPPORTED_MEDIA_TYPE'));
  }
  return readBody(request, limit);
}

/** Throws BAD_REQUEST. Bytes that are no UTF-8 would be read as one thing here and as another by who is less strict. */
export function readText(body: Buffer): string {
  const text = body.toString();
  if (text.includes('\ufffd') && !isUtf8(body)) {
    throw new LatchkeyError('BAD_REQUEST', { message: 'The request body is not UTF-8.' });
  }
  return text;
}
