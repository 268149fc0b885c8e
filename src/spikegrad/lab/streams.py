"""Standard streams that take whatever is written: closed ones, and those of few letters.

It imports what comes with Python alone, since it has to be there before anything else is.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import sys
import unicodedata
from collections.abc import Iterator

NEAREST = "spikegrad.nearest"


@contextlib.contextmanager
def ready() -> Iterator[None]:
    """Let standard streams lose what is written to a closed one, and show the rest as they can."""
    with contextlib.ExitStack() as stack:
        # In this order each gets the number that was closed, which else a file of ours would get.
        for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
            stream = getattr(sys, name)
            if stream is None:
                stream = stack.enter_context(open(os.devnull, mode, encoding="utf-8"))
                stack.callback(setattr, sys, name, None)
                setattr(sys, name, stream)
            if mode == "w" and hasattr(stream, "reconfigure"):
                stack.callback(stream.reconfigure, errors=stream.errors)
                stream.reconfigure(errors=NEAREST)
        yield


def _nearest(error: UnicodeError) -> tuple[str, int]:
    """What to write of characters that an encoding has not: the letter without its accent, or ?."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    wanted = error.object[error.start : error.end]
    return "".join(map(_shown, wanted)), error.end


def _shown(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # How Python holds a byte of a path that is no UTF-8.
        return f"\\x{code - 0xDC00:02x}"
    if 0xD800 <= code <= 0xDFFF:
        return f"\\u{code:04x}"
    letters = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return letters or "?"


codecs.register_error(NEAREST, _nearest)
