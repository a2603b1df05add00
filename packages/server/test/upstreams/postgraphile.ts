import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('./postgraphile', import.meta.url));

export interface PostgraphileSettings {
  /** The URL of the database, by which PostGraphile logs in. */
  readonly database: string;
  readonly schemas: readonly string[];
  /** Where tokens are verified: a role and `jwt.claims.…` come from them. */
  readonly jwt?: { readonly jwks: string; readonly issuer: string; readonly audience: string };
}

/**
 * Starts PostGraphile 5 as a process of its own. Rejects with what it said if it does not start. It needs Node.js 22, so
 * the files that use it are called `*.postgraphile.test.ts`; vitest.config.ts leaves them out where it cannot run.
 */
export async function startPostgraphile(
  settings: PostgraphileSettings,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const child = spawn(process.execPath, [`${folder}/server.mjs`, JSON.stringify(settings)], {
    env: { PATH: process.env.PATH, GRAPHILE_ENV: 'production' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const exited = once(child, 'exit').then(() => {
    throw new Error(`PostGraphile did not start: ${said}`);
  });
  exited.catch(() => undefined);
  const listening = (async () => {
    for await (const line of createInterface(child.stdout)) {
      const port = /^listening on (\d+)$/.exec(line)?.[1];
      if (port) return port;
    }
    return exited;
  })();
  const port = await Promise.race([listening, exited]);
  child.stdout.resume();
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    async close() {
      const gone = once(child, 'exit');
      child.stdin.end();
      await gone;
    },
  };
}
