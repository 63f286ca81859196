# SPDX-License-Identifier: Apache-2.0
"""The two tables that ./check runs on: how the tree is built, and which suites of Meson's (tests/meson.build) run over which build."""
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

# Meson's suite and the variant that it runs on. Those marked long run with --long, or when named.
Suite = namedtuple("Suite", "suite variant long", defaults=[False])
SUITES = {
	"guards": Suite("guards", "gcc"),
	"lint": Suite("lint", "clang"),
	"unit": Suite("unit", "gcc"),
	"unit-clang": Suite("unit", "clang"),
	"unit-asan": Suite("unit", "asan"),
	"unit-tsan": Suite("unit", "tsan"),
	"vectors": Suite("vectors", "gcc"),
	"vectors-asan": Suite("vectors", "asan"),
	"constant-time": Suite("constant_time", "gcc"),
	"interop": Suite("interop", "gcc"),
	"flow": Suite("flow", "gcc"),
	"flow-asan": Suite("flow", "asan"),
	"upgrade": Suite("upgrade", "gcc"),
	"gateway": Suite("gateway", "gcc"),
	"field": Suite("field", "gcc"),
	"gateway-asan": Suite("gateway", "asan"),
	"clients": Suite("clients", "gcc"),
	"clients-asan": Suite("clients", "asan"),
	"browser": Suite("browser", "gcc"),
	"browser-asan": Suite("browser", "asan"),
	# No sandbox-asan: sanitizers read /proc, map executable memory and trace themselves to look for leaks, all of which the
	# sandbox is there to deny, so that their builds enter none (src/process/sandbox.c) and a run would prove nothing.
	"sandbox": Suite("sandbox", "gcc"),
	"faults": Suite("faults", "gcc"),
	"faults-asan": Suite("faults", "asan"),
	"budget": Suite("budget", "gcc"),
	"fuzz": Suite("fuzz", "fuzz"),
	"clients-long": Suite("clients_long", "gcc", long=True),
	"newer": Suite("newer", "gcc", long=True),
	"mutation": Suite("mutation", "gcc"),
}
