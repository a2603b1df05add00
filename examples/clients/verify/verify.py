"""Verifies access tokens of Latchkey in an upstream that is written in Python: pip install 'pyjwt[crypto]'

As a program it reads tokens from standard input, one to a line, and prints what it makes of each.
"""

import json
import os
import sys
import time

import jwt

PUBLIC_URL = os.environ.get("LATCHKEY_PUBLIC_URL", "http://localhost:4000")
# Never leave the choice to the token (RFC 8725 section 3.1). If your Latchkey signs with EdDSA or RS256, write that here.
ALGORITHM = "ES256"
# Clocks of two machines differ a little.
CLOCK_TOLERANCE = 30

# The keys are asked for when a token comes, and kept for ten minutes.
_jwks = jwt.PyJWKClient(f"{PUBLIC_URL}/.well-known/jwks.json", lifespan=600)
_asked_again = -30.0


def _signing_key(key_id):
    global _asked_again
    keys = {key.key_id: key for key in _jwks.get_signing_keys()}
    # A new key, or an invented one: ask again, but every 30 seconds at most, whatever callers send.
    if key_id not in keys and time.monotonic() - _asked_again >= 30:
        _asked_again = time.monotonic()
        keys = {key.key_id: key for key in _jwks.get_signing_keys(refresh=True)}
    if key_id not in keys:
        raise jwt.InvalidTokenError("The token is signed with a key that is not Latchkey's.")
    return keys[key_id].key


def verify_access_token(token):
    """Returns the claims of a good token as a dict. Raises jwt.PyJWTError for any other: answer HTTP 401 to that."""
    header = jwt.get_unverified_header(token)
    # An access token, and no other kind of token under the same keys (RFC 9068 section 4).
    if header.get("typ") != "at+jwt":
        raise jwt.InvalidTokenError("The token is not an access token.")
    return jwt.decode(
        token,
        _signing_key(header.get("kid")),
        algorithms=[ALGORITHM],
        issuer=PUBLIC_URL,
        audience=f"{PUBLIC_URL}/graphql",
        leeway=CLOCK_TOLERANCE,
        options={"require": ["iss", "aud", "sub", "client_id", "exp", "iat", "jti"]},
    )


def has_scope(claims, wanted):
    """Whether the token has that scope. If it has not, answer HTTP 403."""
    return wanted in claims.get("scope", "").split(" ")


if __name__ == "__main__":
    for line in sys.stdin:
        try:
            print(json.dumps({"claims": verify_access_token(line.strip())}))
        except jwt.PyJWTError as error:
            print(json.dumps({"error": str(error)}))
