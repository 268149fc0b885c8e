"""The command `spikegrad`, also as `python -m spikegrad`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from spikegrad._extras import install_line

# What the extra `lab` brings.
EXTRA = {"click", "matplotlib", "optax", "orbax", "plotille", "rich", "rich_click", "sklearn"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: those of the command; None takes the process's own.

    Returns:
        The exit status.
    """
    try:
        from spikegrad.lab.commands import run

        return run(arguments)
    except ImportError as error:
        package = (error.name or "").partition(".")[0]
        if package not in EXTRA:
            raise
        print(f"spikegrad: {install_line('this command', package, 'lab')}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
