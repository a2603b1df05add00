import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { createTestDatabase } from '../postgres/database.js';
import { startPostgraphile } from './postgraphile.js';

test('PostGraphile serves the tables of a database', async () => {
  const { url: database } = await createTestDatabase();
  const client = new pg.Client(database);
  await client.connect();
  await client.query(`CREATE SCHEMA app; CREATE TABLE app.widgets (id int PRIMARY KEY, name text NOT NULL);
      INSERT INTO app.widgets VALUES (1, 'one'), (2, 'two')`);
  await client.end();
  const { url, close } = await startPostgraphile({ database, schemas: ['app'] });
  onTestFinished(close);
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ allWidgets { nodes { rowId name } } }' }),
  });
  expect(await response.json()).toEqual({
    data: {
      allWidgets: {
        nodes: [
          { rowId: 1, name: 'one' },
          { rowId: 2, name: 'two' },
        ],
      },
    },
  });
});
