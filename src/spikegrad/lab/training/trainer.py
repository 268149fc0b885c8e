"""Training: one epoch, one evaluation, and the state that goes from epoch to epoch."""

from __future__ import annotations

import math
import time
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import optax

from spikegrad.lab.data.datasets import DATASETS, Samples, Split
from spikegrad.lab.data.encoding import ENCODINGS
from spikegrad.lab.errors import NotFinite, SettingError
from spikegrad.lab.networks import changing, network
from spikegrad.lab.networks.changing import Moment
from spikegrad.lab.networks.models import decays
from spikegrad.lab.networks.network import Activity, Parameters
from spikegrad.lab.training.config import Config
from spikegrad.surrogate import Learned, Surrogate

TOO_LARGE = " has to be at most {allowed}, the number of training samples, but got {value}."
POTENTIALS = "A membrane potential of the hidden layer"
LOSS = "The loss"
GRADIENT = "The gradient of {name}"


class State(NamedTuple):
    """All that the next epoch depends on, beside the settings and its number.

    Attributes:
        parameters: of the network.
        optimizer: the state of Adam.
        key: the data of the random key that every epoch folds its number into.
    """

    parameters: Parameters
    optimizer: Any
    key: jax.Array


class Epoch(NamedTuple):
    """How an epoch went: a row of `metrics.csv`.

    Loss, accuracy and firing rate are means over its batches, taken while the network learned;
    the firing rate is in spikes per hidden neuron and time step.
    """

    epoch: int
    loss: float
    accuracy: float
    firing_rate: float
    validation_loss: float
    validation_accuracy: float
    seconds: float


class Evaluation(NamedTuple):
    """What a network does with samples it does not learn from."""

    loss: float
    accuracy: float
    firing_rate: float
    predictions: npt.NDArray[np.int32]


def loss_of(logits: jax.Array, labels: jax.Array) -> jax.Array:
    """Cross-entropy, mean over the batch."""
    losses: jax.Array = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
    return losses.mean()


class Trainer:
    """Trains the network that the settings describe.

    Args:
        config: the settings.
        split: the samples.

    Raises:
        SettingError: a batch would be larger than the training set.
    """

    def __init__(self, config: Config, split: Split) -> None:
        samples = len(split.training.labels)
        if config.batch_size > samples:
            reason = TOO_LARGE.format(allowed=samples, value=config.batch_size)
            raise SettingError("batch_size", reason)
        self.config = config
        self.split = split
        self.surrogate = config.build_surrogate()
        self._encode = ENCODINGS[config.encoding].encode
        self._batches = samples // config.batch_size
        self._steps = self._batches * config.epochs
        self.hidden = config.build_hidden(self._steps)
        schedule = optax.cosine_decay_schedule(config.learning_rate, self._steps)
        self._optimizer = optax.adam(schedule)
        self._initial, self._training, self._evaluation = jax.random.split(
            jax.random.key(config.seed), 3
        )
        self._run_epoch = jax.jit(self._epoch)
        self._run_network = jax.jit(self._activity, static_argnames="record")

    def initial_state(self) -> State:
        """The state before the first epoch."""
        parameters = network.initial_parameters(
            self._initial,
            self.split.training.images.shape[1],
            self.config.hidden,
            len(DATASETS[self.config.dataset].classes),
            self.config.trained_parameters(),
            changing.raw_parameters(self.hidden.neuron),
        )
        optimizer = self._optimizer.init(parameters)
        return State(parameters, optimizer, jax.random.key_data(self._training))

    def rehearse(self, state: State) -> None:
        """Go through an epoch with shapes alone, which shows what cannot be trained.

        Args:
            state: the state before the first epoch.
        """
        self._run_epoch.eval_shape(state, 1, *self.split.training)

    def epoch(self, state: State, number: int) -> tuple[State, Epoch]:
        """Train for an epoch: each sample once, in a new order, in whole batches.

        Args:
            state: the state after the epoch before.
            number: that of this epoch, from 1.

        Raises:
            NotFinite: a potential, the loss, a gradient or a parameter is not finite.
        """
        start = time.perf_counter()
        state, means, watched = self._run_epoch(state, number, *self.split.training)
        _require_finite(watched, state.parameters)
        loss, accuracy, firing_rate = map(float, means)
        validation = self.evaluate(state.parameters, self.split.validation)
        seconds = time.perf_counter() - start
        return state, Epoch(
            number, loss, accuracy, firing_rate, validation.loss, validation.accuracy, seconds
        )

    def evaluate(self, parameters: Parameters, samples: Samples) -> Evaluation:
        """Run the network on samples; rate coding draws the same spikes each time.

        Raises:
            NotFinite: a potential or the loss is not finite.
        """
        activity = self.activity(parameters, samples.images)
        predictions = np.asarray(activity.logits.argmax(-1), np.int32)
        loss = float(loss_of(activity.logits, jnp.asarray(samples.labels)))
        for what, whole in ((POTENTIALS, activity.finite), (LOSS, math.isfinite(loss))):
            if not whole:
                raise NotFinite(what)
        return Evaluation(
            loss,
            float((predictions == samples.labels).mean()),
            float(activity.spikes.mean()),
            predictions,
        )

    def learned(self, parameters: Parameters) -> dict[str, float]:
        """The parameters of the surrogate that were learned, by name."""
        surrogate = getattr(self.hidden.neuron, "surrogate", None)
        if not isinstance(surrogate, Learned):
            return {}
        values = changing.learned(surrogate, parameters.surrogate).values
        return {name: float(value) for name, value in values.items()}

    def decays(self, parameters: Parameters) -> dict[str, npt.NDArray[np.float32]]:
        """The decays of the hidden neurons that were trained, by name: one, or one a neuron."""
        return decays(parameters.neuron)

    def surrogate_at_the_end(self, parameters: Parameters) -> Surrogate:
        """The surrogate as the last step of the training had it, with what was learned of it."""
        changed = changing.at_the_end(self.hidden.neuron, self.learned(parameters), self._steps - 1)
        return changed or self.surrogate

    def inputs(self, images: npt.NDArray[np.float32]) -> jax.Array:
        """The encoded images, `(time, batch, pixels)`, as an evaluation sees them."""
        return self._encode(jnp.asarray(images), self.config.time_steps, self._evaluation)

    def activity(self, parameters: Parameters, images: npt.NDArray[np.float32]) -> Activity:
        """What the network does with the images in an evaluation."""
        moment = changing.the_end(self._evaluation)
        activity: Activity = self._run_network(parameters, self.inputs(images), moment, record=True)
        return activity

    def _activity(
        self, parameters: Parameters, inputs: jax.Array, moment: Moment, record: bool = False
    ) -> Activity:
        return network.run(parameters, inputs, self.hidden, self.config.beta, record, moment)

    def _epoch(
        self, state: State, number: jax.Array, images: jax.Array, labels: jax.Array
    ) -> tuple[State, tuple[jax.Array, ...], jax.Array]:
        key = jax.random.fold_in(jax.random.wrap_key_data(state.key), number)
        order_key, noise_key = jax.random.split(key)
        size = (self._batches, self.config.batch_size)
        order = jax.random.permutation(order_key, len(labels))[: size[0] * size[1]].reshape(size)

        def loss(
            parameters: Parameters, indices: jax.Array, key: jax.Array, batch: jax.Array
        ) -> tuple[jax.Array, tuple[Any, ...]]:
            inputs = self._encode(images[indices], self.config.time_steps, key)
            step = (number - 1) * self._batches + batch
            moment = Moment(step, step / self._steps, jax.random.fold_in(key, 1))
            activity = self._activity(parameters, inputs, moment)
            value = loss_of(activity.logits, labels[indices])
            accuracy = (activity.logits.argmax(-1) == labels[indices]).mean()
            return value, ((value, accuracy, activity.spikes.mean()), activity.finite)

        def learn(
            carry: tuple[Parameters, Any], batch: tuple[jax.Array, ...]
        ) -> tuple[tuple[Parameters, Any], tuple[Any, ...]]:
            parameters, optimizer = carry
            gradient, (measured, whole) = jax.grad(loss, has_aux=True)(parameters, *batch)
            # Adam's bias correction raises a float to an integer power, which strict promotion
            # would refuse.
            with jax.numpy_dtype_promotion("standard"):
                updates, optimizer = self._optimizer.update(gradient, optimizer)
            parameters = optax.apply_updates(parameters, updates)
            arrays = [measured[0], *jax.tree.leaves(gradient), *jax.tree.leaves(parameters)]
            watched = jnp.stack([whole, *map(network.finite, arrays)])
            return (parameters, optimizer), (measured, watched)

        (parameters, optimizer), (measured, watched) = jax.lax.scan(
            learn,
            state[:2],
            (order, jax.random.split(noise_key, self._batches), jnp.arange(self._batches)),
        )
        means = jax.tree.map(jnp.mean, measured)
        return State(parameters, optimizer, state.key), means, watched


def _require_finite(watched: jax.Array, parameters: Parameters) -> None:
    """Refuse an epoch of which a part is not finite.

    Args:
        watched: whether the potentials, the loss, each gradient and each parameter were, in the
            order in which they come about, `(batches, parts)`.
        parameters: of the network.
    """
    whole = np.asarray(watched)
    if whole.all():
        return
    names = list(network.named(parameters))
    parts = [POTENTIALS, LOSS, *(GRADIENT.format(name=name) for name in names), *names]
    raise NotFinite(parts[int(whole.argmin()) % len(parts)])
