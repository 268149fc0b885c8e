"""The memory of this process, as Linux tells it."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

STATUS = Path("/proc/self/status")
CLEAR = Path("/proc/self/clear_refs")


def peak(call: Callable[[], Any]) -> tuple[int | None, Any]:
    """The most bytes that a call had beyond those before it, its result included; and the result.

    None where the system does not tell.
    """
    gc.collect()
    try:
        # What was given back and kept would be taken again unseen.
        ctypes.CDLL("libc.so.6").malloc_trim(0)
        CLEAR.write_text("5")
    except OSError:
        return None, call()
    before = _bytes("VmRSS")
    result = call()
    return _bytes("VmHWM") - before, result


def _bytes(name: str) -> int:
    lines = STATUS.read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
