import { loadConfig } from '../config/load.js';
import { type Config, listSettings } from '../config/schema.js';
import { addUser } from '../domain/accounts/add-user.js';
import { LatchkeyError } from '../domain/errors.js';
import type { Command } from './command.js';
import { demoGuide } from './demo-guide.js';
import { exitCodes } from './failure.js';
import { generatePassword } from './password.js';
import { runUntilSignal } from './signals.js';

const userName = 'demo@example.com';

export const demo: Command = {
  name: 'demo',
  summary: 'Try it with a sample API and a user made for you.',
  about:
    'Starts a sample API of companies, the front door before it, and makes a user whose password it prints once. ' +
    'The user and the sessions are kept in the data directory.',
  args: [],
  options: {},
  settings: listSettings().flatMap(({ key }) => (key === 'upstream' ? [] : [key])),
  examples: ['latchkey demo', 'latchkey demo --port 8080'],
  async run({ flags, env, io }) {
    const config = loadConfig({ flags, env, defaults: { logLevel: 'warn' } });
    await runUntilSignal(async () => {
      const { server, password, stop } = await startDemo(config);
      io.stdout.write(demoGuide({ url: server.url, userName, password, data: config.data }));
      return { failed: server.failed, stop };
    });
    return exitCodes.done;
  },
};

interface CompaniesApi {
  startCompaniesApi(options: { port: number; host: string }): Promise<{ url: string; close(): Promise<void> }>;
}

async function startDemo(config: Config) {
  // The build puts the sample of examples/ there.
  const sample = new URL('../demo/companies-api/server.js', import.meta.url).href;
  const { startCompaniesApi }: CompaniesApi = await import(sample);
  const companies = await startCompaniesApi({ port: 0, host: '127.0.0.1' });
  try {
    const { startServer } = await import('../main.js');
    const server = await startServer({ ...config, upstream: companies.url });
    const stop = () => server.stop().finally(companies.close);
    try {
      // After the start: a password of a start that failed would never be seen.
      return { server, password: await ensureUser(config), stop };
    } catch (error) {
      await server.stop();
      throw error;
    }
  } catch (error) {
    await companies.close();
    throw error;
  }
}

/** The password of the new user; undefined where the user is there already. */
async function ensureUser(config: Config): Promise<string | undefined> {
  const { openDomain } = await import('../main.js');
  const { domain, close } = await openDomain(config);
  const password = generatePassword();
  try {
    await addUser(domain, { userName, password, scope: 'companies:read' });
    return password;
  } catch (error) {
    if (error instanceof LatchkeyError && error.code === 'USER_EXISTS') return undefined;
    throw error;
  } finally {
    await close();
  }
}
