export interface DemoGuide {
  /** The GraphQL endpoint. */
  readonly url: string;
  readonly userName: string;
  /** Undefined where the user was made at an earlier start. */
  readonly password: string | undefined;
  readonly data: string;
}

/** What the demo tells the person who started it. */
export function demoGuide({ url, userName, password, data }: DemoGuide): string {
  return `
The front door is open, and a sample API of companies is behind it.

  In a browser   ${url}
  User           ${userName}
  Password       ${password ? `${password}   (shown this once: keep it)` : passwordWasShown(data)}

Get a bearer token:

${signInCommand(url, userName, password ?? 'YOUR-PASSWORD')}

Ask the API with it (put the accessToken of the answer in place of TOKEN):

${queryCommand(url)}

Then leave the Authorization header out, and see the API refuse. In the browser you can do all of it too.
Ctrl+C stops the demo. Your own API: npx latchkey serve --upstream URL
`;
}

function passwordWasShown(data: string): string {
  return `shown when the user was made.
                 Lost it? Delete the folder ${data} and start again,
                 or add another user: npx latchkey user add EMAIL --data ${data}`;
}

/** The line of the page for callers, with host, user and password filled in. */
function signInCommand(url: string, userName: string, password: string): string {
  const query = `mutation signIn {signIn(credentials: { userName: "${userName}", password: "${password}" }) {accessToken refreshToken}}`;
  return `curl -s --location \\
'${url}' \\
--header 'Content-Type: application/json' \\
--data '${JSON.stringify({ query, variables: {} })}'`;
}

function queryCommand(url: string): string {
  const query = '{ companies(first: 3, filter: { industry: SOFTWARE }) { totalCount nodes { name city employees } } }';
  return `curl -s --location \\
'${url}' \\
--header 'Content-Type: application/json' \\
--header 'Authorization: Bearer TOKEN' \\
--data '${JSON.stringify({ query })}'`;
}
