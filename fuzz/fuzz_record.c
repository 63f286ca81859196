/* SPDX-License-Identifier: Apache-2.0 */
/* A session's record as the store gives it back. Must hold: what is read is written again as the same bytes, but in the
 * current version; and whatever a writer of the store puts there, the holder of the secret gets the payload that was
 * sealed, or none. The corpus holds genuine records of SID and SECRET. */
#include <stdlib.h>

#include "session/record.h"
#include "store/memory/memory.h"

#define SID "AAAAAAAAAAAAAAAAAAAAAA"
#define SECRET "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBE"
#define PAYLOAD "{\"cart\":[1,2]}"

enum { NOW = 1800000000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool promise)
{
	if (!promise)
		abort();
}

static void again(struct slice value, struct arena *a)
{
	struct record r;
	struct slice written;
	enum rc rc = record_read(value, &r);
	demand(rc == RC_OK || rc == RC_STORE);
	if (rc != RC_OK)
		return;
	demand(record_write(&r, a, &written) == RC_OK);
	/* What an earlier version wrote gets the current one, and the members that it lacks. */
	demand(value.p[0] == written.p[0] ? slice_eq(written, value)
					  : slice_starts(slice_from(written, 1), slice_from(value, 1)));
}

static void opened(const struct ephemeral *store, struct slice value, struct arena *a)
{
	const struct sessions s = {store,
				   {.type = EPH_SESSION, .idle = 3600, .absolute = 7200, .touch = 60, .overlap = 10}};
	struct eph_record r = {.type = EPH_SESSION, .value = value, .index = SLICE("alice"), .expires = NOW + 3600};
	struct session x;
	crypto_sha256(SLICE(SID), r.id);
	if (store->put(store->self, &r, NOW) != RC_OK)
		return;
	enum rc rc = session_open(&s, SLICE(SID "." SECRET), session_unbound(NOW), a, &x);
	demand(rc == RC_OK || rc == RC_NOT_FOUND || rc == RC_STORE);
	if (rc == RC_OK)
		demand(slice_eq(x.payload, SLICE(PAYLOAD)) && slice_eq(x.subject, SLICE("alice")) && x.expires > NOW);
	demand(store->remove(store->self, EPH_SESSION, r.id) == RC_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct memory_options options = {.max_records = 100, .max_bytes = 1 << 20};
	static struct ephemeral store;
	struct slice value = slice_of(data, size);
	struct arena a;
	if (store.self == NULL && memory_ephemeral_open(&options, &store) != RC_OK)
		abort();
	arena_init(&a, 1 << 20);
	again(value, &a);
	opened(&store, value, &a);
	arena_reset(&a);
	return 0;
}
