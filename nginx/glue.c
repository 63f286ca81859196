/* SPDX-License-Identifier: Apache-2.0 */
/* Symbols that nginx needs in a dynamic module (its own build writes the same as ngx_modules.c). */
#include <ngx_config.h>
#include <ngx_core.h>

#define EXPORTED __attribute__((visibility("default")))

extern ngx_module_t ngx_http_ostiary_module;
extern EXPORTED ngx_module_t *ngx_modules[];
extern EXPORTED char *ngx_module_names[];
extern EXPORTED char *ngx_module_order[];

static char name[] = "ngx_http_ostiary_module";

ngx_module_t *ngx_modules[] = {&ngx_http_ostiary_module, NULL};
char *ngx_module_names[] = {name, NULL};
/* After every other module, so that its phase handlers and its header filter run first. */
char *ngx_module_order[] = {NULL};
