import { describe, expect, test } from 'vitest';
import { createStorage, withoutSecrets } from './storage.js';
import { welcome } from './welcome.js';

const password = 'correct horse battery';
const signIn = `mutation { signIn(credentials: { userName: "ada@example.com", password: "${password}" }) { accessToken } }`;
const companies = '{ companies(first: 2) { name } }';
const jwt = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2ln';

const tab = (query: string | null, more = {}) => ({
  id: '1',
  title: 'tab',
  query,
  variables: null,
  headers: null,
  ...more,
});
const tabState = (...tabs: object[]) => JSON.stringify({ tabs, activeTabIndex: 0 });

/** The tabs that are left of these in the browser's storage. */
const keptTabs = (...tabs: object[]) =>
  JSON.parse(withoutSecrets('graphiql:tabState', tabState(...tabs)) ?? 'null').tabs;

/** The part of the browser's Storage that is used, in memory: Node 20 has none. */
function memory(stored: Record<string, string> = {}): globalThis.Storage {
  const methods = {
    getItem: (key: string) => stored[key] ?? null,
    setItem: (key: string, value: string) => Object.assign(stored, { [key]: value }),
    removeItem: (key: string) => delete stored[key],
  };
  return Object.setPrototypeOf(stored, methods);
}

describe('a tab', () => {
  test('without a credential is kept as it is', () => {
    expect(keptTabs(tab(companies, { variables: '{"first":2}' }))).toMatchObject([
      { query: companies, variables: '{"first":2}' },
    ]);
  });

  test.each([
    ['a sign-in', signIn, null],
    [
      'a sign-in that is still being typed',
      `mutation { signIn(credentials: { userName: "ada", password: "${password}`,
      null,
    ],
    ['a password of the upstream', `mutation { setUser(newPassword: "${password}") }`, null],
    ['a refresh token', '{ refresh(with: "lk_rt_AAAA") }', null],
    ['an access token', `{ check(it: "${jwt}") }`, null],
    ['a password in the variables', 'mutation ($c: C!) { enter(with: $c) }', `{ "c": { "password": "${password}" } }`],
    [
      'a variable whose name says nothing',
      'mutation ($p: String!) { signIn(credentials: { p: $p }) }',
      `{"p":"${password}"}`,
    ],
  ])('with %s is kept as the sign-in that we offer, without variables', (_, query, variables) => {
    expect(keptTabs(tab(companies), tab(query, { variables }))).toMatchObject([
      { query: companies },
      { query: welcome, variables: null, title: 'signIn' },
    ]);
  });

  test('loses its headers, whatever is in them', () => {
    expect(keptTabs(tab(companies, { headers: '{"x-team":"blue"}' }))).toMatchObject([
      { query: companies, headers: null },
    ]);
  });

  test.each(['{ designInfos { id } }', '{ secretary { name } }', '{ all(after: "eyJpZCI6MX0=") { id } }'])(
    'that only looks a little like a credential is kept: %s',
    (query) => expect(keptTabs(tab(query))).toMatchObject([{ query }]),
  );
});

test.each(['queries', 'favorites'])('the history (%s) loses operations with credentials, and all headers', (name) => {
  const entries = [{ query: signIn }, { query: companies, headers: `{"Authorization":"Bearer ${jwt}"}` }];
  expect(withoutSecrets(`graphiql:${name}`, JSON.stringify({ [name]: entries }))).toBe(
    JSON.stringify({ [name]: [{ query: companies }] }),
  );
});

test('a value that may not be kept takes the one stored before it away', () => {
  const browser = memory({ 'graphiql:headers': '{}', 'graphiql:note': 'hello' });
  const storage = createStorage(browser);
  storage.setItem('graphiql:headers', `{"Authorization":"Bearer ${jwt}"}`);
  storage.setItem('graphiql:note', jwt);
  expect({ ...browser }).toEqual({});
});

test('settings are kept', () => {
  const browser = memory();
  createStorage(browser).setItem('graphiql:theme', 'dark');
  expect({ ...browser }).toEqual({ 'graphiql:theme': 'dark' });
});

test('the open editors are read from the open tab, and not stored a second time', () => {
  const browser = memory();
  const storage = createStorage(browser);
  storage.setItem('graphiql:query', companies);
  storage.setItem('graphiql:variables', '{"first":2}');
  expect({ ...browser }).toEqual({});
  storage.setItem('graphiql:tabState', tabState(tab(companies, { variables: '{"first":2}' })));
  expect([storage.getItem('graphiql:query'), storage.getItem('graphiql:variables')]).toEqual([
    companies,
    '{"first":2}',
  ]);
});

test('damaged tabs in the browser do not stop the IDE', () => {
  expect(createStorage(memory({ 'graphiql:tabState': '{"tabs' })).getItem('graphiql:query')).toBeNull();
});

test('clearing takes away what is ours and nothing else', () => {
  const browser = memory({ 'graphiql:theme': 'dark', 'graphiql:editorFlex': '1', other: 'stays' });
  const storage = createStorage(browser);
  expect(storage.length).toBe(2);
  storage.clear();
  expect({ ...browser }).toEqual({ other: 'stays' });
});
