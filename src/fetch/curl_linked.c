/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl, linked. */
#include "fetch/curl_functions.h"

enum rc curl_functions_get(struct curl_functions *ret)
{
#define F(name) .name = name,
	*ret = (struct curl_functions){CURL_FUNCTIONS(F)};
#undef F
	return RC_OK;
}
