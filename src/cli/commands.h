/* SPDX-License-Identifier: Apache-2.0 */
/* What the rows of the command table run. Each returns an exit code. */
#ifndef OSTIARY_CLI_COMMANDS_H
#define OSTIARY_CLI_COMMANDS_H

#include "cli/cli.h"

int cmd_init(struct cli *cli);
int cmd_serve(struct cli *cli);
int cmd_validate_config(struct cli *cli);
int cmd_user_add(struct cli *cli);
int cmd_user_list(struct cli *cli);
int cmd_user_show(struct cli *cli);
int cmd_user_disable(struct cli *cli);
int cmd_user_enable(struct cli *cli);
int cmd_user_unlock(struct cli *cli);
int cmd_user_delete(struct cli *cli);
int cmd_user_password(struct cli *cli);
int cmd_user_roles(struct cli *cli);
int cmd_user_set(struct cli *cli);
int cmd_client_add(struct cli *cli);
int cmd_client_list(struct cli *cli);
int cmd_client_show(struct cli *cli);
int cmd_client_delete(struct cli *cli);
int cmd_client_disable(struct cli *cli);
int cmd_client_enable(struct cli *cli);
int cmd_client_rotate(struct cli *cli);
int cmd_client_secret(struct cli *cli);
int cmd_client_set(struct cli *cli);
int cmd_key_list(struct cli *cli);
int cmd_key_rotate(struct cli *cli);
int cmd_key_revoke(struct cli *cli);
int cmd_key_generate(struct cli *cli);
int cmd_key_convert(struct cli *cli);
int cmd_key_show(struct cli *cli);
int cmd_key_thumbprint(struct cli *cli);
int cmd_token_verify(struct cli *cli);
int cmd_token_decrypt(struct cli *cli);
int cmd_token_encrypt(struct cli *cli);
int cmd_token_inspect(struct cli *cli);
int cmd_token_sign(struct cli *cli);
int cmd_session_list(struct cli *cli);
int cmd_session_end(struct cli *cli);
int cmd_consent_list(struct cli *cli);
int cmd_consent_withdraw(struct cli *cli);
int cmd_tenant_list(struct cli *cli);
int cmd_tenant_add(struct cli *cli);
int cmd_audit_list(struct cli *cli);
int cmd_login(struct cli *cli);
int cmd_completion(struct cli *cli);
int cmd_version(struct cli *cli);

#endif
