/* SPDX-License-Identifier: Apache-2.0 */
/* The directives (man/ngx_http_ostiary_module.5) and their values. */
#include "ngx_http_ostiary.h"

#include "gateway/gateway_claim.h"

static char *fail(ngx_conf_t *cf, const char *what)
{
	const ngx_str_t *args = cf->args->elts;
	ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%V: %s", &args[0], what);
	return NGX_CONF_ERROR;
}

char *ngx_http_ostiary_add_slices(ngx_conf_t *cf, ngx_array_t *to, ngx_uint_t from)
{
	const ngx_str_t *args = cf->args->elts;
	for (ngx_uint_t i = from; i < cf->args->nelts; i++) {
		struct slice *s = ngx_array_push(to);
		if (s == NULL)
			return NGX_CONF_ERROR;
		*s = ngx_http_ostiary_slice(args[i]);
	}
	return NGX_CONF_OK;
}

static char *read_channel(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
	ngx_http_ostiary_main_t *mcf = conf;
	ngx_str_t *args = cf->args->elts;
	ngx_url_t url;
	(void)cmd;
	if (mcf->link != NULL)
		return fail(cf, "is given twice");
	ngx_memzero(&url, sizeof url);
	url.url = args[1];
	url.no_resolve = 1;
	if (!slice_starts(ngx_http_ostiary_slice(args[1]), SLICE("unix:")) || ngx_parse_url(cf->pool, &url) != NGX_OK ||
	    url.naddrs != 1)
		return fail(cf, "takes unix:/path/to/link.sock");
	mcf->link = url.addrs;
	mcf->link_text = args[1];
	return NGX_CONF_OK;
}

static char *read_waiting(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
	static const struct slice words[] = {SLICE_INIT("lookups"), SLICE_INIT("keys"), SLICE_INIT("link")};
	ngx_http_ostiary_main_t *mcf = conf;
	const ngx_str_t *args = cf->args->elts;
	ngx_int_t n = ngx_atoi(args[2].data, args[2].len);
	(void)cmd;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (!slice_eq(words[i], ngx_http_ostiary_slice(args[1])))
			continue;
		if (mcf->waiting[i] != NGX_CONF_UNSET_UINT)
			return fail(cf, "is given twice for the same");
		if (n < 1 || n > 1000000)
			return fail(cf, "takes a number from 1 to 1000000");
		mcf->waiting[i] = (ngx_uint_t)n;
		return NGX_CONF_OK;
	}
	return fail(cf, "is for lookups, keys or link");
}

static char *validate_name(ngx_conf_t *cf, ngx_str_t name)
{
	enum rc rc = header_name_validate(ngx_http_ostiary_slice(name));
	if (rc == RC_SYNTAX)
		return fail(cf, "takes the name of a header: letters, digits and \"-\", at most 64, a letter first");
	return rc == RC_OK ? NGX_CONF_OK
			   : fail(cf, "would take a header away that frames, routes or authenticates requests: take "
				      "another name, "
				      "such as X-Email");
}

/* Two headers with one name, in any spelling: the backend might use either. */
static char *validate_claim_header(ngx_conf_t *cf, const ngx_array_t *others)
{
	static const struct header_names none = {NULL, 0};
	const ngx_str_t *args = cf->args->elts;
	struct slice name = ngx_http_ostiary_slice(args[1]);
	const struct gateway_claim_header *v = others->elts;
	if (validate_name(cf, args[1]) != NGX_CONF_OK)
		return NGX_CONF_ERROR;
	if (header_name_is_identity(&none, name))
		return fail(cf, "names a header that the gateway sets already: take another name, such as X-Email");
	for (ngx_uint_t i = 0; i < others->nelts; i++)
		if (header_name_eq(v[i].header, name))
			return fail(cf, "sets this header twice here");
	return gateway_claim_path_validate(ngx_http_ostiary_slice(args[2])) == RC_OK
		       ? NGX_CONF_OK
		       : fail(cf, "takes a claim's name, or a JSON Pointer that starts with \"/\", after the header");
}

static char *read_delete_header(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
	ngx_http_ostiary_main_t *mcf = conf;
	const ngx_str_t *args = cf->args->elts;
	(void)cmd;
	for (ngx_uint_t i = 1; i < cf->args->nelts; i++)
		if (validate_name(cf, args[i]) != NGX_CONF_OK)
			return NGX_CONF_ERROR;
	return ngx_http_ostiary_add_slices(cf, &mcf->deleted, 1);
}

static char *read_header(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
	ngx_http_ostiary_main_t *mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_ostiary_module);
	ngx_http_ostiary_loc_t *lcf = conf;
	const ngx_str_t *args = cf->args->elts;
	(void)cmd;
	if (lcf->headers == NULL)
		lcf->headers = ngx_array_create(cf->pool, 4, sizeof(struct gateway_claim_header));
	if (lcf->headers == NULL || validate_claim_header(cf, lcf->headers) != NGX_CONF_OK)
		return NGX_CONF_ERROR;
	struct gateway_claim_header *h = ngx_array_push(lcf->headers);
	struct slice *deleted = ngx_array_push(&mcf->deleted);
	if (h == NULL || deleted == NULL)
		return NGX_CONF_ERROR;
	if (lcf->headers->nelts > GATEWAY_CLAIM_HEADERS_MAX)
		return fail(cf, "too many of them here");
	h->header = ngx_http_ostiary_slice(args[1]);
	h->path = ngx_http_ostiary_slice(args[2]);
	*deleted = h->header;
	return NGX_CONF_OK;
}

/* ---- ostiary off | provider | session | bearer NAME… ---- */

static const struct gateway_issuer *issuer_by_name(const ngx_http_ostiary_main_t *mcf, ngx_str_t name)
{
	ngx_http_ostiary_issuer_t **v = mcf->issuers.elts;
	for (ngx_uint_t i = 0; i < mcf->issuers.nelts; i++)
		if (slice_eq(v[i]->gate.name, ngx_http_ostiary_slice(name)))
			return &v[i]->gate;
	return NULL;
}

static char *read_bearer(ngx_conf_t *cf, const ngx_http_ostiary_main_t *mcf, ngx_http_ostiary_loc_t *lcf)
{
	const ngx_str_t *args = cf->args->elts;
	lcf->issuers = ngx_array_create(cf->pool, 2, sizeof(const struct gateway_issuer *));
	if (lcf->issuers == NULL || cf->args->nelts < 3 || cf->args->nelts - 2 > GATEWAY_ISSUERS_MAX)
		return fail(cf, "bearer takes one to eight issuers");
	for (ngx_uint_t i = 2; i < cf->args->nelts; i++) {
		const struct gateway_issuer **slot = ngx_array_push(lcf->issuers);
		if (slot == NULL)
			return NGX_CONF_ERROR;
		*slot = issuer_by_name(mcf, args[i]);
		if (*slot == NULL)
			return fail(cf, "names an ostiary_issuer that does not stand above");
	}
	return NGX_CONF_OK;
}

static char *read_mode(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
	ngx_http_ostiary_main_t *mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_ostiary_module);
	ngx_http_ostiary_loc_t *lcf = conf;
	const ngx_str_t *args = cf->args->elts;
	(void)cmd;
	if (lcf->mode != NGX_CONF_UNSET_UINT)
		return fail(cf, "is given twice");
	ngx_http_ostiary_mark(cf, &lcf->mode_at);
	lcf->mode = ngx_http_ostiary_mode_by_name(ngx_http_ostiary_slice(args[1]));
	if (lcf->mode == NGX_CONF_UNSET_UINT)
		return fail(cf, ngx_http_ostiary_modes(cf->pool));
	const struct gateway_credential *credential = ngx_http_ostiary_credential(lcf);
	if (credential != NULL && credential->linked)
		mcf->looks_up = true;
	if (credential != NULL && credential->issuers)
		return read_bearer(cf, mcf, lcf);
	return cf->args->nelts == 2 ? NGX_CONF_OK : fail(cf, "takes names only after bearer");
}

/* ---- ostiary_require scope|role all|any WORD… / claim PATH VALUE… ---- */

/* A rule that could never hold, or would always hold. */
static char *validate_words(ngx_conf_t *cf, struct slice type)
{
	const ngx_str_t *args = cf->args->elts;
	bool claim = slice_eq(type, SLICE("claim"));
	if (claim && gateway_claim_path_validate(ngx_http_ostiary_slice(args[2])) != RC_OK)
		return fail(cf, "takes a claim's name, or a JSON Pointer that starts with \"/\", after claim");
	if (cf->args->nelts < 4)
		return fail(cf, claim ? "names no value: write \"ostiary_require claim NAME VALUE;\""
				      : "names no word: write \"ostiary_require scope all orders:read;\"");
	for (ngx_uint_t i = 3; i < cf->args->nelts; i++) {
		if (args[i].len == 0)
			return fail(cf, "has an empty word");
		if (slice_eq(type, SLICE("scope")) && slice_find(ngx_http_ostiary_slice(args[i]), ' ') < args[i].len)
			return fail(cf, "takes each scope as a word of its own, without quotes around several");
	}
	return NGX_CONF_OK;
}

static char *read_require(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
	ngx_http_ostiary_loc_t *lcf = conf;
	const ngx_str_t *args = cf->args->elts;
	struct slice type = ngx_http_ostiary_slice(args[1]), how = ngx_http_ostiary_slice(args[2]);
	bool claim = slice_eq(type, SLICE("claim"));
	(void)cmd;
	if (!claim && !slice_eq(type, SLICE("scope")) && !slice_eq(type, SLICE("role")))
		return fail(cf, "starts with scope, role or claim");
	if (!claim && !slice_eq(how, SLICE("all")) && !slice_eq(how, SLICE("any")))
		return fail(cf, "says all or any before the words");
	if (validate_words(cf, type) != NGX_CONF_OK)
		return NGX_CONF_ERROR;
	ngx_http_ostiary_mark(cf, &lcf->rule_at);
	if (lcf->rules == NULL)
		lcf->rules = ngx_array_create(cf->pool, 4, sizeof(struct gateway_rule));
	struct gateway_rule *rule = lcf->rules == NULL ? NULL : ngx_array_push(lcf->rules);
	ngx_array_t values;
	if (rule == NULL || ngx_array_init(&values, cf->pool, 4, sizeof(struct slice)) != NGX_OK)
		return NGX_CONF_ERROR;
	char *rc = ngx_http_ostiary_add_slices(cf, &values, 3);
	*rule = (struct gateway_rule){
		.type = claim                            ? GATEWAY_RULE_CLAIM
			: slice_eq(type, SLICE("scope")) ? GATEWAY_RULE_SCOPE
							 : GATEWAY_RULE_ROLE,
		.all = !claim && slice_eq(how, SLICE("all")),
		.path = claim ? how : SLICE_NONE,
		.values = values.elts,
		.value_count = values.nelts,
	};
	return rc;
}

static char *read_origins(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
	ngx_http_ostiary_loc_t *lcf = conf;
	const ngx_str_t *args = cf->args->elts;
	(void)cmd;
	for (ngx_uint_t i = 1; i < cf->args->nelts; i++) {
		struct slice s = ngx_http_ostiary_slice(args[i]);
		if ((!slice_starts(s, SLICE("https://")) && !slice_starts(s, SLICE("http://"))) ||
		    slice_ends(s, SLICE("/")) || slice_find(s, '*') < s.n)
			return fail(
				cf,
				"takes origins: scheme, host and port, without a slash at the end and without \"*\"");
	}
	if (lcf->origins == NULL)
		lcf->origins = ngx_array_create(cf->pool, 4, sizeof(struct slice));
	return lcf->origins == NULL ? NGX_CONF_ERROR : ngx_http_ostiary_add_slices(cf, lcf->origins, 1);
}

/* ---- the table ---- */

#define EVERYWHERE (NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_HTTP_LMT_CONF)
#define MAIN(member) NGX_HTTP_MAIN_CONF_OFFSET, offsetof(ngx_http_ostiary_main_t, member), NULL
#define LOC(member) NGX_HTTP_LOC_CONF_OFFSET, offsetof(ngx_http_ostiary_loc_t, member), NULL

static ngx_conf_enum_t stale_words[] = {{ngx_string("allow"), 0}, {ngx_string("refuse"), 1}, {ngx_null_string, 0}};
static ngx_conf_enum_t path_words[] = {{ngx_string("strict"), 0}, {ngx_string("any"), 1}, {ngx_null_string, 0}};

static char *set_paths(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
	ngx_http_ostiary_loc_t *lcf = conf;
	const ngx_str_t *args = cf->args->elts;
	(void)cmd;
	for (ngx_uint_t i = 0; path_words[i].name.len > 0; i++)
		if (slice_eq(ngx_http_ostiary_slice(path_words[i].name), ngx_http_ostiary_slice(args[1]))) {
			lcf->any_path = (ngx_flag_t)path_words[i].value;
			return NGX_CONF_OK;
		}
	return fail(cf, "is strict or any");
}

ngx_command_t ngx_http_ostiary_commands[] = {
	{ngx_string("ostiary_link"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, read_channel, NGX_HTTP_MAIN_CONF_OFFSET, 0,
	 NULL},
	{ngx_string("ostiary_zone"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, ngx_conf_set_size_slot, MAIN(zone_size)},
	{ngx_string("ostiary_heartbeat"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, ngx_conf_set_msec_slot, MAIN(stale)},
	{ngx_string("ostiary_wait"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, ngx_conf_set_msec_slot, MAIN(wait)},
	{ngx_string("ostiary_waiting"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE2, read_waiting, NGX_HTTP_MAIN_CONF_OFFSET, 0,
	 NULL},
	{ngx_string("ostiary_key_interval"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, ngx_conf_set_msec_slot,
	 MAIN(key_interval)},
	{ngx_string("ostiary_delete_header"), NGX_HTTP_MAIN_CONF | NGX_CONF_1MORE, read_delete_header,
	 NGX_HTTP_MAIN_CONF_OFFSET, 0, NULL},
	{ngx_string("ostiary_issuer"), NGX_HTTP_MAIN_CONF | NGX_CONF_BLOCK | NGX_CONF_TAKE1,
	 ngx_http_ostiary_issuer_block, NGX_HTTP_MAIN_CONF_OFFSET, 0, NULL},
	{ngx_string("ostiary"), EVERYWHERE | NGX_CONF_1MORE, read_mode, NGX_HTTP_LOC_CONF_OFFSET, 0, NULL},
	{ngx_string("ostiary_require"), EVERYWHERE | NGX_CONF_2MORE, read_require, NGX_HTTP_LOC_CONF_OFFSET, 0, NULL},
	{ngx_string("ostiary_header"), EVERYWHERE | NGX_CONF_TAKE2, read_header, NGX_HTTP_LOC_CONF_OFFSET, 0, NULL},
	{ngx_string("ostiary_realm"), EVERYWHERE | NGX_CONF_TAKE1, ngx_conf_set_str_slot, LOC(realm)},
	{ngx_string("ostiary_csrf"), EVERYWHERE | NGX_CONF_FLAG, ngx_conf_set_flag_slot, LOC(csrf)},
	{ngx_string("ostiary_paths"), EVERYWHERE | NGX_CONF_TAKE1, set_paths, NGX_HTTP_LOC_CONF_OFFSET, 0, NULL},
	{ngx_string("ostiary_stale"), EVERYWHERE | NGX_CONF_TAKE1, ngx_conf_set_enum_slot, NGX_HTTP_LOC_CONF_OFFSET,
	 offsetof(ngx_http_ostiary_loc_t, stale), stale_words},
	{ngx_string("ostiary_cors_origin"), EVERYWHERE | NGX_CONF_1MORE, read_origins, NGX_HTTP_LOC_CONF_OFFSET, 0,
	 NULL},
	{ngx_string("ostiary_cors_methods"), EVERYWHERE | NGX_CONF_TAKE1, ngx_conf_set_str_slot, LOC(cors_methods)},
	{ngx_string("ostiary_cors_headers"), EVERYWHERE | NGX_CONF_TAKE1, ngx_conf_set_str_slot, LOC(cors_headers)},
	{ngx_string("ostiary_cors_expose"), EVERYWHERE | NGX_CONF_TAKE1, ngx_conf_set_str_slot, LOC(cors_expose)},
	{ngx_string("ostiary_cors_max_age"), EVERYWHERE | NGX_CONF_TAKE1, ngx_conf_set_str_slot, LOC(cors_max_age)},
	{ngx_string("ostiary_cors_credentials"), EVERYWHERE | NGX_CONF_FLAG, ngx_conf_set_flag_slot,
	 LOC(cors_credentials)},
	{ngx_string("ostiary_status"), NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS, ngx_http_ostiary_status,
	 NGX_HTTP_LOC_CONF_OFFSET, 0, NULL},
	ngx_null_command,
};

/* ---- creating and merging ---- */

void *ngx_http_ostiary_create_main(ngx_conf_t *cf)
{
	ngx_http_ostiary_main_t *mcf = ngx_pcalloc(cf->pool, sizeof *mcf);
	if (mcf == NULL || ngx_array_init(&mcf->issuers, cf->pool, 4, sizeof(ngx_http_ostiary_issuer_t *)) != NGX_OK ||
	    ngx_array_init(&mcf->deleted, cf->pool, 4, sizeof(struct slice)) != NGX_OK)
		return NULL;
	for (size_t i = 0; i < OSTIARY_WAITING_COUNT; i++)
		mcf->waiting[i] = NGX_CONF_UNSET_UINT;
	mcf->stale = NGX_CONF_UNSET_MSEC;
	mcf->wait = NGX_CONF_UNSET_MSEC;
	mcf->key_interval = NGX_CONF_UNSET_MSEC;
	mcf->zone_size = NGX_CONF_UNSET_SIZE;
	return mcf;
}

char *ngx_http_ostiary_init_main(ngx_conf_t *cf, void *conf)
{
	ngx_http_ostiary_main_t *mcf = conf;
	ngx_conf_init_uint_value(mcf->waiting[OSTIARY_WAITING_LOOKUPS], 4096);
	ngx_conf_init_uint_value(mcf->waiting[OSTIARY_WAITING_KEYS], 256);
	ngx_conf_init_uint_value(mcf->waiting[OSTIARY_WAITING_LINK], 1024);
	ngx_conf_init_msec_value(mcf->stale, 5000);
	ngx_conf_init_msec_value(mcf->wait, 5000);
	ngx_conf_init_msec_value(mcf->key_interval, 10000);
	/* With a control channel the daemon says which issuer is ours; without one it is the only issuer. */
	if (mcf->link == NULL && mcf->issuers.nelts == 1)
		(*(ngx_http_ostiary_issuer_t **)mcf->issuers.elts)->gate.ours = true;
	return ngx_http_ostiary_zone_add(cf, mcf);
}

void *ngx_http_ostiary_create_loc(ngx_conf_t *cf)
{
	ngx_http_ostiary_loc_t *lcf = ngx_pcalloc(cf->pool, sizeof *lcf);
	if (lcf == NULL)
		return NULL;
	lcf->mode = NGX_CONF_UNSET_UINT;
	lcf->csrf = NGX_CONF_UNSET;
	lcf->any_path = NGX_CONF_UNSET;
	lcf->cors_credentials = NGX_CONF_UNSET;
	lcf->stale = NGX_CONF_UNSET_UINT;
	return lcf;
}

/* The outer level's rules first: a location adds to its server's rules and never replaces them. */
static ngx_array_t *join_rules(ngx_conf_t *cf, const ngx_array_t *outer, ngx_array_t *own)
{
	ngx_array_t *all = ngx_array_create(cf->pool, 4, sizeof(struct gateway_rule));
	const ngx_array_t *parts[] = {outer, own};
	for (size_t i = 0; all != NULL && i < ARRAY_LEN(parts); i++) {
		if (parts[i] == NULL || parts[i]->nelts == 0)
			continue;
		struct gateway_rule *to = ngx_array_push_n(all, parts[i]->nelts);
		if (to == NULL)
			return NULL;
		ngx_memcpy(to, parts[i]->elts, parts[i]->nelts * sizeof *to);
	}
	return all;
}

static void merge_words(ngx_http_ostiary_loc_t *outer, ngx_http_ostiary_loc_t *lcf)
{
	ngx_conf_merge_str_value(lcf->realm, outer->realm, "ostiary");
	ngx_conf_merge_str_value(lcf->cors_methods, outer->cors_methods, "GET, HEAD, POST, PUT, PATCH, DELETE");
	ngx_conf_merge_str_value(lcf->cors_headers, outer->cors_headers, "authorization, content-type");
	ngx_conf_merge_str_value(lcf->cors_expose, outer->cors_expose, "WWW-Authenticate");
	ngx_conf_merge_str_value(lcf->cors_max_age, outer->cors_max_age, "600");
	ngx_conf_merge_value(lcf->cors_credentials, outer->cors_credentials, 0);
	ngx_conf_merge_value(lcf->csrf, outer->csrf, 1);
	ngx_conf_merge_uint_value(lcf->stale, outer->stale, 0);
}

static void build(const ngx_http_ostiary_main_t *mcf, ngx_http_ostiary_loc_t *lcf)
{
	(void)mcf;
	lcf->policy = (struct gateway_policy){
		.credential = ngx_http_ostiary_credential(lcf),
		.realm = ngx_http_ostiary_slice(lcf->realm),
		.issuers = lcf->issuers == NULL ? NULL : lcf->issuers->elts,
		.issuer_count = lcf->issuers == NULL ? 0 : lcf->issuers->nelts,
		.session_map = gateway_claim_map_own,
		.rules = lcf->rules->elts,
		.rule_count = lcf->rules->nelts,
		.claim_headers = lcf->headers == NULL ? NULL : lcf->headers->elts,
		.claim_header_count = lcf->headers == NULL ? 0 : lcf->headers->nelts,
		.csrf_off = !lcf->csrf,
		.stale_refuse = lcf->stale == 1,
		.any_path = lcf->any_path == 1,
	};
	lcf->cors = (struct gateway_cors){
		.origins = lcf->origins == NULL ? NULL : lcf->origins->elts,
		.origin_count = lcf->origins == NULL ? 0 : lcf->origins->nelts,
		.methods = ngx_http_ostiary_slice(lcf->cors_methods),
		.headers = ngx_http_ostiary_slice(lcf->cors_headers),
		.expose = ngx_http_ostiary_slice(lcf->cors_expose),
		.max_age = ngx_http_ostiary_slice(lcf->cors_max_age),
		.credentials = lcf->cors_credentials == 1,
	};
}

static char *validate_location(ngx_conf_t *cf, ngx_http_ostiary_main_t *mcf, const ngx_http_ostiary_loc_t *lcf)
{
	struct slice realm = ngx_http_ostiary_slice(lcf->realm);
	const struct gateway_credential *credential = ngx_http_ostiary_credential(lcf);
	for (size_t i = 0; i < realm.n; i++)
		if (realm.p[i] < 0x20 || realm.p[i] >= 0x7f || realm.p[i] == '"' || realm.p[i] == '\\') {
			ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "ostiary_realm: no quotes, backslashes or controls");
			return NGX_CONF_ERROR;
		}
	if (credential == NULL)
		return NGX_CONF_OK;
	bool linked = credential->linked;
	for (size_t i = 0; i < lcf->policy.issuer_count; i++)
		linked = linked || lcf->policy.issuers[i]->fed;
	if (linked && mcf->link == NULL) {
		ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "ostiary: session mode and fed issuers need ostiary_link");
		return NGX_CONF_ERROR;
	}
	return NGX_CONF_OK;
}

char *ngx_http_ostiary_merge_loc(ngx_conf_t *cf, void *parent, void *child)
{
	ngx_http_ostiary_main_t *mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_ostiary_module);
	ngx_http_ostiary_loc_t *outer = parent, *lcf = child;
	/* If no level sets a mode, nginx is unchanged except for identity headers. */
	bool untouched = lcf->mode == NGX_CONF_UNSET_UINT && outer->mode == NGX_CONF_UNSET_UINT;
	if (lcf->mode == NGX_CONF_UNSET_UINT && outer->mode != NGX_CONF_UNSET_UINT) {
		lcf->mode = outer->mode;
		lcf->issuers = outer->issuers;
	}
	ngx_conf_merge_value(lcf->any_path, outer->any_path, NGX_CONF_UNSET);
	merge_words(outer, lcf);
	if (lcf->headers == NULL)
		lcf->headers = outer->headers;
	if (lcf->origins == NULL)
		lcf->origins = outer->origins;
	bool own_rules = lcf->rules != NULL;
	if (lcf->mode_at.line == 0)
		lcf->mode_at = outer->mode_at;
	if (lcf->rule_at.line == 0)
		lcf->rule_at = outer->rule_at;
	lcf->rules = join_rules(cf, outer->rules, lcf->rules);
	if (lcf->rules == NULL)
		return NGX_CONF_ERROR;
	mcf->names = (struct header_names){mcf->deleted.elts, mcf->deleted.nelts};
	build(mcf, lcf);
	if (untouched)
		lcf->policy.any_path = lcf->any_path != 0;
	if (validate_location(cf, mcf, lcf) != NGX_CONF_OK ||
	    ngx_http_ostiary_validate_rules(cf, lcf, own_rules) != NGX_CONF_OK ||
	    ngx_http_ostiary_validate_session(cf, lcf) != NGX_CONF_OK)
		return NGX_CONF_ERROR;
	ngx_http_ostiary_warn_early(cf, lcf);
	ngx_http_ostiary_warn_nowhere(cf, lcf);
	return NGX_CONF_OK;
}
