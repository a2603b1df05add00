import { loadConfig } from '../config/load.js';
import type { Domain } from '../domain/domain.js';
import type { Invocation } from './command.js';

/** Opens the domain on the data that the command line names, for as long as `use` takes, and returns what that does. */
export async function withDomain<T>(
  { flags, env }: Pick<Invocation, 'flags' | 'env'>,
  use: (domain: Domain) => Promise<T>,
): Promise<T> {
  const config = loadConfig({ flags, env, defaults: { logLevel: 'warn' } });
  const { openDomain } = await import('../open-domain.js');
  const { domain, close } = await openDomain(config);
  try {
    return await use(domain);
  } finally {
    await close();
  }
}
