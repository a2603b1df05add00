import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { expect, onTestFinished } from 'vitest';
import { loadConfig } from '../src/config/load.js';
import type { Config } from '../src/config/schema.js';
import { createPasswordHashes } from '../src/domain/accounts/password-hashes.js';
import type { Domain } from '../src/domain/domain.js';
import { type ErrorCode, LatchkeyError } from '../src/domain/errors.js';
import { refresh } from '../src/domain/sessions/refresh.js';
import { signIn } from '../src/domain/sessions/sign-in.js';
import { openDomain } from '../src/main.js';
import type { UserRecord } from '../src/store/store.js';
import { createTestClock, createTestLog, makeTempDirectory, password } from './harness.js';

export const origin = { source: '192.0.2.7', userAgent: 'a test' };
export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

export interface TestDomain {
  readonly domain: Domain;
  readonly clock: ReturnType<typeof createTestClock>;
  readonly log: ReturnType<typeof createTestLog>;
  readonly data: string;
  /** Adds a user, of `password` unless another hash is given; says nothing to the password policy. */
  addUser(fields?: Partial<UserRecord>): Promise<UserRecord>;
  /** Closes the domain and opens it on the same data, at the same clock. */
  restart(settings?: Partial<Config>): Promise<Domain>;
  /** Runs SQL on a connection of its own, and returns the rows. */
  sql(statement: string, ...values: (string | number | null)[]): Record<string, unknown>[];
}

/** A domain on a real SQLite store, with a clock that the test moves. Cleans up after the test. */
export async function openTestDomain(settings: Partial<Config> = {}): Promise<TestDomain> {
  const data = await makeTempDirectory();
  const clock = createTestClock(Date.UTC(2030, 0, 1));
  const log = createTestLog();
  const open = (changed: Partial<Config> = {}) =>
    openDomain({ ...loadConfig({ flags: {}, env: {} }), data, ...settings, ...changed }, { clock, log });
  let opened = await open();
  const other = new DatabaseSync(join(data, 'latchkey.db'), { timeout: 5000 });
  onTestFinished(async () => {
    await opened.close();
    other.close();
    rmSync(data, { recursive: true });
  });
  return {
    domain: opened.domain,
    clock,
    log,
    data,
    async addUser(fields = {}) {
      const user = { ...(await makeUser()), createdAt: clock(), ...fields };
      const audit = { at: clock(), userId: user.id, sessionId: null, source: 'operator', detail: null };
      expect(await opened.domain.store.addUser(user, { ...audit, action: 'user.added' })).toBe('added');
      return user;
    },
    async restart(changed) {
      await opened.close();
      opened = await open(changed);
      return opened.domain;
    },
    sql: (statement, ...values) =>
      other
        .prepare(statement)
        .all(...values)
        .map((row) => ({ ...row })),
  };
}

/** A user who has signed in, and what a test asks about the session. */
export async function openTestSession(settings?: Partial<Config>) {
  const opened = await openTestDomain(settings);
  const { domain } = opened;
  const user = await opened.addUser();
  const first = await signIn(domain, { userName: user.userName, password }, origin);
  const { sessionId } = await domain.accessTokens.verify(first.accessToken);
  return {
    ...opened,
    user,
    /** The tokens of the sign-in. */
    first,
    sessionId,
    refresh: (refreshToken: string) => refresh(domain, { refreshToken }, origin),
    session: () => domain.store.findSession(sessionId),
  };
}

/** What people did, in the order of the audit's lines, without times and without what Latchkey did by itself. */
export function auditOf({ sql }: Pick<TestDomain, 'sql'>): Record<string, unknown>[] {
  return sql(
    `SELECT action, user_id AS userId, session_id AS sessionId, source, detail FROM audit
     WHERE source <> 'latchkey' ORDER BY id`,
  );
}

/** Made once a file: a hash takes 25 ms. */
let passwordHash: Promise<string> | undefined;

async function makeUser() {
  passwordHash ??= createPasswordHashes(1).hash(password);
  const userName = 'ada@example.com';
  return {
    id: randomUUID(),
    userName,
    passwordHash: await passwordHash,
    scope: 'companies:read',
    disabledAt: null,
    quotaPerDay: null,
  };
}

/** The code of the LatchkeyError that the promise rejects with; anything else fails the test. */
export async function codeOf(refused: Promise<unknown>): Promise<ErrorCode> {
  const error = await refused.then(
    (value) => {
      throw new Error(`It was not refused, and gave ${JSON.stringify(value)}.`);
    },
    (reason: unknown) => reason,
  );
  if (!(error instanceof LatchkeyError)) throw error;
  return error.code;
}
