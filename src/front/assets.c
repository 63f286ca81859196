/* SPDX-License-Identifier: Apache-2.0 */
#include "front/assets.h"

#include "base/attr.h"
#include "web/render.h"

enum rc assets_endpoint(const struct front *f UNUSED, struct request *c, struct reply *r)
{
	return web_asset(c, r);
}
