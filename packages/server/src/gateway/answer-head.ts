import { isAboutCaching } from './caching.js';
import { isDroppedFromAnswer, type RawHeaders } from './headers.js';

/**
 * What an answer is, by its media type: `json` can be looked at, `packed` is JSON in some content coding, `stream`
 * comes in parts for as long as it likes, and `other` is nothing that GraphQL answers with.
 */
export type AnswerKind = 'json' | 'packed' | 'stream' | 'other';

export interface AnswerHead {
  readonly kind: AnswerKind;
  /** The bytes of the body, NaN where the upstream has not said. */
  readonly length: number;
  /** The header fields that the caller may see. */
  readonly headers: RawHeaders;
  /** Seconds of Retry-After, where it has them. */
  readonly retryAfter: number | undefined;
  /** The upstream has said who may keep it. */
  readonly saysCaching: boolean;
}

/** From header fields as undici's parser gives them: names and values in turn, as bytes. Those in `hidden` are left out. */
export function readAnswerHead(raw: readonly Buffer[], hidden?: ReadonlySet<string>): AnswerHead {
  const headers: RawHeaders = [];
  let type = '';
  let length = Number.NaN;
  let isPacked = false;
  let retryAfter: number | undefined;
  let saysCaching = false;
  for (let i = 0; i < raw.length; i += 2) {
    const field = fieldOf(raw[i] as Buffer);
    if (field === undefined || hidden?.has(field.name)) continue;
    const { name } = field;
    if (field.isAboutCaching) saysCaching = true;
    const value = (raw[i + 1] as Buffer).toString('latin1');
    headers.push(name, value);
    if (name === 'content-type') type = value;
    else if (name === 'content-length') length = Number(value);
    else if (name === 'content-encoding') isPacked = value !== 'identity';
    else if (name === 'retry-after' && /^\d{1,6}$/.test(value)) retryAfter = Number(value);
  }
  const kind = kindOf(type);
  return { kind: kind === 'json' && isPacked ? 'packed' : kind, length, headers, retryAfter, saysCaching };
}

/** An upstream writes the same few names and types again and again; one that does not must not fill the memory. */
const maxRemembered = 500;
const fields = new Map<string, Field | undefined>();
const kinds = new Map<string, AnswerKind>();

interface Field {
  /** In lower case. */
  readonly name: string;
  readonly isAboutCaching: boolean;
}

/** Undefined if the caller may not see the field. */
function fieldOf(bytes: Buffer): Field | undefined {
  const written = bytes.toString('latin1');
  const known = fields.get(written);
  if (known !== undefined || fields.has(written)) return known;
  const name = written.toLowerCase();
  const field = isDroppedFromAnswer(name) ? undefined : { name, isAboutCaching: isAboutCaching(name) };
  if (fields.size < maxRemembered) fields.set(written, field);
  return field;
}

function kindOf(contentType: string): AnswerKind {
  const known = kinds.get(contentType);
  if (known) return known;
  const type = (contentType.split(';', 1)[0] as string).trim().toLowerCase();
  const kind = /^application\/(json|[\w.+-]+\+json)$/.test(type)
    ? 'json'
    : type === 'multipart/mixed' || type === 'text/event-stream'
      ? 'stream'
      : 'other';
  if (kinds.size < maxRemembered) kinds.set(contentType, kind);
  return kind;
}
