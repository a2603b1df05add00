import { describe, expect, test } from 'vitest';
import { presetHeaders } from '../gateway/identity/presets.js';
import { hasuraHeaders } from './check-identity.js';
import { ConfigError } from './error.js';
import { type ConfigSources, loadConfig } from './load.js';

/** Loads with a config file that says this. */
function load(file: object, env: ConfigSources['env'] = {}) {
  return loadConfig({ flags: { config: 'c.json' }, env, readFile: () => JSON.stringify(file) });
}

function refusalOf(file: object, env: ConfigSources['env'] = {}): string {
  try {
    load(file, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('It loaded.');
}

const jwt = { upstreamIdentity: 'jwt' };
const headers = { upstreamIdentity: 'headers' };

describe('claims for the upstream', () => {
  test('are any JSON, with what is known of the caller in its texts', () => {
    const upstreamClaims = { a: 'x{userId}-{userName}', b: [1, null, { c: '{scopes}' }], d: '{roles}', e: '{ free }' };
    expect(load({ ...jwt, upstreamClaims }).upstreamClaims).toEqual(upstreamClaims);
  });

  test.each<[string, unknown, string]>([
    ['a placeholder that is none', { a: [{ b: '{userid}' }] }, '"{userid}"'],
    ['a list inside of a text', { a: 'all: {scopes}' }, '"all: {scopes}"'],
    ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'sid', 'scope'].map((name): [string, unknown, string] => [
      `the claim ${name}`,
      { [name]: 'x' },
      `"${name}"`,
    ]),
    ['a list of claims', ['a'], '["a"]'],
    ['more than a header can carry', { a: 'x'.repeat(2048) }, 'at most 2048 characters'],
  ])('stop the start where they have %s', (_, upstreamClaims, told) => {
    expect(refusalOf({ ...jwt, upstreamClaims })).toContain(told);
  });
});

describe('header fields of the identity', () => {
  test('are templates too', () => {
    const upstreamIdentityHeaders = { 'X-User': '{userId}', 'X-As': 'role={role}' };
    expect(load({ ...headers, upstreamIdentityHeaders }).upstreamIdentityHeaders).toEqual(upstreamIdentityHeaders);
  });

  test.each([
    { 'X-User': '{user}' },
    { 'X-User': '{scopes}' },
    { 'X-User': '' },
    { 'X-User': 'a\r\nX-Other: b' },
    { 'X-User': 7 },
    { 'X-User': 'a', 'x-user': 'b' },
    { X_User: 'a' },
    { 'X User': 'a' },
    { Authorization: 'Basic {userId}' },
    { 'Content-Length': '{userId}' },
    { Host: '{userId}' },
    { 'X-Request-ID': '{userId}' },
  ])('stop the start where they are %j', (upstreamIdentityHeaders) => {
    expect(refusalOf({ ...headers, upstreamIdentityHeaders })).toContain('upstreamIdentityHeaders must be');
  });
});

describe('secret header fields', () => {
  const secret = 'x7-do-not-tell';

  test('are an object in the file, and lines in the environment', () => {
    const fields = { 'X-Key': secret, 'X-Other': 'a: b' };
    expect(load({ upstreamHeader: fields }).upstreamHeader).toEqual(fields);
    const env = { LATCHKEY_UPSTREAM_HEADER: `X-Key: ${secret}\r\n\n  X-Other:a: b ` };
    expect(load({}, env).upstreamHeader).toEqual(fields);
    expect(load({ introspectionHeader: `X-Key: ${secret}` }).introspectionHeader).toEqual({ 'X-Key': secret });
  });

  test.each([
    secret,
    `X-Key: ${secret}\nX-Key: ${secret}`,
    `X-Key: ${secret}\nx-key: ${secret}`,
    `X-Key: ${secret}\u00e9`,
    `: ${secret}`,
    `Host: ${secret}`,
    { 'X-Key': `${secret}\n` },
    { 'X-Key': { value: secret } },
    [secret],
  ])('are refused without being shown where they are %j', (upstreamHeader) => {
    const told = refusalOf({ upstreamHeader });
    expect(told).toContain('"upstreamHeader" in c.json cannot be used');
    expect(told).not.toContain(secret);
  });

  test('never come as a flag, which every user of the machine can read', () => {
    expect(() => loadConfig({ flags: { 'upstream-header': `X-Key: ${secret}` } })).toThrow('cannot be used');
  });
});

test.each<[object, string]>([
  [{ upstreamClaims: { a: '1' } }, 'upstreamClaims does nothing while upstreamIdentity is token'],
  [{ upstreamAudience: 'api' }, 'upstreamAudience does nothing'],
  [{ ...jwt, upstreamIdentityHeaders: { 'X-A': 'a' } }, 'upstreamIdentityHeaders does nothing'],
  [{ upstreamClaimsPreset: 'hasura' }, 'set upstreamIdentity to jwt or headers'],
  [{ ...headers, upstreamClaimsPreset: 'postgraphile' }, 'set upstreamIdentity to jwt,'],
  [{ ...jwt, upstreamTokenLifetime: '10500ms' }, 'whole seconds'],
  [{ upstreamHeader: { authorization: 'Bearer x' } }, 'upstreamIdentity token sends too'],
  [{ ...jwt, upstreamHeader: { Authorization: 'Bearer x' } }, 'upstreamIdentity jwt sends too'],
  [{ upstreamHeader: { 'X-Latchkey-User-Id': 'root' } }, 'called x-latchkey-user-id'],
  [
    { ...headers, upstreamIdentityHeaders: { 'X-User': '{userId}' }, introspectionHeader: { 'x-user': 'a' } },
    'called x-user',
  ],
  [
    { ...headers, upstreamClaimsPreset: 'hasura', upstreamHeader: { 'X-Hasura-Role': 'admin' } },
    'called x-hasura-role',
  ],
  [
    { ...headers, upstreamClaimsPreset: 'hasura', upstreamHeader: { 'x-hasura-user-id': '1' } },
    'called x-hasura-user-id',
  ],
  [{ ...jwt, upstreamClaimsPreset: 'hasura', upstreamHeader: { 'x-hasura-admin-secret': 's' } }, 'admin of Hasura'],
  [{ upstreamHeader: { 'X-Hasura-Admin-Secret': 's' } }, 'admin of Hasura'],
  [
    {
      ...headers,
      upstreamClaimsPreset: 'hasura',
      upstreamIdentityHeaders: { 'X-Hasura-User-Id': '{userId}' },
      upstreamHeader: { 'X-Hasura-Admin-Secret': 's' },
    },
    'admin of Hasura',
  ],
])('settings that do not go together stop the start: %j', (file, told) => {
  expect(refusalOf(file)).toContain(told);
});

test.each<object>([
  { ...headers, upstreamHeader: { Authorization: 'Bearer x' } },
  { upstreamIdentity: 'none', upstreamHeader: { Authorization: 'Bearer x' } },
  { ...jwt, introspectionHeader: { Authorization: 'Bearer x' } },
  { ...headers, upstreamClaimsPreset: 'hasura', upstreamHeader: { 'X-Hasura-Admin-Secret': 's' } },
  { ...jwt, upstreamClaimsPreset: 'hasura', introspectionHeader: { 'X-Hasura-Admin-Secret': 's' } },
  { ...headers, upstreamClaimsPreset: 'hasura', introspectionHeader: { 'X-Hasura-Role': 'reader' } },
  {
    ...headers,
    upstreamClaimsPreset: 'hasura',
    upstreamIdentityHeaders: { 'X-Hasura-User-Id': '{userId}' },
    upstreamHeader: { 'X-Hasura-Role': 'user' },
  },
  { ...jwt, upstreamClaimsPreset: 'postgraphile', upstreamAudience: 'postgraphile', upstreamDefaultRole: 'app_user' },
])('settings that do go together: %j', (file) => {
  expect(load(file)).toMatchObject(file);
});

test('the fields of the preset hasura are known here as they are sent', () => {
  const sent = Object.keys(presetHeaders.hasura).map((name) => name.toLowerCase());
  expect([...hasuraHeaders].sort()).toEqual(sent.sort());
});
