#!/bin/sh
# Signs in, asks for companies, refreshes, asks again. Needs curl and nothing else.
#   LATCHKEY_URL=http://localhost:4000/graphql/ LATCHKEY_USER=… LATCHKEY_PASSWORD=… sh sign-in.sh
set -eu
url=${LATCHKEY_URL:-http://localhost:4000/graphql/}
user=${LATCHKEY_USER:?'is not set: put the email address that you sign in with into LATCHKEY_USER'}
password=${LATCHKEY_PASSWORD:?'is not set: put your password into LATCHKEY_PASSWORD'}

fail() {
  printf '%s\n' "$1" >&2
  exit 1
}

# A string as JSON writes it.
json() {
  case $1 in *[[:cntrl:]]*) fail 'The user name or the password has a control character in it: sign_in.py can send that.' ;; esac
  printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\"]/\\&/g')"
}

# Secrets reach curl through a pipe (@-): what is on a command line, every user of the machine can read.
post() {
  curl -sS --header 'Content-Type: application/json' --data-binary @- "$url"
}

ask() {
  printf 'Authorization: Bearer %s' "$accessToken" |
    curl -sS --header 'Content-Type: application/json' --header @- --data "$1" "$url"
}

# Tokens have no character that JSON would escape, so a pattern is enough to read them.
read_tokens() {
  accessToken=$(printf '%s' "$1" | sed -n 's/.*"accessToken" *: *"\([^"]*\)".*/\1/p')
  refreshToken=$(printf '%s' "$1" | sed -n 's/.*"refreshToken" *: *"\([^"]*\)".*/\1/p')
  [ -n "$accessToken" ] || fail "There is no token in the answer: $1"
}

companies='{"query":"{ companies(first: 3) { nodes { name country employees } } }"}'

# shellcheck disable=SC2016 # the $ is GraphQL's
signIn='mutation signIn($credentials: SignInCredentials!) { signIn(credentials: $credentials) { accessToken refreshToken } }'
user=$(json "$user")
password=$(json "$password")
answer=$(printf '{"query":"%s","variables":{"credentials":{"userName":%s,"password":%s}}}' "$signIn" "$user" "$password" | post)
read_tokens "$answer"
ask "$companies"
echo

# Within the hour the access token is still good. After it, this is how to get the next one, and the next refresh token.
# shellcheck disable=SC2016
refresh='mutation signInRefresh($credentials: SignInRefreshCredentials!) { signInRefresh(credentials: $credentials) { accessToken refreshToken } }'
answer=$(printf '{"query":"%s","variables":{"credentials":{"refreshToken":"%s"}}}' "$refresh" "$refreshToken" | post)
read_tokens "$answer"
ask "$companies"
echo
