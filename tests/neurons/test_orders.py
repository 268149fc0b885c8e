"""Derivatives of the loop of first, second and third order are right, or refused.

They are compared with Taylor series and with an unrolled loop. A plain `jax.lax.scan` under reverse
mode loses the rule of a custom derivative for the values that it hands to the backward pass, so its
second derivatives lack terms.
"""

import functools
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.helpers import assert_close
from tests.neurons.cases import CASES

from spikegrad.neurons import LIF, recurrent_rollout, rollout
from spikegrad.surrogate import Arctan, Sigmoid

NEURON = LIF(surrogate=Sigmoid(2.0))
CURRENTS = jnp.linspace(0.1, 0.6, 12)[:, None]
# Right in whatever order forward and reverse mode come; in reverse mode, once or around another.
ANY, REVERSE, FIRST = ("checkpoint", "all"), ("state", 5, 12), ("half",)


def spikes_squared(a, run):
    return (run(NEURON, a * CURRENTS) ** 2).sum()


def unrolled(neuron, currents):
    state, spikes = neuron.initial_state(currents.shape[1:]), []
    for current in currents:
        state, fired = neuron.step(state, current)
        spikes.append(fired)
    return jnp.stack(spikes)


def kept(keep):
    return lambda neuron, currents: rollout(neuron, currents, keep=keep)[0]


def fed(keep):
    return lambda neuron, currents: recurrent_rollout(neuron, jnp.zeros_like, currents, keep=keep)[
        0
    ]


def derivative(order, run):
    """The derivative of the loss at 1; of the order's letters the first is the outermost."""
    loss = functools.partial(spikes_squared, run=run)
    for letter in reversed(order):
        inner = loss
        loss = {
            "R": jax.grad(inner),
            "F": lambda a, inner=inner: jax.jvp(inner, (a,), (jnp.ones_like(a),))[1],
        }[letter]
    return jax.jit(loss)(1.0)


ORDERS = ["".join(o) for n in (1, 2, 3) for o in itertools.product("RF", repeat=n)]


def expected():
    """The loss and its derivatives by a, from the equations carried along as Taylor series in a."""
    times = lambda x, y: np.convolve(x, y)[:4]  # noqa: E731
    u, loss = np.zeros(4), np.zeros(4)
    for current in np.linspace(0.1, 0.6, 12):
        u = 0.9 * u + current * np.array([1.0, 1.0, 0.0, 0.0])
        s = 1 / (1 + np.exp(-2 * (u[0] - 1)))
        slopes = (
            2 * s * (1 - s),
            4 * s * (1 - s) * (1 - 2 * s),
            8 * s * (1 - s) * (1 - 6 * s + 6 * s**2),
        )
        first = np.array([0.0, *u[1:]])
        second = times(first, first)
        spike = slopes[0] * first + slopes[1] / 2 * second + slopes[2] / 6 * times(first, second)
        spike[0] = u[0] >= 1
        u, loss = u - spike, loss + times(spike, spike)
    return loss * [1, 1, 2, 6]


EXPECTED = expected()


@pytest.mark.parametrize(
    ("run", "keep", "order"),
    [
        *((kept, keep, order) for keep in (*ANY, *REVERSE, *FIRST) for order in ORDERS),
        *((fed, keep, order) for keep in ("all", "state", 5) for order in ORDERS[:6]),
    ],
)
def test_a_derivative_is_right_or_refused(run, keep, order):
    works = keep in ANY or (order.endswith("R") if keep in REVERSE else order == "R")
    if works:
        allowed = 1e-4 if keep in FIRST else 1e-5
        assert derivative(order, run(keep)) == pytest.approx(EXPECTED[len(order)], abs=allowed)
        return
    with pytest.raises((TypeError, NotImplementedError)) as refusal:
        derivative(order, run(keep))
    assert len(str(refusal.value).strip().splitlines()) == 1
    if keep in FIRST and order.endswith("R"):
        assert "keep='half' has first derivatives alone" in str(refusal.value)


@pytest.mark.parametrize("name", ["LIF-refractory", "PLIF", "CubaLIF", "ALIF"])
def test_a_hessian_vector_product_by_parameters_and_currents_equals_that_of_an_unrolled_loop(name):
    neuron = CASES[name].neuron(Arctan(jnp.float32(2.0)), "subtract", False)
    currents = CASES[name].currents()[:5]  # an unrolled loop takes long to compile
    tangents = jax.tree.map(jnp.ones_like, neuron), CASES[name].currents(seed=1)[:5]

    def product(run):
        loss = lambda *arguments: (run(*arguments).sum(0) ** 2).sum()  # noqa: E731
        gradient = jax.grad(loss, (0, 1))
        along = lambda *arguments: jax.jvp(gradient, arguments, tangents)[1]  # noqa: E731
        return jax.jit(along)(neuron, currents)

    want = product(unrolled)
    assert np.any(want[1])
    for keep in ("state", 4, "checkpoint"):
        got = product(kept(keep))
        assert_close(got[1], want[1], ulp=256)
        assert_close(together(got[0]), together(want[0]), ulp=256)


def together(neuron):
    return jnp.concatenate([leaf.ravel() for leaf in jax.tree.leaves(neuron)])
