/** What every server of the viewer row answers with: the size of an answer of Latchkey. */
export const viewer = { id: '01981f6e-5f0a-7c33-9a52-6d1f0e4b7c21', userName: 'bench@latchkey.example', scope: '' };

export const viewerSdl = /* GraphQL */ `
  type Query { viewer: Viewer! }
  type Viewer { id: ID! userName: String! scope: String! }
`;

export const viewerQuery = 'query { viewer { id userName scope } }';

/** The API behind the gate: one list of companies, 20 at a time. */
export const companiesSdl = /* GraphQL */ `
  type Query { companies(first: Int = 20, after: ID): [Company!]! }
  type Company { id: ID! name: String! country: String! employees: Int! }
`;

export const companiesQuery =
  'query Companies($first: Int, $after: ID) { companies(first: $first, after: $after) { id name country employees } }';

/** A thousand different pages. Callers want different things: a gate must not gain by merging equal requests. */
export const pages = Array.from({ length: 1000 }, (_, i) => ({ first: 20, after: `company-${i}` }));

export const companies = Array.from({ length: 20 }, (_, i) => ({
  id: `company-${1000 + i}`,
  name: `Company number ${i + 1} of the sample`,
  country: ['NL', 'DE', 'FR', 'IT', 'ES'][i % 5],
  employees: 10 + i * 37,
}));

/** The same list, 8 MB of it: no gate may need to hold that. */
export const largeQuery =
  'query Large($first: Int, $after: ID) { companies(first: $first, after: $after) { id name country employees } }';

export const largeBytes = 8 * 1024 * 1024;

/** The answer to it: `largeBytes` of JSON. */
export function largeAnswer() {
  const rows = [];
  for (let size = 0, i = 0; size < largeBytes - 300; i++) {
    const row = JSON.stringify({ ...companies[i % companies.length], id: `company-${1_000_000 + i}` });
    rows.push(row);
    size += row.length + 1;
  }
  const json = `{"data":{"companies":[${rows.join(',')}]}}`;
  return Buffer.from(json.padEnd(largeBytes, ' '));
}

/** An API with a subscription; each tick says when it was sent. */
export const tickSdl = /* GraphQL */ `
  type Query { hello: String }
  type Subscription { tick: Tick! }
  type Tick { at: Float! text: String! }
`;
