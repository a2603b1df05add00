import { type DocumentNode, type FragmentDefinitionNode, Kind, type OperationDefinitionNode } from 'graphql';
import { LatchkeyError } from '../domain/errors.js';

/** The variables of a request. */
export type Variables = Readonly<Record<string, unknown>> | null;

export type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

/** GraphQL §6.1 GetOperation. Throws OPERATION_NOT_FOUND. */
export function findOperation(document: DocumentNode, operationName: string | null): OperationDefinitionNode {
  const operations = operationsOf(document);
  const named = operationName === null ? operations : operations.filter(({ name }) => name?.value === operationName);
  const [operation] = named;
  if (operation && named.length === 1) return operation;
  const names = operations.map(({ name }) => name?.value ?? '(without a name)').join(', ');
  throw new LatchkeyError('OPERATION_NOT_FOUND', {
    message:
      operations.length === 0
        ? 'The document has no operation.'
        : `The document has the operations ${names}, and "operationName" does not name one of them.`,
  });
}

/** The fragments of a document by their names. */
export function fragmentsOf(document: DocumentNode): Fragments {
  const fragments = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  return new Map(fragments.map((fragment) => [fragment.name.value, fragment]));
}

function operationsOf(document: DocumentNode): readonly OperationDefinitionNode[] {
  return document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
}
