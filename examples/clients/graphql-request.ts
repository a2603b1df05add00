/** graphql-request before a Latchkey: the session sends for it. */
import { GraphQLClient } from 'graphql-request';
import type { Session } from './session.ts';

export function createRequestClient(url: string, session: Session): GraphQLClient {
  return new GraphQLClient(url, { fetch: session.fetch });
}
