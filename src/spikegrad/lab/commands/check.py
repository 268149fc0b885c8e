"""`spikegrad check`: whether a surrogate is what it says it is."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import rich_click as click

from spikegrad.lab.commands import options
from spikegrad.lab.commands.shapes import Shapes, _named, _value
from spikegrad.lab.errors import LabError
from spikegrad.surrogate import Surrogate

UNKNOWN_PARAMETER = "{name} takes no parameter {parameter!r}. It takes {accepted}."
NO_MODULE = "There is no module {module!r} here or among what is installed."
ENDED = "{name} was not checked: its own code raised {end}, which ends a program."
IS_FILE = "{name} is a file; write the module, without its ending: {module}:Name."


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
    with _ending_nothing(name):
        surrogate = _surrogate(name, options.surrogate_parameters(values))
        # Only now, so that a wrong name is answered at once.
        from spikegrad.checking import check
        from spikegrad.lab.report import checks

        report = check(surrogate)
        checks.show(checks.new_console(), report)
    return 0 if report.ok else 1


@contextmanager
def _ending_nothing(name: str) -> Iterator[None]:
    """What a person's own code raises to end the process does not end the check in silence."""
    try:
        yield
    except (KeyboardInterrupt, Exception):
        raise
    except BaseException as end:
        raise LabError(ENDED.format(name=name, end=f"{type(end).__name__}({end})")) from end


def _surrogate(name: str, given: Mapping[str, str]) -> Surrogate:
    """What the name and the parameters stand for.

    Raises:
        LabError: there is no such thing, or it takes no such parameters.
    """
    module, colon, attribute = name.partition(":")
    if not colon:
        return _named(name, given).surrogate
    found = _imported(module)
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise LabError(f"{module} has no {attribute!r}.")
        found = getattr(found, part)
    if isinstance(found, Surrogate):
        if given:
            raise LabError(f"{attribute} is an instance, which takes no parameters.")
        return found
    if not (isinstance(found, type) and issubclass(found, Surrogate)):
        kind = "class" if isinstance(found, type) else type(found).__name__
        raise LabError(f"{name} has to be a Surrogate, a class or an instance, but is a {kind}.")
    return _made(found, given)


def _imported(module: str) -> Any:
    if module.endswith(".py"):
        stem = module.removesuffix(".py").replace("/", ".")
        raise LabError(IS_FILE.format(name=module, module=stem))
    try:
        with _current_directory_first():
            return importlib.import_module(module)
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and error.name and _within(error.name, module):
            raise LabError(NO_MODULE.format(module=module)) from None
        raise LabError(f"{module} cannot be imported: {type(error).__name__}: {error}") from error


def _within(missing: str, module: str) -> bool:
    """Whether it is the module itself that is missing, or a package that it would be in."""
    return module == missing or module.startswith(f"{missing}.")


@contextmanager
def _current_directory_first() -> Iterator[None]:
    before = list(sys.path)
    sys.path.insert(0, "")
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path[:] = before


def _made(cls: type[Surrogate], given: Mapping[str, str]) -> Surrogate:
    """An instance with parameters that a person wrote."""
    accepted = inspect.signature(cls).parameters
    spelled = {name.lower(): name for name in accepted}
    parameters = {}
    for key, text in given.items():
        if key not in spelled:
            names = ", ".join(accepted) or "none"
            message = UNKNOWN_PARAMETER.format(name=cls.__name__, parameter=key, accepted=names)
            raise LabError(message)
        name = spelled[key]
        parameters[name] = _value(name, text, accepted[name].default)
    try:
        return cls(**parameters)
    except Exception as error:
        shown = ", ".join(f"{name}={value!r}" for name, value in parameters.items())
        raise LabError(
            f"{cls.__name__}({shown}) cannot be made: {type(error).__name__}: {error}"
        ) from error
