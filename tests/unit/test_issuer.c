/* SPDX-License-Identifier: Apache-2.0 */
/* The issuer is a value of the request: what follows from an identifier, whose request it is, and that handlers go by it. */
#include "front/routes.h"
#include "op_fixture.h"

static struct reply reply;

static void all_follows_from_the_identifier(void)
{
	static const struct {
		const char *name, *base, *origin, *host, *path;
	} rows[] = {
		{"https://id.example", "https://id.example", "https://id.example", "id.example", ""},
		{"https://id.example/", "https://id.example", "https://id.example", "id.example", ""},
		{"https://id.example/a/b", "https://id.example/a/b", "https://id.example", "id.example", "/a/b"},
		{"https://id.example:443/a/", "https://id.example:443/a", "https://id.example", "id.example", "/a"},
		{"https://id.example:80", "https://id.example:80", "https://id.example:80", "id.example:80", ""},
		{"http://id.localhost:80/", "http://id.localhost:80", "http://id.localhost", "id.localhost", ""},
		{"http://id.localhost:8080/a", "http://id.localhost:8080/a", "http://id.localhost:8080", "id.localhost:8080", "/a"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct issuer x = issuer_from(slice_cstr(rows[i].name));
		t_set_row(rows[i].name);
		CHECK_SLICE(x.name, slice_cstr(rows[i].name));
		CHECK_SLICE(x.base, slice_cstr(rows[i].base));
		CHECK_SLICE(x.origin, slice_cstr(rows[i].origin));
		CHECK_SLICE(x.host, slice_cstr(rows[i].host));
		CHECK_SLICE(x.path, slice_cstr(rows[i].path));
	}
}

static void paths_are_below_the_issuers(void)
{
	static const struct {
		const char *path, *rest; /* NULL: not below */
	} rows[] = {
		{"/a", "/"}, {"/a/token", "/token"}, {"/token", NULL}, {"/", NULL},
		{"/.well-known/oauth-authorization-server/a", "/.well-known/oauth-authorization-server"},
		{"/.well-known/oauth-authorization-server/b", NULL}, {"/.well-known/oauth-authorization-server", NULL},
		{"/a/.well-known/openid-configuration", "/.well-known/openid-configuration"},
	};
	const struct issuer x = issuer_from(SLICE("https://id.example/a")), root = issuer_from(SLICE("https://id.example"));
	struct slice rest;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		t_set_row(rows[i].path);
		CHECK(issuer_below(&x, slice_cstr(rows[i].path), &rest) == (rows[i].rest != NULL));
		if (rows[i].rest != NULL)
			CHECK_SLICE(rest, slice_cstr(rows[i].rest));
		CHECK(issuer_below(&root, slice_cstr(rows[i].path), &rest));
		CHECK_SLICE(rest, slice_cstr(rows[i].path));
	}
}

static void a_request_is_the_issuers_with_its_host_and_longest_path(void)
{
	const struct issuer v[] = {issuer_from(SLICE("https://id.example/a")), issuer_from(SLICE("https://id.example/a/b")),
				   issuer_from(SLICE("https://id.example/c")), issuer_from(SLICE("https://other.example"))};
	static const struct {
		const char *host, *path;
		int which; /* -1: none */
	} rows[] = {
		{"id.example", "/a/token", 0}, {"id.example", "/a/b/token", 1}, {"id.example", "/c/token", 2},
		{"id.example", "/token", 0}, {"other.example", "/a/token", 3}, {"evil.example", "/a/token", -1}, {"", "/", -1},
		{"id.example", "/.well-known/oauth-authorization-server/a/b", 1},
		{"id.example", "/.well-known/oauth-authorization-server/c", 2},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		t_set_row(rows[i].path);
		const struct issuer *x = issuer_of_request(v, ARRAY_LEN(v), slice_cstr(rows[i].host), slice_cstr(rows[i].path));
		CHECK(x == (rows[i].which < 0 ? NULL : &v[rows[i].which]));
	}
}

/* The router gives each of them an issuer. */
static void endpoints_of_an_issuer_are_on_its_host_alone(void)
{
	for (size_t i = 0; i < route_count; i++)
		CHECK(routes[i].op == NULL || (routes[i].place == ROUTE_PUBLIC && !routes[i].any_host));
}

FX_TEST(metadata_are_those_of_the_requests_issuer)
{
	const struct issuer other = issuer_from(SLICE("https://other.example/t/"));
	struct request c = fx_post(FORM("x", "y"));
	c.issuer = &other;
	CHECK_OK(discovery_endpoint(&fx.op, &c, &reply));
	const struct json *body = fx_body(&reply);
	CHECK(strcmp(fx_text(body, "issuer"), "https://other.example/t/") == 0);
	CHECK(strcmp(fx_text(body, "token_endpoint"), "https://other.example/t/token") == 0);
	CHECK(memmem(reply.body.p, reply.body.n, FX_ISSUER, sizeof FX_ISSUER - 1) == NULL);
}

/* UserInfo of each issuer of ours is such an audience, whose request it may be. */
FX_TEST(a_token_of_one_issuer_is_none_at_another)
{
	struct issuer both[] = {fx.issuer, issuer_from(SLICE("https://other.example"))};
	struct access_token t;
	fx.settings.issuers = both;
	fx.settings.issuer_count = ARRAY_LEN(both);
	const char *token = fx_text(fx_sign_in("openid orders:read"), "access_token");
	struct request c = fx_post(FORM("access_token", token));
	CHECK_OK(userinfo_endpoint(&fx.op, &c, &reply));
	CHECK_OK(access_token_validate(&fx.op, &c, slice_cstr(token), NULL, &t));
	c.issuer = &both[1];
	CHECK_RC(userinfo_endpoint(&fx.op, &c, &reply), RC_JOSE_ISS);
	CHECK_RC(access_token_validate(&fx.op, &c, slice_cstr(token), NULL, &t), RC_JOSE_ISS);
}

T_MAIN(T(all_follows_from_the_identifier), T(paths_are_below_the_issuers),
       T(a_request_is_the_issuers_with_its_host_and_longest_path), T(endpoints_of_an_issuer_are_on_its_host_alone),
       T(metadata_are_those_of_the_requests_issuer), T(a_token_of_one_issuer_is_none_at_another))
