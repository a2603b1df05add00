import { readFileSync } from 'node:fs';
import { checkIdentity } from './check-identity.js';
import { ConfigError } from './error.js';
import { readConfigFile } from './file.js';
import { envName, flagName, nameIn, type Source, sources } from './names.js';
import { type Config, listSettings, type Setting, type SettingKey, settings } from './schema.js';
import { formatDuration } from './types.js';
import { isServiceLink, refuseUnknownEnv, refuseUnknownKeys } from './unknown.js';

export interface ConfigSources {
  /** What was given on the command line, by flag name without dashes; names that are no setting are left alone. */
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Returns the text of the config file, or throws. */
  readonly readFile?: (path: string) => string;
  /** Take the place of the schema's defaults, and are written like them. */
  readonly defaults?: { readonly [Key in SettingKey]?: unknown };
}

/** A value as it was given, and the name of the place it came from. */
interface Given {
  readonly source: Source;
  readonly from: string;
  readonly value: unknown;
}

type Found = Required<Pick<ConfigSources, 'flags' | 'env'>> & { file: Readonly<Record<string, unknown>>; path: string };

/**
 * Puts the settings together: a flag wins over the environment, that over the file, that over the default.
 * Every value that was given is checked, also one that another overrides.
 * @throws {ConfigError} with one line for the operator
 */
export function loadConfig({ flags = {}, env = {}, readFile = readText, defaults = {} }: ConfigSources): Config {
  refuseUnknownEnv(env);
  const path = resolve('config', given('config', { flags, env, file: {}, path: '' }), undefined) as Config['config'];
  const file = path === undefined ? {} : readConfigFile(path, readFile);
  refuseUnknownKeys(file, path ?? '');
  const found = { flags, env, file, path: path ?? '' };
  const values = listSettings().map(({ key }) => [key, resolve(key, given(key, found), defaults[key])]);
  const config = Object.fromEntries(values) as Config;
  refusePartOfSecond(config);
  refuseTrustInNothing(config);
  refuseLonger(config, 'sessionIdleLifetime', 'sessionLifetime');
  refuseLonger(config, 'accessTokenLifetime', 'sessionIdleLifetime');
  checkIdentity(config);
  return config;
}

function readText(path: string): string {
  return readFileSync(path, 'utf8');
}

/** The values of a setting in all places, the one that wins first. */
function given(key: SettingKey, { flags, env, file, path }: Found): readonly Given[] {
  const variable = env[envName(key)];
  const values = {
    flag: flags[flagName(key)],
    env: isServiceLink(envName(key), variable) ? undefined : variable,
    file: Object.hasOwn(file, key) ? file[key] : undefined,
  };
  return sources.flatMap((source) => {
    const from = source === 'file' ? `"${key}" in ${path}` : nameIn(source, key);
    return values[source] === undefined ? [] : [{ source, from, value: values[source] }];
  });
}

function resolve(key: SettingKey, values: readonly Given[], otherDefault: unknown): unknown {
  const setting: Setting = settings[key];
  for (const { source, from } of values) {
    const allowed = setting.from ?? sources;
    const places = allowed.map((place) => nameIn(place, key)).join(' or ');
    if (!allowed.includes(source)) throw new ConfigError(`${from} cannot be used: ${key} is set with ${places} only.`);
  }
  const read = values.map(({ from, value }) => readValue(key, setting, from, value));
  const standard = otherDefault ?? setting.default;
  if (read.length > 0 || standard === undefined) return read[0];
  return readValue(key, setting, `The default of ${key}`, standard);
}

function readValue(key: string, { type, secret }: Setting, from: string, value: unknown): unknown {
  return type.read(value, (bad) => {
    const part = bad === value ? '' : `, in which ${show(bad)} is wrong`;
    throw new ConfigError(
      `${from} ${secret ? 'cannot be used' : `is ${show(value)}${part}`}: ${key} must be ${type.allowed}.`,
    );
  });
}

/** A value in one line of an error, cut short, and without the password of a URL. */
function show(value: unknown): string {
  const shown = JSON.stringify(value).replace(/\/\/[^/@"]*@/g, '//…@');
  return shown.length > 100 ? `${shown.slice(0, 100)}…` : shown;
}

type Lifetime = 'accessTokenLifetime' | 'sessionIdleLifetime' | 'sessionLifetime';

/** A token's lifetime is told in whole seconds: "exp", "iat" and expiresIn know no parts. */
function refusePartOfSecond({ accessTokenLifetime }: Config): void {
  if (accessTokenLifetime % 1000 === 0) return;
  throw new ConfigError(`accessTokenLifetime is ${accessTokenLifetime}ms; give whole seconds, such as 90s or 1h.`);
}

function refuseTrustInNothing({ documents, trustedDocuments }: Config): void {
  if (documents === 'any' || trustedDocuments !== undefined) return;
  throw new ConfigError(
    'documents is "trusted", and trustedDocuments names no file of them: name it, or leave both out.',
  );
}

function refuseLonger(config: Config, shorter: Lifetime, longer: Lifetime): void {
  if (config[shorter] <= config[longer]) return;
  const [is, limit] = [formatDuration(config[shorter]), formatDuration(config[longer])];
  throw new ConfigError(
    `${shorter} is ${is}, longer than ${longer} (${limit}): shorten the one or lengthen the other.`,
  );
}
