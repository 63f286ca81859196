/* SPDX-License-Identifier: Apache-2.0 */
/* What the worker may still open after its start. */
#include "worker/setup.h"

/* The stores are open already, and connections that open later need only existing files. So no file can be made, and
 * the key-encryption key beside them cannot be read. */
enum rc setup_sandbox(struct worker *w)
{
	static const char *const names[] = {"/etc/ssl",
					    "/usr/lib/ssl",
					    "/usr/share/ca-certificates",
					    "/usr/local/share/ca-certificates",
					    "/etc/resolv.conf",
					    "/etc/hosts",
					    "/etc/host.conf",
					    "/etc/nsswitch.conf",
					    "/etc/gai.conf",
					    "/etc/services",
					    "/etc/ld.so.cache",
					    "/run/systemd/resolve"};
	struct sandbox_files f = {.read = {"/dev/urandom", "/usr/lib", "/lib", "/lib64", "/sys/devices/system/cpu"},
				  .read_count = 5};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		f.read[f.read_count++] = names[i];
	TRY(setup_store_files(w, &f));
	return sandbox_enter(w->role, &f);
}
