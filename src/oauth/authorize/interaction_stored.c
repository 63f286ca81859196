/* SPDX-License-Identifier: Apache-2.0 */
/* Interactions stored by an earlier release: found, bound and used up as in that release. */
#include "base/cursor.h"
#include "crypto/hash.h"
#include "oauth/authorize/interaction.h"

enum { VERSIONS_MAX = 100 };

/* The same record with the session of `it`. */
static enum rc stored_record(const struct interaction *it, struct arena *a, struct eph_record *ret)
{
	enum { BEFORE = 32 + 8 /* browser, created */ };
	uint8_t memory[4 + SESSION_SID_LEN];
	struct cursor c = cursor_of(slice_from(it->record, BEFORE));
	struct slice old;
	struct buf sid;
	*ret = (struct eph_record){.type = EPH_INTERACTION, .expires = it->expires, .version = it->version};
	crypto_sha256(it->id, ret->id);
	TRY(cursor_block(&c, SESSION_SID_LEN, &old));
	buf_over(&sid, memory, sizeof memory);
	buf_block(&sid, it->sid);
	TRY(buf_rc(&sid));
	const struct slice parts[] = {slice_to(it->record, BEFORE), buf_slice(&sid), c.rest};
	return arena_join(a, parts, ARRAY_LEN(parts), &ret->value);
}

enum rc interaction_stored_find(const struct op *op, struct request *c, struct interaction *it)
{
	struct eph_record record;
	uint8_t hash[32];
	crypto_sha256(it->text, hash);
	enum rc rc = op->ephemeral->get(op->ephemeral->self, EPH_INTERACTION, hash, c->now, c->arena, &record);
	if (rc == RC_NOT_FOUND)
		return RC_EXPIRED;
	TRY(rc);
	it->expires = record.expires;
	it->version = record.version;
	return interaction_restore_record(record.value, it);
}

enum rc interaction_stored_set_sid(const struct op *op, struct request *c, struct interaction *it)
{
	struct eph_record record;
	enum rc rc;
	do {
		TRY(stored_record(it, c->arena, &record));
		rc = op->ephemeral->replace(op->ephemeral->self, &record, c->now);
		/* The form was sent twice: the browser shows the last answer. Only the sid and the version change. */
		it->version++;
	} while (rc == RC_CONFLICT && it->version < VERSIONS_MAX);
	return rc == RC_NOT_FOUND || rc == RC_CONFLICT ? RC_EXPIRED : rc;
}

enum rc interaction_stored_finish(const struct op *op, struct request *c, const struct interaction *it)
{
	struct eph_record record;
	uint8_t hash[32];
	crypto_sha256(it->id, hash);
	enum rc rc = op->ephemeral->take(op->ephemeral->self, EPH_INTERACTION, hash, c->now, c->arena, &record);
	return rc == RC_NOT_FOUND ? RC_EXPIRED : rc;
}
