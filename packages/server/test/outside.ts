import { AsyncLocalStorage, createHook } from 'node:async_hooks';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const resources = /^(TCP|UDP|PIPE|TLS|GETADDRINFO|GETNAMEINFO|QUERY|FSREQ|FSEVENT|STAT|PROCESS|HTTP)/;
const synchronous = ['openSync', 'readFileSync', 'existsSync', 'statSync', 'lstatSync', 'readdirSync'] as const;

/** What `run`, and what it set off, opened outside of this process: sockets, look-ups of names, files, processes. */
export async function touchedBy(run: () => unknown): Promise<readonly string[]> {
  const touched: string[] = [];
  const inside = new AsyncLocalStorage<true>();
  const note = (what: string) => {
    if (inside.getStore()) touched.push(what);
  };
  const hook = createHook({ init: (_, type) => resources.test(type) && note(type) }).enable();
  const originals = Object.fromEntries(synchronous.map((name) => [name, fs[name]]));
  for (const name of synchronous) {
    const original = fs[name] as (...args: unknown[]) => unknown;
    Object.assign(fs, {
      [name]: (...args: unknown[]) => {
        note(name);
        return original(...args);
      },
    });
  }
  syncBuiltinESMExports();
  try {
    await inside.run(true, async () => run());
  } finally {
    Object.assign(fs, originals);
    syncBuiltinESMExports();
    hook.disable();
  }
  return touched;
}
