import type { Fetcher, FetcherOpts, FetcherParams } from '@graphiql/toolkit';
import { getOperationAST, parse } from 'graphql';
import { subscribe } from './subscriptions.js';

const failure = (message: string) => ({ errors: [{ message }] });

/**
 * GraphiQL learns the name of the operation a moment after the text has changed. A name that the text does not have is
 * that of the text before: who pastes and runs at once would be told that there is no such operation.
 */
function withoutStaleName({ operationName, ...params }: FetcherParams): FetcherParams {
  const isThere = operationName && new RegExp(`\\b${operationName}\\b`).test(params.query);
  return isThere ? { ...params, operationName } : params;
}

function post(params: FetcherParams, options: FetcherOpts | undefined) {
  return fetch(location.pathname, {
    method: 'POST',
    headers: {
      accept: 'application/graphql-response+json, application/json',
      'content-type': 'application/json',
      ...options?.headers,
    },
    body: JSON.stringify(withoutStaleName(params)),
  });
}

/**
 * Sends one operation to the page's own path, which is the endpoint, and returns the JSON of the answer.
 * A refusal (401, 403, …) is returned like any other answer, so that its reader sees the code and what to do.
 * Never throws: where there is no JSON to show, it returns an error that says why.
 */
const ask = async (params: FetcherParams, options: FetcherOpts | undefined) => {
  try {
    const response = await post(params, options);
    const text = await response.text();
    try {
      return JSON.parse(text);
    } catch {
      return failure(`The server answered ${response.status} ${response.statusText} without JSON. Look into its log.`);
    }
  } catch (error) {
    // No answer at all, or a header that fetch refuses to send; the browser's own words tell which.
    return failure(`The request did not get through: ${error instanceof Error ? error.message : String(error)}`);
  }
};

/** Runs an operation of any kind: a subscription over a WebSocket, anything else over HTTP. */
export const fetcher: Fetcher = (params, options) => {
  const named = withoutStaleName(params);
  return isSubscription(named) ? subscribe(named, options?.headers) : ask(params, options);
};

/** Read from the text itself: the document that GraphiQL hands over may be the one before, as its name may be. */
function isSubscription({ query, operationName }: FetcherParams): boolean {
  if (!query.includes('subscription')) return false;
  try {
    return getOperationAST(parse(query), operationName)?.operation === 'subscription';
  } catch {
    return false; // The server says what is wrong with it.
  }
}
