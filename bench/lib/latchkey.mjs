import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startProgram, temporaryDirectory } from './children.mjs';
import { head, post } from './load.mjs';

const bin = fileURLToPath(new URL('../../packages/server/dist/bin.cjs', import.meta.url));

export const path = '/graphql';
export const credentials = { userName: 'bench@latchkey.example', password: 'a long password for the bench' };
export const signInQuery =
  'mutation ($userName: String!, $password: String!) { signIn(credentials: { userName: $userName, password: $password }) { accessToken refreshToken } }';
export const refreshQuery =
  'mutation ($refreshToken: String!) { signInRefresh(credentials: { refreshToken: $refreshToken }) { accessToken refreshToken } }';

/** Whether the product is built; without it the bench measures the peers alone and says so. */
export const isBuilt = () => existsSync(bin);

/** A data directory with one user in it. */
export function dataDirectory() {
  const data = temporaryDirectory();
  addUser(['--data', data]);
  return data;
}

/** Adds the user of the bench; makes the store if there is none. @param {string[]} place flags that name the store */
export function addUser(place, env = {}) {
  execFileSync(process.execPath, [bin, 'user', 'add', credentials.userName, '--password-stdin', '--json', ...place], {
    input: credentials.password,
    stdio: ['pipe', 'ignore', 'inherit'],
    env: { ...process.env, ...env },
  });
}

/** The load comes from one caller, as fast as it can: what would hold that back is as wide as it goes. */
const oneCaller = { LATCHKEY_CALLER_RATE: '1000000', LATCHKEY_CALLER_BURST: '100000000' };

/**
 * Starts the product as a user would, except for the log, warnings only, as the peers log nothing, and for the rate of
 * one caller.
 * @param {string} upstream URL of the API behind it
 */
export function startLatchkey(upstream, data = dataDirectory()) {
  return startOn({ flags: ['--data', data], env: {} }, upstream);
}

/** Starts it on a store of `stores/`. @param {{ flags: string[], env: Record<string, string> }} store */
export function startOn({ flags, env }, upstream) {
  const args = [bin, 'serve', '--port', '0', ...flags, '--upstream', upstream, '--log-level', 'warn'];
  return startProgram('Latchkey', args, /http:\/\/[^\s:/]+:(\d+)\/graphql/, { env: { ...oneCaller, ...env } });
}

/** A module of the built product, to make what only it can make. @param {string} module its path below src, without .ts */
export function importBuilt(module) {
  return import(new URL(`../../packages/server/dist/${module}.js`, import.meta.url));
}

/** The chain of refreshes for the load generator: each answer's token is presented later. @param {string[]} tokens */
export function refreshChain(tokens) {
  const body = JSON.stringify({ query: refreshQuery, variables: { refreshToken: '|' } });
  const [before, after] = body.split('|');
  const chainHead = head('POST', path, { 'content-type': 'application/json' });
  return { head: chainHead, before, after, field: 'refreshToken', tokens };
}

/** Runs one operation. @returns its `data`; throws where there is none */
export async function ask(child, query, variables, token) {
  const response = await fetch(`http://127.0.0.1:${child.port}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...bearer(token) },
    body: JSON.stringify({ query, variables }),
  });
  const text = await response.text();
  const { data } = response.ok ? JSON.parse(text) : {};
  if (!data) throw new Error(`Latchkey answered ${response.status}: ${text.slice(0, 300)}`);
  return data;
}

/** As many sessions as are asked for, a few sign-ins at a time. */
export async function signIn(child, count) {
  const sessions = [];
  while (sessions.length < count) {
    const some = Array.from({ length: Math.min(4, count - sessions.length) }, () =>
      ask(child, signInQuery, credentials),
    );
    sessions.push(...(await Promise.all(some)).map((data) => data.signIn));
  }
  return sessions;
}

/** As many different access tokens as are asked for. They come from refreshes, which cost no password hash. */
export async function manyTokens(child, count) {
  const chains = (await signIn(child, 8)).map(async ({ refreshToken }) => {
    const tokens = [];
    while (tokens.length < count / 8) {
      const { signInRefresh } = await ask(child, refreshQuery, { refreshToken });
      tokens.push(signInRefresh.accessToken);
      refreshToken = signInRefresh.refreshToken;
    }
    return tokens;
  });
  return (await Promise.all(chains)).flat();
}

/**
 * So many tokens that none is seen again while the node remembers it: each costs it a check of the signature. They are
 * signed here, with the keys of the store.
 * @param {import('./children.mjs').Child} child a server on `data`
 */
export async function uniqueTokens(child, data, count) {
  const [{ loadConfig }, { openDomain }] = await Promise.all([importBuilt('config/load'), importBuilt('main')]);
  const publicUrl = `http://localhost:${child.port}`;
  const config = { ...loadConfig({}), data, publicUrl, port: child.port, logLevel: 'error' };
  const { domain, close } = await openDomain(config);
  const subject = { userId: 'bench', sessionId: 'x'.repeat(22), scope: '' };
  const tokens = [];
  while (tokens.length < count) {
    tokens.push(...(await Promise.all(Array.from({ length: 64 }, () => domain.accessTokens.issue(subject)))));
  }
  await close();
  return tokens;
}

/** Makes sure that the product asks for a token; a row about verified tokens would mean nothing otherwise. */
export async function mustRefuse(child, query) {
  const answer = await ask(child, query, {}, 'not-a-token').catch(() => 'refused');
  if (answer !== 'refused') throw new Error(`Latchkey answered ${query} to somebody without a good token`);
}

export const bearer = (token) => (token ? { authorization: `Bearer ${token}` } : {});

/** A whole request for one operation. */
export const operation = (query, variables, token) => post(path, JSON.stringify({ query, variables }), bearer(token));
