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

/** From header fields: names in lower case and values in turn. Those in `hidden` are left out. */
export function readAnswerHead(raw: RawHeaders, hidden?: ReadonlySet<string>): AnswerHead {
  const headers: RawHeaders = [];
  let type = '';
  let length = Number.NaN;
  let isPacked = false;
  let retryAfter: number | undefined;
  let saysCaching = false;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const use = useOf(name);
    if (use === 'dropped' || hidden?.has(name)) continue;
    if (use === 'caching') saysCaching = true;
    const value = raw[i + 1] as string;
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
const uses = new Map<string, Use>();
const kinds = new Map<string, AnswerKind>();

/** What is done with a field: it is not the caller's to see, says who may keep the answer, or is just passed on. */
type Use = 'dropped' | 'caching' | 'plain';

function useOf(name: string): Use {
  const known = uses.get(name);
  if (known) return known;
  const use = isDroppedFromAnswer(name) ? 'dropped' : isAboutCaching(name) ? 'caching' : 'plain';
  if (uses.size < maxRemembered) uses.set(name, use);
  return use;
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
