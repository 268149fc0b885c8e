"""Where a person reads: stdout and stderr, with colours on a terminal, plain anywhere else."""

from __future__ import annotations

from typing import Any

from rich import console


class Console(console.Console):
    """A console that leaves it to others what becomes of an output that nobody reads."""

    def __init__(self, **options: Any) -> None:
        super().__init__(highlight=False, emoji=False, **options)

    def on_broken_pipe(self) -> None:
        """Let the error go on, where rich would end the process."""
        raise
