import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { floods, nested, secret } from '../floods.js';
import { type Gate, startGate } from '../gate.js';
import { type ScriptedUpstream, sendJson, startScripted } from '../scripted-upstream.js';

let gate: Gate<ScriptedUpstream>;

beforeAll(async () => {
  gate = await startGate(() => startScripted((response) => sendJson(response, { data: { hello: 'world' } })));
});
afterAll(() => gate.stop());

/** POSTs a body with a good token. */
async function send(body: string) {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${gate.token}` };
  const response = await fetch(gate.server.url, { method: 'POST', headers, body });
  const text = await response.text();
  return { status: response.status, text, code: JSON.parse(text).errors?.[0].extensions.code };
}

/** Milliseconds of the processor, the middle one of five runs. The clock on the wall would count what else the machine does. */
async function medianTime(run: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    const before = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1_000);
  }
  return times.sort((a, b) => a - b)[2] as number;
}

describe('a flood', () => {
  // Again where it took longer: two processors under the load of other tests are four times as slow.
  const patience = { retry: 3 };

  test.each(Object.entries(floods))('is refused in less than 100 ms: %s', patience, async (_, [body, status, code]) => {
    const text = JSON.stringify(body);
    const answer = await send(text);
    expect({ status: answer.status, code: answer.code }).toEqual({ status, code });
    // No lever: what comes back is of the size of what was sent.
    expect(answer.text.length).toBeLessThan(10_000 + 5 * text.length);
    expect(await medianTime(() => send(text))).toBeLessThan(100);
    expect(answer.text + JSON.stringify(gate.server.log.lines)).not.toContain(secret);
  });

  test('of JSON that is 100,000 deep is refused in less than 100 ms, wherever it stands', patience, async () => {
    const deep = nested(100_000, '[', '1', ']');
    const signIn = 'mutation ($c: SignInCredentials!) { signIn(credentials: $c) { scope } }';
    const bodies = {
      [deep]: 'BATCHING_NOT_SUPPORTED',
      [`{"query":${deep}}`]: 'BAD_REQUEST',
      [`{"query":"{ hello }","extensions":${deep}}`]: 'BAD_REQUEST',
      [`{"query":"{ hello }","variables":{"x":${deep}}}`]: 'BAD_REQUEST',
      [`{"query":"query ($x: Int) { viewer { id } hello(x: $x) }","variables":{"x":${deep}}}`]: 'BAD_REQUEST',
      [`{"query":"${signIn}","variables":{"c":{"userName":${deep}}}}`]: 'BAD_REQUEST',
      [`{"query":"${signIn}","variables":{"c":${nested(900, '[', '1', ']')}}}`]: 'BAD_USER_INPUT',
    };
    for (const [body, code] of Object.entries(bodies)) {
      const answer = await send(body);
      expect([body.slice(0, 60), answer.code]).toEqual([body.slice(0, 60), code]);
      expect(await medianTime(() => send(body))).toBeLessThan(100);
    }
  });
});
