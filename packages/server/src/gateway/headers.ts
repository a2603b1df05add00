/** Hop-by-hop fields (RFC 9110 §7.6.1), and those that each side sets for itself. */
const hopByHop = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

/**
 * Not passed to the upstream: credentials (our own Authorization is set anew, and cookies are no credential
 * here), what only the browser and the front door have to agree on, and whatever could pass for ours.
 */
const droppedFromRequest = new Set([
  ...hopByHop,
  'host',
  'content-length',
  'expect',
  'authorization',
  'authorisation',
  'proxy-authorization',
  'cookie',
  'origin',
  'referer',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-request-id',
]);
const ownPrefix = 'x-latchkey-';

/** Not passed back: CORS is the front door's to grant, and no cookie of the upstream means anything to it. */
const droppedFromAnswer = new Set([...hopByHop, 'set-cookie', 'x-request-id', 'x-content-type-options', 'date']);
const corsPrefix = 'access-control-';

/** Names and values in turn, as node:http and undici take them. */
export type RawHeaders = string[];

/** The caller's header fields that the upstream may see, less those named in `without`. */
export function requestHeaders(raw: readonly string[], without?: ReadonlySet<string>): RawHeaders {
  const kept: RawHeaders = [];
  // Fields that Connection names belong to the one connection as well.
  let perConnection: readonly string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    const value = raw[i + 1] as string;
    if (name === 'connection' && value !== 'keep-alive' && value !== 'close') {
      perConnection = perConnection.concat(value.split(',').map((token) => token.trim().toLowerCase()));
    }
    if (!isDropped(name) && !without?.has(name)) kept.push(name, value);
  }
  return perConnection.length > 0 ? dropNamed(kept, perConnection) : kept;
}

/** An underscore is as good as a hyphen to forge a field with: CGI and WSGI show both to a program as one (CVE-2015-0219). */
function isDropped(name: string): boolean {
  const seen = name.includes('_') ? name.replaceAll('_', '-') : name;
  return droppedFromRequest.has(seen) || seen.startsWith(ownPrefix);
}

function dropNamed(headers: RawHeaders, names: readonly string[]): RawHeaders {
  return headers.filter((_, i) => !names.includes(headers[i - (i % 2)] as string));
}

/** The upstream's header fields that the caller may see. */
export function answerHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): RawHeaders {
  const kept: RawHeaders = [];
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || droppedFromAnswer.has(name) || name.startsWith(corsPrefix)) continue;
    if (typeof value === 'string') kept.push(name, value);
    else for (const one of value) kept.push(name, one);
  }
  return kept;
}
