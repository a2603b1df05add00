import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../src/config/load.js';
import type { Config } from '../src/config/schema.js';
import { type AddedUser, addUser } from '../src/domain/accounts/add-user.js';
import type { Clock } from '../src/lib/clock.js';
import type { Log } from '../src/lib/log.js';
import { openDomain, startServer } from '../src/main.js';

/** A password that the policy accepts. */
export const password = 'seven quiet lamps by the harbor';

/** A log that keeps what it is told, so that a test can look for what must not be there. */
export function createTestLog(): Log & { readonly lines: { level: string; fields: object; message: string }[] } {
  const lines: { level: string; fields: object; message: string }[] = [];
  const at = (level: string) => (fields: object, message: string) => {
    lines.push({ level, fields, message });
  };
  return { level: 'debug', lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** A clock that stands until it is moved. */
export function createTestClock(start = Date.now()): Clock & { advance(milliseconds: number): void } {
  let now = start;
  return Object.assign(() => now, {
    advance(milliseconds: number) {
      now += milliseconds;
    },
  });
}

export async function makeTempDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'latchkey-'));
}

export interface TestServer {
  /** The endpoint, without a slash at its end. */
  readonly url: string;
  readonly origin: string;
  readonly data: string;
  readonly log: ReturnType<typeof createTestLog>;
  readonly clock: ReturnType<typeof createTestClock>;
  /** Rejects when the server can no longer serve. */
  readonly failed: Promise<never>;
  addUser(userName: string, scope?: string): Promise<AddedUser>;
  /** POSTs one operation and reads the answer. */
  ask(query: string, options?: AskOptions): Promise<TestAnswer>;
  signIn(userName: string): Promise<{ accessToken: string; refreshToken: string }>;
  refresh(refreshToken: string): Promise<TestAnswer>;
  /** Lets it read the upstream's schema now. */
  reloadUpstreamSchema(): void;
  /** Stops the server and removes its data unless `data` was given. */
  stop(): Promise<void>;
}

export interface AskOptions {
  readonly token?: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface TestAnswer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: an answer has the shape that the test's query gives it
  readonly body: any;
}

/** A server of this process before real HTTP, on a port of its own, with its own data, clock and log. */
export async function startTestServer(config: Partial<Config> = {}): Promise<TestServer> {
  const data = config.data ?? (await makeTempDirectory());
  const settings: Config = { ...loadConfig({ flags: {}, env: {} }), port: 0, ...config, data };
  const log = createTestLog();
  const clock = createTestClock();
  const server = await startServer(settings, { log, clock });
  const url = server.url.replace(/\/$/, '');

  async function ask(query: string, { token, headers, ...params }: AskOptions = {}): Promise<TestAnswer> {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      body: JSON.stringify({ query, ...params }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
  }

  return {
    url,
    origin: new URL(url).origin,
    data,
    log,
    clock,
    failed: server.failed,
    ask,
    async addUser(userName, scope = '') {
      const { domain, close } = await openDomain(settings, { log, clock });
      try {
        return await addUser(domain, { userName, password, scope });
      } finally {
        await close();
      }
    },
    async signIn(userName) {
      const variables = { credentials: { userName, password } };
      const { body } = await ask(
        'mutation ($credentials: SignInCredentials!) { signIn(credentials: $credentials) { accessToken refreshToken } }',
        { variables },
      );
      return body.data.signIn;
    },
    refresh: (refreshToken) =>
      ask(
        'mutation ($refreshToken: String!) { signInRefresh(credentials: { refreshToken: $refreshToken }) { accessToken refreshToken } }',
        { variables: { refreshToken } },
      ),
    reloadUpstreamSchema: server.reloadUpstreamSchema,
    async stop() {
      await server.stop();
      if (config.data === undefined) await rm(data, { recursive: true, force: true });
    },
  };
}
