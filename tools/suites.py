# SPDX-License-Identifier: Apache-2.0
"""The two tables that ./check runs on: how the tree is built, and which tests run over which build."""
from collections import namedtuple

# folder under the tree, compiler, Meson options. The first is the build that everything else uses.
Variant = namedtuple("Variant", "folder cc options")
VARIANTS = {
	"gcc": Variant("build", "gcc", []),
	"clang": Variant("build/clang", "clang-14", ["-Db_lundef=false"]),
	"asan": Variant("build/asan", "gcc", ["-Db_sanitize=address,undefined", "-Db_lundef=false"]),
	"tsan": Variant("build/tsan", "gcc", ["-Db_sanitize=thread", "-Db_lundef=false"]),
	"fuzz": Variant("build/fuzz", "clang-14",
		["-Dfuzz=true", "-Db_sanitize=address,undefined", "-Db_lundef=false"]),
}

# folder of the tests; variant that they run on; programs at a time; seconds that one program may take; programs that it
# leaves out. Suites that measure time or load the machine run alone; those marked long run with --long, or when named.
Suite = namedtuple("Suite", "folder variant jobs seconds long without", defaults=[False, ()])
SUITES = {
	"guards": Suite("guards", "gcc", 2, 120),
	"lint": Suite("lint", "clang", 1, 1800),
	"unit": Suite("unit", "gcc", 2, 120),
	"unit-clang": Suite("unit", "clang", 2, 120),
	"unit-asan": Suite("unit", "asan", 2, 300),
	"unit-tsan": Suite("unit", "tsan", 2, 300),
	"vectors": Suite("vectors", "gcc", 2, 120),
	"vectors-asan": Suite("vectors", "asan", 2, 300),
	"constant-time": Suite("constant_time", "gcc", 1, 120),
	"interop": Suite("interop", "gcc", 2, 300),
	"flow": Suite("flow", "gcc", 2, 300),
	"flow-asan": Suite("flow", "asan", 2, 600),
	"upgrade": Suite("upgrade", "gcc", 1, 600),
	"gateway": Suite("gateway", "gcc", 2, 300),
	"field": Suite("field", "gcc", 1, 300),
	"gateway-asan": Suite("gateway", "asan", 2, 600),
	"clients": Suite("clients", "gcc", 2, 300),
	"clients-asan": Suite("clients", "asan", 2, 600),
	"browser": Suite("browser", "gcc", 1, 600),
	"browser-asan": Suite("browser", "asan", 1, 600),
	# No sandbox-asan: sanitizers read /proc, map executable memory and trace themselves to look for leaks, all of which the
	# sandbox is there to deny, so that their builds enter none (src/process/sandbox.c) and a run would prove nothing.
	"sandbox": Suite("sandbox", "gcc", 1, 300),
	"faults": Suite("faults", "gcc", 1, 600),
	# The key scan looks for copies in memory as the real build leaves it; ASan keeps what is freed and maps 16 TiB of shadow.
	"faults-asan": Suite("faults", "asan", 1, 600, without=("key_scan",)),
	"budget": Suite("budget", "gcc", 1, 600),
	"fuzz": Suite("fuzz", "fuzz", 2, 300),
	"clients-long": Suite("clients_long", "gcc", 1, 600, long=True),
	"newer": Suite("newer", "gcc", 1, 3600, long=True),
	"mutation": Suite("mutation", "gcc", 1, 1800),
}
