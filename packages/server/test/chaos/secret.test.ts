import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { deriveKeys } from '../../src/domain/secret.js';
import { formatRefreshToken, parseRefreshToken } from '../../src/domain/sessions/refresh-token.js';
import { codeOf, refresh, signIn, type Tokens } from '../e2e/ask.js';
import { makeDatabase } from '../nodes/database.js';
import { type Nodes, newSecret, startNodes } from '../nodes/nodes.js';
import { expectAcceptedByAll } from '../nodes/refused.js';

/** Refreshes all the while; an answer that stays out is asked for again, any refusal is kept. */
async function goOn(nodes: Nodes, tokens: Tokens, isOver: () => boolean) {
  const kept = { tokens, refusals: [] as unknown[], answered: 0 };
  while (!isOver()) {
    const answer = await refresh(nodes.url, kept.tokens.refreshToken).catch(() => undefined);
    if (answer?.body.data) {
      kept.answered++;
      kept.tokens = answer.body.data.signInRefresh;
    } else if (answer) kept.refusals.push(answer.body);
    await sleep(randomInt(60));
  }
  return kept;
}

test('the secret is changed node by node while sessions are refreshed: nobody is logged out, and the old one is worth nothing', {
  timeout: 60_000,
}, async () => {
  const [a, b] = [newSecret(), newSecret()];
  const nodes = await startNodes({ database: (await makeDatabase()).url, number: 2, secret: a });
  const user = await nodes.addUser('ada@example.com');
  const sleeper = await signIn(nodes.url, user);
  const sessions = await Promise.all(Array.from({ length: 5 }, () => signIn(nodes.url, user)));
  let isOver = false;
  const going = sessions.map((tokens) => goOn(nodes, tokens, () => isOver));
  const restart = async (LATCHKEY_SECRET: string, LATCHKEY_SECRET_PREVIOUS?: string) => {
    for (const node of nodes.all) {
      expect(await node.stop()).toBe(0);
      await node.start({ LATCHKEY_SECRET, ...(LATCHKEY_SECRET_PREVIOUS && { LATCHKEY_SECRET_PREVIOUS }) });
    }
  };

  await restart(a, b);
  await restart(b, a);
  const awake = (await refresh(nodes.url, sleeper.refreshToken)).body.data.signInRefresh;
  await restart(b);
  isOver = true;

  const ended = await Promise.all(going);
  for (const { refusals, answered } of ended) {
    expect(refusals).toEqual([]);
    expect(answered).toBeGreaterThan(0);
  }
  for (const { tokens } of ended) {
    await expectAcceptedByAll(nodes, tokens.accessToken);
    const { refreshToken } = (await refresh(nodes.url, tokens.refreshToken)).body.data.signInRefresh;
    // What somebody who had the old secret would make: the right session, the right generation, the wrong MAC.
    const content = parseRefreshToken(deriveKeys(b).refreshToken, refreshToken);
    if (!content) throw new Error('The token is not made with the new secret.');
    const forged = formatRefreshToken(deriveKeys(a).refreshToken, content);
    for (const { url } of nodes.all) expect(codeOf(await refresh(url, forged))).toBe('REFRESH_TOKEN_INVALID');
    expect(codeOf(await refresh(nodes.url, refreshToken))).toBeUndefined();
  }
  // It was presented in time, and what it got then is good; it is not any more.
  expect(codeOf(await refresh(nodes.url, sleeper.refreshToken))).toBe('REFRESH_TOKEN_INVALID');
  expect(codeOf(await refresh(nodes.url, awake.refreshToken))).toBeUndefined();
});
