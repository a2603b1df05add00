import { PassThrough, Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { askPassword, generatePassword, readPassword } from './password.js';

function piped(input: string | Uint8Array) {
  return { stdin: new PassThrough().end(input), stdout: new PassThrough(), stderr: new PassThrough() };
}

/** A terminal on which somebody types each text when a question appears. */
function terminal(...typed: readonly string[]) {
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => stdin });
  const shown: string[] = [];
  const answers = [...typed];
  const screen = new Writable({
    write(chunk, _encoding, done) {
      shown.push(String(chunk));
      if (String(chunk).endsWith(': ')) stdin.write(answers.shift() ?? '');
      done();
    },
  });
  return { stdin, stdout: screen, stderr: screen, shown };
}

test.each([
  ['without a line end', 'correct horse', 'correct horse'],
  ['with a line end', 'correct horse\n', 'correct horse'],
  ['with a Windows line end', 'correct horse\r\n', 'correct horse'],
  ['with spaces around it', ' correct horse ', ' correct horse '],
  ['with any Unicode', 'pässwörd 🔑', 'pässwörd 🔑'],
])('a piped password %s is read as it is', async (_, input, password) => {
  expect(await readPassword(piped(input))).toBe(password);
});

test.each([
  ['no byte', '', 'empty'],
  ['an empty line', '\n', 'empty'],
  ['two lines', 'one\ntwo', 'more than one line'],
  ['a second, empty line', 'one\n\n', 'more than one line'],
  ['bytes that are no UTF-8', Uint8Array.of(0x70, 0xff), 'not UTF-8'],
  ['far too much', 'x'.repeat(70_000), 'longer than any password'],
])('%s on standard input is refused', async (_, input, message) => {
  await expect(readPassword(piped(input))).rejects.toThrow(message);
});

test('a terminal as standard input is refused, since it would show the password', async () => {
  await expect(readPassword(terminal())).rejects.toThrow('Pipe the password in');
});

test('the terminal is asked twice and shows nothing', async () => {
  const { shown, ...io } = terminal('correct horse\r', 'correct horse\r');
  expect(await askPassword(io)).toBe('correct horse');
  expect(shown.join('')).toBe('Password: \nThe same again: \n');
});

test('a password that is pasted twice at once is taken', async () => {
  expect(await askPassword(terminal('correct horse\rcorrect horse\r'))).toBe('correct horse');
});

test('two answers that differ, Ctrl+C and Ctrl+D change nothing', async () => {
  await expect(askPassword(terminal('one\r', 'two\r'))).rejects.toThrow('The two passwords differ');
  await expect(askPassword(terminal('\u0003'))).rejects.toThrow('No password was given');
  await expect(askPassword(terminal('\u0004'))).rejects.toThrow('No password was given');
});

test('a made password has 24 signs that need no quotes, and is another each time', () => {
  const made = Array.from({ length: 100 }, generatePassword);
  for (const password of made) expect(password).toMatch(/^[a-km-np-z2-9]{24}$/);
  expect(new Set(made).size).toBe(100);
});
