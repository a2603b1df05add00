import { expect, test } from 'vitest';
import { demoGuide } from './demo-guide.js';

const guide = { url: 'http://localhost:4000/graphql/', userName: 'demo@example.com', data: './latchkey-data' };

test('the guide has the line of the page for callers, with host, user and password filled in', () => {
  expect(demoGuide({ ...guide, password: 'abc234' })).toContain(
    String.raw`curl -s --location \
'http://localhost:4000/graphql/' \
--header 'Content-Type: application/json' \
--data '{"query":"mutation signIn {signIn(credentials: { userName: \"demo@example.com\", password: \"abc234\" }) {accessToken refreshToken}}","variables":{}}'
`,
  );
});

test('a later start says that the password was shown, and the ways to another', () => {
  const text = demoGuide({ ...guide, password: undefined });
  expect(text).toContain('Delete the folder ./latchkey-data');
  expect(text).toContain('npx latchkey user add EMAIL --data ./latchkey-data');
  expect(text).toContain('YOUR-PASSWORD');
});
