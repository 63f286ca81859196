/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of an interaction: what a person does on pages of ours before an authorization request is answered. The
 * table is walked in order: the first step that is still needed is shown, and where none is, the request is answered. A
 * new step is a file with its row, the row in steps.c, and its page's path in front/routes.c. */
#ifndef OSTIARY_OAUTH_STEP_H
#define OSTIARY_OAUTH_STEP_H

#include "oauth/authorize/interaction.h"
#include "oauth/authorize/login_session.h"

/* What is granted, and to whom. */
struct authorize_grant {
	const struct authorize_request *request;
	const struct client *client;
	struct login *login; /* NULL: no user is signed in */
	bool fresh;          /* signed in for this request */
};

struct step {
	struct slice path; /* of its page */
	/* Only the session that signed in for this request may answer the page: so in every step but the sign-in, or an older
	 * session would answer where a new sign-in is needed. */
	bool signed_in;
	enum rc without; /* what the client is told where no page may be shown (prompt=none) */
	/* RC_LOGIN_REQUIRED: the request cannot be answered, and the client is told so. */
	enum rc (*needed)(const struct op *op, struct request *c, const struct authorize_grant *grant,
			  bool *ret_needed);
	enum rc (*show)(const struct op *op, struct request *c, struct reply *r, const struct interaction *it,
			const struct authorize_grant *grant);
	/* The page's form. Ends with step_continue, if the step is done; the last step of all, consent, with the answer. */
	enum rc (*answer)(const struct op *op, struct request *c, struct reply *r, struct interaction *it,
			  const struct authorize_grant *grant);
};

extern const struct step step_sign_in, step_consent;

/* The first step that is needed; NULL: none. */
enum rc step_next(const struct op *op, struct request *c, const struct authorize_grant *grant,
		  const struct step **ret_step) WARN_UNUSED;
/* Redirects the browser to the step's page. If the interaction is too long for a URL, the answer is the page itself. */
enum rc step_go(const struct op *op, struct request *c, struct reply *r, const struct interaction *it,
		const struct authorize_grant *grant, const struct step *step) WARN_UNUSED;
/* After a step: to the next one, or the answer. */
enum rc step_continue(const struct op *op, struct request *c, struct reply *r, const struct interaction *it,
		      const struct authorize_grant *grant) WARN_UNUSED;
/* GET and POST of the step's page: a handler's body. */
enum rc step_page(const struct op *op, struct request *c, struct reply *r, const struct step *step) WARN_UNUSED;

#endif
