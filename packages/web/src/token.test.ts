import { expect, test } from 'vitest';
import { accessToken } from './token.js';

test.each([
  '{ "Authorization": "Bearer aaa.bbb.c-c_c" }',
  '{ "authorisation": "bEaReR aaa.bbb.c-c_c", "x-team": "blue" }',
  '{ "Authorization": "Bearer  aaa.bbb.c-c_c " }',
])('the token is found in %s', (headers) => expect(accessToken(headers)).toBe('aaa.bbb.c-c_c'));

test.each([
  '',
  '{ "Authorization": "Bearer aaa.bbb.c-c_c" ',
  '{ "Authorization": "Bearer " }',
  '{ "Authorization": "Bearer <accessToken>" }',
  '{ "Authorization": "Bearer aaa.bbb" }',
  '{ "Authorization": 1 }',
  '{ "x-team": "Bearer aaa.bbb.ccc" }',
  'null',
])('there is no token yet in %s', (headers) => expect(accessToken(headers)).toBeUndefined());
