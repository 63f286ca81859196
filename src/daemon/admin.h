/* SPDX-License-Identifier: Apache-2.0 */
/* The admin API: what the command line asks for over the admin socket. JSON in, JSON out (INTERFACES.md). Every change is
 * one audit record. Users are named by ?tenant=&login=, clients by ?client_id=, sessions by ?sid= or by their user. */
#ifndef OSTIARY_DAEMON_ADMIN_H
#define OSTIARY_DAEMON_ADMIN_H

#include "daemon/routes.h"

route_handler admin_user_list;
route_handler admin_user_add;
route_handler admin_user_show;
/* Members that are there change: name, email, email_verified, disabled, roles, password. */
route_handler admin_user_change;
route_handler admin_user_delete;

route_handler admin_client_list;
/* RFC 7591 metadata; a secret is made where the client is to have one, and shown this once. */
route_handler admin_client_add;
route_handler admin_client_show;
route_handler admin_client_delete;

route_handler admin_key_list;
route_handler admin_key_rotate;

route_handler admin_session_list;
route_handler admin_session_end;

route_handler admin_consent_list;
route_handler admin_consent_withdraw;

route_handler admin_tenant_list;
route_handler admin_tenant_add;

route_handler admin_audit_list;
route_handler admin_status;

#endif
