import { describe, expect, test } from 'vitest';
import { countMembers, findRepeatedMember } from './json-members.js';

/** What a parser makes of it. */
function membersOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce<number>((sum, child) => sum + membersOf(child), own);
}

describe('members', () => {
  test.each([
    '{}',
    '[]',
    '"a:b"',
    '":"',
    '{"a":1}',
    '{ "a" \t\r\n : ":" , "b" : { "c": [ { "d": "\\":" }, "e", ":" ] } }',
    String.raw`{"\\":"\\","\"":"\":","\\\"":"\\\\","\u0022:":"\u005c"}`,
    '{"":{"":{"":""}}}',
    '{"__proto__":{"constructor":1}}',
    '{"é 🏊":"日本"}',
    '["a","b",["c"],{"d":["e"]}]',
    '{"query":"{ a(b: \\"c:d\\") }","variables":null}',
  ])('are counted as a parser counts them: %s', (json) => {
    expect(countMembers(json)).toBe(membersOf(JSON.parse(json)));
    expect(findRepeatedMember(json)).toBeUndefined();
  });

  test.each([
    ['{"a":1,"a":1}', 'a'],
    ['{"query":"{a}","quer\\u0079":"{b}"}', 'query'],
    ['{"a":{"b":1},"c":[{"d":1,"d":2}]}', 'd'],
    ['{"a":[],"b":["a"],"a":2}', 'a'],
    ['{"__proto__":1,"__proto__":2}', '__proto__'],
    ['{"\\"":1,"\\u0022":2}', '"'],
  ])('that are written twice count as two, and the name is found: %s', (json, name) => {
    expect(countMembers(json)).toBe(membersOf(JSON.parse(json)) + 1);
    expect(findRepeatedMember(json)).toBe(name);
  });

  test('of the same name in different objects are not repeated', () => {
    expect(findRepeatedMember('{"a":{"a":[{"a":1},{"a":2}]},"b":{"a":1}}')).toBeUndefined();
  });

  test('are counted in time that grows with the text only', () => {
    const worst = [
      JSON.stringify({ a: '"'.repeat(500_000) }),
      JSON.stringify({ a: '\\'.repeat(500_000) }),
      `{"a"${' '.repeat(1_000_000)}:1}`,
    ];
    for (const json of worst) {
      const start = performance.now();
      expect(countMembers(json)).toBe(1);
      expect(performance.now() - start).toBeLessThan(200);
    }
  });
});
