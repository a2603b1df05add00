import { getUserName } from '../../domain/accounts/viewer.js';
import type { Domain } from '../../domain/domain.js';
import { LatchkeyError } from '../../domain/errors.js';
import type { Claims } from '../../domain/tokens/access-tokens.js';
import { createUpstreamTokens } from '../../domain/tokens/upstream-tokens.js';
import { type DroppedFields, droppedBesides, type RawHeaders } from '../headers.js';
import { type Facts, factsOf, fill, mergeTemplates, needsUserName } from './facts.js';
import { anonymousHeaders, createHeaderMemory, fillHeaders } from './identity-headers.js';
import { type ClaimsPreset, presetClaims, presetHeaders } from './presets.js';
import { hidesHasura, namesOf, type SecretHeaders } from './secret-headers.js';

type Fields = readonly string[] | Promise<readonly string[]>;

/** How the upstream learns who is asking. */
export interface UpstreamIdentity {
  /** The caller's header fields that could pass for ours. */
  readonly dropped: DroppedFields;
  /**
   * Header fields, names in lower case and values in turn, for the holder of a token: at once where all of it is at hand,
   * which it is but for the first request of a token and one every half of `tokenLifetime`. Without a token those of
   * somebody unknown. Rejects with TOKEN_REVOKED or StoreUnavailableError.
   */
  fieldsFor(token: string | undefined, claims: Claims | undefined): Fields;
  /** Secret fields of every request, in the same form. */
  readonly secret: Readonly<RawHeaders>;
}

export interface IdentitySettings extends SecretHeaders {
  readonly mode: 'token' | 'jwt' | 'headers' | 'none';
  readonly preset: ClaimsPreset;
  readonly defaultRole: string;
  /** Of the JWT: further claims as templates, whom it is for, and how long it is good in milliseconds. */
  readonly claims: Readonly<Record<string, unknown>>;
  readonly audience: string;
  readonly tokenLifetime: number;
  /** Templates of header fields, those of the preset if it has none. */
  readonly headers: Readonly<Record<string, string>>;
}

type Parts = Pick<Domain, 'store' | 'keys' | 'clock' | 'revocations' | 'accessTokens'>;

const nothing: readonly string[] = [];

export function createUpstreamIdentity(parts: Parts, settings: IdentitySettings): UpstreamIdentity {
  const { mode, preset, secretHeaders, introspectionHeaders } = settings;
  const own = Object.keys(settings.headers).length > 0 ? settings.headers : presetHeaders[preset];
  const headers = mode === 'headers' ? own : {};
  const names = [headers, secretHeaders, introspectionHeaders].flatMap(namesOf);
  const isHasura = preset === 'hasura' || names.some(hidesHasura);
  return {
    dropped: droppedBesides(names, isHasura ? ['x-hasura-'] : []),
    fieldsFor: fieldsOf(parts, settings, headers),
    secret: Object.entries(secretHeaders).flatMap(([name, value]) => [name.toLowerCase(), value]),
  };
}

function fieldsOf(
  parts: Parts,
  settings: IdentitySettings,
  headers: Readonly<Record<string, string>>,
): UpstreamIdentity['fieldsFor'] {
  if (settings.mode === 'none') return () => nothing;
  if (settings.mode === 'token') return (token) => (token === undefined ? nothing : bearer(token));
  if (settings.mode === 'jwt') return jwtFields(parts, settings);
  const anonymous = anonymousHeaders(headers);
  const withFacts = createFacts(parts, settings, headers);
  const recall = createHeaderMemory((claims) => withFacts(claims, (facts) => fillHeaders(headers, facts)));
  return (_token, claims) => (claims ? recall(claims) : anonymous);
}

function jwtFields(parts: Parts, settings: IdentitySettings): UpstreamIdentity['fieldsFor'] {
  const templates = mergeTemplates(presetClaims[settings.preset], settings.claims);
  const withFacts = createFacts(parts, settings, templates);
  const tokens = createUpstreamTokens(parts, {
    audience: settings.audience,
    lifetime: settings.tokenLifetime,
    furtherClaims: (claims) => withFacts(claims, (facts) => fill(templates, facts) as object),
  });
  return (_token, claims) => {
    if (!claims) return nothing;
    const token = tokens.recall(claims);
    return token === undefined ? tokens.make(claims).then(bearer) : bearer(token);
  };
}

function bearer(token: string): readonly string[] {
  return ['authorization', `Bearer ${token}`];
}

/** Gives what is known of the holder of a token to `use`; of a name only where the templates say it. */
function createFacts(parts: Parts, { defaultRole }: IdentitySettings, templates: unknown) {
  const isNamed = needsUserName(templates);
  return <T extends object>(claims: Claims, use: (facts: Facts) => T): T | Promise<T> => {
    const name = isNamed ? getUserName(parts, claims) : '';
    if (typeof name === 'string') return use(factsOf(claims, name, defaultRole));
    return name.then((found) => {
      // The session may have ended while the name was looked up.
      if (parts.revocations.has(claims.sessionId)) throw new LatchkeyError('TOKEN_REVOKED');
      return use(factsOf(claims, found, defaultRole));
    });
  };
}
