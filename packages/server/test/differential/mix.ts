import { type Case, rootSets, type Selection } from './operation.js';
import type { Random } from './random.js';

/** What must not reach an upstream. */
export const secret = 'lk-secret-of-ours';

/** A field of ours, or what the gate answers itself: with a key that no generated field has. */
function ownSelection(number: number, random: Random): Selection {
  const own = { kind: 'field', args: [], directives: [] } as const;
  const key = random.pick(['', '', `o${number}`, `z${number}`]);
  const alias = key === '' ? {} : { alias: key };
  const leaf = (name: string): Selection => ({ ...own, args: [], directives: [], name });
  return random.pick<() => Selection>([
    () => ({ ...own, ...alias, args: [], directives: [], name: 'viewer', set: [leaf('userName')] }),
    () => ({ ...own, alias: `t${number}`, args: [], directives: [], name: '__typename' }),
    () => ({
      ...own,
      ...alias,
      args: [],
      directives: [],
      name: '__schema',
      set: [{ ...leaf('queryType'), set: [leaf('name')] } as Selection],
    }),
    () => ({
      ...own,
      alias: `type${number}`,
      args: ['name', ':', '$ownName'],
      directives: [],
      name: '__type',
      set: [leaf('name')],
    }),
  ])();
}

/** Puts fields of ours at random places of the root of a query, some of them under conditions of their own. */
export function mixIn(made: Case, rootType: string, random: Random): Case {
  const mixed = structuredClone(made);
  mixed.operation.name ??= 'Main';
  const usesBefore = JSON.stringify(mixed);
  for (let i = 0, times = 1 + random.below(4); i < times; i++) {
    const set = random.pick(rootSets(mixed, rootType));
    const one = ownSelection(i, random);
    if (one.kind === 'field' && random.oneIn(3))
      one.directives.push(random.pick(['@skip', '@include']), '(', 'if', ':', '$ownFlag', ')');
    const wrapped: Selection = random.oneIn(3) ? { kind: 'inline', directives: wrapping(random), set: [one] } : one;
    set.splice(random.below(set.length + 1), 0, wrapped);
  }
  // The same fragment twice at the root: which of the two counts may depend on a variable.
  const spread = mixed.operation.set.find(({ kind, directives }) => kind === 'spread' && directives.length === 0);
  if (spread && random.oneIn(2)) {
    mixed.operation.set.unshift({
      ...structuredClone(spread),
      directives: ['@include', '(', 'if', ':', '$ownFlag', ')'],
    });
  }
  const added = JSON.stringify(mixed);
  const uses = (name: string) => added.includes(`"$${name}"`) && !usesBefore.includes(`"$${name}"`);
  if (uses('ownFlag')) {
    mixed.operation.variables.push({ name: 'ownFlag', type: 'Boolean!' });
    mixed.variables.ownFlag = random.oneIn(2);
  }
  if (uses('ownName')) {
    mixed.operation.variables.push({ name: 'ownName', type: 'String!' });
    mixed.variables.ownName = secret;
  }
  mixed.variables.leftOver = { refreshToken: secret };
  return mixed;
}

function wrapping(random: Random): string[] {
  if (random.oneIn(2)) return [];
  return [random.pick(['@skip', '@include']), '(', 'if', ':', random.pick(['true', 'false', '$ownFlag']), ')'];
}
