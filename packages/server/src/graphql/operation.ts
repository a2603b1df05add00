import { type DocumentNode, Kind, type SelectionSetNode } from 'graphql';
import { type CountedOperation, createCountedOperation } from '../domain/usage/counted-operation.js';
import { type Fragments, findOperation, fragmentsOf } from '../gateway/document.js';

/** Fragments can double a count with each of them; more than this nobody needs to tell apart. */
export const maxFields = 1_000_000;

/** What there is to count about an operation of a document that was planned. */
export function describeOperation(document: DocumentNode, operationName: string | null): CountedOperation {
  const { name, selectionSet } = findOperation(document, operationName);
  return createCountedOperation(name?.value, countFields(fragmentsOf(document), selectionSet));
}

interface Part {
  /** Fields outside of fragments that have a name. */
  fields: number;
  readonly spreads: string[];
}

/**
 * Each fragment is looked at once. A chain of them can be longer than the stack, so they are taken from a list; one
 * that spreads itself, which the upstream will refuse, counts once.
 */
function countFields(fragments: Fragments, operation: SelectionSetNode): number {
  if (fragments.size === 0) return Math.min(partOf(operation).fields, maxFields);

  const parts = new Map<string, Part>();
  const totals = new Map<string, number>();
  const partOfFragment = (name: string): Part => {
    const known = parts.get(name);
    if (known) return known;
    const fragment = fragments.get(name);
    const part = fragment ? partOf(fragment.selectionSet) : { fields: 0, spreads: [] };
    parts.set(name, part);
    return part;
  };
  const sum = ({ fields, spreads }: Part) =>
    Math.min(
      spreads.reduce((all, name) => all + (totals.get(name) ?? 0), fields),
      maxFields,
    );

  const root = partOf(operation);
  const open = [...root.spreads];
  const isEntered = new Set<string>();
  for (let name = open.at(-1); name !== undefined; name = open.at(-1)) {
    const part = partOfFragment(name);
    if (isEntered.has(name)) {
      open.pop();
      if (!totals.has(name)) totals.set(name, sum(part));
    } else {
      isEntered.add(name);
      for (const spread of part.spreads) if (!isEntered.has(spread)) open.push(spread);
    }
  }
  return sum(root);
}

/** The nesting within one is bounded by the limit on depth. */
function partOf(selectionSet: SelectionSetNode, part: Part = { fields: 0, spreads: [] }): Part {
  for (const selection of selectionSet.selections) {
    if (selection.kind === Kind.FRAGMENT_SPREAD) part.spreads.push(selection.name.value);
    else {
      if (selection.kind === Kind.FIELD) part.fields++;
      if (selection.selectionSet) partOf(selection.selectionSet, part);
    }
  }
  return part;
}
