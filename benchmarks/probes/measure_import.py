"""Import once in a fresh process and print what that took.

    python -I measure_import.py STATEMENT

prints {"seconds": …, "memory": …, "modules": […]}: the wall time, the growth of resident memory in bytes (None where
the system has no /proc), and the top-level names that were loaded.
"""

import sys
from time import perf_counter


def resident() -> "int | None":
    try:
        with open("/proc/self/status") as status:  # noqa: PTH123 - pathlib would count as already loaded
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))
    except OSError:
        return None


statement = compile(sys.argv[1], "<import>", "exec")
before = resident()
started = perf_counter()
exec(statement)  # noqa: S102 - that is what this is for
seconds = perf_counter() - started
after = resident()

loaded = sorted({name.partition(".")[0] for name in sys.modules})
import json  # noqa: E402 - only now, so that nothing but the statement is measured

memory = None if before is None or after is None else after - before
print(json.dumps({"seconds": seconds, "memory": memory, "modules": loaded}))
