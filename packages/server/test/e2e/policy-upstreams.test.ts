import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Rules } from '../../src/gateway/policy/rules.js';
import { type Gate, startGate } from '../gate.js';
import { told } from '../policy-gate.js';
import { type Upstream, upstreams } from '../upstreams/index.js';

const policy: Rules = {
  'Query.hello': 'public',
  'Query.things': 'public',
  'Widget.color': { scopes: [['colors']] },
  'Maker.name': 'denied',
  Timestamp: { scopes: [['times']] },
  'Mutation.*': { scopes: [['write']] },
};

describe.each(upstreams)('before $name, a policy', ({ start }) => {
  let gate: Gate<Upstream>;
  let painter: string;
  beforeAll(async () => {
    gate = await startGate(start, { policy });
    await gate.server.addUser('painter@example.com', 'colors write');
    painter = (await gate.server.signIn('painter@example.com')).accessToken;
  });
  afterAll(() => gate.stop());

  test('keeps back fields of objects, of lists, of a type, and mutations', async () => {
    const ask = async (query: string) => told(await gate.server.ask(query, { token: gate.token }));
    expect(
      await ask('{ widget(id: "1") { id createdAt } widgets(first: 1) { name related(first: 1) { id } } }'),
    ).toEqual({
      status: 200,
      data: { widget: null, widgets: [{ name: 'Widget 1', related: [{ id: '1' }] }] },
      errors: ['widget.createdAt INSUFFICIENT_SCOPE'],
    });
    expect(await ask('{ hello things { __typename ... on Widget { id } ... on Maker { name } } }')).toEqual({
      status: 200,
      data: null,
      errors: ['things.1.name FORBIDDEN'],
    });
    expect(
      told(await gate.server.ask('mutation { addWidget(name: "x") { id } }', { token: gate.token })),
    ).toMatchObject({
      data: null,
      errors: ['addWidget INSUFFICIENT_SCOPE'],
    });
    expect(gate.upstream.requests.map(({ body }) => body).join()).not.toMatch(/createdAt|addWidget\(/);
  });

  test('lets through what the scope reaches', async () => {
    const { body } = await gate.server.ask('mutation { addWidget(name: "x") { name color } }', { token: painter });
    expect(body.data).toEqual({ addWidget: { name: 'x', color: expect.stringMatching(/RED|GREEN/) } });
  });

  test('leaves the errors of the upstream where they are', async () => {
    const { data, errors } = told(
      await gate.server.ask('{ failNullable w: widget(id: "2") { id color } none: widget(id: "0") { color } }', {
        token: gate.token,
      }),
    );
    expect(data).toEqual({ failNullable: null, w: null, none: null });
    expect(errors).toContain('w.color INSUFFICIENT_SCOPE');
    expect(errors.filter((error) => error.startsWith('failNullable'))).toHaveLength(1);
    // What is not there has no field that could be kept back.
    expect(errors.filter((error) => error.startsWith('none'))).toEqual([]);
  });

  test('opens what is public to everybody, with all that hangs below it', async () => {
    const query = '{ hello things { ... on Widget { id name } } echo(text: "x") }';
    expect(told(await gate.server.ask(query))).toEqual({
      status: 200,
      data: { hello: 'world', things: [{ id: '1', name: 'Widget 1' }, {}], echo: null },
      errors: ['echo UNAUTHENTICATED'],
    });
    expect(gate.upstream.requests.at(-1)?.headers.authorization).toBeUndefined();
  });
});
