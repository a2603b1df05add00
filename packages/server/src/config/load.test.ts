import { expect, test } from 'vitest';
import { ConfigError } from './error.js';
import { type ConfigSources, loadConfig } from './load.js';

const secret = 'x'.repeat(32);

/** Loads with the text of a config file at latchkey.config.json. */
function loadWithFile(file: unknown, sources: ConfigSources = {}) {
  const readFile = () => (typeof file === 'string' ? file : JSON.stringify(file));
  return loadConfig({ ...sources, flags: { config: 'latchkey.config.json', ...sources.flags }, readFile });
}

function messageOf(load: () => unknown): string {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('It loaded.');
}

test('with nothing given the defaults hold, in milliseconds and bytes', () => {
  expect(loadConfig({})).toEqual({
    config: undefined,
    port: 4000,
    host: '127.0.0.1',
    data: './latchkey-data',
    secret: undefined,
    secretPrevious: undefined,
    database: undefined,
    databasePool: 10,
    databaseTimeout: 5_000,
    databaseTls: undefined,
    databaseCa: undefined,
    upstream: undefined,
    upstreamSchema: undefined,
    upstreamSchemaInterval: 60_000,
    upstreamBreakerFailures: 5,
    upstreamBreakerPause: 1_000,
    uploadFiles: 10,
    uploadLimit: 100 * 1_048_576,
    upstreamTimeout: 30_000,
    rename: {},
    upstreamIdentity: 'token',
    upstreamClaimsPreset: 'none',
    upstreamClaims: {},
    upstreamDefaultRole: 'user',
    upstreamAudience: undefined,
    upstreamTokenLifetime: 60_000,
    upstreamIdentityHeaders: {},
    upstreamHeader: undefined,
    introspectionHeader: undefined,
    upstreamSubscriptions: 'ws',
    upstreamSubscriptionUrl: undefined,
    connectionsPerCaller: 1000,
    subscriptionsPerCaller: 2000,
    connectionInitTimeout: 5_000,
    subscriptionBuffer: 1_048_576,
    subscriptionKeepAlive: 12_000,
    policy: {},
    policyMode: 'filter',
    publicUrl: undefined,
    audience: undefined,
    accessTokenLifetime: 3_600_000,
    sessionIdleLifetime: 30 * 86_400_000,
    sessionLifetime: 90 * 86_400_000,
    sessionsPerUser: 200,
    refreshRetryWindow: 30_000,
    signingAlgorithm: 'ES256',
    signingKeyLifetime: 30 * 86_400_000,
    revocationLimit: 500_000,
    endedSessionRetention: 7 * 86_400_000,
    auditRetention: 365 * 86_400_000,
    usageRetention: 400 * 86_400_000,
    passwordMinLength: 15,
    passwordMaxBytes: 1024,
    hashQueue: 64,
    corsOrigins: [],
    trustedProxies: [],
    bodyLimit: 1_048_576,
    documentMaxTokens: 10_000,
    documentMaxDepth: 50,
    documentCache: 1000,
    quotaPerDay: undefined,
    requestTimeout: 30_000,
    documentMaxAliases: 250,
    documentMaxRootFields: 100,
    documentMaxDirectives: 100,
    documentMaxCost: 100_000,
    documentListSize: 10,
    callerRate: 10_000,
    callerBurst: 100_000,
    callerConcurrency: 500,
    trustedDocuments: undefined,
    documents: 'any',
    shutdownTimeout: 30_000,
    logLevel: 'info',
  });
});

test('a flag wins over the environment, the environment over the file, the file over the default', () => {
  const file = { upstreamTimeout: '4s', port: 4 };
  const env = { LATCHKEY_UPSTREAM_TIMEOUT: '3s', LATCHKEY_HOST: '::1' };
  const config = loadWithFile(file, { env, flags: { 'upstream-timeout': '2s' } });
  expect(config).toMatchObject({ upstreamTimeout: 2000, port: 4, host: '::1', data: './latchkey-data' });
  expect(loadWithFile(file, { env }).upstreamTimeout).toBe(3000);
});

test('a database URL that cannot be used is not shown, since it has a password in it', () => {
  const env = { LATCHKEY_DATABASE: 'mysql://latchkey:hunter2@db.example.com/latchkey' };
  expect(() => loadConfig({ env })).toThrow(
    'LATCHKEY_DATABASE cannot be used: database must be a URL such as postgres://',
  );
  expect(() => loadConfig({ env })).not.toThrow('hunter2');
});

test('a command may have other defaults, which anything given overrides', () => {
  expect(loadConfig({ defaults: { logLevel: 'warn' } }).logLevel).toBe('warn');
  expect(loadConfig({ defaults: { logLevel: 'warn' }, env: { LATCHKEY_LOG_LEVEL: 'debug' } }).logLevel).toBe('debug');
});

test('the config file is found through the environment too', () => {
  const env = { LATCHKEY_CONFIG: 'other.json' };
  expect(loadConfig({ env, readFile: (path) => JSON.stringify({ audience: path }) }).audience).toBe('other.json');
});

test('a bad value is named with its place and what is allowed', () => {
  expect(messageOf(() => loadConfig({ flags: { port: '70000' } }))).toBe(
    '--port is "70000": port must be a whole number from 0 to 65535.',
  );
  expect(messageOf(() => loadConfig({ env: { LATCHKEY_UPSTREAM_TIMEOUT: '2' } }))).toBe(
    'LATCHKEY_UPSTREAM_TIMEOUT is "2": upstreamTimeout must be a duration from 100ms to 10m, written like 500ms, 2s, 15m, 1h or 30d.',
  );
  expect(messageOf(() => loadWithFile({ logLevel: 'loud' }))).toBe(
    '"logLevel" in latchkey.config.json is "loud": logLevel must be one of fatal, error, warn, info, debug, silent.',
  );
  expect(messageOf(() => loadWithFile({ corsOrigins: ['https://a.example', '*'] }))).toContain('in which "*" is wrong');
});

test('a bad value is refused also where another one overrides it', () => {
  expect(messageOf(() => loadConfig({ flags: { port: '1' }, env: { LATCHKEY_PORT: 'x' } }))).toContain('LATCHKEY_PORT');
});

test('the secret comes from the environment only and never shows', () => {
  expect(loadConfig({ env: { LATCHKEY_SECRET: secret } }).secret).toBe(secret);
  const short = messageOf(() => loadConfig({ env: { LATCHKEY_SECRET: 'hunter2' } }));
  expect(short).toBe('LATCHKEY_SECRET cannot be used: secret must be at least 32 characters.');
  const inFile = messageOf(() => loadWithFile({ secret }));
  expect(inFile).toBe('"secret" in latchkey.config.json cannot be used: secret is set with LATCHKEY_SECRET only.');
  expect(messageOf(() => loadConfig({ flags: { secret } }))).not.toContain(secret);
});

test('an upstream with a password in it is refused without showing the password', () => {
  const message = messageOf(() => loadConfig({ flags: { upstream: 'http://me:hunter2@localhost/graphql' } }));
  expect(message).toContain('--upstream is "http://…@localhost/graphql"');
  expect(message).not.toContain('hunter2');
});

test('an unknown key, environment variable or place is refused, with the nearest that is known', () => {
  expect(messageOf(() => loadWithFile({ prot: 1 }))).toMatch(
    /^There is no setting for "prot" in latchkey.config.json. Did you mean port\? Allowed are port, host, data, /,
  );
  expect(messageOf(() => loadConfig({ env: { LATCHKEY_UPSTRAEM: 'x' } }))).toMatch(
    /variable LATCHKEY_UPSTRAEM. Did you mean LATCHKEY_UPSTREAM\? Allowed are LATCHKEY_CONFIG, /,
  );
  expect(messageOf(() => loadConfig({ env: { LATCHKEY_RENAME: '{}' } }))).toBe(
    'LATCHKEY_RENAME cannot be used: rename is set with "rename" in the config file only.',
  );
  expect(messageOf(() => loadWithFile({ config: 'x' }))).toContain('set with --config or LATCHKEY_CONFIG only');
  expect(messageOf(() => loadWithFile('{"__proto__": {}}'))).toContain('no setting for "__proto__"');
});

test('the variables that Kubernetes makes for a service named latchkey are no settings', () => {
  const env = {
    LATCHKEY_PORT: 'tcp://10.0.0.1:4000',
    LATCHKEY_PORT_4000_TCP: 'tcp://10.0.0.1:4000',
    LATCHKEY_PORT_4000_TCP_ADDR: '10.0.0.1',
    LATCHKEY_SERVICE_HOST: '10.0.0.1',
    LATCHKEY_SERVICE_PORT: '4000',
  };
  expect(loadConfig({ env }).port).toBe(4000);
});

test('a file that cannot be used is one clear line', () => {
  const flags = { config: 'missing/latchkey.config.json' };
  expect(messageOf(() => loadConfig({ flags }))).toBe(
    'The config file missing/latchkey.config.json does not exist; give --config the path of a JSON file.',
  );
  expect(messageOf(() => loadWithFile('{\n  "port": 1,\n}'))).toContain('is not JSON at line 3, column 1');
  expect(messageOf(() => loadWithFile('[]'))).toContain('must hold one JSON object');
});

test('lifetimes that contradict each other are refused', () => {
  expect(messageOf(() => loadConfig({ flags: { 'session-lifetime': '7d' } }))).toBe(
    'sessionIdleLifetime is 30d, longer than sessionLifetime (7d): shorten the one or lengthen the other.',
  );
  const flags = { 'access-token-lifetime': '90m', 'session-idle-lifetime': '1h' };
  expect(messageOf(() => loadConfig({ flags }))).toContain('accessTokenLifetime is 90m, longer than');
});

test('an access token lifetime that is not whole seconds is refused', () => {
  const env = { LATCHKEY_ACCESS_TOKEN_LIFETIME: '90500ms' };
  expect(messageOf(() => loadConfig({ env }))).toBe(
    'accessTokenLifetime is 90500ms; give whole seconds, such as 90s or 1h.',
  );
});

test('documents that are trusted need a file of them', () => {
  expect(messageOf(() => loadConfig({ env: { LATCHKEY_DOCUMENTS: 'trusted' } }))).toBe(
    'documents is "trusted", and trustedDocuments names no file of them: name it, or leave both out.',
  );
  expect(loadConfig({ flags: { documents: 'trusted', 'trusted-documents': 'd.json' } })).toMatchObject({
    documents: 'trusted',
    trustedDocuments: 'd.json',
  });
});
