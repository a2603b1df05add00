import type { AskOptions, TestAnswer } from '../harness.js';
import { run } from './process.js';

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** POSTs one operation and reads the answer. */
export async function ask(url: string, query: string, options: AskOptions = {}): Promise<TestAnswer> {
  const { token, headers, ...params } = options;
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: JSON.stringify({ query, ...params }),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

export async function signIn(url: string, credentials: { userName: string; password: string }): Promise<Tokens> {
  const query =
    'mutation ($of: SignInCredentials!) { signIn(credentials: $of) { accessToken refreshToken expiresIn scope } }';
  const { userName, password } = credentials;
  const { body } = await ask(url, query, { variables: { of: { userName, password } } });
  if (!body.data) throw new Error(`signIn: ${JSON.stringify(body)}`);
  return body.data.signIn;
}

export function refresh(url: string, refreshToken: string): Promise<TestAnswer> {
  const query =
    'mutation ($of: SignInRefreshCredentials!) { signInRefresh(credentials: $of) { accessToken refreshToken } }';
  return ask(url, query, { variables: { of: { refreshToken } } });
}

export function signOut(url: string, token: string): Promise<TestAnswer> {
  return ask(url, 'mutation { signOut { sessionsEnded } }', { token });
}

/** The code of the first error of an answer. */
export function codeOf({ body }: TestAnswer): string | undefined {
  return body.errors?.[0]?.extensions?.code;
}

/** Adds a user with a password made by the program, as an operator would; also while a server runs on the data. */
export async function addUser(data: string, userName: string): Promise<{ userName: string; password: string }> {
  const { stdout, stderr } = await run(['user', 'add', userName, '--generate', '--json'], { data });
  if (stderr) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** The claims of an access token. */
export function claimsOf(accessToken: string): { iat: number; exp: number; iss: string; sid: string } {
  return JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString());
}
