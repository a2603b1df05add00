import {
  type ASTNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  visit,
} from 'graphql';
import { LatchkeyError } from '../domain/errors.js';
import type { Fragments } from './document.js';

/** A selection at the root of one side, however often fragments repeat it. Far above what people write. */
const maxRootSelections = 1_000;

/**
 * The part of an operation whose root fields `keeps` says yes to, as a document of its own: with the
 * variables and fragments that this part uses and no others, so that nothing of the other part, a password
 * least of all, goes where it does not belong. Throws DOCUMENT_TOO_COMPLEX.
 */
export function extractPart(
  operation: OperationDefinitionNode,
  fragments: Fragments,
  keeps: (field: FieldNode) => boolean,
): DocumentNode {
  let selectionCount = 0;

  /** A fragment at the root may hold both kinds: it becomes an inline fragment with the one kind. */
  function filter({ selections }: SelectionSetNode, path: readonly string[]): SelectionSetNode {
    const kept: SelectionNode[] = [];
    for (const selection of selections) {
      if (++selectionCount > maxRootSelections) throw new LatchkeyError('DOCUMENT_TOO_COMPLEX');
      if (selection.kind === Kind.FIELD) {
        if (keeps(selection)) kept.push(selection);
        continue;
      }
      const inline = selection.kind === Kind.INLINE_FRAGMENT ? selection : inlined(selection.name.value, path);
      if (!inline) {
        kept.push(selection);
        continue;
      }
      const spread = selection.kind === Kind.FRAGMENT_SPREAD ? [...path, selection.name.value] : path;
      const selectionSet = filter(inline.selectionSet, spread);
      if (selectionSet.selections.length === 0) continue;
      const { typeCondition } = inline;
      const { directives = [] } = selection;
      kept.push({ kind: Kind.INLINE_FRAGMENT, directives, selectionSet, ...(typeCondition && { typeCondition }) });
    }
    return { kind: Kind.SELECTION_SET, selections: kept };
  }

  function inlined(name: string, path: readonly string[]) {
    // One that is not there, or is in itself, stays a spread: validation has a sentence for it (GraphQL §5.5.2).
    return path.includes(name) ? undefined : fragments.get(name);
  }

  const part = { ...operation, selectionSet: filter(operation.selectionSet, []) };
  const used = listUses(part, fragments);
  const all = listUses(operation, fragments);
  // What neither part uses stays, for validation to refuse (GraphQL §5.8.4).
  const isOfPart = (name: string) => used.variables.has(name) || !all.variables.has(name);
  const variableDefinitions = operation.variableDefinitions?.filter(({ variable }) => isOfPart(variable.name.value));
  const definitions: DefinitionNode[] = [{ ...part, variableDefinitions: variableDefinitions ?? [] }];
  for (const name of used.fragments) {
    const fragment = fragments.get(name);
    if (fragment) definitions.push(fragment);
  }
  return { kind: Kind.DOCUMENT, definitions };
}

/** The variables and fragments that an operation reaches. Fragments in `reached` are not looked into; others are added. */
export function listUses(operation: OperationDefinitionNode, fragments: Fragments, reached = new Set<string>()) {
  const variables = new Set<string>();

  function collect(node: ASTNode | undefined): void {
    if (!node) return;
    visit(node, {
      Variable: ({ name }) => {
        variables.add(name.value);
      },
      FragmentSpread: ({ name }) => {
        if (reached.has(name.value)) return;
        reached.add(name.value);
        collect(fragments.get(name.value));
      },
    });
  }

  collect(operation.selectionSet);
  for (const directive of operation.directives ?? []) collect(directive);
  return { variables, fragments: reached };
}
