import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startGate } from '../gate.js';
import { expectRefused, type PolicyGate, startPolicyGate, told, type Who } from '../policy-gate.js';
import { companyRules, scriptedSdl } from '../policy-upstream.js';
import { sendJsonText, startScripted } from '../scripted-upstream.js';

let gate: PolicyGate;
beforeAll(async () => {
  gate = await startPolicyGate({ documentMaxAliases: 1_000 });
});
afterAll(() => gate.stop());

const ask = async (query: string, who: Who, options = {}) => told(await gate.ask(query, who, options));

describe('a field that the scope does not reach', () => {
  test('is null with an error at its path, and the upstream never hears of it', async () => {
    expect(await ask('{ company(id: "c1") { name revenue id } }', 'plain')).toEqual({
      status: 200,
      data: { company: { name: 'Acme', revenue: null, id: 'c1' } },
      errors: ['company.revenue INSUFFICIENT_SCOPE'],
    });
    expect(gate.sent().query).not.toContain('revenue');
  });

  test('is there with any one of the sets of scopes', async () => {
    const query = '{ people { name salary } }';
    const people = [
      { name: 'Ada', salary: 100 },
      { name: 'Eve', salary: 50 },
    ];
    for (const who of ['hr', 'admin'] as const) expect((await ask(query, who)).data).toEqual({ people });
  });

  test('is not there with a part of a set', async () => {
    const { data, errors } = await ask('{ people { bonus } }', 'hr');
    expect(data).toEqual({ people: [{ bonus: null }, { bonus: null }] });
    expect(errors).toEqual(['people.0.bonus INSUFFICIENT_SCOPE', 'people.1.bonus INSUFFICIENT_SCOPE']);
  });

  test('takes what is around it along where it must not be null', async () => {
    expect(await ask('{ company(id: "c1") { name owner { boss { id } salary } } status }', 'plain')).toEqual({
      status: 200,
      data: { company: null, status: 'up' },
      errors: ['company.owner.salary INSUFFICIENT_SCOPE'],
    });
  });

  test('takes everything along where nothing around it may be null', async () => {
    expect(await ask('{ status companies { owner { salary } } }', 'plain')).toMatchObject({ status: 200, data: null });
  });

  test('is left out where @skip or @include says so, and makes no error then', async () => {
    const query =
      'query ($no: Boolean!) { company(id: "c1") { id revenue @include(if: $no) } vault @skip(if: true) { id } }';
    expect(await ask(query, 'plain', { variables: { no: false } })).toEqual({
      status: 200,
      data: { company: { id: 'c1' } },
      errors: [],
    });
    expect((await ask(query, 'plain', { variables: { no: true } })).errors).toEqual([
      'company.revenue INSUFFICIENT_SCOPE',
    ]);
  });

  test('takes its variables along, and no other', async () => {
    const query =
      'query ($id: ID!, $first: Int, $text: String) { company(id: $id) { id } vault { id } search(text: $text) { __typename } companies { people(first: $first) { salary } } }';
    await ask(query, 'plain', { variables: { id: 'c1', first: 1, text: 'x' } });
    expect(gate.sent().variables).toEqual({ id: 'c1', text: 'x', first: 1 });
    await ask('query ($id: ID!) { status vault { id } company(id: $id) { revenue } }', 'plain', {
      variables: { id: 'c1' },
    });
    expect(gate.sent().variables).toEqual({ id: 'c1' });
  });

  test('is never asked where nothing else is, and nor is the upstream', async () => {
    const before = gate.asked();
    expect(
      await ask(
        'query ($x: Int) { vault { id } t: __typename numbers @skip(if: true) companies @skip(if: true) { people(first: $x) { id } } }',
        'plain',
      ),
    ).toMatchObject({ data: { vault: null, t: 'Query' } });
    expect(gate.asked()).toBe(before + 1);
    expect(await ask('{ vault { id } t: __typename }', 'plain')).toEqual({
      status: 200,
      data: { vault: null, t: 'Query' },
      errors: ['vault FORBIDDEN'],
    });
    expect(gate.asked()).toBe(before + 1);
  });
});

test.each(['{ status vault', '{ viewer { id } status vault'])(
  'a variable that does not fit is refused before anything is run, also where only what is kept back uses it: %s',
  async (start) => {
    const before = gate.asked();
    const query = `query ($x: Boolean!) ${start} @skip(if: $x) { id } }`;
    const { status, data, errors } = await ask(query, 'plain', { variables: { x: 'yes' } });
    expect({ status, data, errors }).toEqual({ status: 400, data: undefined, errors: ['- BAD_USER_INPUT'] });
    expect(gate.asked()).toBe(before);
  },
);

describe('what may be had', () => {
  test('is passed on as the upstream gave it, in the order of the document', async () => {
    const query = '{ numbers z: version company(id: "c1") { people { grade salary } offices name } status }';
    const { data } = await ask(`${query.slice(0, -1)} vault { id } }`, 'hr');
    expect(JSON.stringify(data)).toBe(
      JSON.stringify({
        numbers: [1, 2_147_483_648, 0.1, '9007199254740993', null],
        z: '1.0',
        company: {
          people: [
            { grade: 'SENIOR', salary: 100 },
            { grade: 'JUNIOR', salary: 50 },
          ],
          offices: ['Riga', 'Oslo'],
          name: 'Acme',
        },
        status: 'up',
        vault: null,
      }),
    );
    const { data: whole } = await ask('{ company(id: "c1") { revenue } vault { id } }', 'money');
    expect(whole.company.revenue).toEqual({ amount: 12_345_678_901.5, currency: 'EUR' });
  });

  test('goes on as the bytes that came, where the caller may have all of it', async () => {
    const query = '{   people{salary}   }';
    await gate.ask(query, 'hr');
    expect(gate.sent().query).toBe(query);
  });

  test('stands beside what is ours in one answer', async () => {
    const before = gate.asked();
    expect(await ask('{ viewer { scope } vault { id } company(id: "c1") { revenue id } }', 'hr')).toEqual({
      status: 200,
      data: { viewer: { scope: 'hr:read' }, vault: null, company: { revenue: null, id: 'c1' } },
      errors: ['vault FORBIDDEN', 'company.revenue INSUFFICIENT_SCOPE'],
    });
    expect(gate.asked()).toBe(before + 1);
    expect((await ask('{ viewer { scope } vault { id } }', 'hr')).data).toEqual({
      viewer: { scope: 'hr:read' },
      vault: null,
    });
    expect(gate.asked()).toBe(before + 1);
  });

  test('is run in a mutation although a field beside it is not', async () => {
    const { data } = await ask('mutation { rename(id: "c1", name: "x") { id revenue } }', 'plain');
    expect(data).toEqual({ rename: { id: 'c1', revenue: null } });
  });
});

describe('a caller without a token', () => {
  test('has what is public', async () => {
    expect(await ask('{ status v: version }', 'nobody')).toEqual({
      status: 200,
      data: { status: 'up', v: '1.0' },
      errors: [],
    });
  });

  test('has the public part of an operation, and nulls', async () => {
    expect(await ask('{ status numbers vault { id } }', 'nobody')).toEqual({
      status: 200,
      data: { status: 'up', numbers: null, vault: null },
      errors: ['numbers UNAUTHENTICATED', 'vault FORBIDDEN'],
    });
  });

  test.each([
    '{ numbers }',
    '{ numbers t: __typename }',
    '{ vault { id } }',
    '{ status viewer { id } }',
    'mutation { raise(id: 1) { id } }',
  ])('is told to sign in where nothing is for them: %s', async (query) => {
    const { headers } = await expectRefused(gate, query, 'nobody', 401, 'UNAUTHENTICATED');
    expect(headers.get('www-authenticate')).toBe('Bearer realm="latchkey"');
  });

  test('has nothing with a token that is no good', async () => {
    const answer = await gate.server.ask('{ status }', { token: 'bad' });
    expect(told(answer)).toMatchObject({ status: 401, errors: ['- UNAUTHENTICATED'] });
  });
});

test('an answer has at most a thousand errors of ours', async () => {
  const fields = Array.from({ length: 600 }, (_, index) => `f${index}: bonus`).join(' ');
  const { body } = await gate.ask(`{ people { ${fields} } }`, 'plain');
  expect(body.errors).toHaveLength(1_000);
  expect(Object.keys(body.data.people[1])).toHaveLength(600);
});

describe('an answer of which a part is kept back', () => {
  /** The text that the caller gets where the upstream answers with this one. */
  async function passed(answer: string, query: string): Promise<string> {
    const own = await startGate(
      () => startScripted((response) => sendJsonText(response, answer), { sdl: scriptedSdl }),
      {
        policy: companyRules,
      },
    );
    onTestFinished(() => own.stop());
    const response = await fetch(own.server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${own.token}` },
      body: JSON.stringify({ query }),
    });
    return response.text();
  }

  test.each([
    ['beside its data', '"data":{"status":"up"},'],
    ['where there is no data', ''],
  ])('has no places in the document that was left, %s', async (_, data) => {
    const error = '"message":"no","path":["status"]';
    const locations = '"locations":[{"line":2,"column":3}]';
    const text = await passed(`{${data}"errors":[{${error},${locations}}]}`, '{ vault { id } status }');
    expect(text).toContain(`"errors":[{${error}}`);
    expect(JSON.parse(text).data).toEqual(data === '' ? undefined : { vault: null, status: 'up' });
  });

  test('has its numbers as the upstream wrote them', async () => {
    const numbers = '[12345678901234567890,1.0,1e400,-0.10]';
    const text = await passed(`{"data":{"numbers":${numbers}},"extensions":{"took":1.50}}`, '{ numbers vault { id } }');
    expect(text).toContain(`"data":{"numbers":${numbers},"vault":null},"extensions":{"took":1.50}}`);
    const split = await passed(`{"data":{"numbers":${numbers}}}`, '{ viewer { scope } numbers }');
    expect(split).toContain(`"numbers":${numbers}`);
  });
});

test('an answer too large to keep a part of it back is refused, and so takes nobody’s time', async () => {
  const items = '{"id":"p1"},'.repeat(600_000).slice(0, -1);
  const own = await startGate(
    () => startScripted((response) => sendJsonText(response, `{"data":{"people":[${items}]}}`), { sdl: scriptedSdl }),
    { policy: companyRules },
  );
  onTestFinished(() => own.stop());
  const refused = await own.server.ask('{ people { id bonus } }', { token: own.token });
  expect(told(refused)).toMatchObject({ status: 400, errors: ['- DOCUMENT_TOO_COMPLEX'] });
  const whole = await own.server.ask('{ people { id } }', { token: own.token });
  expect(whole.body.data.people).toHaveLength(600_000);
});

test('a mutation whose answer is too large to keep a part of it back is said to have been run', async () => {
  const people = '{"id":"p1"},'.repeat(250_000).slice(0, -1);
  const answer = `{"data":{"rename":{"people":[${people}]}}}`;
  const own = await startGate(() => startScripted((response) => sendJsonText(response, answer), { sdl: scriptedSdl }), {
    policy: companyRules,
  });
  onTestFinished(() => own.stop());
  const mutation = 'mutation { rename(id: "c1", name: "x") { people { id bonus } } }';
  const { status, body } = await own.server.ask(mutation, { token: own.token });
  expect([status, body.errors[0].extensions.code]).toEqual([400, 'DOCUMENT_TOO_COMPLEX']);
  expect(body.errors[0].message).toMatch(/^The mutation was run, but its answer has more than 250000 values/);
});

test('a mutation of which a part is kept back is sent once, also where the connection breaks', async () => {
  const own = await startGate(() => startScripted((response) => void response.destroy(), { sdl: scriptedSdl }), {
    policy: companyRules,
  });
  onTestFinished(() => own.stop());
  const before = own.upstream.requests.length;
  const answer = await own.server.ask('mutation { rename(id: "c1", name: "x") { id revenue } }', { token: own.token });
  expect(told(answer)).toMatchObject({ status: 502, errors: ['- UPSTREAM_UNAVAILABLE'] });
  expect(own.upstream.requests.length).toBe(before + 1);
});
