/* SPDX-License-Identifier: Apache-2.0 */
#include "front/routes.h"

#include "admin/admin.h"
#include "front/assets.h"
#include "front/forward_auth.h"
#include "front/health.h"
#include "oauth/authorize/authorize.h"
#include "oauth/endpoints.h"
#include "oidc/oidc.h"
#include "oidc/oidc_pages.h"

#define KIB(n) ((size_t)(n) * 1024)

#define JSON .error = ROUTE_ERROR_JSON
#define PAGE .error = ROUTE_ERROR_PAGE
#define ANYONE .cors = ROUTE_CORS_ANY
#define REGISTERED .cors = ROUTE_CORS_REGISTERED

const struct route routes[] = {
	/* The provider. */
	{ROUTE_PUBLIC, ROUTE_GET, SLICE_INIT("/.well-known/openid-configuration"), .op = discovery_endpoint,
	 .at_once = true, JSON, ANYONE, .spec = "OpenID Connect Discovery 1.0, 4"},
	{ROUTE_PUBLIC, ROUTE_GET, SLICE_INIT("/.well-known/oauth-authorization-server"), .op = discovery_endpoint,
	 .at_once = true, JSON, ANYONE, .spec = "RFC 8414, 3"},
	{ROUTE_PUBLIC, ROUTE_GET, SLICE_INIT("/.well-known/jwks.json"), .op = jwks_endpoint, .at_once = true, JSON,
	 ANYONE, .spec = "RFC 7517, 5"},
	{ROUTE_PUBLIC, ROUTE_POST, SLICE_INIT("/token"), .op = token_endpoint, JSON, REGISTERED, .body_max = KIB(16),
	 .spec = "RFC 6749, 3.2"},
	{ROUTE_PUBLIC, ROUTE_POST, SLICE_INIT("/introspect"), .op = introspect_endpoint, JSON, .body_max = KIB(32),
	 .spec = "RFC 7662, 2"},
	{ROUTE_PUBLIC, ROUTE_POST, SLICE_INIT("/revoke"), .op = revoke_endpoint, JSON, REGISTERED, .body_max = KIB(32),
	 .spec = "RFC 7009, 2"},
	{ROUTE_PUBLIC, ROUTE_GET | ROUTE_POST, SLICE_INIT("/userinfo"), .op = userinfo_endpoint, JSON, REGISTERED,
	 .bearer = true, .body_max = KIB(32), .spec = "OpenID Connect Core 1.0, 5.3"},
	{ROUTE_PUBLIC, ROUTE_GET | ROUTE_POST, SLICE_INIT("/authorize"), .op = authorize_endpoint, PAGE,
	 .reads_faults = true, .body_max = KIB(16), .spec = "RFC 6749, 4.1.1; OpenID Connect Core 1.0, 3.1.2"},
	{ROUTE_PUBLIC, ROUTE_GET | ROUTE_POST, SLICE_INIT("/sign-in"), .op = sign_in_endpoint, PAGE,
	 .body_max = KIB(48), .spec = "OpenID Connect Core 1.0, 3.1.2.3"},
	{ROUTE_PUBLIC, ROUTE_GET | ROUTE_POST, SLICE_INIT("/consent"), .op = consent_endpoint, PAGE,
	 .body_max = KIB(48), .spec = "OpenID Connect Core 1.0, 3.1.2.4"},
	{ROUTE_PUBLIC, ROUTE_GET | ROUTE_POST, SLICE_INIT("/logout"), .op = logout_endpoint, PAGE, .body_max = KIB(16),
	 .spec = "OpenID Connect RP-Initiated Logout 1.0, 2"},
	{ROUTE_PUBLIC, ROUTE_GET | ROUTE_POST, SLICE_INIT("/"), .op = home_endpoint, PAGE, .body_max = KIB(4),
	 .spec = "our own"},
	/* Under a name that gateway hosts leave to us as well, so that pages look the same everywhere. */
	{ROUTE_PUBLIC, ROUTE_GET, SLICE_INIT("/_ostiary/assets/*"), .own = assets_endpoint, .at_once = true, PAGE,
	 .any_host = true, .spec = "our own"},
	{ROUTE_GATE, ROUTE_GET, SLICE_INIT("/_ostiary/assets/*"), .own = assets_endpoint, .at_once = true, PAGE,
	 .spec = "our own"},

	/* Health, for load balancers and service managers. */
	{ROUTE_PUBLIC, ROUTE_GET, SLICE_INIT("/healthz"), .own = health_live, .at_once = true, JSON, .any_host = true,
	 .spec = "our own"},
	{ROUTE_PUBLIC, ROUTE_GET, SLICE_INIT("/readyz"), .own = health_ready, .at_once = true, JSON, .any_host = true,
	 .spec = "our own"},

	/* Gateways other than nginx. */
	{ROUTE_PUBLIC, ROUTE_GET, SLICE_INIT("/forward-auth"), .own = forward_auth_endpoint, JSON, .any_host = true,
	 .spec = "RFC 6750"},

	/* The gateway's own sign-in, on each gateway host. */
	{ROUTE_GATE, ROUTE_GET, SLICE_INIT("/_ostiary/login"), .rp = rp_login, PAGE,
	 .spec = "OpenID Connect Core 1.0, 3.1.2.1"},
	{ROUTE_GATE, ROUTE_GET, SLICE_INIT("/_ostiary/callback"), .rp = rp_callback, PAGE,
	 .spec = "OpenID Connect Core 1.0, 3.1.2.5"},
	{ROUTE_GATE, ROUTE_GET | ROUTE_POST, SLICE_INIT("/_ostiary/logout"), .rp = rp_logout, PAGE, .body_max = KIB(4),
	 .spec = "OpenID Connect RP-Initiated Logout 1.0, 2"},
	{ROUTE_GATE, ROUTE_GET, SLICE_INIT("/_ostiary/session"), .rp = rp_session, JSON, .spec = "our own"},

	/* Backends. */
	{ROUTE_SESSION, ROUTE_GET | ROUTE_PUT, SLICE_INIT("/session/data"), .rp = rp_data, JSON, .body_max = KIB(8),
	 .spec = "our own"},

	/* The command line. */
	{ROUTE_ADMIN, ROUTE_GET, SLICE_INIT("/admin/users"), .admin = admin_user_list, JSON},
	{ROUTE_ADMIN, ROUTE_POST, SLICE_INIT("/admin/users"), .admin = admin_user_add, JSON, .body_max = KIB(32)},
	{ROUTE_ADMIN, ROUTE_GET, SLICE_INIT("/admin/user"), .admin = admin_user_show, JSON},
	{ROUTE_ADMIN, ROUTE_PUT, SLICE_INIT("/admin/user"), .admin = admin_user_change, JSON, .body_max = KIB(32)},
	{ROUTE_ADMIN, ROUTE_POST, SLICE_INIT("/admin/user/unlock"), .admin = admin_user_unlock, JSON,
	 .body_max = KIB(1)},
	{ROUTE_ADMIN, ROUTE_DELETE, SLICE_INIT("/admin/user"), .admin = admin_user_delete, JSON},
	{ROUTE_ADMIN, ROUTE_GET, SLICE_INIT("/admin/clients"), .admin = admin_client_list, JSON},
	{ROUTE_ADMIN, ROUTE_POST, SLICE_INIT("/admin/clients"), .admin = admin_client_add, JSON, .body_max = KIB(64)},
	{ROUTE_ADMIN, ROUTE_GET, SLICE_INIT("/admin/client"), .admin = admin_client_show, JSON},
	{ROUTE_ADMIN, ROUTE_PUT, SLICE_INIT("/admin/client"), .admin = admin_client_change, JSON, .body_max = KIB(64)},
	{ROUTE_ADMIN, ROUTE_DELETE, SLICE_INIT("/admin/client"), .admin = admin_client_delete, JSON},
	{ROUTE_ADMIN, ROUTE_GET, SLICE_INIT("/admin/keys"), .admin = admin_key_list, JSON},
	{ROUTE_ADMIN, ROUTE_POST, SLICE_INIT("/admin/keys/rotate"), .admin = admin_key_rotate, JSON,
	 .body_max = KIB(1)},
	{ROUTE_ADMIN, ROUTE_DELETE, SLICE_INIT("/admin/key"), .admin = admin_key_revoke, JSON},
	{ROUTE_ADMIN, ROUTE_GET, SLICE_INIT("/admin/sessions"), .admin = admin_session_list, JSON},
	{ROUTE_ADMIN, ROUTE_DELETE, SLICE_INIT("/admin/sessions"), .admin = admin_session_end, JSON},
	{ROUTE_ADMIN, ROUTE_GET, SLICE_INIT("/admin/consents"), .admin = admin_consent_list, JSON},
	{ROUTE_ADMIN, ROUTE_DELETE, SLICE_INIT("/admin/consents"), .admin = admin_consent_withdraw, JSON},
	{ROUTE_ADMIN, ROUTE_GET, SLICE_INIT("/admin/tenants"), .admin = admin_tenant_list, JSON},
	{ROUTE_ADMIN, ROUTE_POST, SLICE_INIT("/admin/tenants"), .admin = admin_tenant_add, JSON, .body_max = KIB(4)},
	{ROUTE_ADMIN, ROUTE_GET, SLICE_INIT("/admin/audit"), .admin = admin_audit_list, JSON},
	{ROUTE_ADMIN, ROUTE_GET, SLICE_INIT("/admin/status"), .admin = admin_status, JSON},
};
const size_t route_count = ARRAY_LEN(routes);
