/* SPDX-License-Identifier: Apache-2.0 */
/* Walks the steps of an interaction. */
#include "oauth/authorize/authorize.h"
#include "oauth/authorize/browser.h"
#include "oauth/authorize/step.h"

/* Consent is the last: what is allowed there is granted at once, and not asked twice. */
static const struct step *const steps[] = {&step_sign_in, &step_consent};

enum rc step_next(const struct op *op, struct request *c, const struct authorize_grant *grant,
		  const struct step **ret_step)
{
	bool needed = false;
	*ret_step = NULL;
	for (size_t i = 0; i < ARRAY_LEN(steps) && !needed; i++) {
		TRY(steps[i]->needed(op, c, grant, &needed));
		if (needed)
			*ret_step = steps[i];
	}
	return RC_OK;
}

enum rc step_go(const struct op *op, struct request *c, struct reply *r, const struct interaction *it,
		const struct authorize_grant *grant, const struct step *step)
{
	struct slice url;
	if (it->text.n > INTERACTION_ADDRESS_MAX)
		return step->show(op, c, r, it, grant);
	TRY(browser_url(c->issuer, step->path, (struct request_pair){SLICE("i"), it->text}, c->arena, &url));
	reply_redirect(r, url);
	return RC_OK;
}

enum rc step_continue(const struct op *op, struct request *c, struct reply *r, const struct interaction *it,
		      const struct authorize_grant *grant)
{
	const struct step *next;
	enum rc rc = step_next(op, c, grant, &next);
	if (rc == RC_LOGIN_REQUIRED) {
		TRY(interaction_finish(op, c, r, it));
		return authorize_refuse(op, c, r, grant->request, rc);
	}
	TRY(rc);
	if (next != NULL)
		return step_go(op, c, r, it, grant, next);
	TRY(interaction_finish(op, c, r, it));
	return authorize_answer(op, c, r, grant);
}

/* The page as long as its step is needed. */
static enum rc step_get(const struct op *op, struct request *c, struct reply *r, struct interaction *it,
			struct authorize_grant *grant, const struct step *step)
{
	const struct step *next;
	if (step->signed_in && !grant->fresh)
		return step_go(op, c, r, it, grant, &step_sign_in);
	enum rc rc = step_next(op, c, grant, &next);
	if (rc == RC_OK && next == step)
		return step->show(op, c, r, it, grant);
	if (rc != RC_LOGIN_REQUIRED)
		TRY(rc);
	/* Signed in before, or in another tab meanwhile. */
	if (grant->login != NULL && !grant->fresh)
		TRY(interaction_set_sid(op, c, it, grant->login->session.sid));
	grant->fresh = grant->login != NULL;
	return step_continue(op, c, r, it, grant);
}

enum rc step_page(const struct op *op, struct request *c, struct reply *r, const struct step *step)
{
	CLEANUP(client_unref_p) struct client *client = NULL;
	struct interaction it;
	struct login login;
	bool post = c->method == CALL_POST;
	TRY(interaction_find(op, c, &it));
	TRY(authorize_client(op, c, &it.request, &client));
	struct authorize_grant grant = {&it.request, client, NULL, false};
	if (post && !step->signed_in)
		return step->answer(op, c, r, &it, &grant);
	enum rc rc = login_open(op, c, &login);
	if (rc != RC_NO_CREDENTIALS)
		TRY(rc);
	grant.login = rc == RC_OK ? &login : NULL;
	grant.fresh = rc == RC_OK && it.sid.n > 0 && slice_eq(it.sid, login.session.sid);
	return post && grant.fresh ? step->answer(op, c, r, &it, &grant) : step_get(op, c, r, &it, &grant, step);
}
