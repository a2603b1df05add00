import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { floods, repeat } from '../floods.js';
import { type Gate, startGate } from '../gate.js';
import { type ScriptedUpstream, sendJson, startScripted } from '../scripted-upstream.js';

let gate: Gate<ScriptedUpstream>;

beforeAll(async () => {
  gate = await startGate(() => startScripted((response) => sendJson(response, { data: { hello: 'world' } })));
});
afterAll(() => gate.stop());

async function send(body: string): Promise<void> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${gate.token}` };
  await (await fetch(gate.server.url, { method: 'POST', headers, body })).text();
}

/** A question of 8 KB whose answer has half a megabyte. */
const manyAliases = ['name', 'description', 'isDeprecated', 'deprecationReason']
  .map((field) => repeat(60, (i) => `${field}OfTheField${i}: ${field}`))
  .join(' ');

describe('a flood', () => {
  test('leaves the memory as it was, also where no two requests of it are the same', async () => {
    const bodies = Object.values(floods).map(([body]) => JSON.stringify(body));
    const small = bodies.filter((body) => body.length < 5_000);
    let count = 0;
    const round = async (texts: readonly string[]) => {
      for (const text of texts) await send(text.replace('{"query":"', `{"query":"#${count++}\\n`));
      // The log of the test keeps every line.
      gate.server.log.lines.length = 0;
    };
    for (let i = 0; i < 5; i++) await round(bodies);
    const before = heapAfterCollection();
    for (let i = 0; i < 5; i++) await round(bodies);
    for (let i = 0; i < 100; i++) await round(small);
    expect(heapAfterCollection() - before).toBeLessThan(16 * 1024 * 1024);
  }, 120_000);

  test.each([
    ['documents that are never run', (i: number) => `#${i}\n{ viewer { ${'a '.repeat(9_000)} } }`, false],
    ['documents that are small', (i: number) => `#${i}\n{ viewer { ${'a '.repeat(90)} } }`, false],
    ['introspection', (i: number) => `#${i}\n{ __schema { types { fields { ${manyAliases} } } } }`, true],
  ])(
    'of %s fills the caches, and these are small',
    async (_, documentOf, hasToken) => {
      const ask = (i: number) => gate.server.ask(documentOf(i), hasToken ? { token: gate.token } : {});
      await ask(0);
      const before = heapAfterCollection();
      for (let i = 1; i < 200; i++) await ask(i);
      gate.server.log.lines.length = 0;
      expect(heapAfterCollection() - before).toBeLessThan(80 * 1024 * 1024);
    },
    120_000,
  );
});

/** Bytes in use after all that can be freed was. */
function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
