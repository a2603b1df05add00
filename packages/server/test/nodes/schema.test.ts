import { expect, onTestFinished, test, vi } from 'vitest';
import { type ChangingUpstream, startChanging } from '../changing-upstream.js';
import { ask, signIn } from '../e2e/ask.js';
import { inService, serve } from '../e2e/process.js';
import { makeDatabase } from './database.js';
import { startNodes } from './nodes.js';

const query = '{ __schema { queryType { fields { name } } } }';

async function fieldsAt(url: string, token: string): Promise<string[]> {
  const { body } = await ask(url, query, { token });
  return body.data.__schema.queryType.fields.map(({ name }: { name: string }) => name);
}

async function start(): Promise<ChangingUpstream> {
  const upstream = await startChanging();
  onTestFinished(() => upstream.close());
  return upstream;
}

test('upstream reload reaches every node on the database within a second', async () => {
  const upstream = await start();
  const { url: database } = await makeDatabase();
  const argv = ['--upstream', upstream.url, '--upstream-schema-interval', '0s'];
  const nodes = await startNodes({ database, number: 2, argv });
  const { accessToken } = await signIn(nodes.url, await nodes.addUser('ada@example.com'));
  for (const { url } of nodes.all) await inService(url);
  upstream.become('type Query { hello: String, later: Int }');
  const { changes } = await nodes.command('upstream', 'reload', '--upstream', upstream.url);
  expect(changes).toMatchObject({ added: { count: 1, names: ['Query.later'] }, removed: { count: 0 } });
  for (const { url } of nodes.all) {
    await vi.waitFor(async () => expect(await fieldsAt(url, accessToken)).toContain('later'), {
      timeout: 2000,
      interval: 20,
    });
  }
});

test('SIGHUP lets a process read the schema, any number in a row, and does not end it', async () => {
  const upstream = await start();
  const server = await serve(['--upstream', upstream.url, '--upstream-schema-interval', '0s']);
  await inService(server.url);
  const asked = upstream.asked.length;
  for (let times = 0; times < 20; times++) server.child.kill('SIGHUP');
  await server.said(/the schema of the upstream is unchanged/);
  upstream.become('type Query { hello: String, later: Int }');
  server.child.kill('SIGHUP');
  await server.said(/"added":1,"removed":0,"changed":0,"msg":"a new schema of the upstream is in service"/);
  expect(upstream.asked.length - asked).toBeLessThanOrEqual(21);
  expect((await ask(server.url, '{ __typename }', {})).status).toBe(200);
  expect(await server.stop()).toBe(0);
});
