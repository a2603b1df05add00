import { expect } from 'vitest';
import type { Gate } from '../gate.js';
import type { Upstream } from '../upstreams/index.js';
import { type Asked, createAsker, forEachAtOnce } from './ask.js';
import { describe } from './compare.js';
import { type Direct, expectedData } from './expected.js';
import { count, readSchema, seed } from './forwarded.js';
import { type Excluded, generate } from './generate.js';
import { mixIn } from './mix.js';
import { type Case, tokensOf, write } from './operation.js';
import { createRandom } from './random.js';
import { shrink } from './shrink.js';

const headers = { accept: 'application/graphql-response+json', 'content-type': 'application/json' };

function toRequest(made: Case, number?: number): Asked & { query: string } {
  const query = write(tokensOf(made), number === undefined ? undefined : createRandom(number));
  const { variables, operationName } = made;
  return { method: 'POST', headers, text: JSON.stringify({ query, variables, operationName }), query };
}

/** Asks generated queries with fields of ours in them; what comes back has to be the upstream's answer with ours in it. */
export async function compareMixed(
  gate: Gate<Pick<Upstream, 'url'>>,
  excluded?: Excluded,
): Promise<{ answered: number }> {
  const schema = await readSchema(gate.upstream.url);
  const direct = createAsker(gate.upstream.url, gate.token);
  const gated = createAsker(gate.server.url, gate.token);
  let answered = 0;

  async function compare(made: Case, number: number) {
    const mixed = mixIn(made, schema.getQueryType()?.name ?? '', createRandom(number));
    const asked = toRequest(mixed, number);
    const [theirs, ours] = await Promise.all([direct.ask(toRequest(made)), gated.ask(asked)]);
    const expected: Direct = JSON.parse(theirs.text);
    if (expected.data) answered++;
    const data = expectedData(asked.query, mixed.operationName, mixed.variables, expected, schema);
    const difference = isRefused(expected) ? refusal(ours.text) : differenceOf(expected, data, ours.text);
    return { asked, theirs, ours, isRefused: isRefused(expected), difference };
  }

  await forEachAtOnce(
    Array.from({ length: count }, (_, i) => seed * 1_000_000 + i),
    async (number) => {
      const made = generate(schema, createRandom(number), excluded);
      if (made.operation.type === 'mutation') return;
      const first = await compare(made, number);
      if (first.difference === undefined) return;
      const smallest = await shrink(made, async (smaller) => {
        const again = await compare(smaller, number);
        return again.difference !== undefined && again.isRefused === first.isRefused;
      });
      const { asked, theirs, ours, difference: last } = await compare(smallest, number);
      expect.fail(describe(`seed ${seed}, operation ${number}: ${last}`, asked, theirs, ours));
    },
  );
  await Promise.all([direct.close(), gated.close()]);
  return { answered };
}

/** Not run at all: no error of a field that was run. */
function isRefused({ data, errors = [] }: Direct): boolean {
  return (data ?? null) === null && errors.every(({ path }) => path === undefined);
}

/** What the upstream refuses has to be refused, by whichever of the two sees it first. */
function refusal(text: string): string | undefined {
  const { data, errors = [] } = JSON.parse(text) as Direct;
  return (data ?? null) === null && errors.length > 0 ? undefined : 'it has to be refused';
}

function differenceOf(direct: Direct, data: string, text: string): string | undefined {
  const { data: merged, errors = [] } = JSON.parse(text) as Direct;
  if (JSON.stringify(merged ?? null) !== data) return `the data has to be ${data.slice(0, 2_000)}`;
  const expected = (direct.errors ?? []).map(withoutPlaces);
  if (JSON.stringify(errors.map(withoutPlaces)) !== JSON.stringify(expected)) {
    return `the errors have to be ${JSON.stringify(expected)}`;
  }
  return undefined;
}

/** The upstream's own places are those of a document that the caller never saw. */
function withoutPlaces({ message, path, extensions }: NonNullable<Direct['errors']>[number]) {
  return { message, path, extensions };
}
