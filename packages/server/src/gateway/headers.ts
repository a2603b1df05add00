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
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
  'x-request-id',
]);

/** Ours, and what proxies tell of a caller, who must not tell it of themselves. */
const droppedPrefixes = ['x-latchkey-', 'x-forwarded-'];

/** Not passed back: CORS is the front door's to grant, and no cookie of the upstream means anything to it. */
const droppedFromAnswer = new Set([...hopByHop, 'set-cookie', 'x-request-id', 'x-content-type-options', 'date']);
const corsPrefix = 'access-control-';

/** Names and values in turn, as node:http takes them. */
export type RawHeaders = string[];

/** Fields of a caller that the upstream never sees: names and beginnings of names, in lower case and with hyphens. */
export interface DroppedFields {
  readonly names: ReadonlySet<string>;
  readonly prefixes: readonly string[];
  /** The name in lower case under which a field of this name goes on; '' if it does not. */
  nameFor(name: string): string;
}

/** Those that are always dropped, and these. */
export function droppedBesides(names: readonly string[], prefixes: readonly string[]): DroppedFields {
  const fields = { names: new Set([...droppedFromRequest, ...names]), prefixes: [...droppedPrefixes, ...prefixes] };
  return { ...fields, nameFor: rememberNames((name) => (isDropped(name, fields) ? '' : name)) };
}

/**
 * To forge a field with, an underscore is as good as a hyphen, and to some servers so is any other sign: CGI and WSGI
 * show them all to a program as one (CVE-2015-0219).
 */
function isDropped(name: string, { names, prefixes }: Pick<DroppedFields, 'names' | 'prefixes'>): boolean {
  const seen = name.replace(/[^a-z0-9-]/g, '-');
  return names.has(seen) || prefixes.some((prefix) => seen.startsWith(prefix));
}

/** Callers send the same few names again and again, and somebody could send any number of others. */
const rememberedNames = 500;
const longestRemembered = 64;

/** Measured: ten fields take half of the time that they take without. */
function rememberNames(decide: (lower: string) => string): (name: string) => string {
  const known = new Map<string, string>();
  return (name) => {
    const hit = known.get(name);
    if (hit !== undefined) return hit;
    const decided = decide(name.toLowerCase());
    if (known.size >= rememberedNames) known.clear();
    if (name.length <= longestRemembered) known.set(name, decided);
    return decided;
  };
}

const alwaysDropped = droppedBesides([], []);

/** The caller's header fields that the upstream may see, less those named in `without`. */
export function requestHeaders(
  raw: readonly string[],
  without?: ReadonlySet<string>,
  dropped = alwaysDropped,
): RawHeaders {
  const kept: RawHeaders = [];
  // Fields that Connection names belong to the one connection as well.
  let perConnection: readonly string[] = [];
  let hasType = false;
  for (let i = 0; i < raw.length; i += 2) {
    const written = raw[i] as string;
    const value = raw[i + 1] as string;
    const name = dropped.nameFor(written);
    if (name !== '') {
      // Of two types node:http has taken the first, and the upstream might take the second.
      if (name === 'content-type') {
        if (hasType) continue;
        hasType = true;
      }
      if (!without?.has(name)) kept.push(name, value);
    } else if (value !== 'keep-alive' && value !== 'close' && written.toLowerCase() === 'connection') {
      perConnection = perConnection.concat(value.split(',').map((token) => token.trim().toLowerCase()));
    }
  }
  return perConnection.length > 0 ? dropNamed(kept, perConnection) : kept;
}

function dropNamed(headers: RawHeaders, names: readonly string[]): RawHeaders {
  return headers.filter((_, i) => !names.includes(headers[i - (i % 2)] as string));
}

/** Whether a field of the upstream's answer, its name in lower case, is none that the caller may see. */
export function isDroppedFromAnswer(name: string): boolean {
  return droppedFromAnswer.has(name) || name.startsWith(corsPrefix);
}
