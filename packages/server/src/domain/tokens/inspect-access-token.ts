import { parseBase64url } from '../../lib/base64url.js';
import type { Domain } from '../domain.js';
import { LatchkeyError } from '../errors.js';
import { maxTokenLength } from './access-tokens.js';
import { verifyData } from './algorithms.js';
import { type Inspection, sessionStateOf } from './inspection.js';
import { clockSkew } from './signing-keys-schedule.js';
import { headerOf } from './signing-keys-sealed.js';

/** Explains what is, or is not, an access token. Rejects with StoreUnavailableError. */
export async function inspectAccessToken(domain: Domain, token: string): Promise<Inspection> {
  const unknown = (why: string): Inspection => ({ kind: 'unknown', verdict: 'not ours', why, isAuthentic: false });
  if (token.length > maxTokenLength) return unknown('it is longer than any token of Latchkey');
  const [header = '', payload = '', signature = '', ...more] = token.split('.', 4);
  const kid = readJson(header)?.kid;
  const claims = readJson(payload);
  if (more.length > 0 || !claims || typeof kid !== 'string') {
    return unknown('it is neither an access token nor a refresh token of Latchkey, or was cut off');
  }

  const info = domain.keys.list().find((each) => each.kid === kid);
  const key = domain.keys.find(header);
  const bytes = parseBase64url(signature);
  const isAuthentic =
    !!key && !!bytes && (await verifyData(key.algorithm, key.publicKey, `${header}.${payload}`, bytes));
  const said = {
    kind: 'access token',
    isAuthentic,
    claims: pickText(claims),
    issuedAt: time(claims.iat),
    expiresAt: time(claims.exp),
    key: { kid, state: info?.state ?? 'unknown' },
  } as const;
  if (!key) {
    if (!info) return { ...said, verdict: 'not ours', why: 'the key that it names is none of this server' };
    if (header === headerOf(info.algorithm, kid, 'JWT')) {
      return { ...said, verdict: 'not ours', why: 'it is written as one for the API, which takes it; no server does' };
    }
    return info.state === 'retired' && header === headerOf(info.algorithm, kid)
      ? { ...said, verdict: 'revoked', why: 'the key that it names is retired, and nothing that it signed is accepted' }
      : { ...said, verdict: 'not ours', why: 'its header is not one that Latchkey writes' };
  }
  if (!isAuthentic) {
    return { ...said, verdict: 'not ours', why: 'its signature does not fit: it was forged, changed or cut off' };
  }
  const { sid = '', sub = '' } = said.claims;
  const session = await domain.store.findSession(sid);
  const userName = (await domain.store.findUserById(sub))?.userName;
  const all = { ...said, userName, session: { id: sid, state: sessionStateOf(session, domain.clock()) } };
  return { ...all, ...(await judge(domain, token, all)) };
}

/** What a server would say, and why. */
async function judge(
  { accessTokens, clock }: Domain,
  token: string,
  { claims, issuedAt, session }: Pick<Inspection, 'claims' | 'issuedAt' | 'session'>,
): Promise<Pick<Inspection, 'verdict' | 'why'>> {
  try {
    await accessTokens.verify(token);
  } catch (error) {
    if (!(error instanceof LatchkeyError)) throw error;
    if (error.code === 'TOKEN_EXPIRED') return { verdict: 'expired', why: 'its time is over' };
    if (error.code === 'TOKEN_REVOKED') return { verdict: 'revoked', why: 'its session has ended' };
    const { issuer, audience } = accessTokens;
    if (claims?.iss !== issuer) return { verdict: 'not ours', why: `this server issues tokens as ${issuer}` };
    if (claims.aud !== audience) return { verdict: 'not ours', why: `this server takes tokens for ${audience}` };
    const isEarly = (issuedAt ?? 0) > clock() + clockSkew;
    return { verdict: 'not ours', why: isEarly ? 'it was issued in the future' : 'it is refused' };
  }
  // A command hears of what was revoked lately only; the store knows all.
  if (session?.state === 'ended') return { verdict: 'revoked', why: 'its session has ended' };
  return { verdict: 'good', why: 'it is accepted' };
}

/** Anybody may have written it: no more than an object is taken for granted. */
function readJson(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const textClaims = ['iss', 'aud', 'sub', 'sid', 'scope'] as const;

function pickText(claims: Record<string, unknown>): NonNullable<Inspection['claims']> {
  return Object.fromEntries(
    textClaims.flatMap((name) => (typeof claims[name] === 'string' ? [[name, claims[name]]] : [])),
  );
}

/** Milliseconds; undefined for what no calendar has. */
function time(seconds: unknown): number | undefined {
  return typeof seconds === 'number' && Math.abs(seconds) < 8.64e12 ? seconds * 1000 : undefined;
}
