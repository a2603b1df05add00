import { expect, test, vi } from 'vitest';
import { openShell } from '../shell.js';
import { ask, codeOf, refresh, signIn } from './ask.js';
import { serve } from './process.js';

const userName = 'ada@example.com';
const password = 'four green boats at noon';

/** A server of its own process with Ada, who has signed in twice. */
async function open() {
  const { url, data } = await serve();
  // In this process, which is another than the server's: each start of the program would cost half a second.
  const shell = openShell(data);
  const operator = async (line: string, input = '') => {
    const { code, stdout, stderr } = await shell(line.split(' '), input);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout;
  };
  await operator(`user add ${userName} --password-stdin`, password);
  const enter = (word = password) => signIn(url, { userName, password: word });
  const [phone, laptop] = [await enter(), await enter()];
  const look = async ({ accessToken }: { accessToken: string }) => {
    const answer = await ask(url, '{ viewer { session { id } } }', { token: accessToken });
    return codeOf(answer) ?? answer.body.data.viewer.session.id;
  };
  /** Within the second that is promised; the server saw the token a moment before. */
  const isRefused = (tokens: { accessToken: string }) =>
    vi.waitFor(async () => expect(await look(tokens)).toBe('TOKEN_REVOKED'), { timeout: 1000, interval: 20 });
  return { url, operator, enter, phone, laptop, look, isRefused };
}

test('what an operator ends by a command, a server that runs refuses within a second', async () => {
  const { url, operator, enter, phone, laptop, look, isRefused } = await open();
  const id = await look(phone);
  const listed = JSON.parse(await operator(`session list ${userName} --json`));
  expect(listed.map((each: { id: string }) => each.id)).toContain(id);

  await look(laptop);
  expect(await operator(`session revoke -- ${id}`)).toContain(`Ended the session ${id} of ${userName}`);
  await isRefused(phone);
  expect(codeOf(await refresh(url, phone.refreshToken))).toBe('REFRESH_TOKEN_REVOKED');
  expect(await look(laptop)).toMatch(/^[\w-]{22}$/);

  const changed = await operator(`user password ${userName} --password-stdin`, 'nine amber kettles on a ferry');
  expect(changed).toBe(`Changed the password of ${userName} and ended 1 session.\n`);
  await isRefused(laptop);
  await expect(enter()).rejects.toThrow('INVALID_CREDENTIALS');
  const again = await enter('nine amber kettles on a ferry');
  await look(again);

  expect(await operator(`user disable ${userName}`)).toBe(
    `Disabled ${userName} and ended 1 session; its access tokens are refused from now on.\n`,
  );
  await isRefused(again);
  await operator(`user enable ${userName}`);
  expect(await look(again)).toBe('TOKEN_REVOKED');
});
