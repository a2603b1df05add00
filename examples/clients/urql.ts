/** urql before a Latchkey: its exchanges stay as they are, and the session sends for them. */
import { Client, cacheExchange, fetchExchange } from '@urql/core';
import type { Session } from './session.ts';

export function createUrqlClient(url: string, session: Session): Client {
  return new Client({
    url,
    exchanges: [cacheExchange, fetchExchange],
    // A document in an address ends up in logs.
    preferGetMethod: false,
    fetch: session.fetch,
  });
}
