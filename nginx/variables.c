/* SPDX-License-Identifier: Apache-2.0 */
/* $ostiary_user_id and the like, for limits, logs and maps. Not found before the decision, or without a value. */
#include "ngx_http_ostiary.h"

static ngx_int_t get_text(ngx_http_request_t *r, ngx_http_variable_value_t *v, uintptr_t data)
{
	const ngx_http_ostiary_ctx_t *ctx = ngx_http_get_module_ctx(r, ngx_http_ostiary_module);
	const ngx_str_t *s = ctx == NULL ? NULL : (const ngx_str_t *)(const void *)((const u_char *)ctx + data);
	if (s == NULL || s->len == 0) {
		v->not_found = 1;
		return NGX_OK;
	}
	v->len = (unsigned)s->len & 0xfffffffU;
	v->valid = 1;
	v->no_cacheable = 1;
	v->not_found = 0;
	v->data = s->data;
	return NGX_OK;
}

static ngx_int_t get_nanoseconds(ngx_http_request_t *r, ngx_http_variable_value_t *v, uintptr_t data)
{
	const ngx_http_ostiary_ctx_t *ctx = ngx_http_get_module_ctx(r, ngx_http_ostiary_module);
	(void)data;
	v->data = ctx == NULL ? NULL : ngx_pnalloc(r->pool, NGX_INT_T_LEN);
	if (v->data == NULL) {
		v->not_found = 1;
		return NGX_OK;
	}
	v->len = (unsigned)(ngx_sprintf(v->data, "%ui", ctx->nanoseconds) - v->data) & 0xfffffffU;
	v->valid = 1;
	v->no_cacheable = 1;
	v->not_found = 0;
	return NGX_OK;
}

#define TEXT(name, member) {ngx_string(name), NULL, get_text, offsetof(ngx_http_ostiary_ctx_t, member), \
			    NGX_HTTP_VAR_NOCACHEABLE, 0}

static ngx_http_variable_t variables[] = {
	TEXT("ostiary_user_id", user),
	TEXT("ostiary_tenant_id", tenant),
	TEXT("ostiary_roles", roles),
	TEXT("ostiary_sid", sid),
	TEXT("ostiary_client_id", client),
	TEXT("ostiary_scope", scope),
	TEXT("ostiary_reason", reason),
	{ngx_string("ostiary_nanoseconds"), NULL, get_nanoseconds, 0, NGX_HTTP_VAR_NOCACHEABLE, 0},
};

ngx_int_t ngx_http_ostiary_add_variables(ngx_conf_t *cf)
{
	for (size_t i = 0; i < ARRAY_LEN(variables); i++) {
		ngx_http_variable_t *v = ngx_http_add_variable(cf, &variables[i].name, variables[i].flags);
		if (v == NULL)
			return NGX_ERROR;
		v->get_handler = variables[i].get_handler;
		v->data = variables[i].data;
	}
	return NGX_OK;
}
