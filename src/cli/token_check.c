/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "cli/token.h"
#include "jose/jwt_inner.h"

static const jose_alg_set symmetric_algs = JOSE_ALG_BIT(JOSE_HS256) | JOSE_ALG_BIT(JOSE_HS384) | JOSE_ALG_BIT(JOSE_HS512);

enum rc token_algs(struct slice names, jose_alg_set *ret_algs)
{
	struct slice name;
	jose_alg_set algs = 0;
	while (slice_split(&names, ',', &name)) {
		enum jose_alg alg;
		TRY(jose_alg_by_name(slice_trim(name), &alg));
		algs |= JOSE_ALG_BIT(alg);
	}
	*ret_algs = algs;
	return algs == 0 ? RC_JOSE_ALG : RC_OK;
}

/* What stands in PEM or DER as a JSON Web Key: the public half of it. */
static enum rc to_jwk(struct cli *cli, struct slice bytes, struct slice *ret_text)
{
	struct jwk *key;
	struct buf b;
	TRY(token_key(bytes, JWK_ANY, &key));
	buf_init(&b, TOKEN_FILE_MAX);
	struct json_out out = json_out_to(&b);
	enum rc rc = jwk_write(key, false, &out);
	if (rc == RC_OK)
		rc = arena_copy(cli->arena, buf_slice(&b), ret_text);
	buf_free(&b);
	jwk_unref(key);
	return rc;
}

/* A key alone is a set of one. */
static struct slice as_set(struct cli *cli, struct slice text)
{
	if (!token_is_json(text) && to_jwk(cli, text, &text) != RC_OK)
		return text;
	const struct json *root;
	struct slice set;
	if (json_parse_arena(cli->arena, text, 8192, &root) != RC_OK || json_get(root, SLICE("keys")) != NULL ||
	    json_get(root, SLICE("kty")) == NULL)
		return text;
	if (arena_join(cli->arena, (struct slice[]){SLICE("{\"keys\":["), text, SLICE("]}")}, 3, &set) != RC_OK)
		return text;
	return set;
}

static int read_keys(struct cli *cli, const char *path, struct token_check *c)
{
	struct slice text;
	size_t unfit, not_secret;
	int code = token_read_file(cli, path, false, &text);
	if (code != CLI_OK)
		return code;
	text = as_set(cli, text);
	enum rc rc = jwks_read(text, JWK_PUBLIC, &c->public, &unfit);
	if (rc == RC_OK)
		rc = jwks_read(text, JWK_SYMMETRIC, &c->symmetric, &not_secret);
	if (rc == RC_DUPLICATE)
		return cli_fail(CLI_FAILED, "%s: two keys of one type have the same kid", path);
	if (rc != RC_OK)
		return cli_fail(CLI_FAILED, "%s: not a JSON Web Key or a set of them (at most %d), nor PEM or DER of a key", path, JWKS_KEYS_MAX);
	c->skipped = unfit - jwks_count(c->symmetric);
	if (jwks_count(c->public) + jwks_count(c->symmetric) == 0)
		return cli_fail(CLI_FAILED, "%s: no key in it that verifies (unknown, weak, private and encryption keys are left out)", path);
	return CLI_OK;
}

/* Shared secrets beside public keys are taken only where they are asked for: a set that came over a network has none. */
static int read_algs(struct cli *cli, struct token_check *c)
{
	const char *names = cli_option(cli, "alg");
	if (names != NULL && token_algs(slice_cstr(names), &c->algs) != RC_OK)
		return cli_fail(CLI_USAGE, "--alg: algorithms are ES256, RS256, PS256, Ed25519, HS256 and the like, with commas between them");
	if (names != NULL)
		return CLI_OK;
	bool only_secrets = c->public != NULL && jwks_count(c->public) == 0;
	c->algs = only_secrets ? symmetric_algs : (JOSE_ALG_BIT(JOSE_ALG_COUNT) - 1) & ~symmetric_algs;
	return CLI_OK;
}

static int read_now(struct cli *cli, struct token_check *c)
{
	const char *text = cli_option(cli, "now");
	struct json number;
	if (text == NULL) {
		c->now = clock_now();
		return CLI_OK;
	}
	if (json_parse(slice_cstr(text), &number, 1) != RC_OK || json_seconds(&number, &c->now) != RC_OK)
		return cli_fail(CLI_USAGE, "--now: seconds since 1970, as in \"date +%%s\"");
	return CLI_OK;
}

int token_check_open(struct cli *cli, struct token_check *ret_check)
{
	struct token_check c = {.issuer = slice_cstr(cli_option(cli, "iss")), .audience = slice_cstr(cli_option(cli, "aud")),
				.type = slice_cstr(cli_option(cli, "typ")), .nonce = slice_cstr(cli_option(cli, "nonce"))};
	const char *path = cli_option(cli, "jwks");
	if (c.nonce.n > 0 && (c.audience.n == 0 || path == NULL))
		return cli_fail(CLI_USAGE, "--nonce: a key binding is verified with --jwks, and for an --aud");
	int code = path == NULL ? CLI_OK : read_keys(cli, path, &c);
	if (code == CLI_OK)
		code = read_algs(cli, &c);
	if (code == CLI_OK)
		code = read_now(cli, &c);
	if (code != CLI_OK)
		token_check_close(&c);
	else
		*ret_check = c;
	return code;
}

void token_check_close(struct token_check *check)
{
	jwks_unref(check->public);
	jwks_unref(check->symmetric);
}

/* The first audience, or the only one. */
static struct slice first_text(const struct json *v, struct arena *a)
{
	struct slice s;
	if (v != NULL && v->type == JSON_ARRAY)
		v = json_first(v);
	return json_string(v, a, &s) == RC_OK ? s : SLICE_NONE;
}

/* What the token says of itself, so that it is held to no more where nothing is demanded. */
struct own {
	struct jwt_header header;
	struct slice issuer, audience, payload;
};

static enum rc read_own(struct slice token, struct arena *a, struct own *own)
{
	struct jwt_parts parts;
	struct json pool[JWT_VALUES_MAX] UNINITIALIZED;
	*own = (struct own){.payload = SLICE_NONE};
	TRY(jwt_split(token, &parts));
	TRY(jwt_header_read(&parts, a, &own->header));
	TRY(jwt_payload_decode(&parts, a, &own->payload));
	if (json_parse(own->payload, pool, ARRAY_LEN(pool)) != RC_OK)
		return RC_OK; /* refused behind the signature */
	own->issuer = first_text(json_get(pool, SLICE("iss")), a);
	own->audience = first_text(json_get(pool, SLICE("aud")), a);
	return RC_OK;
}

static struct slice or_own(struct slice given, struct slice own)
{
	return given.n > 0 ? given : own;
}

/* The policy points into `c`, `own` and the two slices behind it. */
static struct jwt_policy policy_of(const struct token_check *c, const struct own *own, struct slice *audience, struct slice *type)
{
	*audience = or_own(c->audience, own->audience);
	*type = or_own(c->type, own->header.typ);
	return (struct jwt_policy){
		.algs = c->algs, .issuer = or_own(c->issuer, own->issuer), .iss_optional = c->issuer.n == 0,
		.audiences = audience, .audience_count = 1, .aud_optional = c->audience.n == 0,
		.types = type, .type_count = 1, .type_optional = c->type.n == 0,
	};
}

enum rc token_check_verify(const struct token_check *check, struct slice token, struct arena *a, struct jwt_claims *ret_claims)
{
	struct own own;
	struct slice audience, type;
	if (check->nonce.n > 0)
		return RC_JOSE_BINDING;
	TRY(read_own(token, a, &own));
	struct jwt_policy policy = policy_of(check, &own, &audience, &type);
	/* Never a public key's bytes as a secret: each kind of algorithm has its own set. */
	const struct jwks *keys = jose_alg_row(own.header.alg)->symmetric ? check->symmetric : check->public;
	return jwt_verify(token, keys, &policy, check->now, a, ret_claims);
}

enum rc token_check_unsigned(const struct token_check *check, struct slice token, struct arena *a, struct jwt_claims *ret_claims)
{
	struct own own;
	struct slice audience, type;
	TRY(read_own(token, a, &own));
	struct jwt_policy policy = policy_of(check, &own, &audience, &type);
	TRY(jwt_typ_check(&own.header, &policy));
	return jwt_claims_check(own.payload, &policy, check->now, a, ret_claims);
}

enum rc token_check_sdjwt(const struct token_check *check, struct slice text, struct arena *a, struct sdjwt *ret_sdjwt)
{
	struct own own;
	struct slice audience, type;
	TRY(read_own(slice_to(text, slice_find(text, '~')), a, &own));
	struct jwt_policy policy = policy_of(check, &own, &audience, &type);
	struct sdjwt_policy sd = {
		.jwt = &policy, .binding_required = check->nonce.n > 0, .binding_algs = (JOSE_ALG_BIT(JOSE_ALG_COUNT) - 1) & ~symmetric_algs,
		.aud = check->audience, .nonce = check->nonce,
	};
	/* Then the audience is the presentation's; a credential often has none. */
	policy.aud_optional = policy.aud_optional || check->nonce.n > 0;
	return sdjwt_verify(text, jose_alg_row(own.header.alg)->symmetric ? check->symmetric : check->public, &sd, check->now, a, ret_sdjwt);
}
