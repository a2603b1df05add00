import { createBoundedMap } from '../lib/bounded-map.js';

/** What an answer is to be written as. */
export interface Negotiated {
  readonly mediaType: 'application/graphql-response+json' | 'application/json';
  /**
   * The caller named application/json: a client of the time when every answer was a 200, also for a document
   * that could not be run (GraphQL over HTTP §6.4.1, audits 572B, FDE2 and 7B9B).
   */
  readonly isLegacy: boolean;
}

const graphqlResponse: Negotiated = { mediaType: 'application/graphql-response+json', isLegacy: false };
const namedJson: Negotiated = { mediaType: 'application/json', isLegacy: true };
export const anyJson: Negotiated = { mediaType: 'application/json', isLegacy: false };

const byRange: Readonly<Record<string, Negotiated>> = {
  'application/graphql-response+json': graphqlResponse,
  'application/json': namedJson,
  'application/*': anyJson,
  '*/*': anyJson,
};

const remembered = createBoundedMap<Negotiated | 'none'>(100);

/** The best type for an Accept header (RFC 9110 §12.5.1), or undefined if there is none. */
export function negotiate(accept: string | undefined): Negotiated | undefined {
  if (accept === undefined || accept === '*/*' || accept === '') return anyJson;
  let best = remembered.get(accept);
  if (best === undefined) {
    best = findBest(accept) ?? 'none';
    remembered.set(accept, best);
  }
  return best === 'none' ? undefined : best;
}

function findBest(accept: string): Negotiated | undefined {
  const refused = new Set<string>();
  let best: Negotiated | undefined;
  let bestQuality = 0;
  for (const { type, quality } of parseAccept(accept)) {
    const offered = byRange[type];
    if (offered && quality === 0) refused.add(offered.mediaType);
    if (!offered || quality <= bestQuality) continue;
    best = offered;
    bestQuality = quality;
  }
  return best && refused.has(best.mediaType) ? undefined : best;
}

/** Whether a browser asks for a page: its Accept header names text/html before what GraphQL answers with. */
export function prefersHtml(accept: string | undefined): boolean {
  if (!accept?.includes('text/html')) return false;
  const ranges = parseAccept(accept);
  const best = (types: readonly string[]) =>
    Math.max(0, ...ranges.filter(({ type }) => types.includes(type)).map(({ quality }) => quality));
  return (
    best(['text/html']) >= best(['application/graphql-response+json', 'application/json']) && best(['text/html']) > 0
  );
}

/** Whether an Accept header takes server-sent events (GraphQL over SSE). */
export function acceptsEvents(accept: string | undefined): boolean {
  if (!accept?.includes('text/event-stream')) return false;
  return parseAccept(accept).some(({ type, quality }) => type === 'text/event-stream' && quality > 0);
}

/** Whether it takes nothing else that an operation can be answered with. */
export function acceptsOnlyEvents(accept: string | undefined): boolean {
  return acceptsEvents(accept) && negotiate(accept) === undefined && !accept?.includes('multipart/mixed');
}

function parseAccept(accept: string): readonly { type: string; quality: number }[] {
  return accept.split(',').map((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    const quality = q === undefined ? 1 : Number(q.slice(2));
    return { type, quality: Number.isFinite(quality) ? quality : 0 };
  });
}

/** Whether a Content-Type is JSON in UTF-8: the one kind of body that no form can send (CSRF). */
export function isJsonContentType(contentType: string | undefined): boolean {
  if (contentType === 'application/json') return true;
  const [type, ...parameters] = (contentType ?? '').split(';').map((part) => part.trim().toLowerCase());
  if (type !== 'application/json') return false;
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  return charset === undefined || /^charset="?utf-?8"?$/.test(charset);
}
