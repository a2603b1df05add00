import type { Params } from '../graphql/params.js';
import type { GraphqlEndpoint, Operation } from './call.js';

export type Found = Pick<Operation, 'prepared' | 'isDoorOpen'>;

/**
 * What is to be known of an operation, and whether the door was open then. In one turn: what is found out while it is shut
 * says nothing of what may be done when it is open. Throws as `prepare` does.
 */
export function prepareNow({ door, preparer }: GraphqlEndpoint, { query, operationName }: Params): Found {
  return { isDoorOpen: door.isOpen, prepared: preparer.prepare(query, operationName) };
}

/** Whether more will be known of it once the door is open, which is worth waiting for. */
export function mustWait({ isDoorOpen, prepared }: Found): boolean {
  return !isDoorOpen && prepared.plan.kind !== 'own';
}
