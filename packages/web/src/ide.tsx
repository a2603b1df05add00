import { pick, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { GraphiQL } from 'graphiql';
import { useEffect, useRef } from 'react';
import { fetcher } from './fetcher.js';
import { createStorage } from './storage.js';
import { accessToken } from './token.js';
import { welcome } from './welcome.js';

/** Callers without a token see little of the schema: it is fetched again as soon as there is a new token. */
function SchemaFollowsToken() {
  const headerEditor = useGraphiQL((state) => state.headerEditor);
  const { introspect } = useGraphiQLActions();
  const used = useRef<string>(undefined);

  useEffect(() => {
    const watch = headerEditor?.onDidChangeModelContent(() => {
      const token = accessToken(headerEditor.getValue());
      if (!token || token === used.current) return;
      used.current = token;
      introspect();
    });
    return () => watch?.dispose();
  }, [headerEditor, introspect]);
  return null;
}

/** GraphiQL gives a new tab no headers. Its owner is still signed in, so it gets those of the tab before. */
function HeadersFollowTabs() {
  const { headerEditor, tabs, activeTabIndex } = useGraphiQL(pick('headerEditor', 'tabs', 'activeTabIndex'));
  const before = useRef({ count: tabs.length, headers: '' });

  useEffect(() => {
    const opened = tabs.length > before.current.count;
    if (opened && !tabs[activeTabIndex]?.headers) headerEditor?.setValue(before.current.headers);
    before.current = { count: tabs.length, headers: headerEditor?.getValue() ?? '' };
  }, [headerEditor, tabs, activeTabIndex]);
  return null;
}

/** GraphiQL's own colors follow the system; its editors have to be told. */
function EditorsFollowSystem() {
  const theme = useGraphiQL((state) => state.theme);
  const { setTheme } = useGraphiQLActions();

  useEffect(() => {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const follow = () => setTheme(theme);
    dark.addEventListener('change', follow);
    return () => dark.removeEventListener('change', follow);
  }, [theme, setTheme]);
  return null;
}

/** A token is one word to whoever double-clicks it in the answer, and the empty Headers tab shows where it goes. */
function EditorsKnowTokens() {
  const { headerEditor, responseEditor } = useGraphiQL(pick('headerEditor', 'responseEditor'));

  useEffect(() => {
    responseEditor?.updateOptions({ wordSeparators: '"{}[]:,' });
    headerEditor?.updateOptions({ placeholder: '{ "Authorization": "Bearer <accessToken>" }', wordWrap: 'on' });
  }, [headerEditor, responseEditor]);
  return null;
}

const storage = createStorage(localStorage);
const query = new URLSearchParams(location.search).get('query');

/** The IDE, talking to the endpoint that it was loaded from. `?query=` in the address opens a tab with it. */
export function Ide() {
  return (
    <GraphiQL
      fetcher={fetcher}
      storage={storage}
      defaultQuery={welcome}
      {...(query && { initialQuery: query, initialVariables: '' })}
      isHeadersEditorEnabled
      shouldPersistHeaders={false}
      defaultEditorToolsVisibility="headers"
    >
      <GraphiQL.Logo>Latchkey</GraphiQL.Logo>
      <SchemaFollowsToken />
      <HeadersFollowTabs />
      <EditorsFollowSystem />
      <EditorsKnowTokens />
    </GraphiQL>
  );
}
