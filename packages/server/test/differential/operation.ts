import type { Random } from './random.js';

/** A selection in a form that is easy to change; arguments and directives are texts of tokens. */
export type Selection =
  | { kind: 'field'; alias?: string; name: string; args: string[]; directives: string[]; set?: Selection[] }
  | { kind: 'inline'; on?: string; directives: string[]; set: Selection[] }
  | { kind: 'spread'; name: string; directives: string[] };

export interface Fragment {
  name: string;
  on: string;
  set: Selection[];
}

export interface Variable {
  name: string;
  type: string;
  defaultValue?: string[];
}

export interface Operation {
  type: 'query' | 'mutation';
  name?: string;
  variables: Variable[];
  set: Selection[];
}

/** What one request asks. */
export interface Case {
  operation: Operation;
  /** Other operations of the same document. */
  others: Operation[];
  fragments: Fragment[];
  variables: Record<string, unknown>;
  /** The tokens of the document after everything else: for what cannot be said with the rest. */
  rest: string[];
  operationName?: string | null;
}

/** The document as tokens, which {@link write} puts together. */
export function tokensOf({ operation, others, fragments, rest }: Case): string[] {
  return [
    ...operationTokens(operation),
    ...fragments.flatMap(({ name, on, set }) => ['fragment', name, 'on', on, ...setTokens(set)]),
    ...others.flatMap(operationTokens),
    ...rest,
  ];
}

function operationTokens({ type, name, variables, set }: Operation): string[] {
  if (type === 'query' && name === undefined && variables.length === 0) return setTokens(set);
  const definitions = variables.flatMap(({ name: variable, type: of, defaultValue }) => [
    `$${variable}`,
    ':',
    ...(of.match(/\w+|\W/g) ?? []),
    ...(defaultValue ? ['=', ...defaultValue] : []),
  ]);
  return [
    type,
    ...(name === undefined ? [] : [name]),
    ...(definitions.length > 0 ? ['(', ...definitions, ')'] : []),
    ...setTokens(set),
  ];
}

function setTokens(set: readonly Selection[]): string[] {
  return ['{', ...set.flatMap(selectionTokens), '}'];
}

function selectionTokens(selection: Selection): string[] {
  if (selection.kind === 'spread') return ['...', selection.name, ...selection.directives];
  if (selection.kind === 'inline') {
    const on = selection.on === undefined ? [] : ['on', selection.on];
    return ['...', ...on, ...selection.directives, ...setTokens(selection.set)];
  }
  const { alias, name, args, directives, set } = selection;
  return [
    ...(alias === undefined ? [] : [alias, ':']),
    name,
    ...(args.length > 0 ? ['(', ...args, ')'] : []),
    ...directives,
    ...(set ? setTokens(set) : []),
  ];
}

/** Tokens as text: plain, or, where `random` says so, with all that GraphQL §2.1 ignores between two tokens. */
export function write(tokens: readonly string[], random?: Random): string {
  if (!random?.oneIn(2)) return tokens.join(' ');
  const start = random.oneIn(4) ? '\uFEFF' : '';
  return start + tokens.map((token) => token + random.pick(ignored)).join('');
}

const ignored = [
  ' ',
  ' ',
  ' ',
  '\n',
  '\t',
  ' , ',
  '\r\n',
  '\r',
  '\n\n    ',
  ' # a comment: { } " \u{1F3CA}\n',
  ' ,,, ',
  ' \uFEFF ',
];

/** All selection sets below one, it first. */
export function setsOf(set: Selection[]): Selection[][] {
  return [set, ...set.flatMap((selection) => ('set' in selection && selection.set ? setsOf(selection.set) : []))];
}

/** All selection sets of a case. */
export function allSets({ operation, others, fragments }: Case): Selection[][] {
  return [...[operation, ...others].flatMap(({ set }) => setsOf(set)), ...fragments.flatMap(({ set }) => setsOf(set))];
}

/** The selection sets that are merged into the root of the operation; with `type`, those whose fields are of that type. */
export function rootSets({ operation, fragments }: Case, type?: string): Selection[][] {
  const seen = new Set<string>();
  const isOf = (on: string | undefined) => type === undefined || on === undefined || on === type;
  const walk = (set: Selection[]): Selection[][] => [
    set,
    ...set.flatMap((selection) => {
      if (selection.kind === 'inline') return isOf(selection.on) ? walk(selection.set) : [];
      if (selection.kind !== 'spread' || seen.has(selection.name)) return [];
      seen.add(selection.name);
      const fragment = fragments.find(({ name }) => name === selection.name);
      return fragment && isOf(fragment.on) ? walk(fragment.set) : [];
    }),
  ];
  return walk(operation.set);
}
