import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Gate, startGate } from '../gate.js';
import { type Upstream, upstreams } from '../upstreams/index.js';
import { count } from './forwarded.js';
import { secret } from './mix.js';
import { compareMixed } from './mixed.js';
import { createDifferentialSchema } from './schema.js';

const schemas: Readonly<Record<string, ReturnType<typeof createDifferentialSchema>>> = {
  'GraphQL Yoga': createDifferentialSchema('QueryRoot', 'MutationRoot'),
};

/** Chance asks for more than the limits let through. */
const costly = { documentMaxCost: 1_000_000_000 };

describe.each(upstreams)('generated queries with fields of ours before $name', ({ name, startWith }) => {
  let gate: Gate<Upstream>;
  beforeAll(async () => {
    gate = await startGate(() => startWith(schemas[name] ?? createDifferentialSchema()), costly);
  });
  afterAll(() => gate.stop());

  test('are answered as the upstream alone answers, with ours in the order of the document', async () => {
    const { answered } = await compareMixed(gate, /^query$/);
    expect(answered).toBeGreaterThan(count * 0.4);
    const bodies = gate.upstream.requests.map(({ body }) => body);
    expect(bodies.find((body) => body.includes(secret) || /viewer|leftOver|ownName/.test(body))).toBeUndefined();
  });
});
