"""What a person can put right: each is one clear line and an exit status, never a traceback."""

from __future__ import annotations

import re
from collections.abc import Callable

from spikegrad.lab import stopping

# Characters of a value that a line shows, and digits in a row; nobody reads more.
LONGEST = 300
DIGITS = 60


class LabError(Exception):
    """The message is the line; the command ends with `exit_status`."""

    exit_status = 2


class SettingError(LabError):
    """A value that a setting of a run cannot take.

    Args:
        setting: the name of the setting, as `Config` has it.
        reason: what goes on after that name: what is wrong, and what is allowed.
    """

    def __init__(self, setting: str, reason: str) -> None:
        super().__init__(setting + reason)
        self.setting = setting
        self.reason = reason


class ParameterError(LabError):
    """A value that a parameter of a surrogate cannot take.

    Args:
        parameter: its name.
        reason: what goes on after that name.
    """

    def __init__(self, parameter: str, reason: str) -> None:
        super().__init__(f"--{parameter.lower().replace('_', '-')}{reason}")
        self.parameter = parameter
        self.reason = reason


class NotFinite(LabError):
    """A number in the network that is not finite, from where on nothing is learned.

    Args:
        what: the first of them.
    """

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not finite.")
        self.what = what


class Interrupted(LabError):
    """A signal has stopped the command.

    Args:
        line: what the person is told.
        stop: what the signal raised.
    """

    def __init__(self, line: str, stop: BaseException) -> None:
        super().__init__(line)
        self.exit_status = stopping.status_of(stop)


def told(error: BaseException) -> str:
    """What an exception of somebody else's code says, whatever it is."""
    return f"{type(error).__name__}: {shown(error, str)}"


def shown(value: object, as_text: Callable[[object], str] = repr) -> str:
    """The `repr` of what somebody else wrote, which may be long, and may raise anything."""
    try:
        # A lone surrogate is a character that no file takes.
        text = as_text(value).encode("utf-8", "backslashreplace").decode()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return f"<{type(value).__name__}, which raises {type(error).__name__} when it is shown>"
    text = counted(text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def counted(text: str) -> str:
    """A text with the digits of long numbers counted instead of shown."""
    return re.sub(f"\\d{{{DIGITS},}}", _shortened, text)


def _shortened(number: re.Match[str]) -> str:
    return f"{number[0][:10]}... ({len(number[0])} digits)"
