import { expect, test } from 'vitest';
import { settings } from './schema.js';
import { bytes, duration, formatDuration, httpUrl, integer, list, network, oneOf, origin, type Type } from './types.js';

const refused = new Error('refused');

function read<T>(type: Type<T>, value: unknown): T {
  return type.read(value, () => {
    throw refused;
  });
}

const size = bytes('1KiB', '64MiB');
const largeSize = bytes('1KiB', '2GiB');
const time = duration('100ms', '30d');

test.each<[string, Type<unknown>, unknown, unknown]>([
  ['a whole number', integer(0, 10), '10', 10],
  ['a JSON number', integer(0, 10), 0, 0],
  ['milliseconds', time, '500ms', 500],
  ['seconds', time, '2s', 2000],
  ['minutes', time, '15m', 900_000],
  ['hours', time, '1h', 3_600_000],
  ['days', time, '30d', 2_592_000_000],
  ['kibibytes', size, '512KiB', 524_288],
  ['mebibytes', size, '64MiB', 67_108_864],
  ['gibibytes', largeSize, '2GiB', 2_147_483_648],
  ['plain bytes', size, '1024', 1024],
  ['plain bytes in JSON', size, 2048, 2048],
  ['an origin', origin, 'HTTPS://Api.Example.com:443/', 'https://api.example.com'],
  ['a URL', httpUrl, 'http://localhost:5000/graphql?a=b', 'http://localhost:5000/graphql?a=b'],
  ['a list in text', list(integer(0, 9)), '1, 2,3', [1, 2, 3]],
  ['an empty list in text', list(integer(0, 9)), '', []],
  ['a list in JSON', list(integer(0, 9)), [1, '2'], [1, 2]],
  ['an IPv4 range', network, '10.0.0.0/8', '10.0.0.0/8'],
  ['an IPv6 range', network, 'fd00::/128', 'fd00::/128'],
  ['an address', network, '::1', '::1'],
])('%s is read', (_, type, value, expected) => {
  expect(read(type, value)).toEqual(expected);
});

test.each<[string, Type<unknown>, unknown]>([
  ['a number over the limit', integer(0, 10), '11'],
  ['a negative number', integer(0, 10), '-1'],
  ['a fraction', integer(0, 10), 1.5],
  ['a number in other notation', integer(0, 100), '1e1'],
  ['a number in a list', integer(0, 10), [1]],
  ['no number', integer(0, 10), ''],
  ['a number of nothing', time, '30'],
  ['a duration of numbers only in JSON', time, 3000],
  ['a fraction of a duration', time, '1.5h'],
  ['an unknown unit', time, '2w'],
  ['a duration under the limit', time, '99ms'],
  ['a duration over the limit', time, '31d'],
  ['decimal kilobytes', size, '512KB'],
  ['a size over the limit', size, '65MiB'],
  ['a word of another case', oneOf('info', 'warn'), 'INFO'],
  ['a path in an origin', origin, 'https://example.com/x'],
  ['a query in an origin', origin, 'https://example.com/?'],
  ['every origin', origin, '*'],
  ['a file URL', httpUrl, 'file:///etc/passwd'],
  ['a host without a scheme', httpUrl, 'localhost:5000'],
  ['a URL with a user name', httpUrl, 'http://me@localhost/'],
  ['an IPv4 range that is too narrow', network, '10.0.0.0/33'],
  ['a range without a width', network, '10.0.0.0/'],
  ['a host name', network, 'proxy.example'],
  ['a number in place of a list', list(network), 1],
  ['a list with one bad part', list(network), '::1,x'],
])('%s is refused', (_, type, value) => {
  expect(() => read(type, value)).toThrow(refused);
});

test('new names are GraphQL names for names of ours', () => {
  const rename = { 'Mutation.signIn': 'logIn', Viewer: 'Me_2' };
  expect(read(settings.rename.type, rename)).toEqual(rename);
  const bad = [{ 'a.b.c': 'x' }, { Viewer: '__Me' }, { Viewer: '2me' }, { Viewer: 1 }, { __Type: 'x' }, [], 'x', null];
  for (const value of bad) expect(() => read(settings.rename.type, value)).toThrow(refused);
});

test('a duration is written in the largest unit that says it exactly', () => {
  expect([500, 90_000, 3_600_000, 2_592_000_000, 0].map(formatDuration)).toEqual(['500ms', '90s', '1h', '30d', '0d']);
});
