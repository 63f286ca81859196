/* SPDX-License-Identifier: Apache-2.0 */
/* The compiled templates of src/web/pages and the files of src/web/assets. */
#ifndef OSTIARY_WEB_PAGES_H
#define OSTIARY_WEB_PAGES_H

#include "base/buf.h"
#include "message/reply.h"

/* Each writes a whole HTML document; failures stick to the buf. */
#define PAGE(name, template, status) void page_##template(struct buf *b, const struct page_##template *v);
#include "message/pages.def"
#undef PAGE
/* `action` takes the form; `fields` are its hidden inputs as HTML, escaped by whoever made them. */
void page_form_post(struct buf *b, const struct page_form_post *v);

/* A static file under a path that holds its hash, so that it may be kept for ever. */
struct page_asset {
	struct slice path, content_type, data;
};
extern const struct page_asset page_assets[];
extern const size_t page_asset_count;

#endif
