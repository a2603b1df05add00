import { setImmediate as nextTurn } from 'node:timers/promises';
import type { GraphQLSchema } from 'graphql';
import type { Log } from '../lib/log.js';
import type { DoorKeeper } from './door.js';
import { NameClashError } from './schema.js';
import { compareSchemaFields, listSchemaFields, type SchemaFields } from './schema-changes.js';
import type { KnownSchema, LoadedSchema, Loading } from './schema-load.js';
import { inOneLine, SchemaProblem } from './schema-problem.js';

/** How it stands with the schema of the upstream. */
export interface SchemaStatus {
  /** `withheld`: the upstream is there and does not tell its schema. */
  readonly state: 'unknown' | 'withheld' | 'in service';
  /** Why what the upstream has now is not in service; undefined where it is. */
  readonly problem: SchemaProblem | undefined;
  /** How often one took the place of another. */
  readonly swaps: number;
  /** When the one in service was installed, in milliseconds since 1970. */
  readonly installedAt: number | undefined;
  /** Milliseconds since it was last known to be the upstream's. */
  age(): number;
}

export interface SchemaWatch {
  readonly status: SchemaStatus;
  /** Rejects if the first schema has a name that we have too. */
  readonly failed: Promise<never>;
  /** Takes the first schema into service, where it was read before. Throws NameClashError. */
  begin(loaded: LoadedSchema): void;
  /** Reads the schema, again and again until it is stopped. */
  start(): void;
  /** Reads it now; several in a row are one. */
  reload(): void;
  stop(): Promise<void>;
}

export interface Watched {
  load(loading: Loading): Promise<LoadedSchema>;
  /** Takes a schema into service, in one step. Throws NameClashError. */
  install(schema: GraphQLSchema): void;
  /** Told what is in service, each time that it has changed. */
  onServed?(fields: SchemaFields): Promise<void>;
  readonly door: DoorKeeper;
  /** Milliseconds between two looks, 0 for none. */
  readonly interval: number;
  /** For the log: the file, or the origin of the upstream. */
  readonly from: string;
  readonly log: Log;
}

/** Milliseconds between tries until there is a schema. */
const firstPause = 250;
const longestPause = 10_000;

/** Problems that are remembered, so that each is told once. */
const maxReported = 20;

export function createSchemaWatch(watched: Watched): SchemaWatch {
  const { door, interval, from, log } = watched;
  const ending = new AbortController();
  const reported = new Set<string>();
  let state: SchemaStatus['state'] = 'unknown';
  let problem: SchemaProblem | undefined;
  let swaps = 0;
  let installedAt: number | undefined;
  let confirmedAt = performance.now();
  let known: KnownSchema | undefined;
  let fields: SchemaFields = new Map();
  let pause = firstPause;
  let isWanted = false;
  let wake = () => {};
  let running: Promise<void> | undefined;
  let telling: Promise<void> | undefined;
  let fail = (_: unknown) => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  // Whoever holds the promise hears of it; nobody has to.
  failed.catch(() => undefined);

  function accept(loaded: LoadedSchema, isForced: boolean): void {
    if (loaded.schema) {
      watched.install(loaded.schema);
      noteInstalled(listSchemaFields(loaded.schema));
    } else if (isForced) log.info({ from }, 'the schema of the upstream is unchanged');
    if (problem && !loaded.schema) log.info({ from }, 'the schema of the upstream is the one in service again');
    known = loaded.known;
    problem = undefined;
    reported.clear();
    confirmedAt = performance.now();
  }

  function noteInstalled(now: SchemaFields): void {
    if (state === 'in service') {
      const { added, removed, changed } = compareSchemaFields(fields, now);
      const counts = { added: added.length, removed: removed.length, changed: changed.length };
      log.info({ from, fields: now.size, ...counts }, 'a new schema of the upstream is in service');
      swaps++;
    } else log.info({ from, fields: now.size }, 'the schema of the upstream is in service');
    fields = now;
    state = 'in service';
    installedAt = Date.now();
    door.open();
    telling = watched.onServed?.(now).catch((err: unknown) => {
      log.warn(
        { err },
        'what schema is in service could not be recorded; "latchkey upstream reload" compares with an older one',
      );
    });
  }

  /** Returns whether to go on. */
  async function look(isForced: boolean): Promise<boolean> {
    try {
      const loaded = await watched.load({ known, isForced, signal: ending.signal });
      await nextTurn();
      accept(loaded, isForced);
    } catch (error) {
      if (ending.signal.aborted) return false;
      if (error instanceof NameClashError && state === 'unknown') {
        fail(error);
        return false;
      }
      refuse(asProblem(error));
    }
    return true;
  }

  function refuse(found: SchemaProblem): void {
    problem = found;
    const isNews = !reported.has(found.message);
    if (reported.size >= maxReported) reported.clear();
    reported.add(found.message);
    const fields = { from, reason: found.message };
    if (state === 'in service') {
      if (isNews) log.error(fields, 'the schema of the upstream is refused; the one before it serves');
      return;
    }
    if (found.kind === 'refused') {
      state = 'withheld';
      door.open();
      if (isNews) log.warn(fields, 'the upstream does not tell its schema; operations are forwarded without it');
    } else if (state === 'unknown') {
      log.warn({ ...fields, retryInMs: pause }, 'the schema of the upstream could not be read');
      door.stayShut(pause);
    } else if (isNews) log.error(fields, 'the schema of the upstream could not be read');
  }

  /** Milliseconds until the next look; undefined where only a reload brings one. */
  function nextPause(): number | undefined {
    // Nodes that started together do not all come at the same moment.
    const regular = interval > 0 ? interval * (0.9 + 0.2 * Math.random()) : undefined;
    if (state === 'in service') return regular;
    const now = pause;
    pause = Math.min(2 * pause, longestPause);
    return state === 'withheld' && now === longestPause ? regular : now;
  }

  async function run(): Promise<void> {
    for (;;) {
      const isForced = isWanted;
      isWanted = false;
      if (!(await look(isForced))) return;
      if (!isWanted) await sleepUntilWoken(nextPause());
      if (ending.signal.aborted) return;
    }
  }

  function sleepUntilWoken(milliseconds: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const timer = milliseconds === undefined ? undefined : setTimeout(resolve, milliseconds).unref();
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  return {
    status: {
      get state() {
        return state;
      },
      get problem() {
        return problem;
      },
      get swaps() {
        return swaps;
      },
      get installedAt() {
        return installedAt;
      },
      age: () => performance.now() - confirmedAt,
    },
    failed,
    begin: (loaded) => accept(loaded, false),
    start() {
      // What was read before the start need not be read again at once.
      const begun = state === 'in service' ? sleepUntilWoken(nextPause()) : Promise.resolve();
      running = begun.then(() => (ending.signal.aborted ? undefined : run()));
    },
    reload() {
      isWanted = true;
      wake();
    },
    async stop() {
      ending.abort();
      wake();
      await running;
      await telling;
    },
  };
}

function asProblem(error: unknown): SchemaProblem {
  if (error instanceof SchemaProblem) return error;
  return new SchemaProblem(error instanceof NameClashError ? 'clash' : 'invalid', inOneLine(error), error);
}
