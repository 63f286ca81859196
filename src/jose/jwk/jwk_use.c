/* SPDX-License-Identifier: Apache-2.0 */
/* A key's permitted use: `use`, `key_ops`, `alg` (RFC 7517 4.2 to 4.4), read once and enforced at each use. */
#include "jose/jwk/jwk_internal.h"

enum {
	OPS_SIG = JWK_OP_SIGN | JWK_OP_VERIFY,
	OPS_OPEN = JWK_OP_DECRYPT | JWK_OP_UNWRAP | JWK_OP_DERIVE_KEY | JWK_OP_DERIVE_BITS,
	OPS_SEAL = JWK_OP_ENCRYPT | JWK_OP_WRAP | JWK_OP_DERIVE_KEY | JWK_OP_DERIVE_BITS,
	OPS_ENC = OPS_OPEN | OPS_SEAL,
};

static const struct {
	struct slice name;
	enum jwk_op op;
} op_names[] = {
	{SLICE_INIT("sign"), JWK_OP_SIGN},           {SLICE_INIT("verify"), JWK_OP_VERIFY},
	{SLICE_INIT("encrypt"), JWK_OP_ENCRYPT},     {SLICE_INIT("decrypt"), JWK_OP_DECRYPT},
	{SLICE_INIT("wrapKey"), JWK_OP_WRAP},        {SLICE_INIT("unwrapKey"), JWK_OP_UNWRAP},
	{SLICE_INIT("deriveKey"), JWK_OP_DERIVE_KEY}, {SLICE_INIT("deriveBits"), JWK_OP_DERIVE_BITS},
};

/* The `key_ops` that each mode of JWE requires. */
static const struct {
	unsigned open, seal;
} mode_ops[] = {
	[JWE_MODE_OAEP] = {JWK_OP_UNWRAP | JWK_OP_DECRYPT, JWK_OP_WRAP | JWK_OP_ENCRYPT},
	[JWE_MODE_KW] = {JWK_OP_UNWRAP, JWK_OP_WRAP},
	[JWE_MODE_DIR] = {JWK_OP_DECRYPT, JWK_OP_ENCRYPT},
	[JWE_MODE_ECDH] = {JWK_OP_DERIVE_KEY | JWK_OP_DERIVE_BITS, JWK_OP_DERIVE_KEY | JWK_OP_DERIVE_BITS},
	[JWE_MODE_GCMKW] = {JWK_OP_UNWRAP, JWK_OP_WRAP},
	[JWE_MODE_PBES2] = {JWK_OP_UNWRAP | JWK_OP_DERIVE_KEY | JWK_OP_DERIVE_BITS,
			    JWK_OP_WRAP | JWK_OP_DERIVE_KEY | JWK_OP_DERIVE_BITS},
};

bool jwk_is_private(const struct jwk *key)
{
	return key->key == NULL || crypto_key_private(key->key);
}

void jwk_write_ops(const struct jwk *key, bool private_too, struct json_out *out)
{
	unsigned ops = key->ops;
	if (!key->has_ops)
		return;
	/* The public part's counterpart of an operation. */
	if (!private_too && jwk_is_private(key)) {
		ops = (ops & JWK_OP_SIGN) != 0 ? JWK_OP_VERIFY : ops & JWK_OP_VERIFY;
		ops |= key->ops & (JWK_OP_ENCRYPT | JWK_OP_WRAP);
		ops |= (key->ops & JWK_OP_DECRYPT) != 0 ? JWK_OP_ENCRYPT : 0;
		ops |= (key->ops & JWK_OP_UNWRAP) != 0 ? JWK_OP_WRAP : 0;
	}
	json_out_key(out, SLICE("key_ops"));
	json_out_array(out);
	for (size_t i = 0; i < ARRAY_LEN(op_names); i++)
		if ((ops & op_names[i].op) != 0)
			json_out_string(out, op_names[i].name);
	json_out_array_end(out);
}

static bool agrees(const struct jwk *key)
{
	return key->key != NULL && crypto_key_agrees(crypto_key_type(key->key));
}

static enum rc set_use(struct jwk *key, struct slice use, enum jwk_wanted wanted)
{
	if (slice_eq(use, SLICE("sig")))
		key->use = JWK_USE_SIG;
	else if (!slice_eq(use, SLICE("enc")))
		return jwk_unfit(key, JWK_REMARK_USE);
	else if ((wanted & JWK_ENCRYPTION) == 0)
		return jwk_unfit(key, JWK_REMARK_ENCRYPTION);
	else
		key->use = JWK_USE_ENC;
	return RC_OK;
}

/* A value of another JSON type never matches, and no value needs an escape. */
static enum rc read_use(const struct json *jwk, enum jwk_wanted wanted, struct jwk *key)
{
	const struct json *use = jwk_member_of(jwk, SLICE("use"));
	return use == NULL ? RC_OK : set_use(key, use->text, wanted);
}

/* "Other values MAY be used": an unknown one allows nothing here. RC_JOSE_KEY: "Duplicate key operation values MUST
 * NOT be present in the array." */
static enum rc read_op(const struct json *ops, const struct json *op, unsigned *bits)
{
	if (op->type != JSON_STRING || op->escaped)
		return RC_JOSE_KEY;
	for (const struct json *other = json_next(ops, op); other != NULL; other = json_next(ops, other))
		if (slice_eq(other->text, op->text))
			return RC_JOSE_KEY;
	for (size_t i = 0; i < ARRAY_LEN(op_names); i++)
		if (slice_eq(op_names[i].name, op->text))
			*bits |= op_names[i].op;
	return RC_OK;
}

/* The `key_ops` that this key can perform with its parts. The public part of a key agreement pair is written without
 * operations (Web Cryptography API) but may still be agreed with. */
static unsigned able(const struct jwk *key)
{
	unsigned able = OPS_SEAL | JWK_OP_VERIFY;
	if (jwk_is_private(key))
		able |= OPS_OPEN | JWK_OP_SIGN;
	return able;
}

static enum rc read_ops(const struct json *jwk, struct jwk *key)
{
	const struct json *ops = jwk_member_of(jwk, SLICE("key_ops"));
	if (ops == NULL)
		return RC_OK;
	if (ops->type != JSON_ARRAY)
		return RC_JOSE_KEY;
	/* RFC 7517 4.3: the operations "for which the key is intended". An empty list allows none, unless another
	 * member states the use. */
	if (ops->count == 0 && (jwk_member_of(jwk, SLICE("use")) != NULL || jwk_member_of(jwk, SLICE("alg")) != NULL)) {
		key->remark = JWK_REMARK_EMPTY_OPS;
		return RC_OK;
	}
	for (const struct json *op = json_first(ops); op != NULL; op = json_next(ops, op))
		TRY(read_op(ops, op, &key->ops));
	key->has_ops = true;
	return RC_OK;
}

/* RFC 7517 4.3: "the information they convey MUST be consistent". */
static enum rc validate_ops(struct jwk *key, enum jwk_wanted wanted)
{
	bool encryption = (wanted & JWK_ENCRYPTION) != 0;
	if (!key->has_ops)
		return RC_OK;
	if (key->use == JWK_USE_SIG && (key->ops & OPS_ENC) != 0)
		return RC_JOSE_KEY;
	if (key->use == JWK_USE_ENC && (key->ops & OPS_SIG) != 0)
		return RC_JOSE_KEY;
	if (encryption && key->ops == 0 && agrees(key) && !jwk_is_private(key) && key->use != JWK_USE_SIG) {
		key->ops = JWK_OP_DERIVE_KEY | JWK_OP_DERIVE_BITS;
		return RC_OK;
	}
	/* A private key that only verifies is refused as one. */
	if ((key->ops & able(key) & (encryption ? OPS_SIG | OPS_ENC : OPS_SIG)) == 0)
		return RC_JOSE_KEY;
	if (key->key != NULL && jwk_is_private(key) && (key->ops & (JWK_OP_SIGN | OPS_OPEN)) == 0)
		return RC_JOSE_KEY;
	/* A key that may sign has the public part as well, so it may verify. */
	if (key->key != NULL && (key->ops & JWK_OP_SIGN) != 0)
		key->ops |= JWK_OP_VERIFY;
	return RC_OK;
}

static bool jwe_type_allows(const struct jwk *key, enum jwe_alg alg)
{
	const struct jwe_alg_row *row = jwe_alg_row(alg);
	switch (row->mode) {
	case JWE_MODE_OAEP:
		return key->kty == JOSE_KTY_RSA;
	case JWE_MODE_ECDH:
		return agrees(key);
	case JWE_MODE_KW:
	case JWE_MODE_GCMKW:
		return key->kty == JOSE_KTY_OCT && key->oct_n == row->key_len;
	default:
		return key->kty == JOSE_KTY_OCT;
	}
}

static enum rc bind(struct jwk *key, struct slice name, enum jwk_wanted wanted)
{
	bool encryption = (wanted & JWK_ENCRYPTION) != 0 && key->use != JWK_USE_SIG;
	enum jose_alg alg;
	enum jwe_alg jwe_alg;
	enum jwe_enc jwe_enc;
	if (jose_alg_by_name(name, &alg) == RC_OK && jwk_allows(key, alg)) {
		key->binding = JWK_BOUND_JWS;
		key->alg = alg;
	} else if (encryption && jwe_alg_by_name(name, &jwe_alg) == RC_OK && jwe_type_allows(key, jwe_alg)) {
		key->binding = JWK_BOUND_JWE;
		key->jwe_alg = jwe_alg;
	} else if (encryption && jwe_enc_by_name(name, &jwe_enc) == RC_OK &&
		   key->oct_n == jwe_enc_row(jwe_enc)->key_len) {
		key->binding = JWK_BOUND_ENC;
		key->jwe_enc = jwe_enc;
	} else {
		bool other = jwe_alg_by_name(name, &jwe_alg) == RC_OK || jwe_enc_by_name(name, &jwe_enc) == RC_OK;
		return jwk_unfit(key, other && !encryption ? JWK_REMARK_ENCRYPTION : JWK_REMARK_ALG);
	}
	return RC_OK;
}

/* The key's own type decides: an `alg` that does not fit makes the key unfit, never the reverse. */
static enum rc read_alg(const struct json *jwk, enum jwk_wanted wanted, struct jwk *key)
{
	const struct json *alg = jwk_member_of(jwk, SLICE("alg"));
	if (alg == NULL)
		return RC_OK;
	/* A value of another JSON type is never a name, and no name needs an escape. */
	TRY(bind(key, alg->text, wanted));
	unsigned fit = key->binding == JWK_BOUND_JWS ? OPS_SIG : OPS_ENC;
	if (key->has_ops && (key->ops & fit) == 0)
		return jwk_unfit(key, JWK_REMARK_OPS);
	return RC_OK;
}

enum rc jwk_set_use(struct jwk *key, struct slice use, struct slice alg, enum jwk_wanted wanted)
{
	if (use.n > 0)
		TRY(set_use(key, use, wanted));
	if (alg.n > 0)
		return bind(key, alg, wanted);
	/* Otherwise it could do nothing. */
	bool serves = crypto_key_signs(crypto_key_type(key->key)) || (wanted & JWK_ENCRYPTION) != 0;
	return serves ? RC_OK : jwk_unfit(key, JWK_REMARK_ENCRYPTION);
}

enum rc jwk_read_use(const struct json *jwk, enum jwk_wanted wanted, struct jwk *key)
{
	TRY(read_use(jwk, wanted, key));
	if (read_ops(jwk, key) != RC_OK || validate_ops(key, wanted) != RC_OK)
		return jwk_unfit(key, JWK_REMARK_OPS);
	return read_alg(jwk, wanted, key);
}

static bool binding_allows(const struct jwk *key, enum jwe_alg alg, enum jwe_enc enc)
{
	if (key->binding == JWK_BOUND_JWE)
		return key->jwe_alg == alg;
	if (key->binding == JWK_BOUND_ENC)
		return alg == JWE_DIR && key->jwe_enc == enc;
	return key->binding == JWK_UNBOUND;
}

bool jwk_allows_jwe(const struct jwk *key, enum jwe_alg alg, enum jwe_enc enc, bool open)
{
	enum jwe_mode mode = jwe_alg_row(alg)->mode;
	if (key->use == JWK_USE_SIG || !binding_allows(key, alg, enc) || !jwe_type_allows(key, alg))
		return false;
	if (open && !jwk_is_private(key))
		return false;
	if (mode == JWE_MODE_DIR && key->oct_n != jwe_enc_row(enc)->key_len)
		return false;
	return !key->has_ops || (key->ops & (open ? mode_ops[mode].open : mode_ops[mode].seal)) != 0;
}

bool jwk_is_ambiguous_jwe(const struct jwk *key, jwe_alg_set algs, enum jwe_enc enc)
{
	unsigned fit = 0;
	for (enum jwe_alg alg = 0; alg < JWE_ALG_COUNT; alg++)
		fit += (algs & JWE_ALG_BIT(alg)) != 0 && jwk_allows_jwe(key, alg, enc, true);
	return fit > 1;
}
