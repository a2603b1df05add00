import type { Storage } from '@graphiql/toolkit';
import { welcome } from './welcome.js';

/** What GraphiQL keeps of a tab or of an operation in the history. */
type Saved = { query?: string | null; variables?: string | null; headers?: string | null };

// Names rather than values: while a password is being typed, its argument's name already stands before it.
const credentialName =
  /\bsignIn|passw|passphrase|secret(?!ar)|(access|refresh)_?token|api_?key|one_?time_?code|\bbearer\s|lk_rt_/i;
// Two parts of a JWT, since one part alone, base64 of JSON, is what many APIs use as a paging cursor.
const jwt = /eyJ[\w-]+\.eyJ/;

const isSecret = (text: string) => credentialName.test(text) || jwt.test(text);

// Query and variables are judged together: `{ "p": "…" }` is a secret where the query hands $p to signIn.
const holdsSecret = ({ headers: _, ...rest }: Saved) => isSecret(Object.values(rest).join('\n'));

// After a reload there is no token any more, so the sign-in is what the owner of such a tab needs next.
const signInTab = { query: welcome, variables: null, title: 'signIn', operationName: 'signIn' };

function cleanTabs(value: string): string {
  const state: { tabs: Saved[] } = JSON.parse(value);
  const tabs = state.tabs.map((tab) => ({ ...tab, ...(holdsSecret(tab) && signInTab), headers: null, response: null }));
  return JSON.stringify({ ...state, tabs });
}

function cleanHistory(value: string, name: string): string {
  const history: Record<string, Saved[]> = JSON.parse(value);
  const kept = (history[name] ?? []).filter((entry) => !holdsSecret(entry));
  return JSON.stringify({ [name]: kept.map(({ headers: _, ...entry }) => entry) });
}

/** The part of a GraphiQL value that may be kept under its key, or null where nothing of it may. */
export function withoutSecrets(key: string, value: string): string | null {
  const name = key.replace(/^graphiql:/, '');
  switch (name) {
    case 'tabState':
      return cleanTabs(value);
    case 'queries':
    case 'favorites':
      return cleanHistory(value, name);
    case 'headers':
    case 'query':
    case 'variables':
      return null; // copies of the open tab, each without the other that tells whether it is secret
    default:
      return isSecret(value) ? null : value;
  }
}

/** The stored tab that was open last, for the copies of it that are not stored. */
function openTab(browser: globalThis.Storage): Saved {
  try {
    const state = JSON.parse(browser.getItem('graphiql:tabState') ?? '{}');
    return state.tabs[state.activeTabIndex] ?? {};
  } catch {
    return {}; // nothing stored, or not by us: GraphiQL starts afresh too
  }
}

/**
 * Storage for GraphiQL that lets tabs, history and settings through to the browser's, but no credential and no header.
 * Where a value may not be kept, the one stored before it is removed.
 */
export function createStorage(browser: globalThis.Storage): Storage {
  const keys = () => Object.keys(browser).filter((key) => key.startsWith('graphiql:'));
  const removeItem = (key: string) => browser.removeItem(key);
  return {
    getItem(key) {
      if (key === 'graphiql:query') return openTab(browser).query ?? null;
      if (key === 'graphiql:variables') return openTab(browser).variables ?? null;
      return browser.getItem(key);
    },
    setItem(key, value) {
      const kept = withoutSecrets(key, value);
      if (kept === null) removeItem(key);
      else browser.setItem(key, kept);
    },
    removeItem,
    clear: () => keys().forEach(removeItem),
    get length() {
      return keys().length;
    },
  };
}
