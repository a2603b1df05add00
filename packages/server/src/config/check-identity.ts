import { ConfigError } from './error.js';
import type { Config } from './schema.js';

type Fields = Readonly<Record<string, string>>;

/**
 * Settings of identity that do not go together: one that would silently do nothing, or one that would let everybody in.
 * @throws {ConfigError} with one line for the operator
 */
export function checkIdentity(config: Config): void {
  const { upstreamIdentity: mode, upstreamClaimsPreset: preset } = config;
  const isEmpty = (fields: object) => Object.keys(fields).length === 0;
  if (config.upstreamTokenLifetime % 1000 !== 0) {
    throw new ConfigError('upstreamTokenLifetime must be whole seconds, such as 90s or 1m.');
  }
  if (!isEmpty(config.upstreamClaims)) requireMode('upstreamClaims', mode, ['jwt']);
  if (config.upstreamAudience !== undefined) requireMode('upstreamAudience', mode, ['jwt']);
  if (!isEmpty(config.upstreamIdentityHeaders)) requireMode('upstreamIdentityHeaders', mode, ['headers']);
  if (preset === 'hasura') requireMode('upstreamClaimsPreset hasura', mode, ['jwt', 'headers']);
  if (preset === 'postgraphile') requireMode('upstreamClaimsPreset postgraphile', mode, ['jwt']);
  checkSecretHeaders(config, namesOf(config.upstreamHeader));
}

function requireMode(
  what: string,
  mode: Config['upstreamIdentity'],
  needed: readonly Config['upstreamIdentity'][],
): void {
  if (needed.includes(mode)) return;
  throw new ConfigError(
    `${what} does nothing while upstreamIdentity is ${mode}: set upstreamIdentity to ${needed.join(' or ')}, or leave ${what} out.`,
  );
}

/** Who is asking, in the preset hasura: of two such fields Hasura might take the one that is the same for everybody. */
export const hasuraHeaders: ReadonlySet<string> = new Set(['x-hasura-user-id', 'x-hasura-role']);

function checkSecretHeaders(config: Config, secret: ReadonlySet<string>): void {
  const { upstreamIdentity: mode, upstreamClaimsPreset: preset, upstreamIdentityHeaders } = config;
  if (secret.has('authorization') && (mode === 'token' || mode === 'jwt')) {
    throw new ConfigError(
      `upstreamHeader has Authorization, which upstreamIdentity ${mode} sends too: set upstreamIdentity to headers or none, or give the secret another name.`,
    );
  }
  const own = namesOf(upstreamIdentityHeaders);
  const isPreset = mode === 'headers' && own.size === 0 && preset === 'hasura';
  const isOurs = (name: string) => own.has(name) || name.startsWith('x-latchkey-');
  // Introspection says nothing of who is asking: it may be done in a role of its own.
  const both =
    [...secret, ...namesOf(config.introspectionHeader)].find(isOurs) ??
    (isPreset ? [...secret].find((name) => hasuraHeaders.has(name)) : undefined);
  if (both !== undefined) {
    throw new ConfigError(`A secret header is called ${both}, a name that is kept for who is asking: give it another.`);
  }
  const hasRole = own.has('x-hasura-role') || isPreset;
  if (secret.has('x-hasura-admin-secret') && !(mode === 'headers' && hasRole)) {
    throw new ConfigError(
      'upstreamHeader has X-Hasura-Admin-Secret, which makes every caller without an X-Hasura-Role the admin of Hasura: set upstreamIdentity to headers and upstreamClaimsPreset to hasura, or use it as introspectionHeader only.',
    );
  }
}

function namesOf(fields: Fields | undefined): ReadonlySet<string> {
  return new Set(Object.keys(fields ?? {}).map((name) => name.toLowerCase()));
}
