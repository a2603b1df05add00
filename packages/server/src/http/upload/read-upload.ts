import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { LatchkeyError } from '../../domain/errors.js';
import { type Params, parseBody } from '../../graphql/params.js';
import type { Exchange } from '../exchange.js';
import { letTakeItsTime } from '../listener.js';
import { parseMap } from './map.js';
import { badRequest, readParts, type UploadLimits } from './read-parts.js';
import { writeParts } from './write-parts.js';

/** An operation with files (GraphQL multipart request specification), of which the files have not been read yet. */
export interface Upload {
  readonly params: Params;
  /** For the upstream: the operation, written as `operations` has it, and the files as they come. */
  open(operations: string): { readonly contentType: string; readonly body: Readable };
  /** Why the files could not be read to the end, if they could not. */
  readonly failure: Error | undefined;
}

export interface UploadSettings extends UploadLimits {
  /** Milliseconds that a caller may take to send a request up to its files, and between two pieces of these. */
  readonly requestTimeout: number;
}

export function isUpload({ method, headers }: IncomingMessage): boolean {
  return method === 'POST' && headers['content-type']?.slice(0, 19).toLowerCase() === 'multipart/form-data';
}

/** Fields that a page of another origin can only send after a preflight (CSRF: a form can send multipart/form-data). */
const proofs = ['authorization', 'authorisation', 'graphql-require-preflight', 'apollo-require-preflight'];

/**
 * Reads an upload as far as its files. Rejects with UNSUPPORTED_MEDIA_TYPE where a form could have sent it, with
 * BAD_REQUEST, BATCHING_NOT_SUPPORTED, BODY_TOO_LARGE, or with the connection's error.
 */
export async function readUpload({ request, response }: Exchange, settings: UploadSettings): Promise<Upload> {
  if (!proofs.some((name) => request.headers[name])) {
    throw new LatchkeyError('UNSUPPORTED_MEDIA_TYPE', {
      message:
        'A form of a foreign page could have sent this upload. Send it with the header "Authorization" or "GraphQL-Require-Preflight: 1".',
    });
  }
  if (request.headers['content-encoding'] !== undefined) throw new LatchkeyError('UNSUPPORTED_MEDIA_TYPE');
  if (Number(request.headers['content-length'] ?? 0) > settings.uploadLimit) {
    throw new LatchkeyError('BODY_TOO_LARGE', { message: `The upload is larger than ${settings.uploadLimit} bytes.` });
  }
  const parts = readParts(request, settings);
  // Until it has been read to its end, nothing after it on this connection could be told from it.
  const { shouldKeepAlive } = response;
  response.shouldKeepAlive = false;
  request.once('end', () => {
    response.shouldKeepAlive = shouldKeepAlive;
  });
  response.once('close', parts.close);
  try {
    const field = async (name: string) => {
      const part = await parts.next();
      if (part?.kind === 'field' && part.name === name) return part.value;
      throw badRequest('The parts of an upload are "operations", then "map", then the files.');
    };
    const params = parseBody(await field('operations'));
    const map = parseMap(await field('map'), params.variables, settings.uploadFiles);
    const boundary = `latchkey-${randomBytes(18).toString('base64url')}`;
    return {
      params,
      open(operations) {
        letTakeItsTime(request);
        parts.expectWithin(settings.requestTimeout);
        const body = Readable.from(writeParts(boundary, operations, map, parts), { objectMode: false });
        return { contentType: `multipart/form-data; boundary=${boundary}`, body };
      },
      get failure() {
        return parts.failure;
      },
    };
  } catch (error) {
    parts.close();
    throw error;
  }
}
