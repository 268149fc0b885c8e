"""What a run is made of: every setting, declared once, with its default and what it may be."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from spikegrad import surrogate
from spikegrad.lab.data.datasets import DATASETS
from spikegrad.lab.data.encoding import ENCODINGS
from spikegrad.lab.domains import NUMBER, POSITIVE, SHARE, SMALLEST, Domain, one_of, whole
from spikegrad.lab.errors import LabError, ParameterError, SettingError, shown
from spikegrad.lab.networks.changing import (
    ANNEALING_WORDS,
    LEARNING_WORDS,
    NONE,
    Annealing,
    Learning,
)
from spikegrad.lab.networks.models import MODELS, RESETS, WAYS, Firing
from spikegrad.lab.networks.network import Hidden
from spikegrad.lab.training import float32, surrogates
from spikegrad.neurons import KEEPS, Neuron
from spikegrad.surrogate import Stochastic, Surrogate
from spikegrad.surrogate.catalogue import CATALOGUE, Row, readable

LEARNED = (
    " has to be above 0 and below 1 for {neuron}, which learns it, in float32 as well, but got "
    "{value!r}."
)


def _is_keep(value: Any) -> bool:
    try:
        return value in KEEPS or (isinstance(value, str) and value.isdecimal() and int(value) >= 1)
    except ValueError:  # More digits than Python takes.
        return False


def _is_annealed(value: Any) -> bool:
    change = Annealing.read(value) if isinstance(value, str) else None
    numbers = (change.start, change.end) if change else ()
    return value == NONE or (change is not None and all(map(POSITIVE.contains, numbers)))


KEEP = Domain("state, half, checkpoint, all or a whole number, 1 or more", _is_keep)
FLAG = Domain("true or false", lambda v: isinstance(v, bool))
ANNEALED = Domain(ANNEALING_WORDS, _is_annealed)
LEARNT = Domain(
    LEARNING_WORDS,
    lambda v: v == NONE or (isinstance(v, str) and Learning.read(v) is not None),
)
CHANGES = ("anneal", "learn", "stochastic")
BELOW_1 = float(np.nextafter(np.float32(1), np.float32(0)))
ALONE = " cannot stand beside --{other}: a surrogate changes in one way."
FIXED = ": {parameter} of {shape} is a whole number and cannot change."

NO_DECAY = ": {neuron} has no decay to train."
NO_NAMES = " has to hold values by their names, but got {value}."
NO_CONSTANT = ": {neuron} takes no {name} here. It takes {accepted}."
NOT_ALLOWED = " has to be {words}, but got {value}."


def setting(default: Any, panel: str, domain: Domain, text: str) -> Any:
    """A field of `Config`: its default, its place in the help, what it may be, what it means."""
    return field(default=default, metadata={"panel": panel, "domain": domain, "text": text})


@dataclass(frozen=True)
class Config:
    """Every setting of a run.

    Raises:
        SettingError: a value is outside its domain.
    """

    dataset: str = field(metadata={"domain": one_of(DATASETS)})
    # A name, ours, another library's or module:Name; or what `to_config` gives.
    surrogate: str | Mapping[str, Any] = "Sigmoid"
    surrogate_parameters: Mapping[str, Any] = field(default_factory=dict)
    encoding: str = setting(
        "latency",
        "Network",
        one_of(ENCODINGS),
        "How an image becomes input: "
        + "; ".join(f"{name}, {encoding.text}" for name, encoding in ENCODINGS.items()),
    )
    time_steps: int = setting(16, "Network", whole(1, 10_000), "Length of a sample in time steps")
    hidden: int = setting(256, "Network", whole(1, 100_000), "Spiking neurons in the hidden layer")
    neuron: str = setting(
        "LIF",
        "Network",
        one_of(MODELS),
        "What they are, integrate-and-fire neurons: "
        + "; ".join(f"{name}, {model}" for name, model in MODELS.items()),
    )
    # Those of the hidden neurons that are no settings of their own.
    neuron_parameters: Mapping[str, Any] = field(default_factory=dict)
    reset: str = setting(
        "subtract",
        "Network",
        one_of(RESETS),
        "After a spike: subtract the threshold from the membrane potential; zero it; or none",
    )
    detach_reset: bool = setting(False, "Network", FLAG, "Leave the reset out of the gradient")
    beta: float = setting(
        0.9, "Network", SHARE, "Membrane decay: the share of the potential left after a step"
    )
    train_neuron: str = setting(
        NONE,
        "Network",
        one_of(WAYS),
        "Train the decays of the hidden neurons, which stay between 0 and 1: none; shared, one for "
        "all of them; each, one a neuron. PLIF trains its own in any case",
    )
    anneal: str = setting(
        NONE,
        "Surrogate",
        ANNEALED,
        "Take a parameter of the surrogate from one value to another over the training, as in "
        "alpha:2:20:cosine",
    )
    learn: str = setting(
        NONE,
        "Surrogate",
        LEARNT,
        "Learn a parameter of the surrogate, from the relaxation or another signal, as in "
        "alpha:mixed",
    )
    stochastic: bool = setting(
        False,
        "Surrogate",
        FLAG,
        "Draw the spikes, with a probability that rises as the relaxation does",
    )
    epochs: int = setting(30, "Training", whole(1, 10_000), "How often each sample is seen")
    batch_size: int = setting(64, "Training", whole(1, 100_000), "Samples in a step of Adam")
    learning_rate: float = setting(
        0.01, "Training", POSITIVE, "Step size of Adam at the start; a cosine takes it to 0"
    )
    keep: str = setting(
        "state",
        "Training",
        KEEP,
        "What the backward pass keeps of every time step: the state; half, the state in bfloat16; "
        "a number k, every k-th state; checkpoint; or all, as a plain loop does",
    )
    seed: int = setting(
        0,
        "Training",
        whole(0, 2**32 - 1),
        "All that is drawn derives from it, so the same seed gives the same network bit for bit",
    )

    def __post_init__(self) -> None:
        """Refuse a value outside its domain."""
        for declared in dataclasses.fields(self):
            domain = declared.metadata.get("domain")
            value = getattr(self, declared.name)
            if domain is not None and not domain.contains(value):
                reason = NOT_ALLOWED.format(words=domain.words, value=shown(value))
                raise SettingError(declared.name, reason)
        own = f"--surrogate: {self.surrogate} cannot be used"
        with surrogates.of_ones_own(self.surrogate, own):
            self.build_hidden()
        trains = MODELS[self.neuron].trains(self.train_neuron)
        if self.train_neuron != NONE and not trains:
            raise SettingError("train_neuron", NO_DECAY.format(neuron=self.neuron))
        if trains and not SMALLEST <= self.beta <= BELOW_1:
            raise SettingError("beta", LEARNED.format(neuron=self.neuron, value=self.beta))
        try:
            self.trained_parameters()
        except ValueError as error:
            raise SettingError("neuron_parameters", f": {error}") from None

    def build_hidden(self, steps: int = 1) -> Hidden:
        """The neurons of the hidden layer.

        Args:
            steps: of the optimizer in all of the training, which a schedule spans.
        """
        firing = Firing(RESETS[self.reset], self.detach_reset, self.build_changing(steps))
        # Beyond the number of steps, each k keeps the first state alone.
        keep = min(int(self.keep), self.time_steps) if self.keep.isdecimal() else self.keep
        return Hidden(self._build_neuron(firing), keep)

    def _build_neuron(self, firing: Firing) -> Neuron:
        model = MODELS[self.neuron]
        constants = model.constants
        if not isinstance(self.neuron_parameters, Mapping):
            raise SettingError(
                "neuron_parameters", NO_NAMES.format(value=shown(self.neuron_parameters))
            )
        for name, value in self.neuron_parameters.items():
            if name not in constants:
                accepted = ", ".join(constants) or "none"
                reason = NO_CONSTANT.format(neuron=self.neuron, name=shown(name), accepted=accepted)
                raise SettingError("neuron_parameters", reason)
            domain = FLAG if isinstance(constants[name], bool) else NUMBER
            if not domain.contains(value):
                reason = NOT_ALLOWED.format(words=domain.words, value=shown(value))
                raise SettingError(f"neuron_parameters.{name}", reason)
        try:
            return model.make(self.beta, firing, self.neuron_parameters)
        except (TypeError, ValueError) as error:
            raise SettingError("neuron_parameters", f": {error}") from None

    def trained_parameters(self) -> dict[str, Any]:
        """The parameters of the hidden neurons that are trained, with their first values."""
        constants = self.neuron_parameters
        return MODELS[self.neuron].trained(self.train_neuron, self.beta, constants, self.hidden)

    def change(self) -> list[str]:
        """How the surrogate changes, as the option says it; empty if it does not."""
        return [
            name if value is True else f"{name} {value}" for name, value in self._changes().items()
        ]

    def surrogate_in_words(self) -> str:
        """The surrogate, and how it changes."""
        return ", ".join([readable(surrogates.in_words(self.build_surrogate())), *self.change()])

    def _changes(self) -> dict[str, Any]:
        values = {name: getattr(self, name) for name in CHANGES}
        return {name: value for name, value in values.items() if value not in (NONE, False)}

    def build_changing(self, steps: int) -> Surrogate:
        """The surrogate, and how it changes over a number of steps."""
        shape = self.build_surrogate()
        given = list(self._changes())
        if not given:
            return shape
        if len(given) > 1:
            raise SettingError(given[0], ALONE.format(other=given[1]))
        (name,) = given
        try:
            if name == "stochastic":
                return Stochastic(shape)
            kind: type[Annealing | Learning] = Annealing if name == "anneal" else Learning
            change = kind.read(getattr(self, name))
            assert change is not None, "__post_init__ has read it"
            row = row_of(shape)
            known = row and row.parameters.get(change.parameter)
            if known and known.integer:
                reason = FIXED.format(parameter=change.parameter, shape=type(shape).__name__)
                raise SettingError(name, reason)
            return change.of(shape, steps)
        except ValueError as error:
            raise SettingError(name, f": {error}") from None

    def build_surrogate(self) -> Surrogate:
        """The surrogate with its parameters, as the settings name them."""
        if not isinstance(self.surrogate, str):
            try:
                stored = surrogate.from_config(self.surrogate)
                float32.require(stored)
                return stored
            except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError) as error:
                raise SettingError("surrogate", f": {error}") from None
        try:
            return surrogates.build_in_float32(self.surrogate, self.surrogate_parameters)
        except ParameterError as error:
            setting = f"surrogate_parameters.{error.parameter}"
            raise SettingError(setting, error.reason) from None
        except LabError as error:
            raise SettingError("surrogate", f": {error}") from None

    def stored(self) -> dict[str, Any]:
        """The settings as plain data that JSON can hold, from which `Config` is made again.

        Defaults are stored, too, as they may come to be others. A surrogate that has a name here is
        stored as what it is built of, since a name may come to mean another; one's own as its
        reference and its parameters.
        """
        settings = dataclasses.asdict(self)
        settings["neuron_parameters"] = (
            MODELS[self.neuron].constants | settings["neuron_parameters"]
        )
        if not (isinstance(self.surrogate, str) and surrogates.is_own(self.surrogate)):
            settings["surrogate"] = surrogate.to_config(self.build_surrogate())
            del settings["surrogate_parameters"]
        else:
            given = settings["surrogate_parameters"]
            settings["surrogate_parameters"] = surrogates.defaults_of_own(self.surrogate) | given
        return settings


def row_of(shape: Surrogate) -> Row | None:
    """The row of the catalogue that a shape is of, if it is one of those."""
    return next((row for row in CATALOGUE if row.shape is type(shape)), None)
