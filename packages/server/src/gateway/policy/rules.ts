import type { Rule } from '../../config/settings/policy.js';

export type { Rule };

/** From patterns of schema coordinates, such as Query.companies, Query.*, *.salary or Company, to rules. */
export type Rules = Readonly<Record<string, Rule>>;

/** A pattern taken apart; without a field it is about a type. */
export interface Pattern {
  readonly text: string;
  readonly type: Part;
  readonly field: Part | undefined;
  readonly rule: Rule;
}

/** A name, or one with * for any letters. */
interface Part {
  readonly isExact: boolean;
  /** Letters that are not *: the more, the narrower. */
  readonly letters: number;
  matches(name: string): boolean;
}

export function parseRules(rules: Rules): readonly Pattern[] {
  return Object.entries(rules).map(([text, rule]) => {
    const [type = '', field] = text.split('.');
    return { text, type: partOf(type), field: field === undefined ? undefined : partOf(field), rule };
  });
}

function partOf(text: string): Part {
  const letters = text.replaceAll('*', '').length;
  if (letters === text.length) return { isExact: true, letters, matches: (name) => name === text };
  const pattern = new RegExp(`^${text.replace(/\*+/g, '.*')}$`);
  return { isExact: false, letters, matches: (name) => pattern.test(name) };
}

/** The rules that decide about a field. `types` are the names that its type goes by. */
export function rulesOfField(patterns: readonly Pattern[], types: readonly string[], field: string): readonly Rule[] {
  return narrowest(
    patterns.filter((each) => each.field?.matches(field) && types.some((type) => each.type.matches(type))),
  );
}

/** The rules that decide about a type. */
export function rulesOfType(patterns: readonly Pattern[], types: readonly string[]): readonly Rule[] {
  return narrowest(patterns.filter((each) => !each.field && types.some((type) => each.type.matches(type))));
}

/**
 * The most specific of the patterns that match: the one with more whole names, then the one with more letters
 * beside *. Type.* and *.field are equal, whatever their letters: both hold, and so do any other two that are.
 */
function narrowest(patterns: readonly Pattern[]): readonly Rule[] {
  const mostExact = Math.max(...patterns.map(exactParts));
  const exact = patterns.filter((pattern) => exactParts(pattern) === mostExact);
  const winners = exact.filter(
    (pattern) => !exact.some((other) => isSameKind(pattern, other) && letters(other) > letters(pattern)),
  );
  return winners.map(({ rule }) => rule);
}

function exactParts({ type, field }: Pattern): number {
  return Number(type.isExact) + Number(field?.isExact ?? false);
}

function isSameKind(a: Pattern, b: Pattern): boolean {
  return a.type.isExact === b.type.isExact;
}

function letters({ type, field }: Pattern): number {
  return type.letters + (field?.letters ?? 0);
}
