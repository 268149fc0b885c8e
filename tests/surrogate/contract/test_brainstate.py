"""B1 with the real brainstate: networks of `ParamState` train through our surrogates."""

from __future__ import annotations

from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.helpers import assert_close, peer
from tests.surrogates import Tanh, array

from spikegrad.surrogate import Arctan, Sigmoid

brainstate = peer("brainstate")

INPUTS = np.float32([[1.0, 0.2, -0.5], [-0.3, 0.9, 0.4], [0.6, -0.8, 1.0], [-1.0, 0.5, 0.3]])
TARGETS = np.float32([1, 0, 1, 0])


@pytest.fixture(autouse=True)
def _standard_promotion() -> Iterator[None]:
    with jax.numpy_dtype_promotion("standard"):
        yield


class Neuron(brainstate.nn.Module):
    """A neuron that spikes or not for an input; some weights separate `TARGETS`."""

    def __init__(self, surrogate):
        super().__init__()
        self.weights = brainstate.ParamState(array([-0.1, 0.3, 0.1]))
        self.surrogate = surrogate

    def __call__(self, inputs):
        return self.surrogate(inputs @ self.weights.value - 0.2)


def train(neuron, steps):
    states = neuron.states(brainstate.ParamState)

    def loss():
        return jnp.mean((neuron(INPUTS) - TARGETS) ** 2)

    @brainstate.transform.jit
    def step():
        gradients, value = brainstate.transform.grad(loss, states, return_value=True)()
        for name, gradient in gradients.items():
            states[name].value = states[name].value - 0.5 * gradient
        return value

    return [float(step()) for _ in range(steps)]


@pytest.mark.parametrize("surrogate", [Sigmoid(4.0), Arctan(2.0), Tanh(1.0)], ids=repr)
def test_B1_weights_held_in_a_param_state_reach_the_loss_of_zero(surrogate):
    losses = train(Neuron(surrogate), steps=40)
    assert losses[0] >= 0.5
    assert losses[-1] == 0


def test_C3_gradient_of_a_param_state_is_the_one_of_plain_jax():
    neuron = Neuron(Sigmoid(4.0))

    def loss():
        return jnp.sum(neuron(INPUTS))

    by_state = brainstate.transform.grad(loss, neuron.weights)()

    def plain(weights):
        return jnp.sum(Sigmoid(4.0)(INPUTS @ weights - 0.2))

    assert_close(by_state, jax.grad(plain)(neuron.weights.value))


def test_B1_a_surrogate_is_the_value_of_a_param_state():
    state = brainstate.ParamState(Sigmoid(array(4.0)))
    x = np.float32([0.3, -0.1])

    @brainstate.transform.jit
    def step():
        gradient = brainstate.transform.grad(lambda: jnp.sum(state.value(x)), state)()
        state.value = jax.tree.map(lambda leaf, slope: leaf - slope, state.value, gradient)
        return gradient

    gradient = step()
    expected = jax.grad(lambda surrogate: jnp.sum(surrogate.surrogate_grad(x)))(Sigmoid(array(4.0)))
    assert_close(gradient, expected)
    assert_close(state.value, Sigmoid(4.0 - expected.alpha))


def test_B1_annealed_sharpness_in_a_state_does_not_retrace():
    state = brainstate.ParamState(Sigmoid(array(1.0)))
    traces = []

    @brainstate.transform.jit
    def slope_at_zero():
        traces.append(1)
        slope = jax.grad(state.value)(0.0)
        state.value = Sigmoid(state.value.alpha * 2)
        return slope

    assert [float(slope_at_zero()) for _ in range(4)] == [0.25, 0.5, 1.0, 2.0]
    assert len(traces) == 1
