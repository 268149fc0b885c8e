"""`spikegrad check`: whether a surrogate is what it says it is."""

from __future__ import annotations

from typing import Any

import rich_click as click

from spikegrad.lab.commands import options
from spikegrad.lab.commands.shapes import Shapes, require_expressed
from spikegrad.lab.training import surrogates


@click.command(cls=Shapes)
@click.argument("name")
def check(name: str, **values: Any) -> int:
    """Check a surrogate: numbers in every dtype, gradient against relaxation, JAX.

    NAME is module:Name for one of your own, a class or an instance, with the current directory
    first among the places where modules are looked for; or the name of a shape, ours or another
    library's. Parameters are options: --alpha 2.

    Ends with 1 if there is an error among the findings, else with 0.

    \b
    Examples:
    spikegrad check shapes:Triangle --width 0.5
    spikegrad check package.module:my_surrogate
    spikegrad check Arctan --alpha 2
    """
    require_expressed(name)
    given = options.surrogate_parameters(values)
    surrogate = surrogates.build(name, surrogates.read(name, given))
    # Only now, so that a wrong name is answered at once.
    from spikegrad.checking import check
    from spikegrad.lab.report import checks

    with surrogates.of_ones_own(name, f"{name} cannot be checked"):
        report = check(surrogate)
    checks.show(checks.new_console(), report)
    return 0 if report.ok else 1
