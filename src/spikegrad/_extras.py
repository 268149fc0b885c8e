"""What to say where a package of an extra is missing."""

from __future__ import annotations

# The line of the README.
INSTALL = "{what} needs {package}: pip install '.[{extra}]' in a clone of spikegrad"


def install_line(what: str, package: str, extra: str) -> str:
    """Which package is missing for what, and the line that installs it.

    Args:
        what: what cannot be done without.
        package: what is missing.
        extra: the extra of spikegrad that brings it.
    """
    return INSTALL.format(what=what, package=package, extra=extra)
