/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl, loaded at run time. It stays loaded: its threads and exit handlers do not survive an unload. */
#include <dlfcn.h>

#include "fetch/curl_functions.h"

enum rc curl_functions_get(struct curl_functions *ret)
{
	void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
	if (library == NULL)
		return RC_INTERNAL;
#define F(name)                                                         \
	ret->name = (__typeof__(name) *)dlsym(library, #name);          \
	if (ret->name == NULL)                                          \
		return RC_INTERNAL;
	CURL_FUNCTIONS(F)
#undef F
	return RC_OK;
}
