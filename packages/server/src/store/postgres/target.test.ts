import { expect, test } from 'vitest';
import { StoreUnusableError } from '../store.js';
import { readTarget } from './target.js';

/** The error's message, one line; fails where the URL is taken. */
function refusalOf(url: string): string {
  try {
    readTarget(url, {});
  } catch (error) {
    expect(error).toBeInstanceOf(StoreUnusableError);
    expect((error as Error).message).toMatch(/^The URL of the database [^\n]+\.$/);
    return (error as Error).message;
  }
  throw new Error(`${url} was taken.`);
}

test('a URL says where the database is and who asks', () => {
  const url =
    'postgres://ada:12%3F34@db.example.com:6000/latchkey?application_name=x&connect_timeout=5&sslmode=disable';
  expect(readTarget(url, {})).toEqual({
    host: 'db.example.com',
    port: 6000,
    database: 'latchkey',
    user: 'ada',
    password: '12?34',
    options: undefined,
    ssl: false,
    name: 'db.example.com:6000/latchkey',
  });
  expect(readTarget('postgres://[::1]/a', {})).toMatchObject({ host: '::1', port: 5432, name: '[::1]:5432/a' });
  expect(readTarget('postgres:///a?host=/run/pg&port=6000', {})).toMatchObject({ host: '/run/pg', port: 6000 });
});

test.each([
  'postgres://ada:12?34@h/db',
  'postgres://ada:12?34=56@h/db',
  'postgres://ada:12?a&34@h/db?sslmode=disable',
  'postgres://ada:12/34@h/db',
  'postgres://ada:12#34@h/db',
  'postgres://ada:1,2/34@h/db',
  'postgres://ada:1,2?34@h/db',
  'postgres://ada:12@3?4@h/db',
])('no digit of a password with unescaped characters is shown: %s', (url) => {
  expect(refusalOf(url).replace('HOST:5432', '')).not.toMatch(/\d/);
});

test.each([
  'postgres://ada:hunter2@h1,h2/db',
  'postgres://ada:hunter2@h1:1,h2:2/db',
  'postgres://h1:1,h2:2/db?sslmode=require',
  'postgres://ada@[::1]:1,[::2]:2',
  'postgres:///db?host=h1,h2',
  'postgres:///db?host=h1%2Ch2',
])('of several hosts one is to be named: %s', (url) => {
  expect(refusalOf(url)).toBe(
    'The URL of the database names several hosts; name one host, the one that always leads to the server that writes.',
  );
});

test.each(['abc', '0', '65536', '-1', '1e3', '5432,5433', '%205432', '0x50'])('%s is no port', (port) => {
  expect(refusalOf(`postgres://h/db?port=${port}`)).toMatch(/names a port that is none; write one number from 1/);
});

test.each([
  [
    'target_session_attrs=standby',
    /"target_session_attrs", which Latchkey cannot follow; leave it out \(Latchkey uses/,
  ],
  ['target_session_attrs=prefer-standby', /"target_session_attrs"/],
  ['channel_binding=require', /"channel_binding", .+ leave it out \(sslmode=verify-full protects from the same\)/],
  ['require_auth=scram-sha-256', /"require_auth"/],
  ['sslcrl=/crl.pem', /"sslcrl"/],
  ['ssl_min_protocol_version=TLSv1.3', /"ssl_min_protocol_version"/],
  ['requirepeer=postgres', /"requirepeer"/],
  ['gssencmode=require', /"gssencmode"/],
  ['ssl=true', /"ssl", .+ \(write sslmode=verify-full\)/],
  ['SSLMODE=verify-full', /"SSLMODE"/],
  ['sslmode=verify-full&sslmode=disable', /has sslmode twice/],
  ['constructor=1', /"constructor"/],
  ['pass%0Aword=hunter2', /"pass\\nword"/],
])('a parameter that would not be followed is refused and not passed over: %s', (parameter, message) => {
  const refusal = refusalOf(`postgres://ada@h/db?${parameter}`);
  expect(refusal).toMatch(message);
  expect(refusal).not.toContain('hunter2');
});

test.each(['target_session_attrs=read-write', 'target_session_attrs=primary', 'channel_binding=prefer'])(
  'a parameter that asks for what is done anyway is taken: %s',
  (parameter) => {
    expect(readTarget(`postgres://ada@h/db?${parameter}`, {}).host).toBe('h');
  },
);
