import { type ArgumentNode, type FieldNode, Kind, type ValueNode } from 'graphql';
import { type Dynamic, type Expression, maximum, most, or } from './expression.js';
import type { FieldFacts, Sizing } from './facts.js';

/** What the operation says of its variables where a request does not give them. */
export type VariableDefaults = ReadonlyMap<string, ValueNode>;

/**
 * How many objects a field gives: what the largest of its slicing arguments asks for, else what the schema or
 * `otherwise` assumes. At least 1, also where 0 is asked for: some APIs take that for no limit.
 */
export function sizeOf(
  { arguments: given = [] }: FieldNode,
  { field, sizings }: FieldFacts,
  defaults: VariableDefaults,
  otherwise: number,
): Expression {
  if (sizings.length === 0) return otherwise;
  return maximum(sizings.map((sizing) => or(maximum(sizing.slicing.map(sliceOf(sizing))), assumedBy(sizing))));

  function assumedBy({ assumed }: Sizing): number {
    return assumed ?? otherwise;
  }

  /** What one slicing argument asks for; 0 where it is not given. */
  function sliceOf(sizing: Sizing): (path: readonly string[]) => Expression {
    return ([name = '', ...path]) => {
      const standard = field.args.find((argument) => argument.name === name)?.defaultValue;
      const reader = { defaults, absent: amount(walk(standard, path), assumedBy(sizing)), odd: assumedBy(sizing) };
      const named = given.filter((argument) => argument.name.value === name);
      return named.length === 0
        ? reader.absent
        : maximum(named.map(({ value }: ArgumentNode) => read(value, path, reader)));
    };
  }
}

interface Reader {
  readonly defaults: VariableDefaults;
  /** Where a variable is not given and has no default: the argument's own. */
  readonly absent: number;
  /** What a value that is no length counts for at least. */
  readonly odd: number;
}

function read(node: ValueNode, path: readonly string[], reader: Reader): Expression {
  switch (node.kind) {
    case Kind.VARIABLE:
      return readVariable(node.name.value, path, reader);
    case Kind.OBJECT: {
      const [name, ...rest] = path;
      if (name === undefined) return reader.odd;
      const fields = node.fields.filter((field) => field.name.value === name);
      return maximum(fields.map(({ value }) => read(value, rest, reader)));
    }
    case Kind.NULL:
      return 0;
    case Kind.INT:
    case Kind.FLOAT:
      return amount(Number(node.value), reader.odd);
    case Kind.STRING:
      return amount(node.value, reader.odd);
    default:
      return reader.odd;
  }
}

function readVariable(name: string, path: readonly string[], reader: Reader): Dynamic {
  const node = reader.defaults.get(name);
  // A default is a constant: it has no variables in it.
  const standard = node && node.kind !== Kind.VARIABLE ? (read(node, path, reader) as number) : reader.absent;
  return ({ variables }) =>
    variables && Object.hasOwn(variables, name) ? amount(walk(variables[name], path), reader.odd) : standard;
}

/** The member of a value of JSON at the end of a path; undefined where there is none. */
function walk(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const name of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Record<string, unknown>)[name];
  }
  return found;
}

/**
 * A length as it counts: 0 for none. What cannot be a length may be anything to the upstream (an error, or no
 * limit at all), and so counts for `odd` at least.
 */
function amount(value: unknown, odd: number): number {
  if (value === null || value === undefined) return 0;
  const number = typeof value === 'number' || (typeof value === 'string' && value !== '') ? Number(value) : Number.NaN;
  if (Number.isNaN(number)) return Math.max(odd, 1);
  if (number >= 0 && Number.isInteger(number)) return Math.min(Math.max(number, 1), most);
  return Math.min(Math.max(odd, Math.ceil(Math.abs(number)), 1), most);
}
