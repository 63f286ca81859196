/* SPDX-License-Identifier: Apache-2.0 */
/* prompt (OpenID Connect Core 3.1.2.1): which pages must or must not be shown. */
#include "oauth/feature/feature.h"

#include "base/percent.h"

#define PROMPTS SLICE_INIT("none login consent select_account")

static const struct slice prompts = PROMPTS;
static const struct slice parameters[] = {SLICE_INIT("prompt")};
static const struct metadata_member metadata[] = {{SLICE_INIT("prompt_values_supported"), .words = PROMPTS}};

/* "If this parameter contains none with any other value, an error is returned." */
static enum rc on_authorize(struct authorize_reading *r)
{
	struct slice rest = parameters_get(r->from, SLICE("prompt")), word;
	unsigned prompt = 0;
	while (slice_word(&rest, &word)) {
		if (!slice_has_word(prompts, word))
			return authorize_wrong(r, RC_INVALID_REQUEST,
					       SLICE("prompt has a value that this server does not support"));
		if (slice_eq(word, SLICE("none")))
			prompt |= AUTHORIZE_PROMPT_NONE;
		else if (slice_eq(word, SLICE("consent")))
			prompt |= AUTHORIZE_PROMPT_CONSENT;
		else
			/* A browser has one session with us, so choosing another account means signing in again. */
			prompt |= AUTHORIZE_PROMPT_LOGIN;
	}
	if ((prompt & AUTHORIZE_PROMPT_NONE) != 0 && prompt != AUTHORIZE_PROMPT_NONE)
		return authorize_wrong(r, RC_INVALID_REQUEST, SLICE("prompt: none stands with another value"));
	r->request->prompt = prompt;
	return RC_OK;
}

static void on_again(const struct authorize_request *request, struct buf *query)
{
	bool login = (request->prompt & AUTHORIZE_PROMPT_LOGIN) != 0;
	bool consent = (request->prompt & AUTHORIZE_PROMPT_CONSENT) != 0;
	if (login)
		percent_query(query, SLICE("prompt"), consent ? SLICE("login consent") : SLICE("login"));
	else if (consent)
		percent_query(query, SLICE("prompt"), SLICE("consent"));
}

const struct feature feature_prompt = {
	.spec = "OpenID Connect Core 1.0, 3.1.2.1",
	FEATURE_PARAMETERS(parameters),
	FEATURE_METADATA(metadata),
	.on_authorize = on_authorize,
	.on_again = on_again,
};
