// SPDX-License-Identifier: Apache-2.0

// A relying party and a resource server of zitadel/oidc, unmodified, with their defaults.
// Arguments: issuer, client id, client secret, redirect URI. It prints the authorization URL, reads the URL that the
// browser was sent back to, and prints one JSON object of what it got.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/zitadel/oidc/v3/pkg/client/rp"
	"github.com/zitadel/oidc/v3/pkg/client/rs"
	"github.com/zitadel/oidc/v3/pkg/oidc"
)

// Go's resolver does not know *.localhost (RFC 6761 6.3); nothing else of the library is touched.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, _ := net.SplitHostPort(address)
	if strings.HasSuffix(host, ".localhost") {
		address = net.JoinHostPort("127.0.0.1", port)
	}
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Println(string(encoded(map[string]string{"error": err.Error()})))
		os.Exit(1)
	}
	return value
}

func encoded(value any) []byte {
	text, _ := json.Marshal(value)
	return text
}

func main() {
	ctx := context.Background()
	issuer, id, secret, redirect := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	web := &http.Client{Transport: &http.Transport{DialContext: dial}}
	party := must(rp.NewRelyingPartyOIDC(ctx, issuer, id, secret, redirect, []string{"openid", "profile", "email", "offline_access"},
		rp.WithHTTPClient(web)))
	verifier := strings.Repeat("zitadel-verifier-", 4)
	fmt.Println(rp.AuthURL("a-state", party, rp.WithCodeChallenge(oidc.NewSHACodeChallenge(verifier))))

	line := must(bufio.NewReader(os.Stdin).ReadString('\n'))
	back := must(url.Parse(strings.TrimSpace(line)))
	tokens := must(rp.CodeExchange[*oidc.IDTokenClaims](ctx, back.Query().Get("code"), party, rp.WithCodeVerifier(verifier)))
	info := must(rp.Userinfo[*oidc.UserInfo](ctx, tokens.AccessToken, tokens.TokenType, tokens.IDTokenClaims.Subject, party))
	newer := must(rp.RefreshTokens[*oidc.IDTokenClaims](ctx, party, tokens.RefreshToken, "", ""))
	server := must(rs.NewResourceServerClientCredentials(ctx, issuer, id, secret, rs.WithClient(web)))
	active := must(rs.Introspect[*oidc.IntrospectionResponse](ctx, server, newer.AccessToken))
	if err := rp.RevokeToken(ctx, party, newer.RefreshToken, "refresh_token"); err != nil {
		must(0, err)
	}
	_, after := rp.RefreshTokens[*oidc.IDTokenClaims](ctx, party, newer.RefreshToken, "", "")
	fmt.Println(string(encoded(map[string]any{"subject": tokens.IDTokenClaims.Subject, "email": info.Email,
		"rotated": newer.RefreshToken != tokens.RefreshToken, "active": active.Active, "revoked": after != nil})))
}
