/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/gateway_credential.h"

const struct gateway_credential *const gateway_credentials[GATEWAY_CREDENTIALS] = {&gateway_bearer, &gateway_session};

const struct gateway_credential *gateway_credential_by_name(struct slice name)
{
	for (size_t i = 0; i < GATEWAY_CREDENTIALS; i++)
		if (slice_eq(gateway_credentials[i]->name, name))
			return gateway_credentials[i];
	return NULL;
}
