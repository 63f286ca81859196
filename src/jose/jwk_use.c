/* SPDX-License-Identifier: Apache-2.0 */
/* What a key is for: `use`, `key_ops`, `alg` (RFC 7517 4.2 to 4.4), read once and enforced at each use. */
#include "jose/jwk_inner.h"

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

/* What each mode of JWE asks of `key_ops`. */
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
	/* What the public half does where the whole key does this. */
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
	else if (slice_eq(use, SLICE("enc")) && (wanted & JWK_ENCRYPTION) != 0)
		key->use = JWK_USE_ENC;
	else
		return RC_JOSE_KEY;
	return RC_OK;
}

/* No text of another type is a value, and no value needs an escape. */
static enum rc read_use(const struct json *jwk, enum jwk_wanted wanted, struct jwk *key)
{
	const struct json *use = json_get(jwk, SLICE("use"));
	return use == NULL ? RC_OK : set_use(key, use->text, wanted);
}

/* "Other values MAY be used": such a one allows nothing that we do. RC_JOSE_KEY: "Duplicate key operation values MUST NOT be
 * present in the array." */
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

/* What of its `key_ops` this key can do at all, given what it holds. The public half of a pair that agrees on secrets is
 * written without operations (Web Cryptography API): it may still be agreed with. */
static unsigned able(const struct jwk *key)
{
	unsigned able = OPS_SEAL | JWK_OP_VERIFY;
	if (jwk_is_private(key))
		able |= OPS_OPEN | JWK_OP_SIGN;
	return able;
}

static enum rc read_ops(const struct json *jwk, struct jwk *key)
{
	const struct json *ops = json_get(jwk, SLICE("key_ops"));
	if (ops == NULL)
		return RC_OK;
	if (ops->type != JSON_ARRAY)
		return RC_JOSE_KEY;
	for (const struct json *op = json_first(ops); op != NULL; op = json_next(ops, op))
		TRY(read_op(ops, op, &key->ops));
	key->has_ops = true;
	return RC_OK;
}

/* RFC 7517 4.3: "the information they convey MUST be consistent". */
static enum rc check_ops(struct jwk *key, enum jwk_wanted wanted)
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
	/* A private key that only verifies is none. */
	if ((key->ops & able(key) & (encryption ? OPS_SIG | OPS_ENC : OPS_SIG)) == 0)
		return RC_JOSE_KEY;
	if (key->key != NULL && jwk_is_private(key) && (key->ops & (JWK_OP_SIGN | OPS_OPEN)) == 0)
		return RC_JOSE_KEY;
	/* Who may sign holds the public half as well. */
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
	} else if (encryption && jwe_enc_by_name(name, &jwe_enc) == RC_OK && key->oct_n == jwe_enc_row(jwe_enc)->key_len) {
		key->binding = JWK_BOUND_ENC;
		key->jwe_enc = jwe_enc;
	} else {
		return RC_JOSE_KEY;
	}
	return RC_OK;
}

/* The key's own type decides: an `alg` that does not fit it makes the key unfit, never the other way round. */
static enum rc read_alg(const struct json *jwk, enum jwk_wanted wanted, struct jwk *key)
{
	const struct json *alg = json_get(jwk, SLICE("alg"));
	if (alg == NULL)
		return RC_OK;
	/* No text of another type is a name, and no name needs an escape. */
	TRY(bind(key, alg->text, wanted));
	unsigned fit = key->binding == JWK_BOUND_JWS ? OPS_SIG : OPS_ENC;
	if (key->has_ops && (key->ops & fit) == 0)
		return RC_JOSE_KEY;
	return RC_OK;
}

enum rc jwk_set_use(struct jwk *key, struct slice use, struct slice alg, enum jwk_wanted wanted)
{
	if (use.n > 0)
		TRY(set_use(key, use, wanted));
	if (alg.n > 0)
		return bind(key, alg, wanted);
	/* Else it does nothing at all. */
	return crypto_key_signs(crypto_key_type(key->key)) || (wanted & JWK_ENCRYPTION) != 0 ? RC_OK : RC_JOSE_KEY;
}

enum rc jwk_read_use(const struct json *jwk, enum jwk_wanted wanted, struct jwk *key)
{
	TRY(read_use(jwk, wanted, key));
	TRY(read_ops(jwk, key));
	TRY(check_ops(key, wanted));
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
