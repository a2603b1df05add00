import { type Audit, serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Gate, startGate } from '../gate.js';
import { type Upstream, upstreams } from '../upstreams/index.js';
import * as yoga from '../upstreams/yoga.js';

/** Another document with the shape of an audit's: what it selects at the root is ours to choose. */
interface Surface {
  readonly title: string;
  readonly needsToken: boolean;
  rewrite(query: string): string;
}

const ownSurfaces: Surface[] = [
  { title: 'introspection, as the audits ask for it, without a token', needsToken: false, rewrite: (query) => query },
  {
    title: 'an operation of ours with a token',
    needsToken: true,
    rewrite: (query) =>
      query
        .replace('mutation { __typename }', 'mutation { signOut { sessionsEnded } }')
        .replace('{ __typename }', '{ viewer { __typename } }'),
  },
];

const forwarded: Surface = {
  title: 'an operation that is forwarded',
  needsToken: true,
  rewrite: (query) =>
    query
      .replace('mutation { __typename }', 'mutation { addWidget(name: "never") { id } }')
      .replace('{ __typename }', '{ hello }')
      .replace(/__type\(name: (.+?)\) \{ name \}/, 'echo(text: $1)'),
};

/** fetch, with the document of an audit rewritten wherever the audit put it. */
function createFetch({ rewrite, needsToken }: Surface, token: () => string): typeof fetch {
  return (input, init = {}) => {
    const url = new URL(String(input));
    const query = url.searchParams.get('query');
    if (query !== null) url.searchParams.set('query', rewrite(query));
    const headers = new Headers(init.headers);
    if (needsToken) headers.set('authorization', `Bearer ${token()}`);
    return fetch(url, { ...init, headers, ...(typeof init.body === 'string' && { body: rewriteBody(init.body) }) });
  };

  function rewriteBody(body: string): string {
    if (!body.endsWith('}')) return body; // The audits of broken JSON.
    const params = JSON.parse(body);
    return JSON.stringify(typeof params.query === 'string' ? { ...params, query: rewrite(params.query) } : params);
  }
}

/** "ok", or what the audit has to say. */
async function outcomeOf({ fn }: Audit): Promise<string> {
  const result = await fn();
  if (result.status === 'ok') return 'ok';
  return `${result.reason}: ${result.response.status} ${result.response.bodyUsed ? '' : await result.response.text()}`;
}

/** What an upstream does otherwise than the audits have it, in answers that are not ours to change. */
const ownWays: Readonly<Record<string, readonly string[]>> = {
  // "$id is never used" is an error of validation, and Apollo Server answers those with 400 to every caller.
  'Apollo Server': ['7B9B'],
  // Mercurius writes application/json whatever is asked for, refuses "extensions": null, and has Apollo's 400.
  Mercurius: ['22EB', '94B2', '0222', '7B9B'],
};

test('the audits are those that the claim is about', () => {
  const names = serverAudits({ url: 'http://localhost' }).map(({ name }) => name.split(' ', 1)[0]);
  const count = (level: string) => names.filter((name) => name === level).length;
  expect({ must: count('MUST'), should: count('SHOULD'), may: count('MAY') }).toEqual({
    must: 13,
    should: 23,
    may: 25,
  });
});

describe.each(ownSurfaces)('GraphQL over HTTP, $title', (surface) => {
  let gate: Gate<Upstream>;
  beforeAll(async () => {
    gate = await startGate(yoga.start);
  });
  afterAll(() => gate.stop());

  const fetchFn = createFetch(surface, () => gate.token);
  for (const audit of serverAudits({ url: () => gate.server.url, fetchFn })) {
    test(`${audit.id} ${audit.name}`, async () => {
      expect(await outcomeOf(audit)).toBe('ok');
    });
  }
});

describe.each(upstreams)('GraphQL over HTTP, an operation that is forwarded to $name', ({ name, start }) => {
  let gate: Gate<Upstream>;
  beforeAll(async () => {
    gate = await startGate(start);
  });
  afterAll(() => gate.stop());

  const fetchFn = createFetch(forwarded, () => gate.token);
  const direct = new Map(serverAudits({ url: () => gate.upstream.url, fetchFn }).map((audit) => [audit.id, audit]));
  for (const audit of serverAudits({ url: () => gate.server.url, fetchFn })) {
    const same = ownWays[name]?.includes(audit.id) ? direct.get(audit.id) : undefined;
    test(`${audit.id} ${audit.name}${same ? ' (as far as the upstream itself does)' : ''}`, async () => {
      expect(await outcomeOf(audit)).toBe(same ? await outcomeOf(same) : 'ok');
    });
  }

  test('those audits were about answers of the upstream', () => {
    const bodies = gate.upstream.requests.map(({ body }) => body);
    expect(bodies.filter((body) => body.includes('{ hello }')).length).toBeGreaterThan(20);
    expect(bodies.filter((body) => body.includes('addWidget'))).toEqual([]);
  });
});
