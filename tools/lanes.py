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
# leaves out. Lanes that measure time or load the machine run alone; those marked long run with --long, or when named.
Lane = namedtuple("Lane", "folder variant jobs seconds long without", defaults=[False, ()])
LANES = {
	"guards": Lane("guards", "gcc", 2, 120),
	"lint": Lane("lint", "clang", 1, 1800),
	"unit": Lane("unit", "gcc", 2, 120),
	"unit-clang": Lane("unit", "clang", 2, 120),
	"unit-asan": Lane("unit", "asan", 2, 300),
	"unit-tsan": Lane("unit", "tsan", 2, 300),
	"vectors": Lane("vectors", "gcc", 2, 120),
	"vectors-asan": Lane("vectors", "asan", 2, 300),
	"constant-time": Lane("constant_time", "gcc", 1, 120),
	"interop": Lane("interop", "gcc", 2, 300),
	"flow": Lane("flow", "gcc", 2, 300),
	"flow-asan": Lane("flow", "asan", 2, 600),
	"gateway": Lane("gateway", "gcc", 2, 300),
	"gateway-asan": Lane("gateway", "asan", 2, 600),
	"clients": Lane("clients", "gcc", 2, 300),
	"clients-asan": Lane("clients", "asan", 2, 600),
	"browser": Lane("browser", "gcc", 1, 600),
	"browser-asan": Lane("browser", "asan", 1, 600),
	# No sandbox-asan: sanitizers read /proc, map executable memory and trace themselves to look for leaks, all of which the
	# sandbox is there to deny, so that their builds enter none (src/daemon/sandbox.c) and a run would prove nothing.
	"sandbox": Lane("sandbox", "gcc", 1, 300),
	"faults": Lane("faults", "gcc", 1, 600),
	# The key scan looks for copies in memory as the real build leaves it; ASan keeps what is freed and maps 16 TiB of shadow.
	"faults-asan": Lane("faults", "asan", 1, 600, without=("key_scan",)),
	"budget": Lane("budget", "gcc", 1, 600),
	"fuzz": Lane("fuzz", "fuzz", 2, 300),
	"newer": Lane("newer", "gcc", 1, 3600, long=True),
	"mutation": Lane("mutation", "gcc", 1, 1800),
}
