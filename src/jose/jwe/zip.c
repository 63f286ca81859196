/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jwe/zip.h"

#include <limits.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/ct.h"

enum { RAW_BITS = -15, CHUNK = 4096, MEMORY_LEVEL = 8 };

static void *take(void *arena, unsigned count, unsigned size)
{
	return arena_array(arena, count, size);
}

static void give(void *arena UNUSED, void *memory UNUSED)
{
}

static z_stream stream_of(struct slice in, struct arena *a)
{
	return (z_stream){.zalloc = take, .zfree = give, .opaque = a, .next_in = (uint8_t *)(uintptr_t)in.p,
			  .avail_in = (unsigned)in.n};
}

/* Inflates chunk by chunk into a buffer with the maximum size: the packed length does not limit the result. */
static enum rc inflate_by(uint8_t chunk[static CHUNK], z_stream *z, struct buf *out)
{
	int result = Z_OK;
	while (result == Z_OK) {
		z->next_out = chunk;
		z->avail_out = CHUNK;
		result = inflate(z, Z_NO_FLUSH);
		buf_put(out, slice_of(chunk, CHUNK - z->avail_out));
		TRY(buf_rc(out));
	}
	if (result == Z_MEM_ERROR)
		return RC_MEMORY;
	/* Z_BUF_ERROR: truncated. Bytes after the end are refused. */
	if (result != Z_STREAM_END || z->avail_in != 0)
		return RC_JOSE_DECRYPT;
	return RC_OK;
}

/* The plaintext was encrypted: wipe all of it. */
static enum rc inflate_all(z_stream *z, struct buf *out)
{
	uint8_t chunk[CHUNK];
	enum rc rc = inflate_by(chunk, z, out);
	ct_wipe(chunk, sizeof chunk);
	return rc;
}

enum rc zip_inflate(struct slice packed, size_t max, struct arena *a, struct slice *ret_plain)
{
	z_stream z = stream_of(packed, a);
	struct buf out;
	if (packed.n > INT_MAX)
		return RC_LIMIT;
	if (inflateInit2(&z, RAW_BITS) != Z_OK)
		return RC_MEMORY;
	buf_init(&out, max);
	enum rc rc = inflate_all(&z, &out);
	(void)inflateEnd(&z);
	if (rc == RC_OK)
		rc = arena_copy(a, buf_slice(&out), ret_plain);
	buf_free(&out);
	return rc;
}

enum rc zip_deflate(struct slice plain, struct arena *a, struct slice *ret_packed)
{
	z_stream z = stream_of(plain, a);
	if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, RAW_BITS, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		return RC_MEMORY;
	size_t room = deflateBound(&z, plain.n);
	uint8_t *dst = arena_alloc(a, room);
	z.next_out = dst;
	z.avail_out = (unsigned)room;
	bool good = dst != NULL && deflate(&z, Z_FINISH) == Z_STREAM_END;
	(void)deflateEnd(&z);
	if (!good)
		return RC_MEMORY;
	*ret_packed = slice_of(dst, room - z.avail_out);
	return RC_OK;
}
