import { readFileSync } from 'node:fs';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { startGate } from '../gate.js';
import { createTestDatabase } from '../postgres/database.js';
import { startPostgraphile } from '../upstreams/postgraphile.js';
import { compareForwarded, count } from './forwarded.js';
import { compareMixed } from './mixed.js';

/** Mutations would change rows; `query` is the root below the root, where there are no fields of ours. */
const excluded = /^(create|update|delete)[A-Z]|^query$/;

test('the gate before PostGraphile answers as PostGraphile does, and puts fields of ours in between', async () => {
  const { url: database } = await createTestDatabase();
  const client = new pg.Client(database);
  await client.connect();
  await client.query(readFileSync(new URL('companies.sql', import.meta.url), 'utf8'));
  await client.end();
  const gate = await startGate(() => startPostgraphile({ database, schemas: ['app'] }), {
    // Chance asks for more than the limits let through.
    documentMaxCost: 1_000_000_000,
  });
  onTestFinished(() => gate.stop());

  const right = await compareForwarded(gate, false, excluded);
  expect(right.forwarded).toBeGreaterThan(count * 0.8);
  expect(right.answered).toBeGreaterThan(count * 0.5);
  const wrong = await compareForwarded(gate, true, excluded);
  expect(wrong.ways.size).toBeGreaterThan(30);
  const { answered } = await compareMixed(gate, excluded);
  expect(answered).toBeGreaterThan(count * 0.4);
});
