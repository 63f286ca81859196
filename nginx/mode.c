/* SPDX-License-Identifier: Apache-2.0 */
/* The modes of the directive "ostiary": off, provider, and the rows of gateway_credentials. */
#include "ngx_http_ostiary.h"

ngx_uint_t ngx_http_ostiary_mode_by_name(struct slice name)
{
	if (slice_eq(name, SLICE("off")))
		return OSTIARY_MODE_OFF;
	if (slice_eq(name, SLICE("provider")))
		return OSTIARY_MODE_PROVIDER;
	for (ngx_uint_t i = 0; i < GATEWAY_CREDENTIALS; i++)
		if (slice_eq(name, gateway_credentials[i]->name))
			return OSTIARY_MODE_CREDENTIAL + i;
	return NGX_CONF_UNSET_UINT;
}

const char *ngx_http_ostiary_modes(ngx_pool_t *pool)
{
	enum { MODES_MAX = 256 };
	u_char *text = ngx_pcalloc(pool, MODES_MAX + 1);
	if (text == NULL)
		return "is unknown";
	u_char *end = ngx_snprintf(text, MODES_MAX, "is off, provider");
	for (size_t i = 0; i < GATEWAY_CREDENTIALS; i++) {
		const struct gateway_credential *c = gateway_credentials[i];
		end = ngx_snprintf(end, (size_t)(text + MODES_MAX - end), ", %*s%s", c->name.n, c->name.p,
				   c->issuers ? " NAME" : "");
	}
	return (const char *)text;
}

const struct gateway_credential *ngx_http_ostiary_credential(const ngx_http_ostiary_loc_t *lcf)
{
	return lcf->mode != NGX_CONF_UNSET_UINT && lcf->mode >= OSTIARY_MODE_CREDENTIAL
		       ? gateway_credentials[lcf->mode - OSTIARY_MODE_CREDENTIAL] : NULL;
}
