/** Apollo Client 4 before a Latchkey: a token in each request, and one refresh when it has expired. */
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache } from '@apollo/client';
import { SetContextLink } from '@apollo/client/link/context';
import { ErrorLink } from '@apollo/client/link/error';
import { from, switchMap } from 'rxjs';
import type { Session } from './session.ts';

export function createApolloClient(url: string, session: Session): ApolloClient {
  const withToken = new SetContextLink(async ({ headers }) => {
    const accessToken = await session.accessToken();
    return { accessToken, headers: { ...headers, authorization: `Bearer ${accessToken}` } };
  });
  const renewing = new ErrorLink(({ error, operation, forward }) => {
    if (!CombinedGraphQLErrors.is(error) || error.errors[0]?.extensions?.code !== 'TOKEN_EXPIRED') return;
    // What comes after this link runs again, and asks the session for its new token.
    return from(session.renew(operation.getContext().accessToken)).pipe(switchMap(() => forward(operation)));
  });
  return new ApolloClient({
    link: ApolloLink.from([renewing, withToken, new HttpLink({ uri: url })]),
    cache: new InMemoryCache(),
  });
}
