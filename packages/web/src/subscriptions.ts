import type { Fetcher, FetcherParams, FetcherResult } from '@graphiql/toolkit';
import { createClient } from 'graphql-ws';

const authorization = /^authori[sz]ation$/i;

interface Observer {
  next(value: FetcherResult): void;
  error(error: unknown): void;
  complete(): void;
}

/** What the page can say about a connection that the server has closed: its reason is a code. */
const reasons: Readonly<Record<string, string>> = {
  UNAUTHENTICATED: 'The access token in the Headers tab is not a good one. Sign in, and run it again.',
  TOKEN_EXPIRED:
    'The access token has expired. Run signInRefresh, put the new one into the Headers tab, and run it again.',
  TOKEN_REVOKED: 'The session of this access token has ended. Sign in again.',
  GOING_AWAY: 'The server is stopping. Run it again in a moment.',
};

/**
 * A subscription over a WebSocket of its own at the page's own address, with the token of the Headers tab: a browser
 * sends no header of ours with it, so connection_init carries it. Ends with errors to be read like any other answer.
 */
export function subscribe(params: FetcherParams, headers: Readonly<Record<string, unknown>> = {}): ReturnType<Fetcher> {
  const observable = {
    subscribe(observer: Observer) {
      const token = Object.entries(headers).find(([name]) => authorization.test(name))?.[1];
      const client = createClient({
        url: location.origin.replace(/^http/, 'ws') + location.pathname,
        retryAttempts: 0,
        ...(token !== undefined && { connectionParams: { Authorization: token } }),
      });
      const stop = client.subscribe(params as Parameters<typeof client.subscribe>[0], {
        next: (value) => observer.next(value as FetcherResult),
        error(failure) {
          observer.next({ errors: errorsOf(failure) } as FetcherResult);
          observer.complete();
        },
        complete: () => observer.complete(),
      });
      return {
        unsubscribe() {
          stop();
          void client.dispose();
        },
      };
    },
  };
  // Of the ways to call it that its type has, GraphiQL uses this one.
  return observable as ReturnType<Fetcher>;
}

function errorsOf(failure: unknown): readonly { readonly message: string }[] {
  if (Array.isArray(failure)) return failure;
  const { code, reason = '', message } = failure as Partial<CloseEvent & Error>;
  if (reason in reasons) return [{ message: reasons[reason] as string, extensions: { code: reason } } as never];
  return [{ message: `The connection was lost: ${reason || message || `close code ${code ?? 'unknown'}`}.` }];
}
