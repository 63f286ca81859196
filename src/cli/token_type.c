/* SPDX-License-Identifier: Apache-2.0 */
/* What a line is, by its form and the names in it. */
#include "base/base64url.h"
#include "cli/token.h"

enum { KIND_VALUES_MAX = 1024, JWE_DOTS = 4 };

static const struct json *object_of(struct slice text, struct arena *a)
{
	const struct json *root;
	if (json_parse_arena(a, text, KIND_VALUES_MAX, &root) != RC_OK || root->type != JSON_OBJECT)
		return NULL;
	return root;
}

/* RFC 7516 7.1: five parts, and a protected header that names `enc`. */
static bool is_compact_jwe(struct slice line, struct arena *a)
{
	struct slice header;
	size_t dots = 0;
	for (size_t i = 0; i < line.n; i++)
		dots += line.p[i] == '.';
	return dots == JWE_DOTS && base64url_decode_arena(a, slice_to(line, slice_find(line, '.')), &header) == RC_OK &&
	       json_get(object_of(header, a), SLICE("enc")) != NULL;
}

static enum token_type type_of_json(struct slice line, struct arena *a)
{
	const struct json *root = object_of(line, a);
	if (json_get(root, SLICE("ciphertext")) != NULL)
		return TOKEN_JWE;
	if (json_get(root, SLICE("payload")) != NULL || json_get(root, SLICE("signatures")) != NULL)
		return TOKEN_JSON;
	return TOKEN_JWT;
}

enum token_type token_type_of(struct slice line, struct arena *a)
{
	if (line.n > 0 && line.p[0] == '{')
		return type_of_json(line, a);
	if (slice_find(line, '~') < line.n)
		return TOKEN_SDJWT;
	return is_compact_jwe(line, a) ? TOKEN_JWE : TOKEN_JWT;
}

const struct token_type_row *token_type_row(enum token_type type)
{
	static const struct token_type_row rows[] = {
		[TOKEN_JWT] = {"jwt", NULL},
		[TOKEN_SDJWT] = {"sd-jwt", NULL},
		[TOKEN_JWE] =
			{"jwe",
			 "an encrypted message (JWE), which ostiary token decrypt opens with its recipient's key"},
		[TOKEN_JSON] = {"jws-json", "a signature in JSON (RFC 7515 7.2): here only the compact form is taken"},
	};
	return &rows[type];
}
