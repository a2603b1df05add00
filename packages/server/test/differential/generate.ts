import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql';
import type { Case, Fragment, Operation, Selection, Variable } from './operation.js';
import type { Random } from './random.js';

/** The names of fields that are left out. */
export type Excluded = RegExp;

const aliases = [
  'a',
  'b',
  'data',
  'errors',
  'query',
  'on',
  'fragment',
  'type',
  'toString',
  'constructor',
  'true_',
  '_',
  'Viewer',
];
const strings = [
  '',
  'plain',
  'ünï \u{1F3CA} \u2028',
  '{ } " \\ \n\t',
  '1',
  "it's",
  '\u0000'.slice(1),
  'x'.repeat(300),
  '$not #a comment',
];
const maxDepth = 6;

/** Makes one operation with its document, which nearly always fits the schema. */
export function generate(schema: GraphQLSchema, random: Random, excluded: Excluded = /^$/): Case {
  const mutation = schema.getMutationType();
  const type = mutation && random.oneIn(8) ? 'mutation' : 'query';
  const made = generateOperation(schema, random, excluded, type);
  const isNamed = made.operation.variables.length > 0 || random.oneIn(2) || random.oneIn(3);
  if (isNamed) made.operation.name = 'Main';
  const others: Operation[] = [];
  if (isNamed && random.oneIn(5)) {
    others.push({ type: 'query', name: 'Other', variables: [], set: [field('__typename')] });
  }
  const operationName = others.length > 0 || (isNamed && random.oneIn(3)) ? 'Main' : random.oneIn(6) ? null : undefined;
  return { ...made, others, rest: [], ...(operationName !== undefined && { operationName }) };
}

export function field(name: string, set?: Selection[]): Selection & { kind: 'field' } {
  return { kind: 'field', name, args: [], directives: [], ...(set && { set }) };
}

function generateOperation(schema: GraphQLSchema, random: Random, excluded: Excluded, type: Operation['type']) {
  const variables: Variable[] = [];
  const values: Record<string, unknown> = {};
  const fragments: Fragment[] = [];
  let budget = 3 + random.below(random.oneIn(5) ? 60 : 20);
  let aliasCount = 0;

  function selectFrom(parent: GraphQLNamedType, depth: number, isRoot = false): Selection[] {
    const set: Selection[] = [];
    const count = 1 + random.below(isRoot ? 6 : 4);
    for (let i = 0; i < count && budget > 0; i++) set.push(selection(parent, depth, isRoot));
    return set.length > 0 ? set : [field('__typename')];
  }

  function selection(parent: GraphQLNamedType, depth: number, isRoot: boolean): Selection {
    budget--;
    if (random.oneIn(12)) return withAlias({ ...field('__typename'), directives: conditions() });
    if (depth < maxDepth && (random.oneIn(6) || (!('getFields' in parent) && !random.oneIn(5)))) {
      return fragmentOn(parent, depth, isRoot);
    }
    const fields = 'getFields' in parent ? Object.values((parent as GraphQLObjectType).getFields()) : [];
    const usable = fields.filter(
      ({ name, type: of }) => !excluded.test(name) && (depth < maxDepth || isLeafType(getNamedType(of))),
    );
    if (usable.length === 0) return field('__typename');
    return fieldOf(random.pick(usable), depth);
  }

  function fieldOf(definition: GraphQLField<unknown, unknown>, depth: number): Selection {
    const { name, type: of } = definition;
    const args = argumentsFor(definition.args);
    const named = getNamedType(of);
    const made = {
      ...field(name),
      args,
      directives: conditions(),
      ...(isCompositeType(named) && { set: selectFrom(named, depth + 1) }),
    };
    // Two fields of one name with different arguments could not be merged.
    return definition.args.length > 0 ? { ...made, alias: `${name}_${aliasCount++}` } : withAlias(made);
  }

  function withAlias(made: Selection & { kind: 'field' }): Selection {
    if (!random.oneIn(6)) return made;
    return { ...made, alias: `${random.pick(aliases)}${random.oneIn(2) ? '' : aliasCount++}_${made.name}` };
  }

  function fragmentOn(parent: GraphQLNamedType, depth: number, isRoot: boolean): Selection {
    const known = fragments.filter(({ on }) => on === parent.name);
    if (known.length > 0 && random.oneIn(3)) {
      return { kind: 'spread', name: random.pick(known).name, directives: conditions() };
    }
    const on = typeConditionFor(parent);
    const set = selectFrom(on, depth + 1, isRoot);
    if (random.oneIn(2)) {
      const omits = on === parent && random.oneIn(2);
      return { kind: 'inline', ...(!omits && { on: on.name }), directives: conditions(), set };
    }
    const name = `F${fragments.length}${random.pick(['', '_on', 'Viewer'])}`;
    fragments.push({ name, on: on.name, set });
    return { kind: 'spread', name, directives: conditions() };
  }

  function typeConditionFor(parent: GraphQLNamedType): GraphQLNamedType {
    if (isAbstractType(parent)) {
      const possible = schema.getPossibleTypes(parent);
      return random.oneIn(4) ? parent : random.pick(possible);
    }
    const wider = isObjectType(parent) ? parent.getInterfaces() : [];
    return wider.length > 0 && random.oneIn(3) ? random.pick(wider) : parent;
  }

  function conditions(): string[] {
    if (!random.oneIn(8)) return [];
    const one = () => [random.pick(['@skip', '@include']), '(', 'if', ':', ...condition(), ')'];
    const first = one();
    const second = random.oneIn(4) ? one() : [];
    return first[0] === second[0] ? first : [...first, ...second];
  }

  function condition(): string[] {
    if (random.oneIn(2)) return [random.pick(['true', 'false'])];
    const known = variables.filter(({ type: of }) => of === 'Boolean!');
    if (known.length > 0 && random.oneIn(2)) return [`$${random.pick(known).name}`];
    return [`$${declare('Boolean!', random.oneIn(2), [random.pick(['true', 'false'])])}`];
  }

  /** A value for it is given, unless there is a default and chance says no. */
  function declare(of: string, value: unknown, defaultValue?: string[], isGiven = true): string {
    const name = `v${variables.length}${random.pick(['', '_x', 'Ü'.slice(1)])}`;
    const hasDefault = defaultValue !== undefined && random.oneIn(2);
    variables.push({ name, type: of, ...(hasDefault && { defaultValue }) });
    if (isGiven && !(hasDefault && random.oneIn(2))) values[name] = value;
    return name;
  }

  function argumentsFor(args: readonly GraphQLArgument[]): string[] {
    return args.flatMap((arg) => {
      if (!isRequiredArgument(arg) && !random.oneIn(3)) return [];
      return [arg.name, ':', ...valueFor(arg.type, arg.name)];
    });
  }

  function valueFor(of: GraphQLInputType, name: string): string[] {
    if (random.oneIn(3)) {
      const value = plainValue(of, name, 0);
      const defaultValue = literal(of, name, 0);
      return [`$${declare(String(of), value, defaultValue[0] === 'null' ? undefined : defaultValue)}`];
    }
    return literal(of, name, 0);
  }

  function literal(of: GraphQLInputType, name: string, depth: number): string[] {
    if (isNonNullType(of))
      return literal(of.ofType, name, depth).flatMap((t, i) =>
        i === 0 && t === 'null' ? nonNullLiteral(of.ofType, name, depth) : [t],
      );
    if (random.oneIn(12)) return ['null'];
    return nonNullLiteral(of, name, depth);
  }

  function nonNullLiteral(of: GraphQLInputType, name: string, depth: number): string[] {
    if (isListType(of)) {
      if (random.oneIn(6)) return nonNullLiteral(isNonNullType(of.ofType) ? of.ofType.ofType : of.ofType, name, depth);
      const items = Array.from({ length: random.below(3) }, () => literal(of.ofType, name, depth + 1));
      return ['[', ...items.flat(), ']'];
    }
    if (isInputObjectType(of)) {
      const chosen = inputFields(Object.values(of.getFields()), depth);
      return ['{', ...chosen.flatMap((one) => [one.name, ':', ...literal(one.type, one.name, depth + 1)]), '}'];
    }
    if (isEnumType(of)) return [random.pick(of.getValues()).name];
    return [scalarLiteral(String(of), name)];
  }

  function inputFields(fields: readonly GraphQLInputField[], depth: number): readonly GraphQLInputField[] {
    return fields.filter((one) => isRequiredInputField(one) || (depth < 3 && random.oneIn(3)));
  }

  function scalarLiteral(of: string, name: string): string {
    if (of === 'String' && random.oneIn(3)) return blockString(random.pick(strings));
    const value = scalar(of, name);
    return of === 'String' && random.oneIn(3) ? escaped(String(value)) : JSON.stringify(value);
  }

  function plainValue(of: GraphQLInputType, name: string, depth: number): unknown {
    if (isNonNullType(of)) return plainNonNull(of.ofType, name, depth);
    return random.oneIn(12) ? null : plainNonNull(of, name, depth);
  }

  function plainNonNull(of: GraphQLInputType, name: string, depth: number): unknown {
    if (isNonNullType(of)) return plainNonNull(of.ofType, name, depth);
    if (isListType(of)) {
      if (random.oneIn(6)) return plainNonNull(of.ofType, name, depth);
      return Array.from({ length: random.below(3) }, () => plainValue(of.ofType, name, depth + 1));
    }
    if (isInputObjectType(of)) {
      const chosen = inputFields(Object.values(of.getFields()), depth);
      return Object.fromEntries(chosen.map((one) => [one.name, plainValue(one.type, one.name, depth + 1)]));
    }
    if (isEnumType(of)) return random.pick(of.getValues()).name;
    return scalar(String(of), name);
  }

  function scalar(of: string, name: string): unknown {
    if (of === 'Boolean') return random.oneIn(2);
    if (of === 'Int') return /first|last|offset/i.test(name) ? random.below(4) : random.pick([0, -1, 7, 2_147_483_647]);
    if (of === 'Float') return random.pick([0, -1.5, 1e21, 3, 0.1]);
    if (of === 'ID') return random.pick(['1', '2', 'none', 3]);
    return of === 'String' ? random.pick(strings) : random.pick(['2026-01-01', '0']);
  }

  const root = type === 'mutation' ? schema.getMutationType() : schema.getQueryType();
  const set = selectFrom(root as GraphQLObjectType, 0, true);
  return { operation: { type, variables, set } as Operation, fragments, variables: values };
}

/** With \u escapes for everything, surrogate pairs among them. */
function escaped(text: string): string {
  const units = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
  return `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')}"`;
}

function blockString(text: string): string {
  return `"""\n    ${text.replaceAll('"""', '\\"""')}\n      second "line"\n  """`;
}
