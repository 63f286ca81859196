/* SPDX-License-Identifier: Apache-2.0 */
/* The records between worker and signer (INTERFACES.md): one message is one batch. Integers are big-endian.
 *   request message: u64 id, u8 count, count × { u8 verb, u8 algorithm, u16 bits, block kid, block data }
 *   reply message:   u64 id, u8 count, count × { u8 result code, block kid, block public key, block data }
 * A block is a u32 length and as many bytes. The reply of id 0 without results is HELLO: a signer that knows no key yet. */
#ifndef OSTIARY_DAEMON_SIGNER_WIRE_H
#define OSTIARY_DAEMON_SIGNER_WIRE_H

#include "base/buf.h"
#include "jose/alg.h"

enum {
	SIGNER_BATCH_MAX = 64,
	SIGNER_KID_MAX = 64,
	SIGNER_DATA_MAX = 32 * 1024,    /* of one request or result */
	SIGNER_BATCH_BYTES = 64 * 1024, /* a batch takes no further request beyond this */
	SIGNER_MESSAGE_MAX = 112 * 1024,
	SIGNER_SIGNATURE_MAX = 1024,    /* RSA of 8192 bits */
	SIGNER_RESULT_MAX = 1280, /* bytes of a signature's result, at most: the reply to a full batch fits a message */
};

enum signer_verb {
	SIGNER_SIGN = 1, /* data: what to sign; gives the signature */
	SIGNER_LOAD,     /* data: the sealed key of that kid and algorithm */
	SIGNER_FORGET,   /* wipes a key */
	SIGNER_PING,
	SIGNER_GENERATE, /* gives kid, public JWK and sealed key; alone in its batch and on the second link only */
};

struct signer_request {
	enum signer_verb verb;
	enum jose_alg alg;
	unsigned bits; /* of a new RSA key; else 0 */
	struct slice kid, data;
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

/* Failures stick to the buf. */
void signer_wire_put_batch(struct buf *b, const struct signer_batch *batch);
void signer_wire_put_reply(struct buf *b, const struct signer_reply *reply);
/* Slices point into `message`. RC_SYNTAX or RC_LIMIT for anything but exactly one well-formed message. */
enum rc signer_wire_read_batch(struct slice message, struct signer_batch *ret) WARN_UNUSED;
enum rc signer_wire_read_reply(struct slice message, struct signer_reply *ret) WARN_UNUSED;

#endif
