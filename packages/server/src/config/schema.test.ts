import { expect, test } from 'vitest';
import { publicAddresses } from './addresses.js';
import { envName, flagName } from './names.js';
import { listSettings } from './schema.js';

test('flag and environment names are made from the key', () => {
  expect(flagName('upstreamTimeout')).toBe('upstream-timeout');
  expect(envName('upstreamTimeout')).toBe('LATCHKEY_UPSTREAM_TIMEOUT');
});

test.each(listSettings())('$key has a sentence, and a default or a word on what happens without', ({ setting }) => {
  expect(setting.about).toMatch(/^[A-Z].*[.]$/);
  expect(setting.default === undefined).toBe(setting.unset !== undefined);
});

test('a public URL that is not set is made from the port that the server has', () => {
  const none = { publicUrl: undefined, audience: undefined };
  expect(publicAddresses(none, 4123)).toEqual({
    publicUrl: 'http://localhost:4123',
    audience: 'http://localhost:4123/graphql',
  });
  expect(publicAddresses({ ...none, publicUrl: 'https://api.example.com' }, 1)).toEqual({
    publicUrl: 'https://api.example.com',
    audience: 'https://api.example.com/graphql',
  });
  expect(publicAddresses({ ...none, audience: 'api' }, 1).audience).toBe('api');
});
