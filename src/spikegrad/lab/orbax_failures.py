"""When Orbax fails: one error for the caller, and no more said or done in the background."""

from __future__ import annotations

import contextlib
import gc
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
    """Keep Orbax and TensorStore from telling at length what is raised, and told in one line."""
    loggers = [logging.getLogger(name) for name in ("absl", "asyncio")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.CRITICAL + 1)
        with contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
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
            if not isinstance(sys.unraisablehook, _Forgetful):
                sys.unraisablehook = _Forgetful(sys.unraisablehook)
            failure = _without_history(error, folder)
            join_others(threads)
        if failure:
            # Futures whose errors nobody asked for complain when they go: let them go here.
            gc.collect()
            raise failure


@dataclass(frozen=True)
class _Forgetful:
    """Passes over the last words of a failed operation of Orbax.

    They are of coroutines that it left unfinished, and of TensorStore's threads, which nobody can
    join, when they want to tell it something and it is gone.
    """

    hook: Callable[[Any], Any]

    def __call__(self, unraisable: Any, /) -> None:
        code = getattr(unraisable.object, "cr_code", None)
        of_orbax = code is not None and "orbax" in code.co_filename
        if not of_orbax and str(unraisable.exc_value) != "Event loop is closed":
            self.hook(unraisable)


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
