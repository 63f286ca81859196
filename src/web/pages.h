/* SPDX-License-Identifier: Apache-2.0 */
/* The compiled templates of src/web/pages and the files of src/web/assets. */
#ifndef OSTIARY_WEB_PAGES_H
#define OSTIARY_WEB_PAGES_H

#include "base/buf.h"
#include "call/reply.h"

/* Each writes a whole HTML document; failures stick to the buf. */
void page_sign_in(struct buf *b, const struct page_view *v);
void page_consent(struct buf *b, const struct page_view *v);
void page_sign_out(struct buf *b, const struct page_view *v);
void page_signed_out(struct buf *b, const struct page_view *v);
void page_error(struct buf *b, const struct page_view *v);
void page_home(struct buf *b, const struct page_view *v);
/* `action` takes the form; `message` holds its hidden inputs as HTML, escaped by whoever made them. */
void page_form_post(struct buf *b, const struct page_view *v);

/* A static file under a path that holds its hash, so that it may be kept for ever. */
struct page_asset {
	struct slice path, content_type, data;
};
extern const struct page_asset page_assets[];
extern const size_t page_asset_count;

#endif
