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
}

/** From header fields as undici's parser gives them: names and values in turn, as bytes. Those in `hidden` are left out. */
export function readAnswerHead(raw: readonly Buffer[], hidden?: ReadonlySet<string>): AnswerHead {
  const headers: RawHeaders = [];
  let type = '';
  let length = Number.NaN;
  let isPacked = false;
  let retryAfter: number | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    const name = nameOf(raw[i] as Buffer);
    if (name === undefined || hidden?.has(name)) continue;
    const value = (raw[i + 1] as Buffer).toString('latin1');
    headers.push(name, value);
    if (name === 'content-type') type = value;
    else if (name === 'content-length') length = Number(value);
    else if (name === 'content-encoding') isPacked = value !== 'identity';
    else if (name === 'retry-after' && /^\d{1,6}$/.test(value)) retryAfter = Number(value);
  }
  const kind = kindOf(type);
  return { kind: kind === 'json' && isPacked ? 'packed' : kind, length, headers, retryAfter };
}

/** An upstream writes the same few names and types again and again; one that does not must not fill the memory. */
const maxRemembered = 500;
const names = new Map<string, string | undefined>();
const kinds = new Map<string, AnswerKind>();

/** In lower case; undefined if the caller may not see the field. */
function nameOf(bytes: Buffer): string | undefined {
  const written = bytes.toString('latin1');
  const known = names.get(written);
  if (known !== undefined || names.has(written)) return known;
  const lower = written.toLowerCase();
  const name = isDroppedFromAnswer(lower) ? undefined : lower;
  if (names.size < maxRemembered) names.set(written, name);
  return name;
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
