import { field } from './generate.js';
import { allSets, type Case, type Selection } from './operation.js';
import type { Random } from './random.js';

type Mutation = (made: Case, random: Random) => void;

/** Ways to make an operation wrong; now and then one of them leaves it right, which does no harm. */
const mutations: Readonly<Record<string, Mutation>> = {
  'unknown field': (made, random) => void anySet(made, random).push(field('nope')),
  'unknown root field': ({ operation }) => void operation.set.push(field('nope')),
  'selection of a scalar': (made, random) => void anySet(made, random).push(field('__typename', [field('id')])),
  'no selection of an object': (made, random) => {
    const one = pickField(made, random, ({ set }) => set !== undefined);
    if (one) delete one.set;
  },
  'unknown argument': (made, random) => void pickField(made, random)?.args.push('nope', ':', '1'),
  'repeated argument': (made, random) => {
    const one = pickField(made, random, ({ args }) => args.length > 0);
    one?.args.push(...one.args);
  },
  'missing argument': (made, random) => {
    const one = pickField(made, random, ({ args }) => args.length > 0);
    if (one) one.args = [];
  },
  'wrong literal': (made, random) => {
    const one = pickField(made, random, ({ args }) => args.length > 0);
    if (one) one.args = [...one.args.slice(0, 2), random.pick(['{ a: 1 }', 'WRONG', '[[[]]]', '12e999', '"text"'])];
  },
  'wrong variables': ({ variables }, random) => {
    for (const name of Object.keys(variables))
      variables[name] = random.pick([{ a: [] }, 'wrong', [[{}]], 1.5, null, true]);
  },
  'missing variables': ({ variables }) => {
    for (const name of Object.keys(variables)) delete variables[name];
  },
  'undeclared variable': (made, random) =>
    void pickField(made, random)?.directives.push('@include', '(', 'if', ':', '$undeclared', ')'),
  'unused variable': ({ operation }) => void declare(operation, { name: 'unused', type: 'Int' }),
  'variable twice': ({ operation }) => {
    for (let i = 0; i < 2; i++) declare(operation, { name: 'twice', type: 'Int' });
  },
  'variable of an unknown type': ({ operation }) => void declare(operation, { name: 'odd', type: '[Nope!]' }),
  'variable of an output type': ({ operation }) => void declare(operation, { name: 'odd', type: 'Item!' }),
  'fragment that is not there': (made, random) =>
    void anySet(made, random).push({ kind: 'spread', name: 'Gone', directives: [] }),
  'fragment that nobody uses': ({ rest }) => void rest.push('fragment', 'Unused', 'on', 'Item', '{', 'id', '}'),
  'fragment on an unknown type': (made, random) =>
    void anySet(made, random).push({ kind: 'inline', on: 'Nope', directives: [], set: [field('id')] }),
  'fragment on a scalar': (made, random) =>
    void anySet(made, random).push({ kind: 'inline', on: 'String', directives: [], set: [field('id')] }),
  'fragment in itself': ({ fragments }, random) => {
    if (fragments.length === 0) return;
    const { name, set } = random.pick(fragments);
    set.push({ kind: 'spread', name, directives: [] });
  },
  'fragments in each other': ({ fragments }) => {
    for (const [i, { set }] of fragments.entries()) {
      set.push({ kind: 'spread', name: fragments[(i + 1) % fragments.length]?.name ?? '', directives: [] });
    }
  },
  'fragment name twice': ({ fragments }) => void fragments.push(...fragments.slice(0, 1)),
  'operation name twice': ({ operation, others }) => {
    operation.name ??= 'Main';
    others.push({ type: 'query', name: operation.name, variables: [], set: [field('__typename')] });
  },
  'operation without a name among others': ({ others }) =>
    void others.push({ type: 'query', variables: [], set: [field('__typename')] }),
  'unknown operation name': (made) => void Object.assign(made, { operationName: 'Nope' }),
  'conflicting aliases': (made, random) => {
    const set = anySet(made, random);
    set.push({ ...field('id'), alias: 'same' }, { ...field('__typename'), alias: 'same' });
  },
  'unknown directive': (made, random) => void pickField(made, random)?.directives.push('@nope'),
  'directive twice': (made, random) =>
    void pickField(made, random)?.directives.push('@skip(if: false)', '@skip(if: false)'),
  'directive without its argument': (made, random) => void pickField(made, random)?.directives.push('@skip'),
  'directive in a wrong place': ({ rest }) =>
    void rest.push('fragment', 'F', 'on', 'Item', '@skip(if: true)', '{', 'id', '}'),
  'a type definition': ({ rest }) => void rest.push('type', 'Query', '{', 'a', ':', 'Int', '}'),
  'syntax: one bracket more': ({ rest }) => void rest.push('}'),
  'syntax: an odd character': ({ rest }) => void rest.push('{ \u0007 ? }'),
  'syntax: a string without an end': ({ rest }) => void rest.push('{ a(b: "'),
  'syntax: a name with a hyphen': ({ operation }) => void operation.set.push(field('a-b')),
  'syntax: an empty selection': ({ operation }) => void operation.set.push(field('item', [])),
};

/** Makes `made` wrong in one way, and says in which. */
export function mutate(made: Case, random: Random): string {
  const name = random.pick(Object.keys(mutations));
  mutations[name]?.(made, random);
  return name;
}

function anySet(made: Case, random: Random): Selection[] {
  return random.pick(allSets(made));
}

type Field = Selection & { kind: 'field' };

function pickField(made: Case, random: Random, fits: (one: Field) => boolean = () => true): Field | undefined {
  const fields = allSets(made).flatMap((set) => set.filter((one): one is Field => one.kind === 'field' && fits(one)));
  return fields.length > 0 ? random.pick(fields) : undefined;
}

function declare(operation: Case['operation'], variable: Case['operation']['variables'][number]): void {
  operation.name ??= 'Main';
  operation.variables.push(variable);
}
