/* SPDX-License-Identifier: Apache-2.0 */
#include "signing/signer_wire.h"

#include "base/cursor.h"

void signer_wire_put_batch(struct buf *b, const struct signer_batch *batch)
{
	buf_u64(b, batch->id);
	buf_u8(b, (uint8_t)batch->n);
	for (size_t i = 0; i < batch->n; i++) {
		const struct signer_request *r = &batch->v[i];
		buf_u8(b, (uint8_t)r->operation);
		buf_u8(b, (uint8_t)r->alg);
		buf_u16(b, (uint16_t)r->bits);
		buf_block(b, r->kid);
		buf_block(b, r->data);
	}
}

void signer_wire_put_reply(struct buf *b, const struct signer_reply *reply)
{
	buf_u64(b, reply->id);
	buf_u8(b, (uint8_t)reply->n);
	for (size_t i = 0; i < reply->n; i++) {
		const struct signer_result *r = &reply->v[i];
		buf_u8(b, (uint8_t)r->rc);
		buf_block(b, r->kid);
		buf_block(b, r->public_jwk);
		buf_block(b, r->data);
	}
}

void signer_wire_put_mint(struct buf *b, const struct jwt_mint *t)
{
	buf_block(b, t->typ);
	buf_block(b, t->iss);
	buf_u64(b, (uint64_t)t->iat);
	buf_u64(b, (uint64_t)t->exp);
	buf_block(b, t->claims);
}

static enum rc read_mint(struct slice data, struct jwt_mint *ret)
{
	struct cursor c = cursor_of(data);
	uint64_t iat, exp;
	TRY(cursor_block(&c, SIGNER_TYP_MAX, &ret->typ));
	TRY(cursor_block(&c, SIGNER_ISS_MAX, &ret->iss));
	TRY(cursor_u64(&c, &iat));
	TRY(cursor_u64(&c, &exp));
	TRY(cursor_block(&c, SIGNER_DATA_MAX, &ret->claims));
	ret->iat = (int64_t)iat;
	ret->exp = (int64_t)exp;
	return cursor_end(&c);
}

static enum rc read_request(struct cursor *c, struct signer_request *ret)
{
	uint8_t operation, alg;
	uint16_t bits;
	TRY(cursor_u8(c, &operation));
	TRY(cursor_u8(c, &alg));
	TRY(cursor_u16(c, &bits));
	if (operation < SIGNER_MINT || operation > SIGNER_DERIVE || alg >= JOSE_ALG_COUNT)
		return RC_SYNTAX;
	TRY(cursor_block(c, SIGNER_KID_MAX, &ret->kid));
	TRY(cursor_block(c, SIGNER_DATA_MAX, &ret->data));
	ret->operation = (enum signer_operation)operation;
	ret->alg = (enum jose_alg)alg;
	ret->bits = bits;
	/* The worker may not choose the key that signs. */
	if (ret->operation == SIGNER_MINT)
		return ret->kid.n > 0 ? RC_SYNTAX : read_mint(ret->data, &ret->mint);
	return RC_OK;
}

static enum rc read_head(struct cursor *c, uint64_t *ret_id, size_t *ret_n)
{
	uint8_t count;
	TRY(cursor_u64(c, ret_id));
	TRY(cursor_u8(c, &count));
	if (count > SIGNER_BATCH_MAX)
		return RC_LIMIT;
	*ret_n = count;
	return RC_OK;
}

enum rc signer_wire_read_batch(struct slice message, struct signer_batch *ret)
{
	struct cursor c = cursor_of(message);
	TRY(read_head(&c, &ret->id, &ret->n));
	if (ret->n == 0 || ret->id == 0)
		return RC_SYNTAX;
	for (size_t i = 0; i < ret->n; i++)
		TRY(read_request(&c, &ret->v[i]));
	return cursor_end(&c);
}

static enum rc read_result(struct cursor *c, struct signer_result *ret)
{
	uint8_t rc;
	TRY(cursor_u8(c, &rc));
	if (rc >= RC_COUNT)
		return RC_SYNTAX;
	ret->rc = (enum rc)rc;
	TRY(cursor_block(c, SIGNER_KID_MAX, &ret->kid));
	TRY(cursor_block(c, SIGNER_DATA_MAX, &ret->public_jwk));
	return cursor_block(c, SIGNER_DATA_MAX, &ret->data);
}

enum rc signer_wire_read_reply(struct slice message, struct signer_reply *ret)
{
	struct cursor c = cursor_of(message);
	TRY(read_head(&c, &ret->id, &ret->n));
	for (size_t i = 0; i < ret->n; i++)
		TRY(read_result(&c, &ret->v[i]));
	return cursor_end(&c);
}
