"""Surrogates that change while one trains: on a schedule, or because they learn."""

from __future__ import annotations

import copy
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.helpers import log_compilations, peer
from tests.surrogates import PARAMETRISED, Tanh, X, with_arrays

from spikegrad.surrogate import (
    Annealed,
    Arctan,
    Blend,
    GaussianGrad,
    Graded,
    LeakyRelu,
    Learned,
    Scaled,
    Sigmoid,
    SlayerGrad,
    StraightThrough,
    Ternary,
)

optax = peer("optax")
pytestmark = pytest.mark.usefixtures("any_rank")
STEPS = 1000


def total(surrogate, x=X):
    return jnp.sum(surrogate(x))


# Annealed

SCHEDULES = {
    "linear": optax.linear_schedule(1.0, 10.0, STEPS),
    "cosine": optax.cosine_decay_schedule(10.0, STEPS, alpha=0.1),
    "piecewise": optax.piecewise_constant_schedule(1.0, {300: 2.0, 600: 2.0}),
    "joined": optax.join_schedules([lambda t: 2.0 + t, optax.constant_schedule(9.0)], [5]),
}


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
def test_a_thousand_values_of_the_parameter_compile_once(schedule):
    annealed = Annealed(Sigmoid(), "alpha", schedule)

    @jax.jit
    def peak_slope(step):
        return jax.grad(annealed.at(step))(jnp.float32(0))

    with log_compilations() as compilations:
        slopes = [peak_slope(np.int32(step)) for step in range(STEPS)]
    assert compilations.count("peak_slope") == 1
    with jax.numpy_dtype_promotion("standard"):
        expected = jax.vmap(lambda step: jnp.float32(schedule(step)) / 4)(np.arange(STEPS))
    np.testing.assert_allclose(slopes, expected, rtol=1e-6)
    assert len(set(map(float, slopes))) > 1


def test_it_is_an_argument_like_any_other_and_compiles_once():
    annealed = Annealed(Sigmoid(), "alpha", SCHEDULES["linear"])

    @jax.jit
    def peak_slope(surrogate):
        return jax.grad(surrogate)(jnp.float32(0))

    with log_compilations() as compilations:
        slopes = [float(peak_slope(annealed.at(step))) for step in (0, 500, 1000)]
    assert compilations.count("peak_slope") == 1
    np.testing.assert_allclose(slopes, [0.25, 1.375, 2.5], rtol=1e-6)


def test_in_a_scan_the_count_is_traced():
    annealed = Annealed(Arctan(), "alpha", lambda step: 1.0 + step)

    def body(step, _):
        return step + 1, jax.grad(annealed.at(step))(jnp.float32(0))

    _, slopes = jax.lax.scan(body, 0, length=4)
    np.testing.assert_allclose(slopes, [Arctan(1.0 + i).peak for i in range(4)], rtol=1e-6)


def test_a_parameter_of_the_forward_pass_anneals_as_well():
    hardening = Annealed(Blend(Sigmoid(4.0), 0.0), "hardness", lambda step: step / 4)
    for step in range(5):
        expected = Blend(Sigmoid(4.0), step / 4)(X)
        np.testing.assert_allclose(hardening.at(step)(X), expected, rtol=1e-6)
        np.testing.assert_allclose((2.0 * hardening.at(step))(X), expected, rtol=1e-6)
    wide = Annealed(Graded(Sigmoid(4.0), 3), "spacing", lambda step: 1.0 + step)
    np.testing.assert_array_equal(wide.at(1)(X), Graded(Sigmoid(4.0), 3, spacing=2.0)(X))


def double(step):
    return 2.0 * step


def test_annealed_is_a_value():
    annealed = Annealed(Sigmoid(), "alpha", double, step=3)
    assert pickle.loads(pickle.dumps(annealed)) == annealed == copy.deepcopy(annealed)
    assert len({annealed, copy.deepcopy(annealed)}) == 1
    assert annealed != Annealed(Sigmoid(), "alpha", double, step=4)
    assert annealed.now == Sigmoid(6.0)
    assert annealed.facts() == Sigmoid(6.0).facts()
    assert repr(annealed).startswith("Annealed(surrogate=Sigmoid(alpha=4.0), parameter='alpha'")


# Learned: what it starts from

SIGNALS = ("relaxation", "mixed", "documented", "none")


@pytest.mark.parametrize("row", PARAMETRISED)
def test_it_starts_as_the_surrogate_that_it_was_given(row):
    for shape in (row.shape(), with_arrays(row)):
        learned = Learned(shape)
        assert learned.raw
        for name, value in learned.values.items():
            np.testing.assert_allclose(value, getattr(shape, name), rtol=2e-6)


FORWARD = {
    "shape": Sigmoid(4.0),
    "own": Tanh(1.5),
    "no relaxation": SlayerGrad(2.0),
    "wider": Sigmoid(4.0).widened(2.0),
    "graded": Graded(Sigmoid(4.0), 3, spacing=2.0),
    "ternary": Ternary(Sigmoid(4.0), gap=2.0),
}


@pytest.mark.parametrize("surrogate", FORWARD.values(), ids=FORWARD)
def test_the_forward_pass_is_that_of_the_surrogate_to_the_bit(surrogate):
    x = jnp.append(X, jnp.nan)
    learned = [Learned(surrogate, signal=signal) for signal in ("relaxation", "documented", "none")]
    wrapped = [2.0 * each for each in learned]
    eager = [each(x) for each in learned]
    compiled = jax.jit(lambda surrogates, x: [s(x) for s in surrogates])(learned + wrapped, x)
    for spikes in eager + compiled:
        np.testing.assert_array_equal(spikes, surrogate(x))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_the_derivative_by_x_is_the_gradient_whatever_the_signal(dtype):
    x = X.astype(dtype)
    learned = [
        Learned(Sigmoid(4.0), signal=signal, mix=0.5, key=jax.random.key(0)) for signal in SIGNALS
    ]
    vjp = jax.jit(lambda learned, x: [jax.vjp(s, x)[1](jnp.ones_like(x))[0] for s in learned])
    for gradient in vjp(learned, x):
        assert gradient.dtype == dtype
        expected = learned[0].now.surrogate_grad(x)
        np.testing.assert_allclose(np.float32(gradient), np.float32(expected), rtol=1e-6)


# Learned: parameters that stay admissible


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_a_positive_parameter_stays_positive_whatever_the_step(dtype):
    learned = Learned(Sigmoid(jnp.asarray([0.5, 0.5, 4.0, 4.0], dtype)))
    steps = jnp.asarray([-1e4, -100.0, 100.0, 1e4], dtype)
    far = jax.tree.map(lambda raw: raw + steps, learned)
    assert far.values["alpha"].dtype == dtype
    gradients = far.surrogate_grad(jnp.asarray([[0.0] * 4, [1.0] * 4]))
    assert bool(jnp.all(jnp.isfinite(far.values["alpha"])))
    assert bool(jnp.all(jnp.isfinite(gradients)))
    assert bool(jnp.all(far.values["alpha"] > 0))


def test_a_parameter_of_either_sign_is_its_own_raw():
    learned = Learned(LeakyRelu(0.25, 1.0))
    assert learned.raw == {"alpha": 0.25, "beta": 1.0} == learned.values
    moved = jax.tree.map(lambda raw: raw - 2, learned)
    assert moved.values == {"alpha": -1.75, "beta": -1.0}


def test_only_what_is_named_is_learned():
    learned = Learned(GaussianGrad(sigma=0.5, alpha=2.0), "sigma")
    assert list(learned.raw) == ["sigma"]
    assert learned.now.alpha == 2.0
    assert Learned(Sigmoid(4)).values == {"alpha": pytest.approx(4)}
    assert list(Learned(Graded(Sigmoid(4.0), 3)).raw) == ["spacing"]


def test_an_update_keeps_the_type_and_compiles_once():
    @jax.jit
    def training_step(learned):
        return jax.tree.map(lambda p, g: p - 0.1 * g, learned, jax.grad(total)(learned))

    learned = Learned(Sigmoid(4.0))
    with log_compilations() as compilations:
        for _ in range(3):
            learned = training_step(learned)
    assert compilations.count("training_step") == 1


@pytest.mark.parametrize("signal", SIGNALS)
def test_learned_is_a_value(signal):
    learned = Learned(Sigmoid(4.0), signal=signal)
    assert pickle.loads(pickle.dumps(learned)) == learned == copy.deepcopy(learned)
    assert hash(learned) == hash(copy.deepcopy(learned))
    assert learned != Learned(Sigmoid(5.0), signal=signal)
    assert repr(learned) == f"Learned({learned.now!r}, signal='{signal}')"
    assert len(jax.tree.leaves(learned)) == 1
    assert "raw={'alpha': None}" in repr(jax.tree.map(lambda leaf: None, learned))


BAD = {
    "no such parameter": (
        lambda: Annealed(Sigmoid(), "beta", double),
        ValueError,
        "Annealed: Sigmoid has no parameter 'beta'. It has alpha.",
    ),
    "no schedule": (
        lambda: Annealed(Sigmoid(), "alpha", 3.0),
        TypeError,
        "Annealed: schedule has to be a function of a step count, but got 3.0.",
    ),
    "a schedule that leaves what is admissible": (
        lambda: Annealed(Sigmoid(), "alpha", double)(X),
        ValueError,
        "Sigmoid: alpha has to be a positive finite number, but got 0.0.",
    ),
    "nothing to learn": (
        lambda: Learned(StraightThrough()),
        ValueError,
        "Learned: StraightThrough() has no parameter that can be learned.",
    ),
    "not a parameter": (
        lambda: Learned(Sigmoid(), ["alpha", "beta"]),
        ValueError,
        "Learned: Sigmoid has no parameter 'beta'. It has alpha.",
    ),
    "a count": (
        lambda: Learned(Graded(Sigmoid(), 3), "levels"),
        ValueError,
        "Learned: levels has to be a finite number or a floating array, no count and no share, "
        "but got 3.",
    ),
    "no number": (
        lambda: Learned(Scaled(2.0, StraightThrough()), "surrogate"),
        ValueError,
        "Learned: surrogate has to be a finite number or a floating array, no count and no share, "
        "but got StraightThrough().",
    ),
    "not positive": (
        lambda: Learned(Tanh(-1.5)),
        ValueError,
        "Learned: alpha has to start from a positive number, but got -1.5.",
    ),
    "no such signal": (
        lambda: Learned(Sigmoid(), signal="loss"),
        ValueError,
        "Learned: signal has to be 'relaxation', 'mixed', 'documented' or 'none', but got 'loss'.",
    ),
    "no probability": (
        lambda: Learned(Sigmoid(), signal="mixed")(X),
        ValueError,
        'Learned with signal="mixed" needs how much to mix: learned.mixing(probability).',
    ),
    "no key": (
        lambda: Learned(Sigmoid(), signal="mixed").mixing(0.5)(X),
        ValueError,
        "Learned draws which elements are relaxed and takes a key: s(x, key=jax.random.key(0)).",
    ),
    "a probability above 1": (
        lambda: Learned(Sigmoid(), signal="mixed").mixing(1.5),
        ValueError,
        "Learned: mix has to be a number from 0 to 1, or None, but got 1.5.",
    ),
}


@pytest.mark.parametrize(("make", "error", "message"), BAD.values(), ids=BAD)
def test_bad_input_is_told_in_one_line(make, error, message):
    with pytest.raises(error) as caught:
        make()
    assert str(caught.value) == message


def test_a_bad_start_is_refused_inside_jit_too():
    with pytest.raises(ValueError, match="alpha has to start from a positive number, but got -1"):
        jax.jit(lambda x: Learned(Tanh(-1.0))(x))(X)
