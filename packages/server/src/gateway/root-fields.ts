import { type FieldNode, Kind, type OperationTypeNode, type SelectionSetNode } from 'graphql';
import type { Fragments } from './document.js';

/** Who answers a field at the root: us, the API behind us, or either of the two (`__typename`). */
export type Owner = 'own' | 'introspection' | 'upstream' | 'either';

/** The names of our fields at the root, by operation type. */
export type OwnFields = Readonly<Record<OperationTypeNode, ReadonlySet<string>>>;

export interface OwnerOf {
  (operation: OperationTypeNode, field: string): Owner;
  /** Whether an input type of this name is ours. */
  isOwnInput(type: string): boolean;
}

/** Where there is no upstream, what is not ours is left to validation to refuse. */
export function createOwnerOf(
  ownFields: OwnFields,
  hasUpstream: boolean,
  ownInputs: ReadonlySet<string> = new Set(),
): OwnerOf {
  const ownerOf = (operation: OperationTypeNode, field: string): Owner => {
    if (field === '__typename') return 'either';
    if (field === '__schema' || field === '__type') return 'introspection';
    return !hasUpstream || ownFields[operation].has(field) ? 'own' : 'upstream';
  };
  return Object.assign(ownerOf, { isOwnInput: (type: string) => ownInputs.has(type) });
}

export interface RootField {
  readonly node: FieldNode;
  /** The key of the field in the answer. */
  readonly key: string;
  readonly name: string;
  readonly owner: Owner;
}

/**
 * The fields at the root in the order of the document, through all fragments. Each fragment is walked once,
 * as in execution (GraphQL §6.3.2): fragments that spread each other twice cost no more than their text.
 * Those in `visited` are left out, and what is walked is added.
 */
export function listRootFields(
  operation: OperationTypeNode,
  selectionSet: SelectionSetNode,
  fragments: Fragments,
  ownerOf: OwnerOf,
  visited = new Set<string>(),
): readonly RootField[] {
  const fields: RootField[] = [];

  function walk({ selections }: SelectionSetNode): void {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const name = selection.name.value;
        const key = selection.alias?.value ?? name;
        fields.push({ node: selection, key, name, owner: ownerOf(operation, name) });
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        walk(selection.selectionSet);
      } else if (!visited.has(selection.name.value)) {
        visited.add(selection.name.value);
        const fragment = fragments.get(selection.name.value);
        if (fragment) walk(fragment.selectionSet);
      }
    }
  }

  walk(selectionSet);
  return fields;
}
