import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { Busboy, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';
import { LatchkeyError } from '../../domain/errors.js';
import { discard } from '../body.js';

export interface UploadLimits {
  /** Bytes of the whole request. */
  readonly uploadLimit: number;
  readonly uploadFiles: number;
  /** Bytes of `operations`, and of `map`. */
  readonly bodyLimit: number;
}

export type Part =
  | { readonly kind: 'field'; readonly name: string | undefined; readonly value: string }
  | {
      readonly kind: 'file';
      readonly name: string | undefined;
      readonly stream: Readable;
      readonly fileName: string | undefined;
      readonly mediaType: string;
    };

export interface Parts {
  /**
   * The next part, undefined after the last. A file has to be read before there is another. Rejects with BAD_REQUEST,
   * BODY_TOO_LARGE, or the connection's error.
   */
  next(): Promise<Part | undefined>;
  /** What ended the reading, if something did. */
  readonly failure: Error | undefined;
  /** From now on, the caller may take that many milliseconds between two pieces. */
  expectWithin(milliseconds: number): void;
  /** Stops reading, and throws away what still comes. */
  close(): void;
}

/** The parts of a multipart/form-data body in their order. Nothing is read ahead of who asks for them. Throws BAD_REQUEST. */
export function readParts(request: IncomingMessage, { uploadLimit, uploadFiles, bodyLimit }: UploadLimits): Parts {
  const limits = { fieldSize: bodyLimit, fields: 2, files: uploadFiles, parts: uploadFiles + 2, headerSize: 8_192 };
  const parser = createParser(request, limits);
  const waiting: Part[] = [];
  let wake: (() => void) | undefined;
  let failure: Error | undefined;
  let isDone = false;
  let size = 0;

  const add = (part: Part) => {
    waiting.push(part);
    wake?.();
  };
  let open: Readable | undefined;
  let idle: NodeJS.Timeout | undefined;
  const end = () => {
    isDone = true;
    clearTimeout(idle);
    wake?.();
  };
  const fail = (error: Error) => {
    if (isDone) return;
    failure = error;
    end();
    request.unpipe(parser);
    request.off('data', count);
    if (!request.complete) discard(request);
    // Whoever reads the file must not take its beginning for the whole.
    open?.destroy(error);
  };
  const count = (chunk: Buffer) => {
    idle?.refresh();
    size += chunk.length;
    if (size > uploadLimit) fail(tooLarge(`The upload is larger than ${uploadLimit} bytes.`));
  };

  parser.on('field', (name, value, _isNameCut, isCut) => {
    if (isCut) fail(tooLarge(`"${String(name).slice(0, 100)}" is larger than ${bodyLimit} bytes.`));
    else add({ kind: 'field', name, value });
  });
  parser.on('file', (name, stream, fileName, _encoding, mediaType) => {
    stream.on('error', () => undefined);
    open = stream;
    add({ kind: 'file', name, stream, fileName, mediaType });
  });
  parser.on('filesLimit', () =>
    fail(badRequest(`The upload has more than ${uploadFiles} files, which is uploadFiles.`)),
  );
  for (const event of ['partsLimit', 'fieldsLimit'] as const) {
    parser.on(event, () => fail(badRequest('The upload has other parts than "operations", "map" and files.')));
  }
  parser.on('error', () => fail(badRequest('The upload is not multipart/form-data to its end.')));
  parser.on('finish', end);
  request.on('error', fail);
  request.on('close', () => {
    if (!request.complete) fail(new Error('The caller has gone in the middle of an upload.'));
  });
  request.on('data', count);
  request.pipe(parser);

  return {
    async next() {
      while (waiting.length === 0 && !isDone) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (failure) throw failure;
      return waiting.shift();
    },
    get failure() {
      return failure;
    },
    expectWithin(milliseconds) {
      if (isDone) return;
      idle = setTimeout(() => {
        // It is the upstream that does not go on, and that has a time of its own.
        if (request.isPaused()) idle?.refresh();
        else request.destroy(new Error('The caller does not go on with an upload.'));
      }, milliseconds);
    },
    close: () => fail(new Error('The upload is not wanted any more.')),
  };
}

function createParser(request: IncomingMessage, limits: object): BusboyInstance {
  try {
    return new Busboy({ headers: request.headers as BusboyHeaders, limits });
  } catch {
    throw badRequest('The header Content-Type of the upload names no boundary.');
  }
}

function tooLarge(message: string): LatchkeyError {
  return new LatchkeyError('BODY_TOO_LARGE', { message });
}

export function badRequest(message: string): LatchkeyError {
  return new LatchkeyError('BAD_REQUEST', { message });
}
