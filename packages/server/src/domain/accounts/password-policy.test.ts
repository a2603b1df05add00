import { expect, test } from 'vitest';
import { assertAcceptablePassword } from './password-policy.js';

const userName = 'ada.lovelace@example.com';
const rules = { passwordMinLength: 15, passwordMaxBytes: 1024 };

test.each([
  ['of several words', 'seven quiet lamps by the harbor'],
  ['of exactly the fewest characters', 'x7Kq9vTzLm2WpRe'],
  ['of fifteen emoji', '🦉🦆🐙🦔🐝🐌🦋🐢🦂🐬🦕🐊🦓🦒🦘'],
  ['of words in another script', 'семь тихих ламп у моря'],
  ['of lower case only', 'thimble quarrel obelisk yonder'],
  ['with spaces at its ends', '  brisk walnut ferry seldom  '],
  ['of 64 characters', 'Lantern, orchard, nine ferries; a thimble under the blue stairs.'],
  ['of exactly the most bytes', 'é7ñ Wq ŝ2 ß'.repeat(100).slice(0, 740)],
  ['that also has the name of the product in it', 'my latchkey is near the quiet harbor lamps'],
  ['that says some of its words again', 'the cat sat on the mat by the door'],
  ['that says a strong phrase twice', 'thimble quarrel obelisk thimble quarrel obelisk'],
  ['of lines that begin alike', 'seven lamps seven boats seven stairs'],
])('a password is accepted %s', async (_, password) => {
  expect([...password].length).toBeGreaterThanOrEqual(15);
  await expect(assertAcceptablePassword(rules, password, userName)).resolves.toBeUndefined();
});

const names = 'it is made of the address or of the name of this product';
const common = 'it is, or is close to, one that many people use';

test.each([
  ['it has 14 characters and needs at least 15', 'x7Kq9vTzLm2WpR'],
  ['it has 14 characters and needs at least 15', '🦉🦆🐙🦔🐝🐌🦋🐢🦂🐬🦕🐊🦓🦒'],
  // Letter and accent are one character, however they were typed.
  ['it has 14 characters and needs at least 15', 'x7Kq9vTzLm2Wpe\u0301'],
  ['it has 0 characters and needs at least 15', ''],
  ['it is longer than 1024 bytes', 'é'.repeat(513)],
  [common, 'password12345678'],
  [common, '1234567890qwertyuiop'],
  ['it repeats one character', 'a'.repeat(64)],
  ['it repeats one pattern', 'letmein letmein letmein'],
  ['it repeats one pattern', 'password password'],
  ['it repeats one pattern', 'P@ssw0rd P@ssw0rd'],
  ['it repeats one pattern', 'password pa55word'],
  ['it repeats one pattern', 'password1password2password3'],
  ['it repeats one pattern', 'letmein-letmein-2030'],
  ['it repeats one pattern', 'qwerty uiop qwerty uiop'],
  ['it is a sequence', 'abcdefghijklmnopqrst'],
  [names, userName],
  [names, 'ADA.Lovelace@Example.com'],
  [names, 'Lovelace-Lovelace-1815'],
  [names, 'latchkeylatchkey'],
  [names, 'Latchkey Latchkey'],
  [names, 'Latchkey2030!!!!'],
])('a password is refused because %s: %s', async (reason, password) => {
  await expect(assertAcceptablePassword(rules, password, userName)).rejects.toMatchObject({
    code: 'PASSWORD_UNACCEPTABLE',
    message: `The password is refused: ${reason}.`,
    hint: expect.stringContaining('several unrelated words'),
  });
});

test.each([
  [common, 'P@ssw0rd'],
  ['it is made of years', '20192018'],
  ['it is made of dates', '31.12.2024'],
  ['it is a row of the keyboard', 'zxcvbnm,'],
  ['it is a pattern on the keyboard', 'bgt56yhn'],
  [names, 'lovelace'],
  [names, 'latchkey'],
])('where eight characters are enough, one is refused because %s: %s', async (reason, password) => {
  await expect(assertAcceptablePassword({ ...rules, passwordMinLength: 8 }, password, userName)).rejects.toMatchObject({
    message: `The password is refused: ${reason}.`,
  });
});

test('the refusal does not repeat the password', async () => {
  const error = await assertAcceptablePassword(rules, 'letmeinletmeinletmein', userName).catch((each) => each);
  expect(JSON.stringify([error, error.message, error.stack])).not.toContain('letmein');
});
