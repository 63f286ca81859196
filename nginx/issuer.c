/* SPDX-License-Identifier: Apache-2.0 */
/* ostiary_issuer NAME { … }: an accepted issuer and what its tokens may do. */
#include "ngx_http_ostiary.h"

#include "base/clock.h"
#include "gateway/gateway_claim.h"

enum { KEY_FILE_MAX = JWKS_TEXT_MAX };

static char *fail(ngx_conf_t *cf, const char *what)
{
	ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "ostiary_issuer: %s", what);
	return NGX_CONF_ERROR;
}

static char *set_once(ngx_conf_t *cf, struct slice *to, ngx_str_t value)
{
	if (to->n > 0)
		return fail(cf, "a member is given twice");
	*to = ngx_http_ostiary_slice(value);
	return NGX_CONF_OK;
}

static char *member_issuer(ngx_conf_t *cf, ngx_http_ostiary_issuer_t *x)
{
	const ngx_str_t *args = cf->args->elts;
	return cf->args->nelts == 2 ? set_once(cf, &x->gate.jwt.issuer, args[1]) : fail(cf, "issuer takes one URL");
}

static char *member_algs(ngx_conf_t *cf, ngx_http_ostiary_issuer_t *x)
{
	const ngx_str_t *args = cf->args->elts;
	for (ngx_uint_t i = 1; i < cf->args->nelts; i++) {
		enum jose_alg alg;
		if (jose_alg_by_name(ngx_http_ostiary_slice(args[i]), &alg) != RC_OK)
			return fail(cf, "unknown algorithm in algs");
		x->gate.jwt.algs |= JOSE_ALG_BIT(alg);
	}
	return NGX_CONF_OK;
}

static char *add_list(ngx_conf_t *cf, const struct slice **list, size_t *count)
{
	const ngx_str_t *args = cf->args->elts;
	size_t n = cf->args->nelts - 1;
	struct slice *v = ngx_palloc(cf->pool, n * sizeof *v);
	if (v == NULL || *count > 0 || n == 0)
		return fail(cf, "a list is empty or given twice");
	for (size_t i = 0; i < n; i++)
		v[i] = ngx_http_ostiary_slice(args[i + 1]);
	*list = v;
	*count = n;
	return NGX_CONF_OK;
}

static char *member_audience(ngx_conf_t *cf, ngx_http_ostiary_issuer_t *x)
{
	return add_list(cf, &x->gate.jwt.audiences, &x->gate.jwt.audience_count);
}

/* "none" in the list allows tokens without typ. */
static char *member_typ(ngx_conf_t *cf, ngx_http_ostiary_issuer_t *x)
{
	const ngx_str_t *args = cf->args->elts;
	for (ngx_uint_t i = 1; i < cf->args->nelts; i++)
		if (slice_eq(ngx_http_ostiary_slice(args[i]), SLICE("none")))
			x->gate.jwt.type_optional = true;
	return add_list(cf, &x->gate.jwt.types, &x->gate.jwt.type_count);
}

static char *member_keys(ngx_conf_t *cf, ngx_http_ostiary_issuer_t *x)
{
	const ngx_str_t *args = cf->args->elts;
	if (cf->args->nelts == 2 && slice_eq(ngx_http_ostiary_slice(args[1]), SLICE("feed"))) {
		x->gate.fed = true;
		return NGX_CONF_OK;
	}
	if (cf->args->nelts != 3 || !slice_eq(ngx_http_ostiary_slice(args[1]), SLICE("file")))
		return fail(cf, "keys is \"feed\" or \"file PATH\"");
	x->file = args[2];
	return ngx_conf_full_name(cf->cycle, &x->file, 1) == NGX_OK ? NGX_CONF_OK : NGX_CONF_ERROR;
}

static char *seconds(ngx_conf_t *cf, int64_t *to)
{
	const ngx_str_t *args = cf->args->elts;
	int64_t ms;
	if (cf->args->nelts != 2 || clock_duration_ms(ngx_http_ostiary_slice(args[1]), &ms) != RC_OK || ms % 1000 != 0)
		return fail(cf, "a duration is digits and a unit: 30s, 5m, 1h");
	*to = ms / 1000;
	return NGX_CONF_OK;
}

static char *member_leeway(ngx_conf_t *cf, ngx_http_ostiary_issuer_t *x)
{
	char *rc = seconds(cf, &x->gate.jwt.leeway);
	return rc == NGX_CONF_OK && x->gate.jwt.leeway > 300 ? fail(cf, "leeway is at most 300s") : rc;
}

static char *member_max_age(ngx_conf_t *cf, ngx_http_ostiary_issuer_t *x)
{
	return seconds(cf, &x->gate.jwt.max_age);
}

static char *member_max_lifetime(ngx_conf_t *cf, ngx_http_ostiary_issuer_t *x)
{
	return seconds(cf, &x->gate.jwt.max_lifetime);
}

static char *member_claim(ngx_conf_t *cf, ngx_http_ostiary_issuer_t *x)
{
	const ngx_str_t *args = cf->args->elts;
	struct slice what = ngx_http_ostiary_slice(args[0]);
	if (cf->args->nelts != 2)
		return fail(cf, "roles, tenant and scope take a claim's name or a JSON Pointer");
	struct slice path = ngx_http_ostiary_slice(args[1]);
	if (gateway_claim_path_validate(path) != RC_OK)
		return fail(cf,
			    "roles, tenant and scope take a claim's name, or a JSON Pointer that starts with \"/\"");
	/* A claim named here is used even if the issuer is not ours. */
	if (slice_eq(what, SLICE("roles")))
		x->gate.map.roles = x->gate.foreign.roles = path;
	else if (slice_eq(what, SLICE("tenant")))
		x->gate.map.tenant = x->gate.foreign.tenant = path;
	else
		x->gate.map.scope = x->gate.foreign.scope = path;
	return NGX_CONF_OK;
}

static char *member_ignore_header_urls(ngx_conf_t *cf, ngx_http_ostiary_issuer_t *x)
{
	const ngx_str_t *args = cf->args->elts;
	struct slice value = cf->args->nelts == 2 ? ngx_http_ostiary_slice(args[1]) : SLICE_NONE;
	x->gate.jwt.ignore_header_urls = slice_eq(value, SLICE("on"));
	return x->gate.jwt.ignore_header_urls || slice_eq(value, SLICE("off"))
		       ? NGX_CONF_OK
		       : fail(cf, "ignore_header_urls is on or off");
}

static const struct {
	struct slice name;
	char *(*read)(ngx_conf_t *cf, ngx_http_ostiary_issuer_t *x);
} members[] = {
	{SLICE_INIT("issuer"), member_issuer},
	{SLICE_INIT("algs"), member_algs},
	{SLICE_INIT("audience"), member_audience},
	{SLICE_INIT("typ"), member_typ},
	{SLICE_INIT("keys"), member_keys},
	{SLICE_INIT("leeway"), member_leeway},
	{SLICE_INIT("max_age"), member_max_age},
	{SLICE_INIT("max_lifetime"), member_max_lifetime},
	{SLICE_INIT("ignore_header_urls"), member_ignore_header_urls},
	{SLICE_INIT("roles"), member_claim},
	{SLICE_INIT("tenant"), member_claim},
	{SLICE_INIT("scope"), member_claim},
};

static char *read_member(ngx_conf_t *cf, ngx_command_t *unused, void *conf)
{
	const ngx_str_t *args = cf->args->elts;
	(void)unused;
	(void)conf;
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		if (slice_eq(members[i].name, ngx_http_ostiary_slice(args[0])))
			return members[i].read(cf, cf->handler_conf);
	ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "ostiary_issuer: unknown member \"%V\"", &args[0]);
	return NGX_CONF_ERROR;
}

/* ---- key files ---- */

static void release_keys(void *data)
{
	jwks_unref(data);
}

/* Reads the whole file into the configuration's pool. Symmetric keys are secrets: other users must not be able to
 * read the file. */
static char *read_file(ngx_conf_t *cf, const ngx_str_t *path, bool secret, struct slice *ret_text)
{
	struct stat st;
	int fd = open((const char *)path->data, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno, "ostiary_issuer: cannot open \"%V\"", path);
		if (fd >= 0)
			(void)close(fd);
		return NGX_CONF_ERROR;
	}
	if (secret && (st.st_mode & (S_IRWXO | S_IWGRP)) != 0) {
		(void)close(fd);
		ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
				   "ostiary_issuer: \"%V\" holds secrets: others may not read or write it (chmod 600)",
				   path);
		return NGX_CONF_ERROR;
	}
	size_t size = st.st_size < 0 ? 0 : (size_t)st.st_size;
	bool fits = size > 0 && size <= KEY_FILE_MAX;
	u_char *text = fits ? ngx_palloc(cf->pool, size) : NULL;
	ssize_t n = text == NULL ? -1 : read(fd, text, size);
	(void)close(fd);
	if (!fits)
		return fail(cf, size == 0 ? "a key file is empty" : "a key file is too large: " JWKS_LIMIT_TEXT);
	if (n < 0 || (size_t)n != size)
		return fail(cf, "a key file cannot be read");
	*ret_text = slice_of(text, size);
	return NGX_CONF_OK;
}

/* RFC 7517 5: "Implementations SHOULD ignore JWKs … that use "kty" … values that are not understood by them". */
static void report_keys(ngx_conf_t *cf, const ngx_str_t *path, const struct jwks_report *report)
{
	char line[JWKS_REPORT_LINE_MAX];
	for (size_t i = 0; i < report->n; i++) {
		jwks_report_line(&report->v[i], line);
		ngx_conf_log_error(NGX_LOG_WARN, cf, 0, "ostiary_issuer: \"%V\": %s", path, line);
	}
}

static char *load_keys(ngx_conf_t *cf, ngx_http_ostiary_issuer_t *x)
{
	jose_alg_set symmetric = JOSE_ALG_BIT(JOSE_HS256) | JOSE_ALG_BIT(JOSE_HS384) | JOSE_ALG_BIT(JOSE_HS512);
	bool secret = (x->gate.jwt.algs & symmetric) != 0;
	struct jwks_report report;
	struct slice text;
	if (secret && (x->gate.jwt.algs & ~symmetric) != 0)
		return fail(cf, "HS algorithms and others cannot be mixed");
	if (x->file.len == 0)
		return secret ? fail(cf,
				     "HS algorithms need \"keys file PATH\": a shared secret never comes from a URL")
			      : NGX_CONF_OK;
	char *read = read_file(cf, &x->file, secret, &text);
	if (read != NGX_CONF_OK)
		return read;
	enum rc rc = jwks_validate(text, secret ? JWK_SYMMETRIC : JWK_PUBLIC, &x->file_keys, &report);
	report_keys(cf, &x->file, &report);
	if (rc == RC_OK)
		x->file_generation = gateway_generation(&x->gate, text);
	if (secret)
		explicit_bzero((void *)(uintptr_t)text.p, text.n);
	if (rc != RC_OK)
		return fail(cf, rc == RC_JOSE_PRIVATE ? rc_row(rc)->text
				: rc == RC_LIMIT      ? "a key file is too large: " JWKS_LIMIT_TEXT
						      : "a key file is not a JSON Web Key Set");
	ngx_pool_cleanup_t *cln = ngx_pool_cleanup_add(cf->cycle->pool, 0);
	if (cln == NULL)
		return NGX_CONF_ERROR;
	cln->handler = release_keys;
	cln->data = x->file_keys;
	return jwks_count(x->file_keys) == 0 ? fail(cf, "no key in a key file is fit for use") : NGX_CONF_OK;
}

static char *validate_issuer(ngx_conf_t *cf, ngx_http_ostiary_issuer_t *x)
{
	static const struct slice at_jwt[] = {SLICE_INIT("at+jwt")};
	struct jwt_policy *p = &x->gate.jwt;
	if (p->issuer.n == 0 || p->algs == 0 || p->audience_count == 0)
		return fail(cf, "issuer, algs and audience are required");
	if (x->gate.fed == (x->file.len > 0))
		return fail(cf, "keys is required: either \"feed\" or \"file PATH\"");
	/* RFC 9068 4: access tokens have typ at+jwt. */
	if (p->type_count == 0) {
		p->types = at_jwt;
		p->type_count = 1;
	}
	p->no_id_token = jwt_types_are_common(p);
	return load_keys(cf, x);
}

static ngx_http_ostiary_issuer_t *new_issuer(ngx_conf_t *cf, ngx_http_ostiary_main_t *mcf, ngx_str_t name)
{
	ngx_http_ostiary_issuer_t **old = mcf->issuers.elts, **slot;
	for (ngx_uint_t i = 0; i < mcf->issuers.nelts; i++)
		if (slice_eq(old[i]->gate.name, ngx_http_ostiary_slice(name)))
			return NULL;
	ngx_http_ostiary_issuer_t *x = ngx_pcalloc(cf->pool, sizeof *x);
	size_t index = mcf->issuers.nelts;
	slot = x == NULL ? NULL : ngx_array_push(&mcf->issuers);
	if (slot == NULL)
		return NULL;
	*slot = x;
	x->gate = (struct gateway_issuer){
		.name = ngx_http_ostiary_slice(name),
		.index = index,
		.jwt = {.leeway = 30, .foreign_text = true},
		.map = gateway_claim_map_own,
		.foreign = {.scope = SLICE("scope")},
	};
	return x;
}

char *ngx_http_ostiary_issuer_block(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
	const ngx_str_t *args = cf->args->elts;
	ngx_conf_t saved = *cf;
	(void)cmd;
	ngx_http_ostiary_issuer_t *x = new_issuer(cf, conf, args[1]);
	if (x == NULL)
		return fail(cf, "the name is taken, or memory is out");
	cf->handler = read_member;
	cf->handler_conf = (void *)x;
	char *rc = ngx_conf_parse(cf, NULL);
	*cf = saved;
	return rc == NGX_CONF_OK ? validate_issuer(cf, x) : rc;
}
