"""A step is the equations of its docstring, written out here a second time in NumPy.

Everything else compares loops with a scan over the same step, which cannot see a wrong step.
"""

import itertools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.helpers import precision

from spikegrad.neurons import ALIF, IF, LI, LIF, PLIF, AdEx, CubaLIF, Izhikevich, Noisy, rollout
from spikegrad.surrogate import Sigmoid, Stochastic

TIME, NEURONS = 200, 5
RESETS = ("subtract", "zero", None)
SHARPNESS = 3.0
A_NEURON = np.linspace(0.8, 1.0, NEURONS)  # factors that make a number one a neuron


def inputs(mean, deviation):
    """Currents that now and then are several times the threshold."""
    draws = np.random.default_rng(5)
    usual = draws.normal(mean, deviation, (TIME, NEURONS))
    return usual * np.where(draws.random((TIME, NEURONS)) < 0.1, 4, 1)


def after(u, fired, threshold, reset):
    if reset == "subtract":
        return u - threshold * fired
    if reset == "zero":
        return np.where(fired, 0, u)
    return u


# Each gives spikes and all variables of the state over time.


def integrate_and_fire(currents, threshold, reset):
    v = np.zeros(NEURONS)
    for current in currents:
        u = v + current
        fired = u >= threshold
        v = after(u, fired, threshold, reset)
        yield fired, v


def leaky(currents, decay, threshold, reset, refractory=0):
    v, silent = np.zeros(NEURONS), np.zeros(NEURONS, int)
    for current in currents:
        u = decay * v + current
        fired = (u >= threshold) & (silent == 0)
        v = np.where(silent > 0, v, after(u, fired, threshold, reset))
        silent = np.where(fired, refractory, np.maximum(silent - 1, 0))
        yield (fired, v, silent) if refractory else (fired, v)


def parametric(currents, w, threshold, reset, decay_input):
    v, k = np.zeros(NEURONS), 1 / (1 + np.exp(-w))
    for current in currents:
        u = v + k * (current - v) if decay_input else v - k * v + current
        fired = u >= threshold
        v = after(u, fired, threshold, reset)
        yield fired, v


def current_based(currents, synaptic_decay, decay, threshold, reset):
    v = i = np.zeros(NEURONS)
    for current in currents:
        i = synaptic_decay * i + current
        u = decay * v + i
        fired = u >= threshold
        v = after(u, fired, threshold, reset)
        yield fired, v, i


def adaptive(currents, decay, adaptation_decay, strength, threshold, reset):
    v = a = np.zeros(NEURONS)
    for current in currents:
        u = decay * v + current
        fired = u >= threshold + strength * a
        v = after(u, fired, threshold, reset)
        a = adaptation_decay * a + fired
        yield fired, v, a


def izhikevich(currents, a, b, v_reset, jump, peak, dt):
    v = np.full(NEURONS, v_reset)
    w = b * v
    for current in currents:
        u = v + dt * (0.04 * v**2 + 5 * v + 140 - w + current)
        w = w + dt * a * (b * v - w)
        fired = u >= peak
        v, w = np.where(fired, v_reset, u), np.where(fired, w + jump, w)
        yield fired, v, w


def exponential(currents, a, jump, peak, dt):
    # The parameters of Brette and Gerstner (2005).
    c, g, rest, threshold, slope, tau = 281.0, 30.0, -70.6, -50.4, 2.0, 144.0
    v, w = np.full(NEURONS, rest), np.zeros(NEURONS)
    for current in currents:
        ionic = -g * (v - rest) + g * slope * np.exp((np.minimum(v, peak) - threshold) / slope)
        u = v + dt / c * (ionic - w + current)
        w = w + dt / tau * (a * (v - rest) - w)
        fired = u >= peak
        v, w = np.where(fired, rest, u), np.where(fired, w + jump, w)
        yield fired, v, w


def leaking(currents, decay):
    v = np.zeros(NEURONS)
    for current in currents:
        v = decay * v + current
        yield v, v


USUAL, LARGE, PICO = (0.2, 0.5), (12.0, 6.0), (2000.0, 900.0)
# Class, what it is called with beside a reset, equations, and input.
EQUATIONS = {
    "IF": (IF, {"threshold": 1.1}, integrate_and_fire, USUAL),
    "LIF": (LIF, {"decay": 0.85, "threshold": 1.1}, leaky, USUAL),
    "LIF-1": (LIF, {"decay": 0.85, "threshold": 1.1, "refractory": 1}, leaky, USUAL),
    "LIF-3": (LIF, {"decay": 0.85, "threshold": 1.1, "refractory": 3}, leaky, USUAL),
    "PLIF": (PLIF, {"w": -0.4, "threshold": 0.3, "decay_input": True}, parametric, USUAL),
    "PLIF-undecayed": (
        PLIF,
        {"w": -0.4, "threshold": 1.1, "decay_input": False},
        parametric,
        USUAL,
    ),
    "CubaLIF": (
        CubaLIF,
        {"synaptic_decay": 0.6, "decay": 0.85, "threshold": 1.1},
        current_based,
        (0.1, 0.4),
    ),
    "ALIF": (
        ALIF,
        {"decay": 0.85, "adaptation_decay": 0.95, "strength": 0.2, "threshold": 1.1},
        adaptive,
        (0.3, 0.5),
    ),
    "Izhikevich": (
        Izhikevich,
        {"a": 0.02, "b": 0.2, "v_reset": -65.0, "jump": 8.0, "peak": 30.0, "dt": 0.5},
        izhikevich,
        LARGE,
    ),
    "AdEx": (AdEx, {"a": 4.0, "jump": 80.5, "peak": 0.0, "dt": 0.1}, exponential, PICO),
    "LI": (LI, {"decay": 0.85}, leaking, USUAL),
}
LEARNED = ("decay", "w", "synaptic_decay", "a", "threshold")
ROWS = [
    (name, reset, arrays)
    for name in EQUATIONS
    for reset, arrays in itertools.product(RESETS, (False, True))
    if reset is None or name not in ("Izhikevich", "AdEx", "LI")
]


@pytest.mark.parametrize(("name", "reset", "arrays"), ROWS)
def test_spikes_and_every_variable_over_time_are_those_of_the_equations(name, reset, arrays):
    neuron, options, equations, (mean, deviation) = EQUATIONS[name]
    currents = inputs(mean, deviation)
    if arrays:
        options = {k: v * A_NEURON if k in LEARNED else v for k, v in options.items()}
    if name not in ("Izhikevich", "AdEx", "LI"):
        options = options | {"reset": reset}
    want = [np.stack(part) for part in zip(*equations(currents, **options), strict=True)]
    with precision("float64"):
        options = {k: jnp.asarray(v) if np.ndim(v) else v for k, v in options.items()}
        ours = neuron(**options)
        state, got = ours.initial_state((NEURONS,), "float64"), []
        step = jax.jit(ours.step)
        for current in jnp.asarray(currents):
            state, spikes = step(state, current)
            got.append((spikes, *jax.tree.leaves(state)))
        got = [np.stack(part) for part in zip(*got, strict=True)]
    if name != "LI":
        assert 0.01 < want[0].mean() < 0.97
        # One that a reset by subtraction leaves above its threshold fires again at once.
        assert reset != "subtract" or np.any(want[0][:-1] & want[0][1:]) or "-" in name
    assert len(got) == len(want)
    np.testing.assert_array_equal(got[0], want[0]) if name != "LI" else None
    for ours, expected in zip(got[1:], want[1:], strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-9)


def slope(x):
    s = 1 / (1 + math.exp(-SHARPNESS * x))
    return SHARPNESS * s * (1 - s)


@pytest.mark.parametrize("detach", [False, True])
@pytest.mark.parametrize("reset", RESETS)
@pytest.mark.parametrize("u", [0.4, 1.7])
def test_the_derivative_of_a_reset_is_that_of_the_equations(u, reset, detach):
    threshold, fired = 1.1, u >= 1.1
    by_spike = {"subtract": -threshold, "zero": -u, None: 0.0}[reset]
    straight = 1 - fired if reset == "zero" else 1
    want = straight + (0 if detach else by_spike * slope(u - threshold))
    options = {"reset": reset, "detach_reset": detach, "surrogate": Sigmoid(SHARPNESS)}
    with precision("float64"):
        cases = [
            # The neuron, what u has of v in the same step, and what u is made of.
            (IF(threshold=threshold, **options), 1.0),
            (LIF(0.85, threshold=threshold, **options), 0.85),
            (
                PLIF(w=math.log(0.15 / 0.85), threshold=threshold, decay_input=False, **options),
                0.85,
            ),
            (CubaLIF(0.85, threshold=threshold, **options), 0.85),
            (ALIF(0.85, strength=0.2, threshold=threshold, **options), 0.85),
        ]
        for neuron, share in cases:
            state = neuron.initial_state((), "float64")

            def new(v, neuron=neuron, state=state):
                return neuron.step(state._replace(v=v), jnp.float64(0.0))[0].v

            got = jax.grad(new)(jnp.float64(u / share))
            assert got == pytest.approx(share * want, rel=1e-9), type(neuron).__name__


@pytest.mark.parametrize("detach", [False, True])
@pytest.mark.parametrize(("neuron", "v"), [(Izhikevich, 28.0), (AdEx, -1.0)])
def test_the_derivative_of_a_cut_peak_is_that_of_the_equations(neuron, v, detach):
    with precision("float64"):
        ours = neuron(detach_reset=detach, surrogate=Sigmoid(SHARPNESS))
        state = ours.initial_state((), "float64")._replace(v=jnp.float64(v))

        def new(current):
            return ours.step(state, current)[0].v

        current = jnp.float64(-300.0 if neuron is Izhikevich else -2e7)
        got = float(jax.grad(new)(current))
    if neuron is Izhikevich:
        w = 0.2 * -65.0
        u, by_current = v + 0.5 * (0.04 * v * v + 5 * v + 140 - w - 300), 0.5
        peak, reset = 30.0, -65.0
    else:
        ionic = -30 * (v + 70.6) + 60 * math.exp((v + 50.4) / 2)
        u, by_current = v + 0.1 / 281 * (ionic - 2e7), 0.1 / 281
        peak, reset = 0.0, -70.6
    fired = u >= peak
    through = slope((u - peak) / 10) / 10 * (reset - u)
    want = by_current * (1 - fired + (0 if detach else through))
    assert got == pytest.approx(want, rel=1e-9)


@pytest.mark.parametrize(("neuron", "v", "reset"), [(Izhikevich, 1e5, -65.0), (AdEx, -0.5, -70.6)])
def test_a_cut_peak_is_reset_exactly_however_high_it_is(neuron, v, reset):
    state = neuron().initial_state(())._replace(v=jnp.float32(v))
    new, spike = neuron().step(state, jnp.float32(0))
    assert spike == 1
    assert new.v == np.float32(reset)


def test_time_constants_are_exponential_decays():
    assert LIF.from_tau(20.0, 2.0).decay == pytest.approx(0.90483741803596, rel=1e-13)
    cuba = CubaLIF.from_tau(10.0, tau_synapse=5.0)
    assert (cuba.synaptic_decay, cuba.decay) == pytest.approx((0.81873075307798, 0.90483741803596))
    slow = ALIF.from_tau(10.0, tau_adaptation=100.0)
    assert (slow.decay, slow.adaptation_decay) == pytest.approx(
        (0.90483741803596, 0.99004983374917)
    )
    assert LIF.from_tau(10.0).decay == pytest.approx(0.90483741803596)
    assert LI.from_tau(10.0).decay == pytest.approx(0.90483741803596)
    each = LIF.from_tau(jnp.array([10.0, 20.0]), jnp.array([1.0, 4.0])).decay
    assert each.tolist() == pytest.approx([0.90483741803596, 0.81873075307798], rel=1e-6)
    # A leak of 1 / tau.
    assert 1 / (1 + math.exp(-float(PLIF.from_tau(4.0).w))) == pytest.approx(0.25)


def test_a_neuron_that_draws_fires_with_the_probability_of_its_relaxation():
    neuron = Noisy(IF(reset=None, surrogate=Stochastic(Sigmoid(2.0))), jax.random.key(0))
    spikes, _ = rollout(neuron, jnp.full((1, 40_000), 1.3))
    # Logistic function of 2 (1.3 - 1), within five standard deviations.
    assert float(spikes.mean()) == pytest.approx(0.6456563, abs=5 * 0.0024)
