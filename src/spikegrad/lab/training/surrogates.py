"""The surrogate that a person names: ours, another library's, or one of their own."""

from __future__ import annotations

import importlib
import inspect
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from spikegrad import surrogate
from spikegrad.lab.errors import LabError, ParameterError, shown, told
from spikegrad.lab.training import float32
from spikegrad.surrogate import Surrogate
from spikegrad.surrogate.catalogue import Peer, Row, named

WORDS: Mapping[str, Any] = {"none": None, "true": True, "false": False}
NO_MODULE = "There is no module {module!r} here or among what is installed."
NO_NAME = "{name!r} names no module; write module:Name."
IS_FILE = "{name} is a file; write the module, without its ending: {module}:Name."
IS_INSTANCE = "{name} is an instance, which takes no parameters."
NO_SURROGATE = "{name} has to be a Surrogate, a class or an instance, but is a {kind}."
UNKNOWN_PARAMETER = "{name} takes no parameter {parameter!r}. It takes {accepted}."
NOT_HELD = " has to be a number to train with, but got {value!r}: {error}."

# An integer may be too large for a float, and what a parameter is computed from may be 0.
CANNOT_BE = (TypeError, ValueError, ArithmeticError)


def is_own(name: str) -> bool:
    """Whether a name is `module:Name`, a person's own surrogate."""
    return ":" in name


def stored_by_name(settings: Mapping[str, Any]) -> bool:
    """Whether settings are as 0.1.0 stored them, with the name of one of ours or a peer's."""
    name = settings.get("surrogate")
    return isinstance(name, str) and not is_own(name)


def build(name: str, parameters: Mapping[str, Any]) -> Surrogate:
    """The surrogate of that name.

    Args:
        name: of a shape, of another library's surrogate, or `module:Name`, a class or an instance,
            with the current directory first among the places where modules are looked for.
        parameters: as they are called there.

    Raises:
        ParameterError: one of them cannot be.
        LabError: there is no such surrogate, or it takes no such parameters.
    """
    if is_own(name):
        return _own(name, parameters)
    try:
        return surrogate.get(name, **parameters)
    except CANNOT_BE as error:
        row = named(name)
        if isinstance(row, Row):
            _require_each(row, parameters)
        blamed = _to_blame(parameters, lambda given: surrogate.get(name, **given))
        if row is None or blamed is None:
            raise LabError(str(error)) from None
        raise ParameterError(blamed, f": {error}") from None


def build_in_float32(name: str, parameters: Mapping[str, Any]) -> Surrogate:
    """The surrogate of that name, if float32 can hold the numbers that it is made of.

    Args:
        name: as for `build`.
        parameters: as for `build`.

    Raises:
        ParameterError: one of them cannot be.
        LabError: there is no such surrogate, it takes no such parameters, or it is made of other
            numbers that cannot be.
    """
    built = build(name, parameters)
    try:
        float32.require(built)
    except float32.NotHeldError as error:
        blamed: str | None = error.parameter
        if blamed not in parameters or isinstance(named(name), Peer):
            blamed = _to_blame(parameters, lambda given: float32.require(build(name, given)))
        if blamed is None:
            raise LabError(f"{error}.") from None
        reason = NOT_HELD.format(value=parameters[blamed], error=error)
        raise ParameterError(blamed, reason) from None
    return built


def defaults_of_own(name: str) -> dict[str, Any]:
    """Those parameters of a person's own surrogate that are plain by default, with the default."""
    defaults = _defaults(name)
    return {
        parameter: default
        for parameter, default in defaults.items()
        if default is None or isinstance(default, bool | int | float | str)
    }


def _require_each(row: Row, parameters: Mapping[str, Any]) -> None:
    """Refuse a parameter that is outside of its domain, whatever the others are."""
    for parameter, value in parameters.items():
        try:
            setattr(object.__new__(row.shape), parameter, value)
        except CANNOT_BE:
            words = row.parameters[parameter].admissible
            raise ParameterError(parameter, f" has to be {words}, but got {value!r}.") from None


def _to_blame(
    parameters: Mapping[str, Any], use: Callable[[Mapping[str, Any]], object]
) -> str | None:
    """The parameter that cannot be, where they cannot be together; None if it is none of them.

    It is the one without which the others can be; or else one that cannot be beside defaults.
    """

    def works(given: Mapping[str, Any]) -> bool:
        try:
            use(given)
        except (*CANNOT_BE, LabError):
            return False
        return True

    for parameter in reversed(list(parameters)):
        if works({name: value for name, value in parameters.items() if name != parameter}):
            return parameter
    return next((name for name, value in parameters.items() if not works({name: value})), None)


def read(name: str, given: Mapping[str, str]) -> dict[str, Any]:
    """The parameters of a surrogate out of what a person wrote, in any case.

    Raises:
        ParameterError: it is not of the kind that the parameter is.
        LabError: there is no such surrogate of one's own.
    """
    if not given:
        return {}
    defaults = _defaults(name)
    declared = {parameter.lower(): parameter for parameter in defaults}
    parameters = {}
    for key, text in given.items():
        parameter = declared.get(key.lower(), key)
        parameters[parameter] = _value(parameter, text, defaults.get(parameter))
    return parameters


def _defaults(name: str) -> dict[str, Any]:
    """What each parameter of that surrogate is by default; none if there is no such surrogate."""
    if is_own(name):
        with of_ones_own(name, f"{name} cannot be used"):
            accepted = _accepted(_found(name))
            return {parameter: declared.default for parameter, declared in accepted.items()}
    known = named(name)
    if isinstance(known, Row):
        return {
            key: 1 if parameter.integer else parameter.default
            for key, parameter in known.parameters.items()
        }
    return dict(known.parameters) if known else {}


def _value(parameter: str, text: str, default: object) -> object:
    """What a person wrote for a parameter: a number, two with a comma between, or a word."""
    word = WORDS.get(text.lower(), text)
    number = isinstance(default, int | float) and not isinstance(default, bool)
    if isinstance(default, bool) and not isinstance(word, bool):
        raise ParameterError(parameter, f" takes true or false, but got {text!r}.")
    if word is None or (isinstance(word, bool) and not number):
        return word
    integer = number and isinstance(default, int)
    try:
        if "," in text:
            return tuple(float(part) for part in text.split(","))
        return int(text) if integer else float(text)
    except ValueError:
        kind = "a whole number" if integer else "a number"
        if text.isdecimal():
            kind += " of fewer digits"
        raise ParameterError(parameter, f" takes {kind}, but got {text!r}.") from None


def in_words(surrogate: Surrogate) -> str:
    """The `repr` of a surrogate, in one line, also where one's own has one that raises."""
    text = " ".join(shown(surrogate).split())
    return "".join(c if c.isprintable() else "?" for c in text)


@contextmanager
def of_ones_own(name: object, doing: str) -> Iterator[None]:
    """Say in one line what the code of a person's own surrogate raises.

    Args:
        name: of the surrogate; what is raised with another is left as it is.
        doing: what is said before a colon and what was raised.

    Raises:
        LabError: it has raised something, which may as well be what ends a program.
    """
    try:
        yield
    except (KeyboardInterrupt, LabError):
        raise
    except BaseException as error:
        if not (isinstance(name, str) and is_own(name)):
            raise
        raise LabError(f"{doing}: {told(error)}") from error


def is_raised_by(error: BaseException, name: object) -> bool:
    """Whether an exception has come through the module of a person's own surrogate."""
    if not (isinstance(name, str) and is_own(name)):
        return False
    module = name.partition(":")[0]
    frames = traceback.walk_tb(error.__traceback__)
    return any(frame.f_globals.get("__name__") == module for frame, _ in frames)


def _own(name: str, parameters: Mapping[str, Any]) -> Surrogate:
    with of_ones_own(name, f"{name} cannot be used"):
        found = _found(name)
        if isinstance(found, Surrogate):
            if parameters:
                raise LabError(IS_INSTANCE.format(name=name.partition(":")[2]))
            return found
        accepted = _accepted(found)
        for parameter in parameters:
            if parameter not in accepted:
                names = ", ".join(accepted) or "none"
                message = UNKNOWN_PARAMETER.format(
                    name=found.__name__, parameter=parameter, accepted=names
                )
                raise LabError(message)
        given = ", ".join(f"{name}={value!r}" for name, value in parameters.items())
        with of_ones_own(name, f"{found.__name__}({given}) cannot be made"):
            made = found(**parameters)
        if not isinstance(made, Surrogate):
            raise LabError(NO_SURROGATE.format(name=name, kind=type(made).__name__))
        return made


def _found(name: str) -> Surrogate | type[Surrogate]:
    """The class or the instance that `module:Name` stands for."""
    module, _, attribute = name.partition(":")
    if not module:
        raise LabError(NO_NAME.format(name=name))
    found = _imported(module)
    for part in attribute.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise LabError(f"{module} has no {attribute!r}.") from None
    if isinstance(found, Surrogate) or (isinstance(found, type) and issubclass(found, Surrogate)):
        return found
    kind = "class" if isinstance(found, type) else type(found).__name__
    raise LabError(NO_SURROGATE.format(name=name, kind=kind))


def _accepted(found: Surrogate | type[Surrogate]) -> Mapping[str, inspect.Parameter]:
    """The parameters that one's own takes; an instance takes none."""
    return {} if isinstance(found, Surrogate) else inspect.signature(found).parameters


def _imported(module: str) -> Any:
    if module.endswith(".py"):
        stem = module.removesuffix(".py").replace("/", ".")
        raise LabError(IS_FILE.format(name=module, module=stem))
    try:
        with _current_directory_first():
            return importlib.import_module(module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if isinstance(error, ModuleNotFoundError) and error.name and _within(error.name, module):
            raise LabError(NO_MODULE.format(module=module)) from None
        raise LabError(f"{module} cannot be imported: {told(error)}") from error


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
