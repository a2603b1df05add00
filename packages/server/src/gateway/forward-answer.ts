import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { LatchkeyError } from '../domain/errors.js';
import { endAtOnce } from '../lib/end-at-once.js';
import { type AnswerHead, readAnswerHead } from './answer-head.js';
import { withCaching } from './caching.js';
import type { RawHeaders } from './headers.js';
import type { Taken } from './http1/types.js';

export interface AnswerWriter {
  /** Throws UPSTREAM_INVALID. */
  write(chunk: Buffer): void;
  /** Throws UPSTREAM_INVALID. */
  end(): void;
  /**
   * Hands what was written since the last time to the system. Where it returns 'full', `resume` will be called, unless the
   * answer ends first.
   */
  settle(): Taken;
}

/** Bytes of an answer that is written with its header in one piece. */
const maxJoined = 16_384;

/** Bytes of space that may stand before a JSON text. */
const maxSpace = 1_024;

/** Milliseconds that a caller may take nothing of an answer: until then it keeps a connection to the upstream busy. */
const patience = 60_000;

/**
 * Writes an answer of the upstream into `response`, if it is one that a caller may be given; throws UPSTREAM_INVALID
 * if not. The header is held back until the first bytes are seen to be GraphQL too, except for answers that stream.
 */
export function createAnswerWriter(
  response: ServerResponse,
  status: number,
  fields: RawHeaders,
  ownHeaders: RawHeaders,
  resume: () => void,
  hidden: ReadonlySet<string> | undefined,
  isPersonal: boolean,
): AnswerWriter {
  const head = readAnswerHead(fields, hidden);
  const isRefusal = isAboutRequest(status);
  if (!isRefusal && (head.kind === 'other' || (status >= 300 && status < 400))) throw invalidHead(status, head);
  const mustBeObject = !isRefusal && head.kind === 'json';
  let expected = head.length;
  let hasBegun = false;
  /** Only space so far. */
  let held: Buffer | undefined;
  /** Of an answer without a length, but for space. */
  let lastByte: number | undefined;
  /** Corked while pieces are written to it: one system call for all that one read has brought. */
  let corked: Socket | undefined;
  let isBehind = false;
  let goesOn = true;
  let isWaiting = false;
  let stalled: NodeJS.Timeout | undefined;

  const begin = () => {
    hasBegun = true;
    // An answer to a GET may be kept by somebody although nothing is said of it.
    const mayBeKept = head.saysCaching || response.req.method === 'GET';
    const headers = mayBeKept ? withCaching(head.headers, isPersonal) : head.headers;
    for (let i = 0; i < ownHeaders.length; i++) headers.push(ownHeaders[i] as string);
    response.writeHead(status, headers);
  };
  const waitForCaller = () => {
    if (isWaiting) return;
    isWaiting = true;
    response.once('drain', onDrain);
    if (stalled) return stalled.refresh();
    stalled = setTimeout(() => {
      if (isWaiting) response.destroy();
    }, patience).unref();
    response.once('close', () => clearTimeout(stalled));
  };
  const onDrain = () => {
    isWaiting = false;
    resume();
  };
  if (head.kind === 'stream') {
    begin();
    response.flushHeaders();
  }

  return {
    write(chunk) {
      let piece = chunk;
      expected -= chunk.length;
      if (!hasBegun) {
        if (mustBeObject && (held || chunk[0] !== brace)) {
          piece = held ? Buffer.concat([held, chunk]) : chunk;
          held = undefined;
          const first = piece.find(isNoSpace);
          if (first === undefined && piece.length < maxSpace && expected !== 0) {
            held = piece;
            return;
          }
          if (first !== brace) throw notAnObject();
        }
        begin();
        if (expected === 0 && piece.length <= maxJoined) {
          // As text, each byte a character: node:http then writes header and body with one system call, from one piece.
          endAtOnce(response, piece.toString('latin1'), 'latin1');
          return;
        }
      }
      if (mustBeObject && Number.isNaN(head.length)) lastByte = piece.findLast(isNoSpace) ?? lastByte;
      if (!corked) {
        isBehind = response.writableLength > 0;
        corked = response.socket ?? undefined;
        corked?.cork();
      }
      // Behind a caller who does not keep up, small pieces would each keep the memory of a whole read.
      goesOn = response.write(isBehind ? Buffer.from(piece) : piece);
    },
    end() {
      if (!hasBegun) {
        if (mustBeObject) throw notAnObject();
        begin();
      }
      // It holds no connection to the upstream any more: its caller may take their time.
      isWaiting = false;
      if (response.writableEnded) return;
      // Without a length, an answer that ends with its connection may be half of one.
      if (lastByte !== undefined && lastByte !== braceEnd) throw notAnObject();
      response.end();
    },
    settle() {
      corked?.uncork();
      corked = undefined;
      if (held) return 'kept';
      if (response.writableLength === 0) return 'used';
      // Node says `drain` only to whom it has said to wait.
      if (goesOn || response.writableEnded) return isBehind ? 'used' : 'kept';
      waitForCaller();
      return 'full';
    },
  };
}

const brace = 0x7b;
const braceEnd = 0x7d;

function isNoSpace(byte: number): boolean {
  return byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09;
}

/** What the upstream has against a request concerns the caller, in whatever words; that its address is not there does not. */
function isAboutRequest(status: number): boolean {
  return status >= 400 && status < 500 && status !== 404;
}

function invalidHead(status: number, { headers, retryAfter }: AnswerHead): LatchkeyError {
  const at = headers.indexOf('content-type');
  const type = at < 0 ? 'no content type' : (headers[at + 1] as string).slice(0, 100);
  const cause = new Error(`the upstream answered ${status} with ${type}`);
  return new LatchkeyError('UPSTREAM_INVALID', { cause, ...(retryAfter !== undefined && { retryAfter }) });
}

function notAnObject(): LatchkeyError {
  return new LatchkeyError('UPSTREAM_INVALID', {
    cause: new Error('the upstream answered with application/json that is no JSON object'),
  });
}
