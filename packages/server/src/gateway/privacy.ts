import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type TypeNode,
  visit,
} from 'graphql';
import { LatchkeyError } from '../domain/errors.js';
import type { Fragments } from './document.js';
import { listRootFields, type OwnerOf, type RootField } from './root-fields.js';
import { listUses } from './split.js';

/**
 * Whether the upstream must not see the whole document: another operation of it asks for a field of ours or declares a
 * variable of a type of ours, or a fragment that nobody spreads has such a field. An editor sends its sign-in along.
 */
export function mentionsOurs(document: DocumentNode, fragments: Fragments, ownerOf: OwnerOf): boolean {
  // Each fragment is looked at once for all operations together: each by itself would take time by their product.
  const reached = new Set<string>();
  const walked = new Map<OperationTypeNode, Set<string>>();
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const { operation, selectionSet } = definition;
    if (inputOfOurs(definition, ownerOf) !== undefined) return true;
    const known = walked.get(operation) ?? new Set<string>();
    walked.set(operation, known);
    const roots = listRootFields(operation, selectionSet, fragments, ownerOf, known);
    if (roots.some(({ owner }) => owner === 'own')) return true;
    if (fragments.size > 0) listUses(definition, fragments, reached);
  }
  for (const fragment of fragments.values()) {
    if (!reached.has(fragment.name.value) && hasFieldOfOurs(fragment, ownerOf)) return true;
  }
  return false;
}

function hasFieldOfOurs(fragment: FragmentDefinitionNode, ownerOf: OwnerOf): boolean {
  let isFound = false;
  visit(fragment, {
    [Kind.FIELD]: ({ name }) => {
      isFound ||= ownerOf(OperationTypeNode.MUTATION, name.value) === 'own';
    },
  });
  return isFound;
}

/** The name of a variable that is of a type of ours. */
function inputOfOurs({ variableDefinitions }: OperationDefinitionNode, ownerOf: OwnerOf): string | undefined {
  const found = variableDefinitions?.find(({ type }) => ownerOf.isOwnInput(namedType(type)));
  return found?.variable.name.value;
}

function namedType(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type);
}

/**
 * What is to go to the upstream must have nothing in it that can only be meant for us: no variable of a type of ours,
 * and no sign-in in a query, which is what it is without the word "mutation". The upstream could only refuse it, and
 * would have the password. Throws GRAPHQL_VALIDATION_FAILED.
 */
export function assertNothingOfOurs(
  definition: OperationDefinitionNode,
  roots: readonly RootField[],
  ownerOf: OwnerOf,
): void {
  const variable = inputOfOurs(definition, ownerOf);
  if (variable !== undefined) {
    throw new LatchkeyError('GRAPHQL_VALIDATION_FAILED', {
      message: `The variable "$${variable}" is of a type of Latchkey's, but no field of Latchkey's in the operation uses it.`,
    });
  }
  const mistaken = roots.find(({ owner, node }) => owner === 'upstream' && isMeantForUs(node, ownerOf));
  if (mistaken) {
    throw new LatchkeyError('GRAPHQL_VALIDATION_FAILED', {
      message: `"${mistaken.name}" is a mutation: begin the operation with the word "mutation".`,
    });
  }
}

/** Both of our fields that take a credential take it in this argument. */
function isMeantForUs({ name, arguments: given }: RootField['node'], ownerOf: OwnerOf): boolean {
  const isOurs = ownerOf(OperationTypeNode.MUTATION, name.value) === 'own';
  return isOurs && given?.some((argument) => argument.name.value === 'credentials') === true;
}
