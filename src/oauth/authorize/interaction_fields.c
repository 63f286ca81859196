/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of an interaction. */
#include "base/cursor.h"
#include "oauth/authorize/interaction.h"
#include "store/stored.h"

enum { ID_LEN = 22, FIELD_MAX = 8 * 1024, OWN = 2 /* fields that a record of an earlier release lacks */,
       UNBOUND_FIELDS = 17 };

#define REQUEST(member) STORED_TEXT_OF(struct interaction, request.member, FIELD_MAX)

static const struct stored_field fields[] = {
	STORED_TEXT_OF(struct interaction, id, ID_LEN),
	STORED_TIME_OF(struct interaction, expires),
	STORED_BYTES_OF(struct interaction, browser),
	STORED_TIME_OF(struct interaction, created),
	STORED_TEXT_OF(struct interaction, sid, SESSION_SID_LEN),
	REQUEST(client_id),
	REQUEST(redirect_uri),
	REQUEST(response_mode),
	REQUEST(state),
	REQUEST(nonce),
	REQUEST(code_challenge),
	REQUEST(scopes),
	REQUEST(resources),
	REQUEST(login_hint),
	REQUEST(subject),
	STORED_U32_OF(struct interaction, request.prompt),
	STORED_INT_OF(struct interaction, request.max_age),
	STORED_BYTE_OF(struct interaction, request.binding.type),
	STORED_BYTES_OF(struct interaction, request.binding.thumbprint),
};
static const struct stored_row row_1 = {1, fields, UNBOUND_FIELDS, NULL};
static const struct stored_row row = {2, fields, ARRAY_LEN(fields), &row_1};
/* Without a version: what 0.1.0 stored, and what stands behind id and expiry in the texts that were sealed after it. */
static const struct stored_row row_0 = {0, fields + OWN, UNBOUND_FIELDS - OWN, NULL};

enum rc interaction_write(const struct interaction *it, struct arena *a, struct slice *ret_bytes)
{
	return stored_write(&row, it, a, ret_bytes);
}

/* The id's letters are no version. */
static enum rc restore_0(struct slice bytes, struct interaction *ret)
{
	struct cursor c = cursor_of(bytes);
	struct slice id;
	uint64_t expires;
	if (cursor_bytes(&c, ID_LEN, &id) != RC_OK || cursor_u64(&c, &expires) != RC_OK || expires > INT64_MAX)
		return RC_STORE;
	TRY(stored_read_fields(&row_0, c.rest, ret, sizeof *ret));
	ret->id = id;
	ret->expires = (int64_t)expires;
	return RC_OK;
}

enum rc interaction_restore(struct slice bytes, struct interaction *it)
{
	struct interaction got;
	bool versioned = bytes.n > 0 && bytes.p[0] < ' ';
	TRY(versioned ? stored_read(&row, bytes, &got, sizeof got) : restore_0(bytes, &got));
	got.text = it->text;
	*it = got;
	return RC_OK;
}

enum rc interaction_restore_record(struct slice bytes, struct interaction *it)
{
	struct interaction got;
	TRY(stored_read_fields(&row_0, bytes, &got, sizeof got));
	got.text = got.id = it->text;
	got.expires = it->expires;
	got.version = it->version;
	got.record = bytes;
	*it = got;
	return RC_OK;
}
