import { buildClientSchema, type GraphQLSchema, getIntrospectionQuery } from 'graphql';
import { expect } from 'vitest';
import type { Gate } from '../gate.js';
import type { Upstream } from '../upstreams/index.js';
import { byPost, createAsker, forEachAtOnce, toRequest } from './ask.js';
import { describe, differenceOf } from './compare.js';
import { type Excluded, generate } from './generate.js';
import { mutate } from './mutate.js';
import { type Case, rootSets } from './operation.js';
import { createRandom } from './random.js';
import { shrink } from './shrink.js';

/** Another seed makes other operations: LATCHKEY_DIFFERENTIAL_SEED=7 npx vitest run packages/server/test/differential */
export const seed = Number(process.env.LATCHKEY_DIFFERENTIAL_SEED ?? 1);
export const count = Number(process.env.LATCHKEY_DIFFERENTIAL_COUNT ?? 150);

/** How many operations of each way to be wrong or right were compared, and how many reached the upstream. */
export interface Tally {
  readonly ways: Map<string, number>;
  forwarded: number;
  answered: number;
}

export async function readSchema(url: string): Promise<GraphQLSchema> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: getIntrospectionQuery() }),
  });
  return buildClientSchema(((await response.json()) as { data: Parameters<typeof buildClientSchema>[0] }).data);
}

/** Asks generated operations directly and through the gate; fails with the smallest one of which the answers differ. */
export async function compareForwarded(
  gate: Gate<Pick<Upstream, 'url'>>,
  isWrong: boolean,
  excluded?: Excluded,
): Promise<Tally> {
  const schema = await readSchema(gate.upstream.url);
  const direct = createAsker(gate.upstream.url, gate.token);
  const gated = createAsker(gate.server.url, gate.token);
  const tally: Tally = { ways: new Map(), forwarded: 0, answered: 0 };

  async function compare(made: Case, ofRequest: number) {
    const asked = toRequest(made, createRandom(ofRequest));
    const [answered, ours] = await Promise.all([direct.ask(asked), gated.ask(asked)]);
    const theirs = answered.status === 405 ? await direct.ask(byPost(asked)) : answered;
    const wasForwarded = !/"code":"[A-Z_]+","hint":/.test(ours.text) && !isOwn(made);
    return { asked, theirs, ours, wasForwarded, difference: differenceOf(theirs, ours, wasForwarded) };
  }

  await forEachAtOnce(
    Array.from({ length: count }, (_, i) => seed * 1_000_000 + i),
    async (number) => {
      const random = createRandom(number);
      const made = generate(schema, random, excluded);
      const way = isWrong ? mutate(made, random) : 'right';
      const first = await compare(made, number);
      tally.ways.set(way, (tally.ways.get(way) ?? 0) + 1);
      if (first.wasForwarded) tally.forwarded++;
      if (/"data":\{/.test(first.theirs.text)) tally.answered++;
      if (first.difference === undefined) return;
      const smallest = await shrink(
        made,
        async (smaller) => (await compare(smaller, number)).difference === first.difference,
      );
      const { asked, theirs, ours } = await compare(smallest, number);
      expect.fail(describe(`seed ${seed}, operation ${number} (${way}): ${first.difference}`, asked, theirs, ours));
    },
  );
  await Promise.all([direct.close(), gated.close()]);
  return tally;
}

/** Nothing at the root but `__typename`, which the gate answers. */
function isOwn(made: Case): boolean {
  return rootSets(made).every((set) => set.every((one) => one.kind !== 'field' || one.name === '__typename'));
}
