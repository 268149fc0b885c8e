"""Ctrl-C, SIGTERM and a terminal that goes away: one line and the signal's status, at any moment.

It imports what comes with Python alone, since it has to be there before anything else is.
"""

from __future__ import annotations

import _thread
import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

SIGNALS = tuple(
    signal.Signals[name] for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
NOTHING_WRITTEN = "stopped before anything was written."
# In seconds: one who asks again within it is heard already, and after it waits in vain.
PATIENCE = 2.0

Handler = Callable[[int, FrameType | None], Any]


class Stop(KeyboardInterrupt):
    """A signal that asks the process to end.

    Args:
        number: of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class _Asked:
    """Which signal was the first to ask for an end, and when; and what is to be said then."""

    number: int | None = None
    moment = 0.0
    line = NOTHING_WRITTEN


def say(line: str) -> None:
    """Set what is said from now on if a signal ends the command."""
    _Asked.line = line


def line() -> str:
    """What is to be said of an end."""
    return _Asked.line


def status_of(stop: BaseException) -> int:
    """The exit status of a process that this has ended."""
    return 128 + int(getattr(stop, "number", signal.SIGINT))


def listen() -> None:
    """From now on, let a signal end the process at once, with one line.

    While modules are imported an exception would not do: there are places where one gets lost.
    """
    for number in SIGNALS:
        # One that is ignored from the start, as under nohup, stays so.
        if signal.getsignal(number) not in (signal.SIG_IGN, None):
            signal.signal(number, _end)
    sys.unraisablehook = _once_more(sys.unraisablehook)


def ignore() -> None:
    """Pass over signals from now on, where the process is at its end anyway."""
    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)


@contextlib.contextmanager
def unwinding() -> Iterator[None]:
    """Let a signal raise `Stop`, so that what was begun can be put in order."""
    _Asked.number = None
    with _handled_by(_raise):
        yield


@contextlib.contextmanager
def put_off() -> Iterator[None]:
    """Put off a signal until the end of the block."""
    asked: list[tuple[float, int]] = []

    def note(number: int, frame: FrameType | None) -> None:
        asked.append((time.monotonic(), number))
        if asked[-1][0] - asked[0][0] > PATIENCE:
            raise Stop(number)

    with _handled_by(note):
        yield
    if asked:
        signal.raise_signal(asked[0][1])


def require_going_on() -> None:
    """Raise `Stop` if a signal has asked for an end, and what it raised got lost on the way."""
    if _Asked.number is not None:
        raise Stop(_Asked.number)


@contextlib.contextmanager
def _handled_by(handler: Handler) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    heard = {n: old for n, old in before.items() if old not in (signal.SIG_IGN, None)}
    try:
        for number in heard:
            signal.signal(number, handler)
        yield
    finally:
        for number, old in heard.items():
            signal.signal(number, old)


def _raise(number: int, frame: FrameType | None) -> None:
    if _is_first(number):
        raise Stop(number)


def _end(number: int, frame: FrameType | None) -> None:
    if _is_first(number):
        with contextlib.suppress(OSError):
            os.write(2, f"spikegrad: {line()}\n".encode(errors="backslashreplace"))
        os._exit(128 + number)


def _is_first(number: int) -> bool:
    """Whether nobody has asked before; ends the process if that was some time ago."""
    if _Asked.number is None:
        _Asked.number, _Asked.moment = number, time.monotonic()
        return True
    if time.monotonic() - _Asked.moment > PATIENCE:
        os._exit(128 + number)
    return False


def _once_more(hook: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A hook that raises `Stop` again, if it was raised where Python has to pass over it."""

    def raise_again(number: int) -> None:
        time.sleep(0.01)  # By then the main thread has left the hook.
        _Asked.number = None
        _thread.interrupt_main(signal.Signals(number))

    def heard(unraisable: Any, /) -> None:
        if isinstance(unraisable.exc_value, Stop):
            number = unraisable.exc_value.number
            threading.Thread(target=raise_again, args=[number], daemon=True).start()
        else:
            hook(unraisable)

    return heard
