/**
 * Signs in when it must, keeps the tokens, and refreshes when the access token has expired. Nothing but fetch.
 *   LATCHKEY_URL=http://localhost:4000/graphql/ LATCHKEY_USER=… LATCHKEY_PASSWORD=… npx tsx sign-in.ts
 */
import { fileURLToPath } from 'node:url';

interface Tokens {
  accessToken: string;
  refreshToken: string;
}

interface GraphQLAnswer {
  data?: Record<string, unknown> | null;
  errors?: { message: string; extensions?: { code?: string } }[];
}

export interface ClientOptions {
  /** The GraphQL endpoint, such as http://localhost:4000/graphql/ */
  url: string;
  userName: string;
  password: string;
}

const SIGN_IN = `mutation signIn($credentials: SignInCredentials!) {
  signIn(credentials: $credentials) { accessToken refreshToken }
}`;
const REFRESH = `mutation signInRefresh($credentials: SignInRefreshCredentials!) {
  signInRefresh(credentials: $credentials) { accessToken refreshToken }
}`;

async function post(url: string, query: string, variables: object, accessToken?: string) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(accessToken && { Authorization: `Bearer ${accessToken}` }) },
    body: JSON.stringify({ query, variables }),
  }).catch((cause) => {
    throw new Error(`${url} cannot be reached: is it running there?`, { cause });
  });
  const answer = (await response.json().catch(() => {
    throw new Error(`${url} answered with HTTP ${response.status} and no JSON: is it a GraphQL endpoint?`);
  })) as GraphQLAnswer;
  return { status: response.status, ...answer };
}

/** The data of an answer without errors. */
function dataOf({ data, errors }: GraphQLAnswer): Record<string, unknown> {
  if (errors?.length) throw new Error(errors.map(({ message }) => message).join('\n'));
  return data ?? {};
}

const isExpired = ({ status, errors }: { status: number } & GraphQLAnswer) =>
  status === 401 && errors?.some(({ extensions }) => extensions?.code === 'TOKEN_EXPIRED') === true;

/**
 * A client that signs in at its first query.
 * @returns a function that runs an operation and returns its data; it throws an Error with the messages of the answer
 */
export function createClient({ url, userName, password }: ClientOptions) {
  // The promise is kept, not the tokens: queries that run at the same time share one sign-in and one refresh.
  let session: Promise<Tokens> | undefined;

  const signIn = async () => dataOf(await post(url, SIGN_IN, { credentials: { userName, password } })).signIn as Tokens;

  async function refresh({ refreshToken }: Tokens) {
    const answer = await post(url, REFRESH, { credentials: { refreshToken } });
    // The session has ended: it was idle for too long, or somebody ended it.
    if (answer.errors?.some(({ extensions }) => extensions?.code?.startsWith('REFRESH_TOKEN_'))) return signIn();
    return dataOf(answer).signInRefresh as Tokens;
  }

  function keep(next: Promise<Tokens>, otherwise?: Promise<Tokens>) {
    session = next;
    next.catch(() => {
      if (session === next) session = otherwise;
    });
    return next;
  }

  return async function query(document: string, variables: object = {}): Promise<Record<string, unknown>> {
    const used = session ?? keep(signIn());
    const tokens = await used;
    const answer = await post(url, document, variables, tokens.accessToken);
    if (!isExpired(answer)) return dataOf(answer);
    const renewed = session === used || !session ? keep(refresh(tokens), used) : session;
    return dataOf(await post(url, document, variables, (await renewed).accessToken));
  };
}

async function main() {
  const { LATCHKEY_URL: url = 'http://localhost:4000/graphql/', LATCHKEY_USER, LATCHKEY_PASSWORD } = process.env;
  if (!LATCHKEY_USER || !LATCHKEY_PASSWORD) {
    throw new Error('Put what you sign in with into LATCHKEY_USER and LATCHKEY_PASSWORD.');
  }
  const query = createClient({ url, userName: LATCHKEY_USER, password: LATCHKEY_PASSWORD });
  console.log(JSON.stringify(await query('{ companies(first: 3) { nodes { name country employees } } }')));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
