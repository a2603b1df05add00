import { loadConfig } from '../config/load.js';
import { listSettings } from '../config/schema.js';
import type { Command } from './command.js';
import { exitCodes } from './failure.js';
import { runUntilSignal } from './signals.js';

export const serve: Command = {
  name: 'serve',
  summary: 'Open the front door of a GraphQL API.',
  about:
    'Serves sign-in, sessions, the IDE and the API behind --upstream at one endpoint, /graphql, until it gets SIGTERM or ' +
    'SIGINT; then it finishes what is in flight. A second SIGINT ends it at once, with exit code 130. ' +
    'SIGHUP lets it read the schema of the upstream again.',
  args: [],
  options: {},
  settings: listSettings().map(({ key }) => key),
  examples: [
    'latchkey serve --upstream http://localhost:5000/graphql',
    'LATCHKEY_PORT=8080 latchkey serve --config latchkey.config.json',
  ],
  async run({ flags, env, io }) {
    const config = loadConfig({ flags, env });
    const start = async () => {
      const { startServer } = await import('../main.js');
      const server = await startServer(config);
      const upstream = config.upstream ? `before ${config.upstream}` : 'before no API yet: name it with --upstream URL';
      io.stderr.write(`Latchkey is open at ${server.url}, ${upstream}.\n`);
      return { failed: server.failed, stop: server.stop, reload: server.reloadUpstreamSchema };
    };
    await runUntilSignal(start, { reloads: true });
    return exitCodes.done;
  },
};
