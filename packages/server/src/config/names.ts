/** Flag, environment variable and file key of a setting are the same words, each in the spelling of its place. */
export type Source = 'flag' | 'env' | 'file';

/** The one that wins first. */
export const sources: readonly Source[] = ['flag', 'env', 'file'];

export const envPrefix = 'LATCHKEY_';

/** `upstreamTimeout` → `upstream-timeout`. */
export function flagName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `upstreamTimeout` → `LATCHKEY_UPSTREAM_TIMEOUT`. */
export function envName(key: string): string {
  return envPrefix + flagName(key).replaceAll('-', '_').toUpperCase();
}

/** How an operator names the setting in that place. */
export function nameIn(source: Source, key: string): string {
  return { flag: `--${flagName(key)}`, env: envName(key), file: `"${key}" in the config file` }[source];
}
