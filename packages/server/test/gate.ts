import { vi } from 'vitest';
import type { Config } from '../src/config/schema.js';
import { startTestServer, type TestServer } from './harness.js';
import type { Upstream } from './upstreams/index.js';

/** A server before an upstream, and a user of it who is signed in. */
export interface Gate<U> {
  readonly server: TestServer;
  readonly upstream: U;
  /** An access token of ada@example.com. */
  readonly token: string;
  stop(): Promise<void>;
}

/** Starts an upstream and a server before it, and resolves when the upstream's schema is in service. */
export async function startGate<U extends Pick<Upstream, 'url' | 'close'>>(
  startUpstream: () => Promise<U>,
  config: Partial<Config> = {},
): Promise<Gate<U>> {
  const upstream = await startUpstream();
  const server = await startTestServer({ upstream: upstream.url, ...config });
  await server.addUser('ada@example.com');
  const { accessToken } = await server.signIn('ada@example.com');
  await untilInService(server);
  return {
    server,
    upstream,
    token: accessToken,
    async stop() {
      await server.stop();
      await upstream.close();
    },
  };
}

/** What /readyz says. */
export async function readiness({
  origin,
}: Pick<TestServer, 'origin'>): Promise<{ status: string; signIn: boolean; upstream: string; schemaProblem?: string }> {
  return (await fetch(`${origin}/readyz`)).json();
}

/** Resolves when the upstream's schema is in service; rejects at once if it never can be. */
export async function untilInService(server: TestServer): Promise<void> {
  const inService = vi.waitUntil(async () => (await readiness(server)).upstream === 'in service', { timeout: 15_000 });
  await Promise.race([inService, server.failed]);
}
