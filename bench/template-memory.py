#!/usr/bin/env python3
"""template-memory.py - memory and time of `slipway render` over texts that double in size

Both must grow with the text and no faster.
"""

import os
import pathlib
import sys
import tempfile

SLIPWAY = os.environ.get("SLIPWAY", "build/slipway")
SIZES = (10000, 20000, 40000, 80000)


def measure(path, state):
    """Peak memory in MiB and CPU seconds of one render."""
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.execv(SLIPWAY, [SLIPWAY, "--state-dir", state, "render", str(path)])
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        sys.exit(f"{SLIPWAY} render failed")
    return usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime


with tempfile.TemporaryDirectory() as scratch:
    print(f"{'actions':>10} {'bytes':>10} {'peak MiB':>9} {'CPU s':>7}")
    for n in SIZES:
        text = pathlib.Path(scratch) / "text"
        text.write_text("".join(f'{"x" * 70}{{{{repl upper "value {i}"}}}}\n' for i in range(n)))
        peak, seconds = measure(text, scratch)
        print(f"{n:>10} {text.stat().st_size:>10} {peak:>9.1f} {seconds:>7.3f}")
