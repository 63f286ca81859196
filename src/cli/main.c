/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: a table of commands. */
#include <stdio.h>
#include <string.h>

#include "daemon/parent.h"
#include "daemon/role.h"

int main(int argc, char **argv)
{
	if (argc >= 3 && strcmp(argv[1], "role") == 0)
		return role_main(argc, argv);
	if (argc == 4 && strcmp(argv[1], "serve") == 0 && strcmp(argv[2], "-c") == 0)
		return parent_main(argc, argv, argv[3]);
	(void)fprintf(stderr, "usage: ostiary serve -c FILE\n");
	return 2;
}
