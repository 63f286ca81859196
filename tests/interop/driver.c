/* SPDX-License-Identifier: Apache-2.0 */
/* libostiary for scripts: a JSON object a line in, one a line out, so that a whole matrix runs in one process.
 *   {"op":"encrypt","recipients":[{"keys":{…},"alg":"dir","password":"…","apu":"…"}],"enc":"A128GCM","form":"compact",
 *    "plain":"…","zip":true,"aad":"…"}                    gives {"text":"…"}
 *   {"op":"decrypt","keys":{…},"password":"…","text":"…"}   gives {"plain":"…","aad":"…"}
 *   {"op":"sign","key":{…},"alg":"ES256","payload":"…"}     gives {"text":"…"}
 *   {"op":"verify","key":{…},"text":"…"}                    gives {"plain":"…"}
 *   {"op":"sign_json","signers":[{"key":{…},"alg":"ES256"}],"form":"general","payload":"…","detached":true,"unencoded":true}
 *                                                         gives {"text":"…"}
 *   {"op":"verify_json","key":{…},"alg":"ES256","text":"…","payload":"…"}
 *                                                         gives {"plain":"…"}; the payload where it stands apart
 * and whatever fails gives {"error":"decrypt"}, the result's name. */
#include <ostiary/ostiary.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "jose/jwk/jwe_alg.h"
#include "jose/jws/jws.h"

enum { LINE_MAX_BYTES = 1 << 20, VALUES_MAX = 512, RECIPIENTS_MAX = 16 };

/* One request. */
struct request {
	struct arena arena;
	const struct json *root;
	struct json_out *out;
	struct ostiary_jwks *keys[RECIPIENTS_MAX]; /* released at its end */
	size_t key_count;
};

typedef enum ostiary_result operation(struct request *c);

/* A string member with a NUL behind, or NULL. */
static const char *text_of(struct request *c, const struct json *object, const char *name)
{
	struct slice s;
	const char *text;
	if (json_string(json_get(object, slice_cstr(name)), &c->arena, &s) != RC_OK || arena_cstr(&c->arena, s, &text) != RC_OK)
		return NULL;
	return text;
}

static const struct ostiary_jwks_options any = {sizeof any, .wanted = OSTIARY_JWK_ANY};

static struct ostiary_jwks *keys_of(struct request *c, const struct json *object)
{
	const struct json *v = json_get(object, SLICE("keys"));
	struct ostiary_jwks *keys;
	if (v == NULL || c->key_count == RECIPIENTS_MAX ||
	    ostiary_jwks_read(v->text.p, v->text.n, &any, &keys) != OSTIARY_OK)
		return NULL;
	c->keys[c->key_count++] = keys;
	return keys;
}

static const struct ostiary_jwk *key_at(const struct ostiary_jwks *keys)
{
	return keys == NULL ? NULL : ostiary_jwks_at(keys, 0);
}

static struct ostiary_jwe_algorithms alg_of(const char *name)
{
	struct ostiary_jwe_algorithms set = {.unknown = 0};
	return ostiary_jwe_algorithms_add(&set, name) == OSTIARY_OK ? set : (struct ostiary_jwe_algorithms){.unknown = 0};
}

static struct ostiary_jwe_encryptions enc_of(const char *name)
{
	struct ostiary_jwe_encryptions set = {.unknown = 0};
	return ostiary_jwe_encryptions_add(&set, name) == OSTIARY_OK ? set : (struct ostiary_jwe_encryptions){.unknown = 0};
}

static enum ostiary_jwe_form form_of(const char *name)
{
	if (name != NULL && strcmp(name, "flattened") == 0)
		return OSTIARY_JWE_FLATTENED;
	return name != NULL && strcmp(name, "general") == 0 ? OSTIARY_JWE_GENERAL : OSTIARY_JWE_COMPACT;
}

static enum ostiary_result encrypt(struct request *c)
{
	struct ostiary_jwe_recipient to[RECIPIENTS_MAX];
	const struct json *list = json_get(c->root, SLICE("recipients"));
	const char *plain = text_of(c, c->root, "plain");
	char *text;
	size_t n;
	struct ostiary_jwe_message m = {
		.size = sizeof m, .recipients = to, .encryption = enc_of(text_of(c, c->root, "enc")), .form = form_of(text_of(c, c->root, "form")),
		.zip = json_get(c->root, SLICE("zip")) != NULL, .aad = text_of(c, c->root, "aad"),
		.cty = text_of(c, c->root, "cty"),
	};
	for (const struct json *v = json_first(list); v != NULL && m.recipient_count < RECIPIENTS_MAX; v = json_next(list, v))
		to[m.recipient_count++] = (struct ostiary_jwe_recipient){sizeof(struct ostiary_jwe_recipient), .key = key_at(keys_of(c, v)), .algorithm = alg_of(text_of(c, v, "alg")), .password = text_of(c, v, "password"),
			.apu = text_of(c, v, "apu"), .apv = text_of(c, v, "apv"), .p2c = 2000,
		};
	enum ostiary_result result = ostiary_jwe_encrypt(&m, plain, plain == NULL ? 0 : strlen(plain), &text, &n);
	if (result != OSTIARY_OK)
		return result;
	json_out_member(c->out, SLICE("text"), slice_of(text, n));
	ostiary_free(text);
	return OSTIARY_OK;
}

static enum ostiary_result decrypt(struct request *c)
{
	struct ostiary_jwe_policy policy = {sizeof policy, .allow_json = true, .allow_zip = true};
	const char *text = text_of(c, c->root, "text"), *password = text_of(c, c->root, "password");
	struct ostiary_jwe *jwe;
	for (unsigned i = 0; i < JWE_ALG_COUNT; i++)
		if (ostiary_jwe_algorithms_add(&policy.algorithms, (const char *)jwe_alg_row((enum jwe_alg)i)->name.p) != OSTIARY_OK)
			return OSTIARY_INTERNAL;
	for (unsigned i = 0; i < JWE_ENC_COUNT; i++)
		if (ostiary_jwe_encryptions_add(&policy.encryptions, (const char *)jwe_enc_row((enum jwe_enc)i)->name.p) != OSTIARY_OK)
			return OSTIARY_INTERNAL;
	size_t n = text == NULL ? 0 : strlen(text);
	enum ostiary_result result = password != NULL ? ostiary_jwe_decrypt_password(text, n, password, &policy, &jwe)
						      : ostiary_jwe_decrypt(text, n, keys_of(c, c->root), &policy, &jwe);
	if (result != OSTIARY_OK)
		return result;
	const char *plain = ostiary_jwe_plaintext(jwe, &n);
	json_out_member(c->out, SLICE("plain"), slice_of(plain, n));
	json_out_member(c->out, SLICE("aad"), slice_cstr(ostiary_jwe_aad(jwe, NULL)));
	ostiary_jwe_free(jwe);
	return OSTIARY_OK;
}

static struct jwk *key_of(const struct request *c, enum jwk_wanted wanted)
{
	const struct json *v = json_get(c->root, SLICE("key"));
	struct jwk *key;
	return v != NULL && jwk_parse(v, wanted, &key) == RC_OK ? key : NULL;
}

static enum ostiary_result sign(struct request *c)
{
	const char *name = text_of(c, c->root, "alg"), *payload = text_of(c, c->root, "payload");
	struct jwk *key = key_of(c, JWK_PRIVATE);
	enum jose_alg alg;
	struct slice text;
	if (key == NULL)
		return OSTIARY_KEY;
	struct jwt_signer signer = jwt_signer_of(key);
	enum rc rc = jose_alg_by_name(slice_cstr(name), &alg);
	if (rc == RC_OK)
		rc = jwt_sign(&signer, alg, jwk_kid(key), SLICE_NONE, slice_cstr(payload), &c->arena, &text);
	jwk_unref(key);
	if (rc != RC_OK)
		return OSTIARY_ALG;
	json_out_member(c->out, SLICE("text"), text);
	return OSTIARY_OK;
}

static enum ostiary_result verify(struct request *c)
{
	struct jwk *key = key_of(c, JWK_PUBLIC | JWK_SYMMETRIC);
	struct jws jws;
	if (key == NULL)
		return OSTIARY_KEY;
	enum rc rc = jws_verify_key(slice_cstr(text_of(c, c->root, "text")), key, JOSE_ALG_BIT(JOSE_ALG_COUNT) - 1, &c->arena, &jws);
	jwk_unref(key);
	if (rc != RC_OK)
		return OSTIARY_SIGNATURE;
	json_out_member(c->out, SLICE("plain"), jws.payload);
	return OSTIARY_OK;
}

/* A key of the public library from a member, or NULL. */
static struct ostiary_jwk *public_key_of(const struct json *object, unsigned wanted)
{
	const struct json *v = json_get(object, SLICE("key"));
	struct ostiary_jwk *key;
	if (v == NULL || ostiary_jwk_parse((const char *)v->text.p, v->text.n, wanted, &key) != OSTIARY_OK)
		return NULL;
	return key;
}

static unsigned jws_form_of(const char *name)
{
	if (name != NULL && strcmp(name, "general") == 0)
		return OSTIARY_JWS_GENERAL;
	return name != NULL && strcmp(name, "flattened") == 0 ? OSTIARY_JWS_FLATTENED : OSTIARY_JWS_COMPACT;
}

static enum ostiary_result sign_json(struct request *c)
{
	struct ostiary_jws_signature by[RECIPIENTS_MAX];
	struct ostiary_jwk *keys[RECIPIENTS_MAX];
	const struct json *list = json_get(c->root, SLICE("signers"));
	const char *payload = text_of(c, c->root, "payload");
	struct ostiary_jws_content content = {
		.size = sizeof content, .form = jws_form_of(text_of(c, c->root, "form")), .payload = payload, .payload_length = payload == NULL ? 0 : strlen(payload),
		.detached = json_get(c->root, SLICE("detached")) != NULL, .unencoded = json_get(c->root, SLICE("unencoded")) != NULL,
	};
	size_t count = 0;
	char *text;
	for (const struct json *v = json_first(list); v != NULL && count < RECIPIENTS_MAX; v = json_next(list, v), count++) {
		keys[count] = public_key_of(v, OSTIARY_JWK_PRIVATE);
		by[count] = (struct ostiary_jws_signature){sizeof(struct ostiary_jws_signature), .key = keys[count]};
		if (ostiary_jws_algorithms_add(&by[count].algorithm, text_of(c, v, "alg")) != OSTIARY_OK)
			by[count].algorithm = OSTIARY_OF_KEY;
	}
	enum ostiary_result result = ostiary_jws_sign(&content, by, count, &text);
	for (size_t i = 0; i < count; i++)
		ostiary_jwk_free(keys[i]);
	if (result != OSTIARY_OK)
		return result;
	json_out_member(c->out, SLICE("text"), slice_cstr(text));
	ostiary_free(text);
	return OSTIARY_OK;
}

static enum ostiary_result verify_with(struct request *c, const struct ostiary_jwks *keys)
{
	const char *text = text_of(c, c->root, "text"), *payload = text_of(c, c->root, "payload");
	struct ostiary_jws_policy policy = {
		.size = sizeof policy, .forms = OSTIARY_JWS_COMPACT | OSTIARY_JWS_FLATTENED | OSTIARY_JWS_GENERAL,
		.unencoded = true, .detached = payload != NULL, .payload = payload, .payload_length = payload == NULL ? 0 : strlen(payload),
	};
	struct ostiary_jws *jws;
	size_t n;
	if (ostiary_jws_algorithms_add(&policy.algorithms, text_of(c, c->root, "alg")) != OSTIARY_OK)
		return OSTIARY_ALG;
	enum ostiary_result result = ostiary_jws_verify(text, text == NULL ? 0 : strlen(text), keys, &policy, &jws);
	if (result != OSTIARY_OK)
		return result;
	const void *plain = ostiary_jws_payload(jws, &n);
	json_out_member(c->out, SLICE("plain"), slice_of(plain, n));
	ostiary_jws_free(jws);
	return OSTIARY_OK;
}

static enum ostiary_result verify_json(struct request *c)
{
	struct ostiary_jwk *key = public_key_of(c->root, OSTIARY_JWK_PUBLIC | OSTIARY_JWK_SYMMETRIC);
	const struct ostiary_jwk *const one[] = {key};
	struct ostiary_jwks *keys;
	if (key == NULL)
		return OSTIARY_KEY;
	enum ostiary_result result = ostiary_jwks_of(one, 1, &keys);
	if (result == OSTIARY_OK) {
		result = verify_with(c, keys);
		ostiary_jwks_free(keys);
	}
	ostiary_jwk_free(key);
	return result;
}

static enum ostiary_result run(struct request *c, struct slice line)
{
	static const struct {
		const char *name;
		operation *op;
	} ops[] = {{"encrypt", encrypt}, {"decrypt", decrypt}, {"sign", sign}, {"verify", verify},
		{"sign_json", sign_json}, {"verify_json", verify_json}};
	if (json_parse_arena(&c->arena, line, VALUES_MAX, &c->root) != RC_OK)
		return OSTIARY_ARGUMENT;
	for (size_t i = 0; i < ARRAY_LEN(ops); i++)
		if (json_is_string(json_get(c->root, SLICE("op")), slice_cstr(ops[i].name)))
			return ops[i].op(c);
	return OSTIARY_ARGUMENT;
}

static void answer(struct slice line)
{
	struct buf b;
	buf_init(&b, LINE_MAX_BYTES);
	struct json_out out = json_out_to(&b);
	struct request c = {.out = &out};
	arena_init(&c.arena, 16 << 20);
	json_out_object(&out);
	enum ostiary_result result = run(&c, line);
	if (result != OSTIARY_OK)
		json_out_member(&out, SLICE("error"), slice_cstr(ostiary_result_name(result)));
	json_out_object_end(&out);
	printf("%.*s\n", SLICE_ARGS(buf_slice(&b)));
	(void)fflush(stdout);
	for (size_t i = 0; i < c.key_count; i++)
		ostiary_jwks_free(c.keys[i]);
	arena_reset(&c.arena);
	buf_free(&b);
}

int main(void)
{
	static char line[LINE_MAX_BYTES];
	while (fgets(line, sizeof line, stdin) != NULL)
		answer(slice_of(line, strcspn(line, "\n")));
	return 0;
}
