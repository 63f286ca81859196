/* SPDX-License-Identifier: Apache-2.0 */
/* The messages between worker and signer (INTERFACES.md): one message is one batch. Integers are big-endian.
 *   request message: u64 id, u8 count, count × { u8 operation, u8 algorithm, u16 bits, block kid, block data }
 *   reply message:   u64 id, u8 count, count × { u8 result code, block kid, block public key, block data }
 * A block is a u32 length and as many bytes. The reply of id 0 without results is HELLO: a signer without keys.
 *   data of SIGNER_MINT: block typ, block iss, u64 iat, u64 exp, block claims */
#ifndef OSTIARY_SIGNING_SIGNER_WIRE_H
#define OSTIARY_SIGNING_SIGNER_WIRE_H

#include "base/buf.h"
#include "jose/jwt/jwt_mint.h"

enum {
	SIGNER_BATCH_MAX = 64,
	SIGNER_KID_MAX = 64,
	SIGNER_DATA_MAX = 32 * 1024,     /* of one request or result */
	SIGNER_BATCH_BYTES = 48 * 1024,  /* a batch takes no further request above this */
	SIGNER_MESSAGE_MAX = 148 * 1024, /* the largest batch, and the tokens that answer it */
	SIGNER_TYP_MAX = 32,
	SIGNER_ISS_MAX = 512,
	SIGNER_DERIVED_LEN = 32,
	/* maximum growth of a token over base64url of its request: header, signature (RSA of 4096 bits) */
	SIGNER_TOKEN_MORE = 1280,
};

/* Maximum bytes of a token that answers a request with `n` bytes of data. */
static inline size_t signer_token_room(size_t n)
{
	return n / 3 * 4 + SIGNER_TOKEN_MORE;
}

enum signer_operation {
	SIGNER_MINT = 1, /* gives a token signed with the active key of that algorithm; no kid */
	SIGNER_LOAD,     /* data: the sealed key of that kid and algorithm; it becomes the active one */
	SIGNER_FORGET,   /* wipes a key */
	SIGNER_PING,
	/* Gives kid, public JWK and sealed key; alone in its batch and on the second channel only. data: the newest
	 * sealed key of that algorithm, and its kid; both empty if there is none. */
	SIGNER_GENERATE,
	/* Gives 32 bytes derived from the key-encryption key, the data (32 bytes) and the purpose in place of a kid. */
	SIGNER_DERIVE,
};

struct signer_request {
	enum signer_operation operation;
	enum jose_alg alg;
	unsigned bits; /* of a new RSA key; else 0 */
	struct slice kid, data;
	struct jwt_mint mint; /* read from the data of SIGNER_MINT */
};

struct signer_result {
	enum rc rc;
	struct slice kid, public_jwk, data;
};

struct signer_batch {
	uint64_t id;
	size_t n;
	struct signer_request v[SIGNER_BATCH_MAX];
};

struct signer_reply {
	uint64_t id;
	size_t n;
	struct signer_result v[SIGNER_BATCH_MAX];
};

/* Failures are sticky in the buf. */
void signer_wire_put_batch(struct buf *b, const struct signer_batch *batch);
void signer_wire_put_reply(struct buf *b, const struct signer_reply *reply);
void signer_wire_put_mint(struct buf *b, const struct jwt_mint *t);
/* Slices point into `message`. RC_SYNTAX or RC_LIMIT unless it is exactly one well-formed message. */
enum rc signer_wire_read_batch(struct slice message, struct signer_batch *ret) WARN_UNUSED;
enum rc signer_wire_read_reply(struct slice message, struct signer_reply *ret) WARN_UNUSED;

#endif
