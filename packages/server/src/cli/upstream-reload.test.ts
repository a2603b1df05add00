import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startChanging } from '../../test/changing-upstream.js';
import { startGate } from '../../test/gate.js';
import { makeTempDirectory } from '../../test/harness.js';
import { openShell } from '../../test/shell.js';
import { openSqliteStore } from '../store/sqlite/open.js';

async function openGate() {
  const gate = await startGate(() => startChanging('type Query { hello: String, old: Int }'), {
    upstreamSchemaInterval: 0,
  });
  onTestFinished(() => gate.stop());
  const shell = openShell(gate.server.data);
  const swaps = () => gate.server.log.lines.filter(({ message }) => message.startsWith('a new schema'));
  const reload = (...flags: string[]) => shell(['upstream', 'reload', '--upstream', gate.upstream.url, ...flags]);
  // What a server has, it records in the background.
  const store = openSqliteStore(gate.server.data);
  await vi.waitUntil(() => store.findServedSchema());
  await store.close();
  return { ...gate, shell, swaps, reload };
}

const told = 'The servers are told, and read it within a second.\n';

test('upstream reload says what changes, and a server that runs has it within a second', async () => {
  const { upstream, swaps, reload } = await openGate();
  upstream.become('enum Color { RED } type Query { hello: Int, later(color: Color): String }');
  expect(await reload()).toEqual({
    code: 0,
    stderr: '',
    stdout: `The schema of the upstream has 3 fields and can be served.
2 fields added: Color.RED, Query.later
1 field removed: Query.old
1 field changed: Query.hello
${told}`,
  });
  await vi.waitUntil(() => swaps().length === 1, { timeout: 2000 });
  await vi.waitFor(async () => {
    expect((await reload()).stdout).toBe(
      `The schema of the upstream has 3 fields and can be served.\nThe servers have the same fields.\n${told}`,
    );
  });
});

test('upstream reload prints JSON with the first names of many', async () => {
  const { upstream, reload, swaps } = await openGate();
  const fields = Array.from({ length: 50 }, (_, i) => `f${String(i).padStart(2, '0')}: Int`);
  upstream.become(`type Query { hello: String, old: Int, ${fields.join(' ')} }`);
  const { code, stdout } = await reload('--json');
  const { fields: count, changes } = JSON.parse(stdout);
  expect({ code, count, total: changes.added.count, names: changes.added.names.length }).toEqual({
    code: 0,
    count: 52,
    total: 50,
    names: 20,
  });
  expect(changes.added.names[0]).toBe('Query.f00');
  expect(changes.removed).toEqual({ count: 0, names: [] });
  await vi.waitUntil(() => swaps().length === 1, { timeout: 2000 });
});

test.each([
  [
    'is not valid',
    'type Query { hello: String } type Empty',
    /is not valid: Type Empty must define one or more fields\./,
  ],
  ['has a name of ours', 'type Query { viewer: Int }', /The upstream has Query\.viewer, and so does Latchkey/],
])('upstream reload of a schema that %s is one line and 1, and nobody is told', async (_, sdl, message) => {
  const { server, shell, swaps } = await openGate();
  const file = join(server.data, 'broken.graphql');
  writeFileSync(file, sdl);
  const { code, stdout, stderr } = await shell(['upstream', 'reload', '--upstream-schema', file]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(message);
  expect(stderr.trimEnd()).not.toContain('\n');
  const db = new DatabaseSync(join(server.data, 'latchkey.db'), { readOnly: true });
  expect(db.prepare('SELECT count(*) AS n FROM changes WHERE subject IS NOT NULL').get()).toEqual({ n: 0 });
  db.close();
  expect(swaps()).toEqual([]);
});

test('upstream reload of an upstream that is away is one line without its path, and 1', async () => {
  const { upstream, reload, swaps } = await openGate();
  await upstream.close();
  const { code, stdout, stderr } = await reload();
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(
    /^latchkey: The upstream cannot be asked for its schema: connect ECONNREFUSED 127\.0\.0\.1:\d+\.\n$/,
  );
  expect(swaps()).toEqual([]);
});

test('upstream reload needs to know where the schema comes from', async () => {
  const shell = openShell(await makeTempDirectory());
  expect(await shell(['upstream', 'reload'])).toEqual({
    code: 2,
    stdout: '',
    stderr: 'latchkey: No upstream is named; give --upstream URL or --upstream-schema FILE.\n',
  });
});

test('upstream reload before any server says that there is nothing to compare with', async () => {
  const upstream = await startChanging();
  onTestFinished(() => upstream.close());
  const { code, stdout } = await openShell()(['upstream', 'reload', '--upstream', upstream.url]);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: `The schema of the upstream has 1 field and can be served.\nNo server has told yet what it has, to compare with.\n${told}`,
  });
});
