import { expect, test } from 'vitest';
import { canonicalUserName } from './user-name.js';

test.each([
  ['as it is', 'ada@example.com', 'ada@example.com'],
  ['in lower case', 'Ada.Lovelace@Example.COM', 'ada.lovelace@example.com'],
  ['without outer space', '\t ada@example.com \r\n', 'ada@example.com'],
  ['without outer space of any kind', '\u00a0ada@example.com\u3000', 'ada@example.com'],
  ['with accents composed', 'ame\u0301lie@exa\u0308mple.com', 'am\u00e9lie@ex\u00e4mple.com'],
  ['with accents composed that have no capital', 'J\u030cosef@example.com', '\u01f0osef@example.com'],
  ['with compatible characters kept apart', 'ﬁona@example.com', 'ﬁona@example.com'],
  ['with its tag', 'ada+test@example.com', 'ada+test@example.com'],
  ['of 254 characters', `${'a'.repeat(242)}@example.com`, `${'a'.repeat(242)}@example.com`],
])('a user name is kept %s', (_, typed, canonical) => {
  expect(canonicalUserName(typed)).toBe(canonical);
});

test.each([
  ['nothing', ''],
  ['only space', '   '],
  ['a name without @', 'ada'],
  ['nothing before the @', '@example.com'],
  ['nothing behind the @', 'ada@'],
  ['two @', 'ada@home@example.com'],
  ['a space inside', 'ada lovelace@example.com'],
  ['a line break inside', 'ada@example.com\nbob@example.com'],
  ['a NUL', 'ada\0@example.com'],
  ['an escape character', 'ada\u001b[31m@example.com'],
  ['a control character of the upper half', 'ada\u009b2J@example.com'],
  ['a sign that turns the text round', 'ada\u202emoc.elpmaxe@example.com'],
  ['an invisible character', 'ada\u200b@example.com'],
  ['an invisible character behind the @', 'ada@exa\u2060mple.com'],
  ['255 characters', `${'a'.repeat(243)}@example.com`],
  ['a megabyte', `${'a'.repeat(1_000_000)}@example.com`],
])('no user name: %s', (_, typed) => {
  expect(canonicalUserName(typed)).toBeUndefined();
});

test('the canonical form of every letter is its own canonical form, and that of its parts', () => {
  for (let code = 0; code <= 0x10ffff; code++) {
    const letter = String.fromCodePoint(code);
    if (!/\p{L}/u.test(letter)) continue;
    const canonical = canonicalUserName(`${letter}@x`);
    if (canonicalUserName(canonical ?? '') !== canonical) expect.fail(`U+${code.toString(16)} is not stable`);
    if (canonicalUserName(`${letter.normalize('NFD')}@x`) !== canonical) expect.fail(`U+${code.toString(16)} in parts`);
  }
});
