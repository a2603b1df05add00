import type { ApolloClient } from '@apollo/client';
import type { Client } from '@urql/core';
import type { GraphQLClient } from 'graphql-request';

/** The session of examples/clients, which belongs to a project of its own: the compiler follows no import there. */
export interface Session {
  accessToken(): Promise<string>;
  renew(used: string): Promise<string>;
  signOut(): Promise<void>;
  fetch: typeof fetch;
}

const folder = new URL('../../../../examples/clients/', import.meta.url);
const load = <T>(name: string): Promise<T> => import(new URL(name, folder).href);

/** The clients of examples/clients. */
export const { createSession } = await load<{
  createSession(of: { url: string; userName: string; password: string }): Session;
}>('session.ts');
export const { createApolloClient } = await load<{ createApolloClient(url: string, of: Session): ApolloClient }>(
  'apollo-client.ts',
);
export const { createUrqlClient } = await load<{ createUrqlClient(url: string, of: Session): Client }>('urql.ts');
export const { createRequestClient } = await load<{ createRequestClient(url: string, of: Session): GraphQLClient }>(
  'graphql-request.ts',
);
