import { nearest } from '../lib/nearest.js';
import { ConfigError } from './error.js';
import { envName, envPrefix, type Source } from './names.js';
import { listSettings, settings } from './schema.js';

type Env = Readonly<Record<string, string | undefined>>;

/** A LATCHKEY_ variable that no setting reads is a mistyped one, and a limit that was meant would silently not hold. */
export function refuseUnknownEnv(env: Env): void {
  const known = new Set(listSettings().map(({ key }) => envName(key)));
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith(envPrefix) || known.has(name) || isServiceLink(name, value)) continue;
    throw unknown(`the environment variable ${name}`, name, settableIn('env').map(envName));
  }
}

export function refuseUnknownKeys(file: Readonly<Record<string, unknown>>, path: string): void {
  for (const key of Object.keys(file)) {
    if (!Object.hasOwn(settings, key)) throw unknown(`${JSON.stringify(key)} in ${path}`, key, settableIn('file'));
  }
}

/** Kubernetes puts such variables into the pods beside a service named latchkey (LATCHKEY_PORT=tcp://10.0.0.1:4000). */
export function isServiceLink(name: string, value = ''): boolean {
  if (/_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/.test(name)) return true;
  return name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(value);
}

function settableIn(source: Source): readonly string[] {
  return listSettings()
    .filter(({ setting }) => setting.from?.includes(source) ?? true)
    .map(({ key }) => key);
}

function unknown(what: string, name: string, allowed: readonly string[]): ConfigError {
  const meant = nearest(name, allowed);
  return new ConfigError(
    `There is no setting for ${what}.${meant ? ` Did you mean ${meant}?` : ''} Allowed are ${allowed.join(', ')}.`,
  );
}
