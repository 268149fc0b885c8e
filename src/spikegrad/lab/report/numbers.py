"""Numbers in a terminal, whatever it can show."""

from __future__ import annotations

from rich.console import Console

from spikegrad.surrogate.catalogue import readable


def shown(text: str, console: Console) -> str:
    """What Python writes with its numbers as a person does, in signs that the console has."""
    text = readable(text)
    return text.replace("π", "pi") if console.options.ascii_only else text
