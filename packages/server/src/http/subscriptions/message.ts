import { validateMessage } from 'graphql-ws';
import { isShallow } from '../../lib/json-nesting.js';

/** Characters of an id that a caller may give an operation: all that run are kept. */
const maxIdLength = 1_000;

/** A message of a caller: the members that its type has are there. */
export interface Message {
  readonly type: string;
  readonly id: string;
  // biome-ignore lint/suspicious/noExplicitAny: validateMessage has looked at it
  readonly payload: any;
}

/** Undefined for what is no message of the protocol, or is nested so deeply that it could not be written again. */
export function readMessage(text: string): Message | undefined {
  if (!isShallow(text)) return undefined;
  try {
    const message = JSON.parse(text) as Message;
    // One that names its document has no query, which the protocol did not think of.
    const { type, payload } = message;
    const isNamed = type === 'subscribe' && payload instanceof Object && payload.query === undefined;
    validateMessage(isNamed && !Array.isArray(payload) ? { ...message, payload: { ...payload, query: '' } } : message);
    return message.type === 'subscribe' && message.id.length > maxIdLength ? undefined : message;
  } catch {
    return undefined;
  }
}
