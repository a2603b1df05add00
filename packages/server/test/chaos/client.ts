import { refresh, signIn, signOut } from '../e2e/ask.js';
import type { TestAnswer } from '../harness.js';

export interface Credentials {
  readonly userName: string;
  readonly password: string;
}

/** What one caller did and was told: `presented` went out, `given` came back, once for each answer. */
interface Entry {
  readonly presented: string;
  readonly given: string[];
}

/** A caller with one session, who writes down everything that it was told. */
export interface Client {
  readonly diary: Entry[];
  /** Answers that were neither tokens nor silence. */
  readonly refusals: TestAnswer[];
  /** The newest refresh token that an answer gave. */
  refreshToken: string;
  accessToken: string;
  signOut: 'not asked' | 'asked' | 'answered';
}

export async function signInClient(url: string, credentials: Credentials): Promise<Client> {
  return { ...(await signIn(url, credentials)), diary: [], refusals: [], signOut: 'not asked' };
}

/**
 * Refreshes again and again, each token twice at once as two tabs of a browser would, until an answer stays out; in a few
 * rounds it signs out instead.
 */
export async function storm(url: string, client: Client): Promise<void> {
  const signOutAfter = Math.random() < 0.2 ? Math.floor(Math.random() * 4) : Number.POSITIVE_INFINITY;
  for (let times = 0; times < signOutAfter; times++) {
    const entry: Entry = { presented: client.refreshToken, given: [] };
    client.diary.push(entry);
    const twice = [refresh(url, entry.presented), refresh(url, entry.presented)];
    const [first, second] = await Promise.all(twice.map((call) => call.catch(() => undefined)));
    for (const answer of [first, second]) if (answer) note(client, entry, answer);
    if (!first || !second || client.refusals.length > 0) return;
  }
  client.signOut = 'asked';
  const answer = await signOut(url, client.accessToken).catch(() => undefined);
  if (!answer) return;
  client.signOut = 'answered';
  if (answer.body.data?.signOut.sessionsEnded !== 1) client.refusals.push(answer);
}

/** Presents the newest token once more, as a caller whose answer was lost would. */
export async function retry(url: string, client: Client): Promise<void> {
  const entry: Entry = { presented: client.refreshToken, given: [] };
  client.diary.push(entry);
  note(client, entry, await refresh(url, entry.presented));
}

function note(client: Client, entry: Entry, answer: TestAnswer): void {
  const tokens = answer.body.data?.signInRefresh;
  if (!tokens) {
    client.refusals.push(answer);
    return;
  }
  entry.given.push(tokens.refreshToken);
  Object.assign(client, tokens);
}
