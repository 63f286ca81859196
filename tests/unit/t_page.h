/* SPDX-License-Identifier: Apache-2.0 */
/* The members that several pages have, of whichever page the answer is. */
#ifndef OSTIARY_TESTS_T_PAGE_H
#define OSTIARY_TESTS_T_PAGE_H

#include "message/reply.h"
#include "t.h"

#define T_PAGE_MEMBER(member)                                                      \
	static inline struct slice *page_##member(const struct reply *r)           \
	{                                                                          \
		static struct slice none;                                          \
		union page_data *data = (union page_data *)(uintptr_t)&r->data;    \
		switch (r->type == REPLY_PAGE ? (int)r->page : -1) {               \
		case PAGE_SIGN_IN:                                                 \
			return &data->sign_in.member;                              \
		case PAGE_CONSENT:                                                 \
			return &data->consent.member;                              \
		T_PAGE_REST_##member                                               \
		default:                                                           \
			none = SLICE_NONE;                                         \
			return &none;                                              \
		}                                                                  \
	}

#define T_PAGE_REST_action \
	case PAGE_HOME: \
		return &data->home.action; \
	case PAGE_SIGN_OUT: \
		return &data->sign_out.action;
#define T_PAGE_REST_csrf \
	case PAGE_HOME: \
		return &data->home.csrf; \
	case PAGE_SIGN_OUT: \
		return &data->sign_out.csrf;
#define T_PAGE_REST_waiting

T_PAGE_MEMBER(action)
T_PAGE_MEMBER(csrf)
T_PAGE_MEMBER(waiting)

#endif
