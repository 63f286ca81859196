/* SPDX-License-Identifier: Apache-2.0 */
/* Finds directives that have no effect: refuses them at nginx -t, or warns if they may be intended. Runs while
 * locations are merged: each server's locations are still in file order, and outer levels are complete. */
#include "ngx_http_ostiary.h"

/* A module that this nginx may lack. */
extern ngx_module_t ngx_http_rewrite_module __attribute__((weak));

void ngx_http_ostiary_mark(ngx_conf_t *cf, ngx_http_ostiary_at_t *at)
{
	if (at->line == 0)
		*at = (ngx_http_ostiary_at_t){cf->conf_file->file.name, cf->conf_file->line};
}

static char *refuse_setting(ngx_conf_t *cf, const ngx_http_ostiary_at_t *at, const char *what)
{
	ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "%s in %V:%ui", what, &at->file, at->line);
	return NGX_CONF_ERROR;
}

/* ---- rules without a sign-in that they could apply to ---- */

/* A server with "location /" answers nothing at its own level. */
static bool is_reached(ngx_conf_t *cf)
{
	const ngx_http_core_loc_conf_t *clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
	if (clcf->name.len > 0 || clcf->noname || clcf->locations == NULL)
		return true;
	for (ngx_queue_t *q = ngx_queue_head(clcf->locations); q != ngx_queue_sentinel(clcf->locations);
	     q = ngx_queue_next(q)) {
		const ngx_http_location_queue_t *l = (const ngx_http_location_queue_t *)(const void *)q;
		if (l->inclusive != NULL && l->inclusive->name.len == 1)
			return false;
	}
	return true;
}

char *ngx_http_ostiary_validate_rules(ngx_conf_t *cf, const ngx_http_ostiary_loc_t *lcf, bool own)
{
	if (lcf->rules->nelts == 0 || ngx_http_ostiary_credential(lcf) != NULL)
		return NGX_CONF_OK;
	if (lcf->mode == NGX_CONF_UNSET_UINT)
		return is_reached(cf) ? refuse_setting(cf, &lcf->rule_at,
					       "ostiary_require protects nothing where no \"ostiary\" says who is "
					       "asked: write "
					       "\"ostiary bearer NAME;\" or \"ostiary session;\" beside it, or "
					       "\"ostiary off;\" in each "
					       "location that is meant to be open")
				      : NGX_CONF_OK;
	/* An inner level that sets "off" explicitly is open on purpose. */
	return own ? refuse_setting(cf, &lcf->rule_at,
			    "ostiary_require protects nothing under \"ostiary off\" and \"ostiary provider\": write "
			    "\"ostiary bearer NAME;\" or \"ostiary session;\", or take the rule away")
		   : NGX_CONF_OK;
}

/* ---- session mode needs its own pages ---- */

static ngx_uint_t mode_of(const ngx_http_core_loc_conf_t *clcf, ngx_uint_t outer)
{
	const ngx_http_ostiary_loc_t *lcf = clcf->loc_conf[ngx_http_ostiary_module.ctx_index];
	return lcf->mode == NGX_CONF_UNSET_UINT ? outer : lcf->mode;
}

static bool begins(ngx_str_t uri, ngx_str_t name)
{
	return slice_starts(ngx_http_ostiary_slice(uri), ngx_http_ostiary_slice(name));
}

typedef struct {
	ngx_http_core_loc_conf_t *exact, *prefix;
} places_t;

static places_t find_plain(const ngx_queue_t *locations, ngx_str_t uri)
{
	places_t found = {NULL, NULL};
	for (ngx_queue_t *q = ngx_queue_head(locations); q != ngx_queue_sentinel(locations); q = ngx_queue_next(q)) {
		const ngx_http_location_queue_t *l = (const ngx_http_location_queue_t *)(const void *)q;
		ngx_http_core_loc_conf_t *in = l->inclusive;
		if (l->exact != NULL && l->exact->exact_match && l->exact->name.len == uri.len &&
		    begins(uri, l->exact->name))
			found.exact = l->exact;
		if (in != NULL && begins(uri, in->name) &&
		    (found.prefix == NULL || in->name.len > found.prefix->name.len))
			found.prefix = in;
	}
	return found;
}

static ngx_http_core_loc_conf_t *find_regex(const ngx_queue_t *locations, ngx_str_t uri)
{
#if (NGX_PCRE)
	for (ngx_queue_t *q = ngx_queue_head(locations); q != ngx_queue_sentinel(locations); q = ngx_queue_next(q)) {
		const ngx_http_location_queue_t *l = (const ngx_http_location_queue_t *)(const void *)q;
		if (l->exact != NULL && l->exact->regex != NULL &&
		    ngx_regex_exec(l->exact->regex->regex, &uri, NULL, 0) >= 0)
			return l->exact;
	}
#endif
	(void)locations;
	(void)uri;
	return NULL;
}

/* The location that nginx chooses for this path, as ngx_http_core_find_location does, and its mode. True: nothing
 * outside changes it. */
static bool lead(const ngx_http_core_loc_conf_t *in, ngx_str_t uri, ngx_uint_t *mode)
{
	const ngx_queue_t *locations = in->locations;
	if (locations == NULL)
		return false;
	places_t plain = find_plain(locations, uri);
	if (plain.exact != NULL) {
		*mode = mode_of(plain.exact, *mode);
		return true;
	}
	ngx_uint_t outer = *mode;
	if (plain.prefix != NULL) {
		*mode = mode_of(plain.prefix, outer);
		if (lead(plain.prefix, uri, mode))
			return true;
	}
	ngx_http_core_loc_conf_t *regex =
		plain.prefix != NULL && plain.prefix->noregex ? NULL : find_regex(locations, uri);
	if (regex == NULL)
		return false;
	*mode = mode_of(regex, outer);
	(void)lead(regex, uri, mode);
	return true;
}

/* The codes of return, rewrite and if: the first member of that module's configuration, in every nginx version. */
static const ngx_array_t *codes_of(ngx_conf_t *cf)
{
	ngx_array_t *const *conf = &ngx_http_rewrite_module == NULL
					   ? NULL
					   : ngx_http_conf_get_module_loc_conf(cf, ngx_http_rewrite_module);
	return conf == NULL ? NULL : *conf;
}

/* The next place after `from` that holds this code; codes are words, each starts with its function. */
static const void *find_code(const ngx_array_t *codes, ngx_http_script_code_pt code, ngx_uint_t *from)
{
	const u_char *p = codes->elts;
	for (; *from + sizeof code <= codes->nelts; *from += sizeof(uintptr_t)) {
		ngx_http_script_code_pt here;
		ngx_memcpy(&here, p + *from, sizeof here);
		if (here != code)
			continue;
		const void *found = p + *from;
		*from += sizeof(uintptr_t);
		return found;
	}
	return NULL;
}

static bool has_return(ngx_conf_t *cf)
{
	const ngx_array_t *codes = codes_of(cf);
	ngx_uint_t from = 0;
	return codes != NULL && find_code(codes, ngx_http_script_return_code, &from) != NULL;
}

/* A server that only redirects elsewhere needs no sign-in. */
static bool only_returns(ngx_conf_t *cf)
{
	const ngx_http_core_loc_conf_t *clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
	return clcf->name.len == 0 && !clcf->noname && has_return(cf);
}

char *ngx_http_ostiary_validate_session(ngx_conf_t *cf, const ngx_http_ostiary_loc_t *lcf)
{
	static const ngx_str_t pages[] = {ngx_string("/_ostiary/login"), ngx_string("/_ostiary/callback"),
					  ngx_string("/_ostiary/logout")};
	const ngx_http_core_srv_conf_t *cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);
	const ngx_http_core_loc_conf_t *server = cscf->ctx->loc_conf[ngx_http_core_module.ctx_index];
	ngx_uint_t outer =
		((const ngx_http_ostiary_loc_t *)cscf->ctx->loc_conf[ngx_http_ostiary_module.ctx_index])->mode;
	const struct gateway_credential *credential = ngx_http_ostiary_credential(lcf);
	if (credential == NULL || !credential->signs_in || only_returns(cf))
		return NGX_CONF_OK;
	for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
		ngx_uint_t mode = outer;
		(void)lead(server, pages[i], &mode);
		if (mode != OSTIARY_MODE_PROVIDER)
			return refuse_setting(
				cf, &lcf->mode_at,
				"\"ostiary session\" sends people to /_ostiary/login of this server, which does "
				"not lead to the daemon: write \"location ^~ /_ostiary/ { ostiary provider; proxy_pass "
				"http://DAEMON; }\" into the server");
	}
	return NGX_CONF_OK;
}

/* ---- answers that are sent before the gateway decides ---- */

static bool is_error_page(const ngx_http_core_loc_conf_t *clcf, ngx_uint_t status)
{
	const ngx_http_err_page_t *v = clcf->error_pages == NULL ? NULL : clcf->error_pages->elts;
	for (ngx_uint_t i = 0; v != NULL && i < clcf->error_pages->nelts; i++)
		if (v[i].status == (ngx_int_t)status)
			return true;
	return false;
}

static void warn_return(ngx_conf_t *cf, const ngx_http_ostiary_loc_t *lcf, const ngx_array_t *codes)
{
	const ngx_http_core_loc_conf_t *clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
	const ngx_http_script_return_code_t *code;
	for (ngx_uint_t from = 0; (code = find_code(codes, ngx_http_script_return_code, &from)) != NULL;) {
		bool answers = code->status >= 200 && code->status < 300 && code->status != NGX_HTTP_NO_CONTENT;
		if (!answers && !is_error_page(clcf, code->status))
			continue;
		ngx_log_error(NGX_LOG_WARN, cf->log, 0,
			      "\"return %ui\" in \"%V\" answers before \"ostiary\" asks who it is: write "
			      "\"try_files /none @name;\" and put the return into \"location @name\"; the \"ostiary\" "
			      "is in %V:%ui",
			      code->status, &clcf->name, &lcf->mode_at.file, lcf->mode_at.line);
	}
}

static void warn_rewrite(ngx_conf_t *cf, const ngx_http_ostiary_loc_t *lcf, const ngx_array_t *codes)
{
#if (NGX_PCRE)
	const ngx_http_core_loc_conf_t *clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
	const ngx_http_script_regex_code_t *code;
	for (ngx_uint_t from = 0; (code = find_code(codes, ngx_http_script_regex_start_code, &from)) != NULL;)
		if (!code->test && !code->break_cycle && !code->redirect)
			ngx_log_error(NGX_LOG_WARN, cf->log, 0,
				      "\"rewrite … last\" in \"%V\" leaves it before \"ostiary\" asks who it is, "
				      "and the location that it leads to decides alone: write \"rewrite … break\", or "
				      "the same rules "
				      "there; the \"ostiary\" is in %V:%ui",
				      &clcf->name, &lcf->mode_at.file, lcf->mode_at.line);
#else
	(void)cf;
	(void)lcf;
	(void)codes;
#endif
}

/* ---- the daemon's places that lead nowhere ---- */

/* Where it is: its configuration begins with what try_files says, in every nginx version. */
extern ngx_module_t ngx_http_try_files_module __attribute__((weak));

static bool tries_files(ngx_conf_t *cf)
{
	void *const *conf = &ngx_http_try_files_module == NULL
				    ? NULL
				    : ngx_http_conf_get_module_loc_conf(cf, ngx_http_try_files_module);
	return conf != NULL && *conf != NULL;
}

void ngx_http_ostiary_warn_nowhere(ngx_conf_t *cf, const ngx_http_ostiary_loc_t *lcf)
{
	const ngx_http_core_loc_conf_t *clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
	if (lcf->mode != OSTIARY_MODE_PROVIDER || clcf->handler != NULL || clcf->noname || codes_of(cf) != NULL ||
	    tries_files(cf) || !is_reached(cf))
		return;
	ngx_log_error(NGX_LOG_WARN, cf->log, 0,
		      "\"ostiary provider\" in \"%V\" has no proxy_pass and checks no identity: nginx serves the files there "
		      "to everybody; write \"proxy_pass http://DAEMON;\", or \"ostiary off;\" if "
		      "that is intended; the \"ostiary\" is in %V:%ui",
		      &clcf->name, &lcf->mode_at.file, lcf->mode_at.line);
}

void ngx_http_ostiary_warn_early(ngx_conf_t *cf, const ngx_http_ostiary_loc_t *lcf)
{
	const ngx_http_core_loc_conf_t *clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
	const ngx_array_t *codes = codes_of(cf);
	/* An "if" shares the codes of its location. */
	if (codes == NULL || clcf->noname || ngx_http_ostiary_credential(lcf) == NULL)
		return;
	warn_return(cf, lcf, codes);
	/* A server's own codes run before a location is chosen. */
	if (clcf->name.len > 0)
		warn_rewrite(cf, lcf, codes);
}
