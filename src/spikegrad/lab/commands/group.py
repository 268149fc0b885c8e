"""Groups of commands: one that says which there are, and the one that all are in."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import rich_click as click

from spikegrad.lab import stopping
from spikegrad.lab.commands.suggestions import no_such_option
from spikegrad.lab.errors import Interrupted, LabError

FAILED = "{name} cannot be {done}: {reason}."


class NamingGroup(click.RichGroup):
    """A group whose errors about an unknown command, or option, name the known ones."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options before the command."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            raise self.nowhere(error.option_name, ctx) from None

    def nowhere(self, option: str, ctx: click.Context) -> click.UsageError:
        """What to answer to an option that is not of this group."""
        return no_such_option(option, self, ctx)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the first argument names."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            known = ", ".join(self.list_commands(ctx))
            raise click.UsageError(f"{error.format_message()} Known: {known}.", ctx) from None


class Root(NamingGroup):
    """The group of all commands; no error reaches click that click would end the process for."""

    def make_context(self, *arguments: Any, **others: Any) -> click.Context:
        """Read the arguments."""
        with _told():
            return super().make_context(*arguments, **others)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with _told():
            return super().invoke(ctx)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt as stop:
        raise Interrupted(stopping.line(), stop) from None
    except OSError as error:
        raise unwritten(error) from error


class NobodyReads(LabError):
    """Whoever read the output has had enough, as `head` has: nothing is left to be told."""

    exit_status = 128 + 13

    def __init__(self) -> None:
        super().__init__("")


def unwritten(error: OSError) -> LabError:
    """The line about a file, or the output, that the system refuses."""
    if isinstance(error, BrokenPipeError):
        return NobodyReads()
    # Without a name it is a stream, and streams are only written.
    done = "read or written" if error.filename else "written"
    name = error.filename or "the output"
    return LabError(FAILED.format(name=name, done=done, reason=error.strerror or error))
