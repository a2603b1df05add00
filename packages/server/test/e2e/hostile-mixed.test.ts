import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isAnswer } from '../../src/gateway/answer-shape.js';
import { type Gate, startGate } from '../gate.js';
import { password } from '../harness.js';
import { type ScriptedUpstream, startScripted } from '../scripted-upstream.js';

const me = { userName: 'ada@example.com' };
const query = '{ viewer { userName } echo(text: "x") }';

let answer: string;
let gate: Gate<ScriptedUpstream>;
beforeAll(async () => {
  const respond: Parameters<typeof startScripted>[0] = (response) =>
    void response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
  gate = await startGate(() => startScripted(respond));
});
afterAll(() => gate.stop());
beforeEach(() => {
  answer = '{"data":{"echo":"x"}}';
});

const ask = (text: string, operationName?: string) =>
  gate.server.ask(text, { token: gate.token, ...(operationName && { operationName }) });

describe('a mutation that is for both of us', () => {
  const ours = `signIn(credentials: { userName: "ada@example.com", password: "${password}" }) { accessToken }`;
  const theirs = 'addWidget(name: "x") { id }';
  test.each([
    `mutation { ${theirs} ${ours} }`,
    `mutation { a: ${ours} b: ${theirs} }`,
    `mutation { ${theirs} signOut { sessionsEnded } }`,
    `mutation { ... { ${theirs} } ... { ${ours} } }`,
    `mutation { ... on Mutation { ... on Mutation { ${ours} } } ${theirs} }`,
    `mutation { ...A ...B } fragment A on Mutation { ${theirs} } fragment B on Mutation { ${ours} }`,
    `mutation { ...A } fragment A on Mutation { ...B ${theirs} } fragment B on Mutation { ${ours} ...A }`,
    `mutation { ${ours.replace(') {', ') @skip(if: true) {')} ${theirs} }`,
    `mutation { ${ours} ... @include(if: false) { ${theirs} } }`,
    `mutation ($no: Boolean = false) { ...A @include(if: $no) ${ours} } fragment A on Mutation { ${theirs} }`,
    `mutation { __typename ${ours} x: __typename ${theirs} }`,
    `mutation { ${ours} ... on Query { hello } ${theirs} }`,
    `mutation { signIn: ${theirs} ${ours.replace('signIn', 'addWidget: signIn')} }`,
    `{ hello } mutation M { ${theirs} ${ours} }`,
    `mutation M { ${theirs} ${ours} } mutation N { ${theirs} } query Q { hello }`,
  ])('is refused, and neither of the two is done: %s', async (text) => {
    const before = gate.upstream.requests.length;
    const { status, body } = await ask(text, / M \{/.test(text) ? 'M' : undefined);
    expect({ status, code: body.errors[0].extensions.code }).toEqual({ status: 400, code: 'MIXED_MUTATION' });
    expect(body).not.toHaveProperty('data');
    expect(gate.upstream.requests).toHaveLength(before);
    expect((await ask('{ viewer { userName } }')).status).toBe(200);
  });
});

describe('an upstream that answers its part of a query', () => {
  test.each([
    ['with data that is a list', '{"data":[1]}'],
    ['with data that is a text', '{"data":"echo"}'],
    ['with data that is true', '{"data":true}'],
    ['with errors that are no list', '{"data":{"echo":"x"},"errors":{"message":"no"}}'],
    ['with errors that are a text', '{"data":{"echo":"x"},"errors":"no"}'],
    ['with errors that are a number', '{"errors":5}'],
    ['with an error that is null', '{"data":{"echo":"x"},"errors":[null]}'],
    ['with an error that is a text', '{"errors":["no"]}'],
    ['with an error without a message', '{"errors":[{}]}'],
    ['with extensions that are no object', '{"data":{"echo":"x"},"extensions":["cost"]}'],
    ['with nothing', ''],
    ['with null', 'null'],
    ['with a list', '[{"data":{"echo":"x"}}]'],
    ['with an object of something else', '{"echo":"x"}'],
    ['with half of JSON', '{"data":{"echo":"x"'],
    ['with a page', '<!doctype html><title>Bad gateway</title>'],
    ['too deep to be written again', `{"data":{"echo":${'['.repeat(200_000)}${']'.repeat(200_000)}}}`],
    [
      'with errors too deep',
      `{"data":{},"errors":[{"message":"","extensions":{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}}]}`,
    ],
  ])('%s has failed, and what is ours is answered', async (_, text) => {
    answer = text;
    const { status, body } = await ask(query);
    expect({ status, data: body.data }).toEqual({ status: 200, data: { viewer: me, echo: null } });
    expect(body.errors).toMatchObject([{ path: ['echo'], extensions: { code: 'UPSTREAM_INVALID' } }]);
  });

  test.each([
    ['with our field in its data', '{"data":{"viewer":{"userName":"mallory"},"echo":"x"}}', 'x'],
    ['with fields that nobody asked for', '{"data":{"echo":"x","hasOwnProperty":1,"constructor":2,"then":3}}', 'x'],
    ['with a prototype', '{"data":{"__proto__":{"polluted":1},"echo":"x"},"__proto__":{"polluted":1}}', 'x'],
    ['with a key twice', '{"data":{"echo":"x","echo":"y"}}', 'y'],
    ['with another shape than the schema has', '{"data":{"echo":{"a":[[{}]]}}}', { a: [[{}]] }],
    ['with no errors', '{"data":{"echo":"x"},"errors":null,"extensions":null}', 'x'],
  ])('%s changes nothing else', async (_, text, echo) => {
    answer = text;
    const { status, body } = await ask(query);
    expect({ status, body }).toEqual({ status: 200, body: { data: { viewer: me, echo } } });
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  test('with less than was asked for has what it has', async () => {
    answer = '{"data":{}}';
    expect((await ask(query)).body).toEqual({ data: { viewer: me } });
  });

  test('with 10,000 errors has them all', async () => {
    const errors = Array.from({ length: 10_000 }, (_, i) => ({
      message: `no ${i}`,
      path: ['echo', i],
      locations: 'here',
    }));
    answer = JSON.stringify({ data: { echo: null }, errors });
    const { status, body } = await ask(query);
    expect({ status, data: body.data, count: body.errors.length }).toEqual({
      status: 200,
      data: { viewer: me, echo: null },
      count: 10_000,
    });
    expect(body.errors[9_999]).toEqual({ message: 'no 9999', path: ['echo', 9_999] });
  });

  test('with errors alone has refused the whole', async () => {
    answer = '{"errors":[{"message":"not today","locations":[{"line":1,"column":1}]}]}';
    const { status, body } = await ask(query);
    expect({ status, body }).toEqual({ status: 400, body: { errors: [{ message: 'not today' }] } });
  });

  test('down, has no error for a field that is skipped, and no null for it', async () => {
    answer = '';
    const skipped = 'query ($no: Boolean = false) { viewer { userName } hello @include(if: $no) echo(text: "x") }';
    const { body } = await ask(skipped);
    expect(body.data).toEqual({ viewer: me, echo: null });
    expect(body.errors).toHaveLength(1);
  });
});

test('whatever an upstream answers, the caller gets GraphQL', async () => {
  const values = ['null', 'true', '0', '""', '[]', '{}', '[{}]', '{"message":1}', '[{"message":"m"}]', '{"echo":1}'];
  for (const data of [undefined, ...values]) {
    for (const errors of [undefined, ...values]) {
      const members = [data && `"data":${data}`, errors && `"errors":${errors}`].filter(Boolean);
      answer = `{${members.join()}}`;
      const { status, body } = await ask(query);
      expect([200, 400], answer).toContain(status);
      expect(isAnswer(body), answer).toBe(true);
    }
  }
});
