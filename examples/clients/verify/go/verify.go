// Package latchkey verifies access tokens of Latchkey in an upstream that is written in Go:
//
//	go get github.com/golang-jwt/jwt/v5 github.com/MicahParks/keyfunc/v3 golang.org/x/time/rate
package latchkey

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/time/rate"
)

// Claims of an access token. Subject is the id of the user.
type Claims struct {
	jwt.RegisteredClaims
	ClientID  string `json:"client_id"`
	SessionID string `json:"sid"`
	Scope     string `json:"scope"` // scopes with a space between them
}

// Validate is called by the parser after its own checks.
func (c *Claims) Validate() error {
	if c.Subject == "" || c.ClientID == "" || c.IssuedAt == nil || c.ID == "" {
		return errors.New("the token lacks a claim that every access token has")
	}
	return nil
}

// HasScope tells whether the token has that scope. If it has not, answer HTTP 403.
func (c *Claims) HasScope(wanted string) bool {
	return slices.Contains(strings.Fields(c.Scope), wanted)
}

// Verify returns the claims of a good token, and an error for any other: answer HTTP 401 to that.
type Verify func(ctx context.Context, token string) (*Claims, error)

// NewVerify verifies tokens of the Latchkey at publicURL, such as http://localhost:4000, until ctx is done.
func NewVerify(ctx context.Context, publicURL string) (Verify, error) {
	keys, err := keyfunc.NewDefaultOverrideCtx(ctx, []string{publicURL + "/.well-known/jwks.json"}, keyfunc.Override{
		HTTPTimeout:     5 * time.Second,
		RefreshInterval: 10 * time.Minute,
		// For an unknown key id the keys are asked for again, every 30 seconds at most. The second setting bounds both the wait
		// for that and the asking: its default of a minute would let invented key ids pile up requests.
		RefreshUnknownKID: rate.NewLimiter(rate.Every(30*time.Second), 1),
		RateLimitWaitMax:  2 * time.Second,
	})
	if err != nil {
		return nil, err
	}
	parser := jwt.NewParser(
		// Never leave the choice to the token (RFC 8725 section 3.1). If your Latchkey signs with EdDSA or RS256, write
		// that here.
		jwt.WithValidMethods([]string{"ES256"}),
		jwt.WithIssuer(publicURL),
		jwt.WithAudience(publicURL+"/graphql"),
		jwt.WithExpirationRequired(),
		jwt.WithLeeway(30*time.Second), // clocks of two machines differ a little
	)
	return func(ctx context.Context, token string) (*Claims, error) {
		claims := &Claims{}
		_, err := parser.ParseWithClaims(token, claims, func(parsed *jwt.Token) (any, error) {
			// An access token, and no other kind of token under the same keys (RFC 9068 section 4).
			if parsed.Header["typ"] != "at+jwt" {
				return nil, errors.New("the token is not an access token")
			}
			return keys.KeyfuncCtx(ctx)(parsed)
		})
		if err != nil {
			return nil, err
		}
		return claims, nil
	}, nil
}

type claimsKey struct{}

// FromContext returns the claims that RequireToken put there.
func FromContext(ctx context.Context) *Claims {
	claims, _ := ctx.Value(claimsKey{}).(*Claims)
	return claims
}

// RequireToken lets a request through to next only with a good token.
func RequireToken(verify Verify, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		claims, err := verify(r.Context(), strings.TrimSpace(token))
		if err != nil || !strings.EqualFold(scheme, "Bearer") {
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
			http.Error(w, "A good access token is needed.", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), claimsKey{}, claims)))
	})
}
