"""Whether the C library gives memory back after every call, or keeps it for the next."""

from __future__ import annotations

import ctypes

# Of <malloc.h> in glibc.
_TRIM_THRESHOLD = -1
_MMAP_MAX = -4


def keep_memory() -> bool:
    """Let the process keep the memory that it frees, so that the next call need not ask for it.

    A loop over time needs large temporaries. By default glibc asks the system for each of them and
    gives it back, and every page is cleared anew: on a CPU, up to half of the time of a short call.
    Peak memory stays what it is; what grows is what a process holds between two calls. The command
    line calls this before it trains. A program of your own has to do so itself, early.

    Returns:
        Whether it worked: where the C library is not glibc, nothing is changed.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(mallopt(_MMAP_MAX, 0) and mallopt(_TRIM_THRESHOLD, 2**31 - 1))
