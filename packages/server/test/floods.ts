/** Stands in the floods, and must not stand in an answer or in the log. */
export const secret = 'correct-horse-battery-9f2c';
const credentials = `credentials: { userName: "ada@example.com", password: "${secret}" }`;

export const repeat = (count: number, item: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => item(i)).join(' ');
export const nested = (count: number, open: string, middle: string, close: string) =>
  open.repeat(count) + middle + close.repeat(count);

/** What is refused by a limit, with the status and the code, in less than 100 ms. */
export const floods: Record<string, [body: object, status: number, code: string]> = {
  '1,000 aliased signIn': [
    {
      query: `mutation ($c: SignInCredentials!) { ${repeat(1_000, (i) => `a${i}: signIn(credentials: $c) { scope }`)} }`,
    },
    400,
    'DOCUMENT_TOO_LARGE',
  ],
  '700 aliased signIn, which are few enough tokens': [
    {
      query: `mutation ($c: SignInCredentials!) { ${repeat(700, (i) => `a${i}: signIn(credentials: $c) { scope }`)} }`,
    },
    400,
    'DOCUMENT_TOO_COMPLEX',
  ],
  '90 aliased signIn, which are few enough aliases': [
    {
      query: `mutation ($c: SignInCredentials!) { ${repeat(90, (i) => `a${i}: signIn(credentials: $c) { scope }`)} }`,
    },
    400,
    'ONE_CREDENTIAL_FIELD',
  ],
  'aliased signIn in a fragment': [
    {
      query: `mutation { ...F } fragment F on Mutation { ${repeat(90, (i) => `a${i}: signIn(${credentials}) { scope }`)} }`,
    },
    400,
    'ONE_CREDENTIAL_FIELD',
  ],
  'a signIn in each of 90 fragments': [
    {
      query: `mutation { ${repeat(90, (i) => `...F${i}`)} } ${repeat(90, (i) => `fragment F${i} on Mutation { a${i}: signIn(${credentials}) { scope } }`)}`,
    },
    400,
    'ONE_CREDENTIAL_FIELD',
  ],
  'a signIn and a signInRefresh': [
    {
      query: `mutation { signIn(${credentials}) { scope } signInRefresh(credentials: { refreshToken: "${secret}" }) { scope } }`,
    },
    400,
    'ONE_CREDENTIAL_FIELD',
  ],
  'selections 1,000 deep': [{ query: nested(1_000, '{ viewer ', '{ id }', '}') }, 400, 'DOCUMENT_TOO_DEEP'],
  'inline fragments 1,000 deep': [
    { query: `{ ${nested(1_000, '... {', 'viewer { id }', '}')} }` },
    400,
    'DOCUMENT_TOO_DEEP',
  ],
  'a list 1,000 deep': [{ query: `{ hello(x: ${nested(1_000, '[', '1', ']')}) }` }, 400, 'DOCUMENT_TOO_DEEP'],
  'an object 1,000 deep': [{ query: `{ hello(x: ${nested(1_000, '{ a: ', '1', '}')}) }` }, 400, 'DOCUMENT_TOO_DEEP'],
  'a type 1,000 deep': [{ query: `query ($x: ${nested(1_000, '[', 'Int', ']')}) { hello }` }, 400, 'DOCUMENT_TOO_DEEP'],
  '300,000 opening braces': [{ query: '{'.repeat(300_000) }, 400, 'DOCUMENT_TOO_DEEP'],
  '100,000 tokens': [{ query: `{ ${'hello '.repeat(100_000)} }` }, 400, 'DOCUMENT_TOO_LARGE'],
  '100,000 tokens that end in the middle': [{ query: `{ ${'id '.repeat(100_000)}` }, 400, 'DOCUMENT_TOO_LARGE'],
  'a comment of 900 KB': [{ query: `# ${'x'.repeat(900_000)}` }, 400, 'GRAPHQL_PARSE_FAILED'],
  '5,000 times one field': [{ query: `{ viewer { ${'id '.repeat(5_000)} } }` }, 400, 'DOCUMENT_TOO_COMPLEX'],
  '1,500 times one field at the root': [
    { query: `{ ${'viewer { id } '.repeat(1_500)} }` },
    400,
    'DOCUMENT_TOO_COMPLEX',
  ],
  '3,000 fields in a split': [
    { query: `{ viewer { id } ${repeat(3_000, (i) => `a${i}: hello`)} }` },
    400,
    'DOCUMENT_TOO_COMPLEX',
  ],
  'fragments that double at the root': [
    {
      query: `{ ...F0 } ${repeat(40, (i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`)} fragment F40 on Query { viewer { id } }`,
    },
    400,
    'DOCUMENT_TOO_COMPLEX',
  ],
  'fragments that double at the root of a split': [
    {
      query: `{ ...F0 } ${repeat(40, (i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`)} fragment F40 on Query { viewer { id } hello }`,
    },
    400,
    'DOCUMENT_TOO_COMPLEX',
  ],
  'fragments that triple below the root': [
    {
      query: `{ viewer { ...F0 } } ${repeat(40, (i) => `fragment F${i} on Viewer { ${`...F${i + 1} `.repeat(3)} }`)} fragment F40 on Viewer { id }`,
    },
    400,
    'DOCUMENT_TOO_COMPLEX',
  ],
  'a fragment in itself at the root': [
    { query: '{ ...F } fragment F on Query { viewer { id } ...F }' },
    400,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  'a circle of 30 fragments at the root': [
    { query: `{ viewer { id } ...F0 } ${repeat(30, (i) => `fragment F${i} on Query { ...F${(i + 1) % 30} }`)}` },
    400,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  'a circle of 30 fragments below the root': [
    { query: `{ viewer { ...F0 } } ${repeat(30, (i) => `fragment F${i} on Viewer { id ...F${(i + 1) % 30} }`)}` },
    400,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  'nine fragments that each spread all others': [
    {
      query: `{ viewer { ...F0 } } ${repeat(9, (i) => `fragment F${i} on Viewer { id ${repeat(9, (j) => `...F${j}`)} }`)}`,
    },
    400,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  '1,400 directives on a field': [
    { query: `{ viewer ${'@skip(if: false) '.repeat(1_400)} { id } }` },
    400,
    'DOCUMENT_TOO_COMPLEX',
  ],
  '4,500 directives that nobody knows': [
    { query: `{ viewer { id ${'@a '.repeat(4_500)} } }` },
    400,
    'DOCUMENT_TOO_COMPLEX',
  ],
  '4,500 directives on an operation': [
    { query: `query ${'@a '.repeat(4_500)} { viewer { id } }` },
    400,
    'DOCUMENT_TOO_COMPLEX',
  ],
  '10,000 aliases of the upstream, in a fragment that is spread often': [
    {
      query: `{ ${repeat(100, (i) => `r${i} { ...F }`)} } fragment F on A { ${repeat(100, (i) => `a${i}: b`)} }`,
    },
    400,
    'DOCUMENT_TOO_COMPLEX',
  ],
  'fragments of the upstream that double': [
    {
      query: `{ a { ...F0 } } ${repeat(900, (i) => `fragment F${i} on A { ...F${i + 1} ...F${i + 1} }`)} fragment F900 on A { x: b }`,
    },
    400,
    'DOCUMENT_TOO_DEEP',
  ],
  'few fragments of the upstream that double': [
    {
      query: `{ a { ...F0 } } ${repeat(40, (i) => `fragment F${i} on A { ...F${i + 1} ...F${i + 1} }`)} fragment F40 on A { x: b }`,
    },
    400,
    'DOCUMENT_TOO_COMPLEX',
  ],
  'selections of the upstream that are 1,000 deep through fragments': [
    {
      query: `{ a { ...F0 } } ${repeat(600, (i) => `fragment F${i} on A { a { a { ...F${i + 1} } } }`)} fragment F600 on A { b }`,
    },
    400,
    'DOCUMENT_TOO_DEEP',
  ],
  '1,500 variables': [
    { query: `query (${repeat(1_500, (i) => `$v${i}: Int`)}) { viewer { id } }` },
    400,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  '2,000 times one variable': [
    { query: `query (${'$v: Int '.repeat(2_000)}) { viewer { id } }` },
    400,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  '2,500 times one argument': [
    { query: `mutation { signOut(${'everywhere: false '.repeat(2_500)}) { sessionsEnded } }` },
    400,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  '1,500 operations': [{ query: repeat(1_500, (i) => `query Q${i} { hello }`) }, 400, 'OPERATION_NOT_FOUND'],
  '3,000 members in an object': [
    { query: `mutation { signIn(credentials: { ${repeat(3_000, (i) => `a${i}: 1`)} }) { scope } }` },
    400,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  '1,000 misspelled fields': [
    { query: `{ viewer { ${repeat(1_000, (i) => `userNane${i}`)} } }` },
    400,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  'a name of 500,000 letters': [
    { query: `{ viewer { ${'userName'.repeat(62_500)} } }` },
    400,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  'circular introspection': [
    { query: `{ __schema { types { ${nested(9, 'fields { type { ', 'name', '} }')} } } }` },
    400,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  'a password of 1 MB in the document': [
    {
      query: `mutation { signIn(credentials: { userName: "ada@example.com", password: "${'x'.repeat(1_000_000)}" }) { scope } }`,
    },
    200,
    'PASSWORD_TOO_LONG',
  ],
  'a password of 1 MB in a variable': [
    {
      query: 'mutation ($c: SignInCredentials!) { signIn(credentials: $c) { scope } }',
      variables: { c: { userName: 'ada@example.com', password: 'x'.repeat(1_000_000) } },
    },
    200,
    'PASSWORD_TOO_LONG',
  ],
  'a refresh token of 1 MB': [
    { query: `mutation { signInRefresh(credentials: { refreshToken: "lk_rt_${'x'.repeat(1_000_000)}" }) { scope } }` },
    200,
    'REFRESH_TOKEN_INVALID',
  ],
  '50,000 variables that nobody declares': [
    {
      query: '{ viewer { nope } }',
      variables: Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`v${i}`, 1])),
    },
    400,
    'GRAPHQL_VALIDATION_FAILED',
  ],
};
