/**
 * A session for any GraphQL client: signs in when a token is wanted, and refreshes once however many requests find at
 * the same time that it has expired. Nothing but fetch.
 */
interface Tokens {
  accessToken: string;
  refreshToken: string;
}

interface Answer {
  data?: Record<string, unknown> | null;
  errors?: { message: string; extensions?: { code?: string } }[];
}

export interface Session {
  /** The access token, after a sign-in if there is none. */
  accessToken(): Promise<string>;
  /** The next access token, for a request that was refused with `used`. */
  renew(used: string): Promise<string>;
  /** Ends the session; the next request begins another. */
  signOut(): Promise<void>;
  /** fetch with the access token, which refreshes and sends again where that has expired. */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
}

export interface SessionOptions {
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

/** Whether an answer says that a refresh helps. Any other 401 asks for a new sign-in. */
export async function isExpired(response: Response): Promise<boolean> {
  if (response.status !== 401) return false;
  const { errors } = (await response.clone().json()) as Answer;
  return errors?.[0]?.extensions?.code === 'TOKEN_EXPIRED';
}

export function createSession({ url, userName, password }: SessionOptions): Session {
  // The promise is kept, not the tokens: requests that run at the same time share one sign-in and one refresh.
  let tokens: Promise<Tokens> | undefined;

  async function ask(query: string, credentials?: object, accessToken?: string) {
    const authorization = accessToken && { authorization: `Bearer ${accessToken}` };
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...authorization },
      body: JSON.stringify({ query, variables: { credentials } }),
    });
    const { data, errors } = (await response.json()) as Answer;
    return { data: data ?? {}, error: errors?.[0] };
  }

  async function signIn(): Promise<Tokens> {
    const { data, error } = await ask(SIGN_IN, { userName, password });
    if (error) throw new Error(error.message);
    return data.signIn as Tokens;
  }

  async function refresh({ refreshToken }: Tokens): Promise<Tokens> {
    const { data, error } = await ask(REFRESH, { refreshToken });
    // The session has ended: it was idle for too long, or somebody ended it.
    if (error?.extensions?.code?.startsWith('REFRESH_TOKEN_')) return signIn();
    if (error) throw new Error(error.message);
    return data.signInRefresh as Tokens;
  }

  function keep(next: Promise<Tokens>, otherwise?: Promise<Tokens>): Promise<Tokens> {
    tokens = next;
    next.catch(() => {
      if (tokens === next) tokens = otherwise;
    });
    return next;
  }

  const session: Session = {
    async accessToken() {
      return (await (tokens ?? keep(signIn()))).accessToken;
    },
    async renew(used) {
      const held = tokens ?? keep(signIn());
      const current = await held;
      if (current.accessToken !== used) return current.accessToken;
      const next = tokens === held || !tokens ? keep(refresh(current), held) : tokens;
      return (await next).accessToken;
    },
    async signOut() {
      const held = await tokens;
      tokens = undefined;
      if (held) await ask('mutation { signOut { sessionsEnded } }', undefined, held.accessToken);
    },
    async fetch(input, init) {
      const send = (accessToken: string) => {
        const headers = new Headers(init?.headers);
        headers.set('authorization', `Bearer ${accessToken}`);
        return fetch(input, { ...init, headers });
      };
      const accessToken = await session.accessToken();
      const response = await send(accessToken);
      return (await isExpired(response)) ? send(await session.renew(accessToken)) : response;
    },
  };
  return session;
}
