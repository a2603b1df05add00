import type { Config } from './schema.js';

/**
 * The public URL and the audience, where they are not set made from the port that the server really has: with
 * `port: 0` that is known only once it listens.
 */
export function publicAddresses(
  config: Pick<Config, 'publicUrl' | 'audience'>,
  port: number,
): { readonly publicUrl: string; readonly audience: string } {
  const publicUrl = config.publicUrl ?? `http://localhost:${port}`;
  return { publicUrl, audience: config.audience ?? `${publicUrl}/graphql` };
}
