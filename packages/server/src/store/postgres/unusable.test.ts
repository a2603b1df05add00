import { expect, test } from 'vitest';
import { StoreUnavailableError } from '../store.js';
import { unavailable } from './failures.js';
import { readTarget } from './target.js';
import { unusable } from './unusable.js';

const target = readTarget('postgres://ada:hunter2@db/latchkey', {});
const failure = (code: string) => Object.assign(new Error('it failed'), { code });

test.each([
  ['53100', /; make room on the disk of the server\.$/],
  ['23503', /; the store to copy from refers to something that it does not hold: .+foreign_key_check/],
  ['42P05', /; connect without PgBouncer, or set its pool_mode = session, or have 1\.21 or later with max_prepared/],
  ['26000', /; connect without PgBouncer,/],
  ['XX000', /; check that it runs, and that the URL names the right host and port\.$/],
])('the line says what to do about %s', (code, remedy) => {
  const { message } = unusable(target, failure(code));
  expect(message).toMatch(/^Cannot use the database db:5432\/latchkey \(it failed\); [^\n]+\.$/);
  expect(message).toMatch(remedy);
});

test('what is not known is told to be looked for where the caller says', () => {
  expect(unusable(target, failure('XX000'), 'try again').message).toMatch(/\(it failed\); try again\.$/);
  expect(unusable(target, failure('53100'), 'try again').message).toMatch(/; make room on the disk/);
});

test.each(['42P05', '26000'])('also once it is open, the log says what to do about a pooler (%s)', (code) => {
  const error = unavailable(failure(code));
  expect(error).toBeInstanceOf(StoreUnavailableError);
  expect(error.message).toMatch(/^it failed; connect without PgBouncer, .+ max_prepared_statements above 0$/);
  expect(unavailable(failure('40001')).message).toBe('it failed');
});
