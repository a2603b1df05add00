/** What the first tab holds: the sign-in, and what to do with its answer. 50 columns fit a small window. */
export const welcome = `# Sign in, then query.
#
# 1. Put in your email address and password, and
#    press the play button.
# 2. Copy the accessToken of the answer into the
#    Headers tab below:
#      { "Authorization": "Bearer <accessToken>" }
# 3. Query. The schema is fetched again by itself;
#    the round arrow, lower left, does that too.
#
# Passwords and tokens are forgotten on reload.

mutation signIn {
  signIn(credentials: {
    userName: "you@example.com"
    password: "your password"
  }) {
    accessToken
    refreshToken
  }
}
`;
