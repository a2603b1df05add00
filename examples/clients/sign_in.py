"""Signs in, asks for companies, refreshes, asks again.

LATCHKEY_URL=http://localhost:4000/graphql/ LATCHKEY_USER=… LATCHKEY_PASSWORD=… python3 sign_in.py
Needs requests (pip install requests, or the Debian package python3-requests).
"""

import json
import os
import sys

import requests

URL = os.environ.get("LATCHKEY_URL", "http://localhost:4000/graphql/")

SIGN_IN = """
mutation signIn($credentials: SignInCredentials!) {
  signIn(credentials: $credentials) { accessToken refreshToken expiresIn }
}
"""
REFRESH = """
mutation signInRefresh($credentials: SignInRefreshCredentials!) {
  signInRefresh(credentials: $credentials) { accessToken refreshToken expiresIn }
}
"""
COMPANIES = "{ companies(first: 3) { nodes { name country employees } } }"


def post(query, variables=None, access_token=None):
    """Runs one operation and returns its data. Exits with the error's text if there is one."""
    headers = {"Authorization": f"Bearer {access_token}"} if access_token else {}
    try:
        answer = requests.post(URL, json={"query": query, "variables": variables}, headers=headers, timeout=30)
        body = answer.json()
    except requests.ConnectionError:
        sys.exit(f"{URL} cannot be reached: is it running there?")
    except ValueError:
        sys.exit(f"{URL} did not answer with JSON, but with HTTP {answer.status_code}: is it a GraphQL endpoint?")
    if body.get("errors"):
        sys.exit("\n".join(error["message"] for error in body["errors"]))
    return body["data"]


def main():
    try:
        credentials = {"userName": os.environ["LATCHKEY_USER"], "password": os.environ["LATCHKEY_PASSWORD"]}
    except KeyError as missing:
        sys.exit(f"{missing.args[0]} is not set: put what you sign in with into LATCHKEY_USER and LATCHKEY_PASSWORD.")

    tokens = post(SIGN_IN, {"credentials": credentials})["signIn"]
    print(json.dumps(post(COMPANIES, access_token=tokens["accessToken"])))

    # For tokens["expiresIn"] seconds the access token is good. After that, this gives the next one; the refresh token
    # is a new one too, and the old one must not be used again.
    tokens = post(REFRESH, {"credentials": {"refreshToken": tokens["refreshToken"]}})["signInRefresh"]
    print(json.dumps(post(COMPANIES, access_token=tokens["accessToken"])))


if __name__ == "__main__":
    main()
