"""When Orbax fails: one error for the caller, and no more said or done in the background."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """Keep Orbax from telling at length what it also raises."""
    logger = logging.getLogger("absl")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        logger.setLevel(level)


@contextlib.contextmanager
def failing_as_one(folder: Path) -> Iterator[None]:
    """Let what Orbax does in `folder` fail with one error, when all that it started has ended.

    Raises:
        OSError: the disk refused.
        RuntimeError: anything else.
    """
    threads = threading.enumerate()
    failure: Exception | None = None
    with silent():
        try:
            yield
        except Exception as error:
            failure = _without_history(error, folder)
            _ignore_last_words()
            join_others(threads)
    if failure:
        raise failure


def join_others(threads: Sequence[threading.Thread]) -> None:
    """Wait for the threads beside these, which go on writing after one of them has failed."""
    for thread in threading.enumerate():
        if thread not in threads:
            with contextlib.suppress(Exception):  # Orbax's raise what they met.
                thread.join(timeout=10)


def _without_history(error: Exception, path: Path) -> Exception:
    """What `error` says, without a traceback that keeps alive what Orbax left behind."""
    # TensorStore has the number of the system's error in the message alone.
    number = re.search(r"os_error_code='(\d+)'", str(error))
    code = int(number[1]) if number else getattr(error, "errno", None)
    if code:
        return OSError(code, os.strerror(code), str(path))
    return RuntimeError(f"{type(error).__name__}: {error}")


def _ignore_last_words() -> None:
    """From now on, pass over what is left of a failed operation and complains when it goes.

    That are futures whose errors nobody asked for, coroutines that were not finished, and
    TensorStore's threads, which nobody can join, when they find an event loop closed.
    """
    logging.getLogger("asyncio").addFilter(_is_no_last_word)
    if not isinstance(sys.unraisablehook, _Forgetful):
        sys.unraisablehook = _Forgetful(sys.unraisablehook)


def _is_no_last_word(record: logging.LogRecord) -> bool:
    return "exception was never retrieved" not in record.getMessage()


@dataclass(frozen=True)
class _Forgetful:
    hook: Callable[[Any], Any]

    def __call__(self, unraisable: Any, /) -> None:
        code = getattr(unraisable.object, "cr_code", None)
        of_orbax = code is not None and "orbax" in code.co_filename
        if not of_orbax and str(unraisable.exc_value) != "Event loop is closed":
            self.hook(unraisable)
