"""What a person can put right: each is one clear line and an exit status, never a traceback."""

from __future__ import annotations


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
        super().__init__(f"--{parameter}{reason}")
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
    """The person stopped a run with Ctrl-C."""

    exit_status = 130
