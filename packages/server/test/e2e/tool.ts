import { spawnSync } from 'node:child_process';

/**
 * The first of the commands that runs with these arguments and succeeds. Without one it says in a line what is left
 * out and returns undefined; in CI, where nothing may be left out, it throws.
 */
export function findTool(name: string, commands: readonly string[], ...args: readonly string[]): string | undefined {
  const found = commands.find((command) => spawnSync(command, args, { stdio: 'ignore' }).status === 0);
  if (!found && process.env.CI) throw new Error(`CI leaves nothing out, and ${name} is not there.`);
  if (!found) console.log(`Left out: the tests that need ${name}, which is not there.`);
  return found;
}
