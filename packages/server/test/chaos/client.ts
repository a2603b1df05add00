import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { codeOf, refresh, signIn, signOut } from '../e2e/ask.js';
import type { TestAnswer } from '../harness.js';

export interface Credentials {
  readonly userName: string;
  readonly password: string;
}

/** What one caller did and was told: `presented` went out twice, `given` came back, once for each answer. */
interface Entry {
  readonly presented: string;
  readonly given: string[];
}

/** A caller with one session, who writes down everything that it was told. */
export interface Client {
  readonly diary: Entry[];
  /** Answers that were neither tokens nor lost. */
  readonly refusals: TestAnswer[];
  /** Requests without an answer, the connection broken. */
  silent: number;
  /** Requests that were answered with STORE_UNAVAILABLE, which says to try again. */
  unavailable: number;
  /** The newest refresh token that an answer gave. */
  refreshToken: string;
  accessToken: string;
  signOut: 'not asked' | 'asked' | 'answered';
}

export async function signInClient(url: string, credentials: Credentials): Promise<Client> {
  const tokens = await signIn(url, credentials);
  return { ...tokens, diary: [], refusals: [], silent: 0, unavailable: 0, signOut: 'not asked' };
}

export function signInClients(url: string, user: Credentials, number: number): Promise<Client[]> {
  return Promise.all(Array.from({ length: number }, () => signInClient(url, user)));
}

export interface Storm {
  readonly isOver: () => boolean;
  /** Some of the clients sign out instead, within so many milliseconds. */
  readonly signOutWithin: number;
}

/**
 * Refreshes again and again, each token twice at once as two tabs of a browser would, and tries again where both
 * answers stay out; or signs out in the middle of that.
 */
export async function storm(url: string, client: Client, { isOver, signOutWithin }: Storm): Promise<void> {
  begin(client);
  const signOutAt = Math.random() < 0.3 ? performance.now() + Math.random() * signOutWithin : Number.POSITIVE_INFINITY;
  while (!isOver() && client.refusals.length === 0) {
    if (performance.now() >= signOutAt) return signOutAtLast(url, client, isOver);
    const entry = await present(url, client, 2);
    if (entry.given.length === 0) await pause();
  }
}

/** Forgets the last storm, but for what it was given in it. */
function begin(client: Client): void {
  client.diary.length = 0;
  Object.assign(client, { silent: 0, unavailable: 0 });
}

/** As a caller does who was told to try again. */
function pause(): Promise<void> {
  return sleep(randomInt(20, 60));
}

async function signOutAtLast(url: string, client: Client, isOver: () => boolean): Promise<void> {
  while (!isOver() && client.signOut !== 'answered') {
    const wasAsked = client.signOut === 'asked';
    client.signOut = 'asked';
    const answer = await answerOf(client, signOut(url, client.accessToken));
    if (!answer) {
      await pause();
      continue;
    }
    client.signOut = 'answered';
    const isDone = answer.body.data?.signOut.sessionsEnded === 1;
    // Where an answer was lost before, the sign-out itself may have been done.
    const wasDone = answer.body.data?.signOut.sessionsEnded === 0 || codeOf(answer) === 'TOKEN_REVOKED';
    if (!isDone && !(wasAsked && wasDone)) client.refusals.push(answer);
  }
}

/** Presents the newest token, and notes what it was told. */
export async function present(url: string, client: Client, times: number): Promise<Entry> {
  const entry: Entry = { presented: client.refreshToken, given: [] };
  client.diary.push(entry);
  const calls = Array.from({ length: times }, () => answerOf(client, refresh(url, entry.presented)));
  for (const answer of await Promise.all(calls)) {
    const tokens = answer?.body.data?.signInRefresh;
    if (tokens) {
      entry.given.push(tokens.refreshToken);
      Object.assign(client, tokens);
    } else if (answer) client.refusals.push(answer);
  }
  return entry;
}

/** Undefined where the answer is lost to the caller, who has to ask again. */
async function answerOf(client: Client, call: Promise<TestAnswer>): Promise<TestAnswer | undefined> {
  const answer = await call.catch(() => undefined);
  if (!answer) client.silent++;
  else if (answer.status === 503 && codeOf(answer) === 'STORE_UNAVAILABLE') client.unavailable++;
  else return answer;
  return undefined;
}

/** The newest token works with one try, and all that was ever answered is one chain, link by link. */
export async function expectRecovered(url: string, client: Client): Promise<void> {
  // The first of them is the retry of what was lost last, or the next of a chain that lost nothing.
  for (const _ of ['first', 'second']) expect((await present(url, client, 1)).given).toHaveLength(1);
  expect(client.refusals.map(({ body }) => body)).toEqual([]);
  for (const [index, { presented, given }] of client.diary.entries()) {
    expect(new Set(given).size, 'successors of one token').toBeLessThanOrEqual(1);
    const successor = given[0];
    const next = client.diary[index + 1];
    if (next) expect(next.presented).toBe(successor ?? presented);
    if (successor) expect(contentOf(successor)).toEqual(successorOf(contentOf(presented)));
  }
  // The one that was superseded last is within the window, and its answer is the same as it ever was.
  const last = client.diary.at(-1);
  const again = await refresh(url, String(last?.presented));
  expect(again.body.data.signInRefresh.refreshToken).toBe(client.refreshToken);
}

/** The session and the generation that a refresh token stands for; its last 20 bytes are the MAC. */
function contentOf(refreshToken: string): { session: string; generation: number } {
  const bytes = Buffer.from(refreshToken.slice('lk_rt_'.length), 'base64url');
  return { session: bytes.toString('hex', 0, 16), generation: bytes.readUIntBE(16, 6) };
}

function successorOf({ session, generation }: ReturnType<typeof contentOf>) {
  return { session, generation: generation + 1 };
}

/** What the clients of a whole run were told. */
export interface Figures {
  /** Refreshes that were answered with tokens. */
  answered: number;
  /** Requests whose answer never came. */
  silent: number;
  /** Requests that were told to try again. */
  unavailable: number;
  /** Tokens whose answers were all lost, and that the first retry which was answered got the successor of. */
  recovered: number;
  signedOut: number;
  /** Tokens that two different successors were given for. */
  forks: number;
}

export function newFigures(): Figures {
  return { answered: 0, silent: 0, unavailable: 0, recovered: 0, signedOut: 0, forks: 0 };
}

/** Adds what the client was told since the last storm began. */
export function count(figures: Figures, { diary, silent, unavailable, signOut: state }: Client): void {
  figures.answered += diary.flatMap(({ given }) => given).length;
  figures.silent += silent;
  figures.unavailable += unavailable;
  figures.signedOut += state === 'answered' ? 1 : 0;
  for (const [index, { given }] of diary.entries()) {
    if (new Set(given).size > 1) figures.forks++;
    if (given.length > 0 && diary[index - 1]?.given.length === 0) figures.recovered++;
  }
}
