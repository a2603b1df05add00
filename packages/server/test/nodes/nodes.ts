import { randomBytes } from 'node:crypto';
import { afterAll } from 'vitest';
import { type Running, run, serve } from '../e2e/process.js';
import { type RoundRobin, startRoundRobin } from './round-robin.js';

/** One `latchkey serve` of several. */
export interface Node {
  /** Its own endpoint; another after each start. */
  readonly url: string;
  /** SIGKILL, at once. */
  kill(): Promise<void>;
  /** SIGTERM: what is in flight is finished. Resolves with the exit code. */
  stop(): Promise<number | null>;
  /** Starts it again, also with other variables; a start that fails is tried again, as a supervisor would. */
  start(env?: NodeJS.ProcessEnv): Promise<void>;
}

/** Several processes on one database. */
export interface Nodes {
  /** The endpoint of the round-robin before them. */
  readonly url: string;
  readonly all: readonly Node[];
  /** What names their database and their secret. */
  readonly env: NodeJS.ProcessEnv;
  /** Runs a command on their database, as an operator would, and reads the JSON that it prints. */
  // biome-ignore lint/suspicious/noExplicitAny: each command prints its own
  command(...argv: readonly string[]): Promise<any>;
  addUser(userName: string): Promise<{ userName: string; password: string }>;
}

export interface NodesOptions {
  /** The URL of the database. */
  readonly database: string;
  readonly number?: number;
  readonly argv?: readonly string[];
  readonly secret?: string;
}

const started = new Set<Node>();
const roundRobins = new Set<RoundRobin>();

// Hooks run backwards: where database.ts is imported first, the nodes end before their database does.
afterAll(async () => {
  for (const roundRobin of roundRobins) roundRobin.close();
  await Promise.all([...started].map((node) => node.kill()));
});

/** How often a start is tried: a database that is being restarted too is away for a while. */
const startTries = 30;

/** Starts the nodes, all of them at the same moment, and a round-robin before them. They end with the file's tests. */
export async function startNodes({ database, number = 3, argv = [], secret }: NodesOptions): Promise<Nodes> {
  const env = { LATCHKEY_DATABASE: database, LATCHKEY_SECRET: secret ?? newSecret() };
  const all = await Promise.all(Array.from({ length: number }, () => startNode(argv, env)));
  const roundRobin = await startRoundRobin(() => all.map(({ url }) => url));
  roundRobins.add(roundRobin);

  async function command(...line: readonly string[]) {
    // Before what follows a "--".
    const { code, stdout, stderr } = await run([...line.slice(0, 2), '--json', ...line.slice(2)], { env });
    if (code !== 0) throw new Error(`latchkey ${line.join(' ')}: ${stderr}`);
    return JSON.parse(stdout);
  }
  return {
    url: roundRobin.url,
    all,
    env,
    command,
    addUser: (userName) => command('user', 'add', userName, '--generate'),
  };
}

export function newSecret(): string {
  return randomBytes(32).toString('base64');
}

/** Without a public URL: each is known by its port, and they have to agree. */
export async function startNode(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<Node> {
  let running = await serve(argv, { env });
  const end = (signal: 'SIGKILL' | 'SIGTERM') => {
    running.child.kill(signal);
    return running.exit;
  };
  const node: Node = {
    get url() {
      return running.url;
    },
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
    async start(changed = {}) {
      running = await serveAtLast(argv, { ...env, ...changed });
    },
  };
  started.add(node);
  return node;
}

async function serveAtLast(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<Running> {
  for (let tries = 1; ; tries++) {
    try {
      return await serve(argv, { env });
    } catch (error) {
      if (tries === startTries) throw error;
    }
  }
}
