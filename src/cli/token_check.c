/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "cli/token.h"
#include "jose/jwk/jwk_file.h"
#include "jose/jwt/jwt_internal.h"

static const jose_alg_set symmetric_algs =
	JOSE_ALG_BIT(JOSE_HS256) | JOSE_ALG_BIT(JOSE_HS384) | JOSE_ALG_BIT(JOSE_HS512);

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

/* A key alone is a set of one. */
static struct slice as_set(struct cli *cli, struct slice text)
{
	const struct json *root;
	struct slice set;
	if (json_parse_arena(cli->arena, text, 8192, &root) != RC_OK || json_get(root, SLICE("keys")) != NULL ||
	    json_get(root, SLICE("kty")) == NULL)
		return text;
	if (arena_join(cli->arena, (struct slice[]){SLICE("{\"keys\":["), text, SLICE("]}")}, 3, &set) != RC_OK)
		return text;
	return set;
}

/* The public half of what stands in PEM or DER. */
static int read_file_key(const char *path, struct slice bytes, struct slice kid, struct token_validate *c)
{
	struct jwk *key, *half;
	int code = token_key(path, bytes, JWK_ANY, kid, &key);
	if (code != CLI_OK)
		return code;
	enum rc rc = jwk_public_of(key, &half);
	jwk_unref(key);
	if (rc == RC_OK) {
		rc = jwks_of(&half, 1, &c->public);
		jwk_unref(half);
	}
	if (rc == RC_OK)
		rc = jwks_of(NULL, 0, &c->symmetric);
	return rc == RC_OK ? CLI_OK : cli_fail(CLI_FAILED, "%s: %s", path, rc_row(rc)->text);
}

/* Of the set those of this kid. */
static enum rc keep_kid(struct slice kid, struct jwks **set)
{
	struct jwk *kept[JWKS_KEYS_MAX];
	struct jwks *fewer;
	size_t n = 0;
	for (size_t i = 0; i < jwks_count(*set); i++)
		if (slice_eq(jwk_kid(jwks_at(*set, i)), kid))
			kept[n++] = jwks_at(*set, i);
	TRY(jwks_of(kept, n, &fewer));
	jwks_unref(*set);
	*set = fewer;
	return RC_OK;
}

/* A shared secret is skipped among public keys and taken among secrets: that is no news. */
static void report_keys(const char *path, const struct jwks_report *report)
{
	char line[JWKS_REPORT_LINE_MAX];
	for (size_t i = 0; i < report->n; i++) {
		if (report->v[i].remark == JWK_REMARK_SECRET)
			continue;
		jwks_report_line(&report->v[i], line);
		cli_complain("%s: %s", path, line);
	}
}

static int read_set(const char *path, struct slice text, struct token_validate *c)
{
	struct jwks_report report;
	size_t not_secret;
	enum rc rc = jwks_validate(text, JWK_PUBLIC, &c->public, &report);
	report_keys(path, &report);
	if (rc == RC_OK)
		rc = jwks_read(text, JWK_SYMMETRIC, &c->symmetric, &not_secret);
	if (rc == RC_JOSE_PRIVATE)
		return cli_fail(CLI_FAILED,
				"%s: %s; its public half is for this: ostiary key convert %s --to jwk --public", path,
				rc_row(rc)->text, path);
	if (rc == RC_LIMIT)
		return cli_fail(CLI_FAILED, "%s: the key set is too large: " JWKS_LIMIT_TEXT, path);
	if (rc != RC_OK)
		return cli_fail(CLI_FAILED,
				"%s: not a JSON Web Key or a set of them (at most %d), nor PEM or DER of a key", path,
				JWKS_KEYS_MAX);
	c->skipped = report.skipped - jwks_count(c->symmetric);
	return CLI_OK;
}

static int read_keys(struct cli *cli, const char *path, struct token_validate *c)
{
	struct slice text, kid = slice_cstr(cli_option(cli, "kid"));
	int code = token_read_file(cli, path, false, &text);
	if (code != CLI_OK)
		return code;
	code = token_is_json(text) ? read_set(path, as_set(cli, text), c) : read_file_key(path, text, kid, c);
	if (code == CLI_OK && kid.n > 0 &&
	    (keep_kid(kid, &c->public) != RC_OK || keep_kid(kid, &c->symmetric) != RC_OK))
		return cli_fail(CLI_FAILED, "out of memory");
	if (code == CLI_OK && jwks_count(c->public) + jwks_count(c->symmetric) == 0)
		return cli_fail(CLI_FAILED, "%s: no key in it that verifies%s", path,
				kid.n > 0 ? " and has the kid that --kid names" : "");
	return code;
}

/* Shared secrets beside public keys are taken only where they are asked for: a set that came over a network has
 * none. */
static int read_algs(struct cli *cli, struct token_validate *c)
{
	const char *names = cli_option(cli, "alg");
	if (names != NULL && token_algs(slice_cstr(names), &c->algs) != RC_OK)
		return cli_fail(CLI_USAGE, "--alg: algorithms are ES256, RS256, PS256, Ed25519, HS256 and the like, "
					   "with commas between them");
	if (names != NULL)
		return CLI_OK;
	bool only_secrets = c->public != NULL && jwks_count(c->public) == 0;
	c->algs = only_secrets ? symmetric_algs : (JOSE_ALG_BIT(JOSE_ALG_COUNT) - 1) & ~symmetric_algs;
	return CLI_OK;
}

static int read_now(struct cli *cli, struct token_validate *c)
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

static int read_leeway(struct cli *cli, struct token_validate *c)
{
	const char *text = cli_option(cli, "leeway");
	int64_t ms = 0;
	if (text != NULL && (clock_duration_ms(slice_cstr(text), &ms) != RC_OK || ms % 1000 != 0 || ms > 300 * 1000))
		return cli_fail(CLI_USAGE, "--leeway: whole seconds, at most 300s, as in 30s or 5m");
	c->leeway = ms / 1000;
	return CLI_OK;
}

int token_validate_open(struct cli *cli, struct token_validate *ret_validate)
{
	struct token_validate c = {.issuer = slice_cstr(cli_option(cli, "iss")),
				   .audience = slice_cstr(cli_option(cli, "aud")),
				   .type = slice_cstr(cli_option(cli, "typ")),
				   .nonce = slice_cstr(cli_option(cli, "nonce")),
				   .ignore_header_urls = cli_option(cli, "ignore-header-urls") != NULL};
	const char *path = cli_option(cli, "jwks");
	if (c.nonce.n > 0 && (c.audience.n == 0 || path == NULL))
		return cli_fail(CLI_USAGE, "--nonce: a key binding is verified with --jwks, and for an --aud");
	if (path == NULL && cli_option(cli, "kid") != NULL)
		return cli_fail(CLI_USAGE, "--kid names a key of --jwks FILE");
	int code = path == NULL ? CLI_OK : read_keys(cli, path, &c);
	if (code == CLI_OK)
		code = read_algs(cli, &c);
	if (code == CLI_OK)
		code = read_leeway(cli, &c);
	if (code == CLI_OK)
		code = read_now(cli, &c);
	if (code != CLI_OK)
		token_validate_close(&c);
	else
		*ret_validate = c;
	return code;
}

void token_validate_close(struct token_validate *validate)
{
	jwks_unref(validate->public);
	jwks_unref(validate->symmetric);
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
	const struct json *root;
	*own = (struct own){.payload = SLICE_NONE};
	TRY(jwt_split(token, &parts));
	TRY(jwt_header_read_urls(&parts, a, &own->header));
	TRY(jwt_payload_decode(&parts, a, &own->payload));
	if (json_parse_arena(a, own->payload, JWT_VALUES_MAX, &root) != RC_OK)
		return RC_OK; /* refused behind the signature */
	own->issuer = first_text(json_get(root, SLICE("iss")), a);
	own->audience = first_text(json_get(root, SLICE("aud")), a);
	return RC_OK;
}

static struct slice or_own(struct slice given, struct slice own)
{
	return given.n > 0 ? given : own;
}

/* The policy points into `c`, `own` and the two slices behind it. */
static struct jwt_policy policy_of(const struct token_validate *c, const struct own *own, struct slice *audience,
				   struct slice *type)
{
	*audience = or_own(c->audience, own->audience);
	*type = or_own(c->type, own->header.typ);
	return (struct jwt_policy){
		.algs = c->algs, .issuer = or_own(c->issuer, own->issuer), .iss_optional = c->issuer.n == 0,
		.audiences = audience, .audience_count = 1, .aud_optional = c->audience.n == 0,
		.types = type, .type_count = 1, .type_optional = c->type.n == 0, .leeway = c->leeway,
		.ignore_header_urls = c->ignore_header_urls,
	};
}

enum rc token_validate_verify(const struct token_validate *validate, struct slice token, struct arena *a,
			      struct jwt_claims *ret_claims)
{
	struct own own;
	struct slice audience, type;
	if (validate->nonce.n > 0)
		return RC_JOSE_BINDING;
	TRY(read_own(token, a, &own));
	struct jwt_policy policy = policy_of(validate, &own, &audience, &type);
	/* Never a public key's bytes as a secret: each kind of algorithm has its own set. */
	const struct jwks *keys = jose_alg_row(own.header.alg)->symmetric ? validate->symmetric : validate->public;
	return jwt_verify(token, keys, &policy, validate->now, a, ret_claims);
}

enum rc token_validate_unsigned(const struct token_validate *validate, struct slice token, struct arena *a,
				struct jwt_claims *ret_claims)
{
	struct own own;
	struct slice audience, type;
	TRY(read_own(token, a, &own));
	struct jwt_policy policy = policy_of(validate, &own, &audience, &type);
	TRY(jwt_urls_validate(&own.header, validate->ignore_header_urls));
	TRY(jwt_typ_validate(&own.header, &policy));
	return jwt_claims_validate_text(own.payload, &policy, validate->now, a, ret_claims);
}

enum rc token_validate_sdjwt(const struct token_validate *validate, struct slice text, struct arena *a,
			     struct sdjwt *ret_sdjwt)
{
	struct own own;
	struct slice audience, type;
	TRY(read_own(slice_to(text, slice_find(text, '~')), a, &own));
	struct jwt_policy policy = policy_of(validate, &own, &audience, &type);
	struct sdjwt_policy sd = {
		.jwt = &policy,
		.binding_required = validate->nonce.n > 0,
		.binding_algs = (JOSE_ALG_BIT(JOSE_ALG_COUNT) - 1) & ~symmetric_algs,
		.aud = validate->audience,
		.nonce = validate->nonce,
	};
	/* Then the audience is the presentation's; a credential often has none. */
	policy.aud_optional = policy.aud_optional || validate->nonce.n > 0;
	return sdjwt_verify(text, jose_alg_row(own.header.alg)->symmetric ? validate->symmetric : validate->public, &sd,
			    validate->now, a, ret_sdjwt);
}
