import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { ask, codeOf, refresh } from '../e2e/ask.js';
import type { Node, Nodes } from './nodes.js';

/** Milliseconds after which a token of a session that has ended is refused by every node. */
const promised = 1_000;

/** Milliseconds between two looks at one node. */
const pause = 10;

/** What was measured since it was asked for last, in milliseconds. */
let delays: number[] = [];

/** How long it took each time since the last call, from the answered revocation to the last node's first refusal. */
export function takeDelays(): string {
  const sorted = delays.sort((a, b) => a - b).map(Math.round);
  delays = [];
  return `${sorted.at(-1)} ms at most, ${sorted[sorted.length >> 1]} ms in the middle, of ${sorted.length}`;
}

/**
 * Every node refuses the access token within a second from now and then goes on doing so. Call it as soon as what ended
 * the session has been answered.
 */
export async function expectRefusedByAll({ all }: Pick<Nodes, 'all'>, accessToken: string): Promise<void> {
  const since = performance.now();
  const each = await Promise.all(all.map((node) => firstRefusal(node, accessToken, since)));
  const largest = Math.max(...each);
  delays.push(largest);
  expect(largest, 'milliseconds until the last node refused').toBeLessThan(promised);
  for (const { url } of all) expect(await viewerCode(url, accessToken)).toBe('TOKEN_REVOKED');
}

/** No node ever gives anything for the refresh token again, from the first moment on. */
export async function expectDeadByAll(
  { all }: Pick<Nodes, 'all'>,
  refreshToken: string,
  code = 'REFRESH_TOKEN_REVOKED',
): Promise<void> {
  const answers = await Promise.all(all.map(({ url }) => refresh(url, refreshToken)));
  expect(answers.map(codeOf)).toEqual(all.map(() => code));
}

export async function expectAcceptedByAll({ all }: Pick<Nodes, 'all'>, accessToken: string): Promise<void> {
  const codes = await Promise.all(all.map(({ url }) => viewerCode(url, accessToken)));
  expect(codes).toEqual(all.map(() => undefined));
}

export async function viewerCode(url: string, token: string): Promise<string | undefined> {
  return codeOf(await ask(url, '{ viewer { id } }', { token }));
}

/** Milliseconds until the node refuses it; gives up well after the second, so that a failure says how long it was. */
async function firstRefusal({ url }: Node, accessToken: string, since: number): Promise<number> {
  for (;;) {
    const code = await viewerCode(url, accessToken);
    const after = performance.now() - since;
    if (code === 'TOKEN_REVOKED' || after > 5 * promised) return after;
    if (code !== undefined) throw new Error(`The access token is refused as ${code}.`);
    await sleep(pause);
  }
}
