import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Gate, startGate } from '../gate.js';
import { type Upstream, upstreams } from '../upstreams/index.js';
import { compareForwarded, count } from './forwarded.js';
import { createDifferentialSchema } from './schema.js';

/** One of the upstreams calls its root types as no other does. */
const schemas: Readonly<Record<string, ReturnType<typeof createDifferentialSchema>>> = {
  'GraphQL Yoga': createDifferentialSchema('QueryRoot', 'MutationRoot'),
};

/** Chance asks for more than the limits let through. */
const costly = { documentMaxCost: 1_000_000_000 };

describe.each(upstreams)('the gate before $name answers as $name does', ({ name, startWith }) => {
  let gate: Gate<Upstream>;
  beforeAll(async () => {
    gate = await startGate(() => startWith(schemas[name] ?? createDifferentialSchema()), costly);
  });
  afterAll(() => gate.stop());

  test('operations of all kinds', async () => {
    const { forwarded, answered } = await compareForwarded(gate, false);
    expect(forwarded).toBeGreaterThan(count * 0.9);
    expect(answered).toBeGreaterThan(count * 0.5);
  });

  test('operations that are wrong in all ways', async () => {
    const { ways, forwarded } = await compareForwarded(gate, true);
    expect(ways.size).toBeGreaterThan(30);
    expect(forwarded).toBeGreaterThan(count * 0.5);
  });
});
