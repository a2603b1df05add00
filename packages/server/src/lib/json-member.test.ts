import { describe, expect, test } from 'vitest';
import { sliceMember } from './json-member.js';

describe('a member of a JSON object', () => {
  test.each([
    ['{"payload":{"a":1}}', '{"a":1}'],
    ['{"payload":{"a":"}"},"id":"1"}', '{"a":"}"}'],
    ['{"id":"payload","payload":[1,[2,{"payload":3}]]}', '[1,[2,{"payload":3}]]'],
    ['  { "id" : "\\"payload\\":9" , "payload" : 12345678901234567890.10 } ', '12345678901234567890.10'],
    ['{"a":{"payload":1},"pay\\u006coad":"x\\\\"}', '"x\\\\"'],
    ['{"payload":1,"payload":2}', '2'],
    ['{"a":[],"b":{},"c":null,"payload":true}', 'true'],
  ])('of %s is %s, as it was written', (json, text) => {
    expect(sliceMember(json, 'payload')).toBe(text);
    expect(JSON.parse(text)).toEqual(JSON.parse(json).payload);
  });

  test.each(['{}', ' { } ', '{"a":1}', '{"a":{"payload":1}}'])('that %s does not have is undefined', (json) => {
    expect(sliceMember(json, 'payload')).toBeUndefined();
  });
});
