import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createTestLog, makeTempDirectory } from '../test/harness.js';
import { loadConfig } from './config/load.js';
import { openGate } from './open-gate.js';

test('what was found out about a document goes in the same step as the schema that it was found out under', async () => {
  const directory = await makeTempDirectory();
  const upstreamSchema = join(directory, 'schema.graphql');
  writeFileSync(upstreamSchema, 'type Query { hello: String }');
  const config = { ...loadConfig({}), upstream: 'http://127.0.0.1:1/', upstreamSchema, upstreamSchemaInterval: 0 };
  const onServed = vi.fn(async () => undefined);
  const gate = await openGate(config, createTestLog(), { onServed });
  onTestFinished(async () => {
    await gate.watch.stop();
    await gate.upstream?.destroy();
    rmSync(directory, { recursive: true });
  });
  gate.watch.start();
  const prepare = () => gate.preparer.prepare('{ hello }', null);
  const [schema, prepared] = [gate.schemas.current.authenticated, prepare()];
  expect(prepare()).toBe(prepared);

  const seen: boolean[] = [];
  onServed.mockImplementation(async () => {
    seen.push(gate.schemas.current.authenticated === schema, prepare() === prepared);
  });
  writeFileSync(upstreamSchema, 'type Query { hello: String, later: Int }');
  gate.watch.reload();
  // At each moment both are the old ones or both are the new ones.
  while (seen.length === 0) {
    expect(gate.schemas.current.authenticated === schema).toBe(prepare() === prepared);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(seen).toEqual([false, false]);
});
