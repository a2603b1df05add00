import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type PolicyGate, startPolicyGate } from '../policy-gate.js';
import { openSession, openWebSocket } from '../sockets.js';

let gate: PolicyGate;
beforeAll(async () => {
  gate = await startPolicyGate();
});
afterAll(() => gate.stop());

describe('what the upstream reads is what was judged', () => {
  // graphql-java ends a comment there, and graphql-js does not.
  test.each([
    ['a line separator', '\u2028'],
    ['a paragraph separator', '\u2029'],
    ['a carriage return alone', '\r'],
    ['a control character', '\u0000'],
  ])('no comment that %s may end goes on', async (_name, end) => {
    const { status } = await gate.ask(`{ status #${end} version\n}`, 'admin');
    expect(status).toBe(200);
    expect(gate.sent().query).not.toContain('#');
    expect(gate.sent().query.includes('version')).toBe(end === '\r');
    await gate.ask('{ status # plain\n}', 'plain');
    expect(gate.sent().query).toContain('# plain');
  });

  // Of two, the upstream may take the other; UTF-7 writes quotes in letters.
  test.each(['application/json; charset=utf-8; charset=utf-7', 'application/json; a="; charset=utf-8"; charset=utf-7'])(
    'the content type %s does not go on',
    async (type) => {
      await gate.ask('{ status }', 'plain', { headers: { 'content-type': type } });
      expect(gate.upstream.requests.at(-1)?.headers['content-type']).toBe('application/json');
    },
  );
});

describe('a message that is nested deeper than anybody writes', () => {
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;

  test('ends the connection of its sender, before anybody has said who they are', async () => {
    const { socket, closed } = await openWebSocket(gate.server);
    onTestFinished(() => socket.terminate());
    socket.send(`{"type":"ping","payload":{"a":${deep}}}`);
    expect((await closed).code).toBe(4400);
  });

  test('is no operation either', async () => {
    const { socket, closed } = await openSession(gate.server, gate.token);
    onTestFinished(() => socket.terminate());
    socket.send(`{"type":"subscribe","id":"1","payload":{"query":"{ status }","variables":{"a":${deep}}}}`);
    expect((await closed).code).toBe(4400);
  });
});
