"""Surrogates made of surrogates keep the whole contract."""

from __future__ import annotations

import copy
import json
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from spikegrad import surrogate
from spikegrad.surrogate import (
    ERF,
    Arctan,
    Asymmetric,
    BatchNormalised,
    Blend,
    GaussianGrad,
    Graded,
    LeakyRelu,
    Masked,
    Rect,
    Relaxed,
    Sigmoid,
    SlayerGrad,
    SoftSign,
    StraightThrough,
    Surrogate,
    Tabulated,
    Ternary,
    Truncated,
    matched,
    normalised,
)

X = jnp.asarray([-2.5, -1.0, -0.25, 0.0, 0.5, 1.0, 3.0], jnp.float32)
COMBINED = {
    "2.0 * Sigmoid(alpha=4.0)": 2.0 * Sigmoid(4.0),
    "6.0 * Sigmoid(alpha=4.0)": 3.0 * (2.0 * Sigmoid(4.0)),
    "SlayerGrad(alpha=1.0).shifted(1.0)": SlayerGrad(1.0).shifted(1.0),
    "Sigmoid(alpha=4.0) + 0.1 * StraightThrough()": Sigmoid(4.0) + 0.1 * StraightThrough(),
    "0.3 * Sigmoid(alpha=4.0)": Sigmoid(4.0).dampened(0.3),
    "Sigmoid(alpha=4.0).widened(1.5)": Sigmoid(4.0).widened(1.5),
    "StraightThrough().widened(2.0)": StraightThrough().widened(2.0),
    "Masked(surrogate=Sigmoid(alpha=4.0), low=-0.6, high=1.5)": Masked(Sigmoid(4.0), -0.6, 1.5),
    "Truncated(surrogate=LeakyRelu(alpha=0.1, beta=1.0), width=0.75)": Truncated(LeakyRelu(), 0.75),
    "Asymmetric(below=SlayerGrad(alpha=2.0), above=Arctan(alpha=2.0))": Asymmetric(
        SlayerGrad(2.0), Arctan(2.0)
    ),
    "Asymmetric(below=StraightThrough(), above=SoftSign(alpha=1.0))": Asymmetric(
        StraightThrough(), SoftSign(1.0)
    ),
    "Tabulated(points=(-2.0, -0.6, 0.7, 4.0), slopes=(0.1, 0.5, 0.3))": Tabulated(
        (-2.0, -0.6, 0.7, 4.0), (0.1, 0.5, 0.3)
    ),
}
OTHER_FORWARD = {
    "Relaxed(surrogate=Sigmoid(alpha=4.0))": Relaxed(Sigmoid(4.0)),
    "Relaxed(surrogate=GaussianGrad(sigma=0.5, alpha=0.5))": Relaxed(GaussianGrad()),
    "Blend(surrogate=Arctan(alpha=2.0), hardness=0.25)": Blend(Arctan(2.0), 0.25),
    "Graded(surrogate=Sigmoid(alpha=4.0), levels=3, gradient='periodic', spacing=0.75)": Graded(
        Sigmoid(4.0), 3, spacing=0.75
    ),
    "Graded(surrogate=Arctan(alpha=2.0), levels=2, gradient='single', spacing=1.0)": Graded(
        Arctan(2.0), 2, "single"
    ),
    "Ternary(surrogate=Sigmoid(alpha=4.0), gap=1.5)": Ternary(Sigmoid(4.0), 1.5),
    "Ternary(surrogate=StraightThrough(), gap=2.0)": Ternary(StraightThrough()),
}
ALL = COMBINED | OTHER_FORWARD
each_step = pytest.mark.parametrize("combined", COMBINED.values(), ids=COMBINED)
each = pytest.mark.parametrize("combined", ALL.values(), ids=ALL)


class Bell(Surrogate):
    """A user's own, of which nothing is known but its values."""

    def surrogate_grad(self, x):
        return jnp.exp(-x * x)


def total(surrogate):
    return lambda x: jnp.sum(surrogate(x))


@each_step
def test_the_step_stays_at_0(combined):
    assert combined(X).tolist() == [0, 0, 0, 1, 1, 1, 1]


@pytest.mark.parametrize("text", ALL)
def test_repr_is_how_one_writes_it(text):
    assert repr(ALL[text]) == text


@each
def test_differentiating_it_gives_its_gradient_in_both_modes(combined):
    expected = combined.surrogate_grad(X)
    np.testing.assert_array_equal(jax.grad(total(combined))(X), expected)
    _, tangent = jax.jit(lambda x: jax.jvp(combined, [x], [jnp.ones_like(x)]))(X)
    np.testing.assert_allclose(tangent, expected, rtol=1e-6)


@each
def test_its_configuration_goes_through_json_and_comes_back(combined):
    text = json.dumps(surrogate.to_config(combined), allow_nan=False)
    assert surrogate.from_config(json.loads(text)) == combined


@each
def test_it_maps_over_x_and_goes_through_jit_as_an_argument(combined):
    np.testing.assert_array_equal(jax.vmap(combined)(X), combined(X))
    np.testing.assert_array_equal(jax.jit(lambda s, x: s(x))(combined, X), combined(X))


def test_scaling_multiplies_the_gradient():
    gradient = jax.grad(total(25.0 * SlayerGrad(2.0)))(X)
    np.testing.assert_allclose(gradient, 25 * np.exp(-2 * np.abs(X)), rtol=1e-6)
    np.testing.assert_array_equal((SlayerGrad(2.0) * 25.0).surrogate_grad(X), gradient)


def test_shifting_moves_the_gradient():
    gradient = jax.grad(total(SlayerGrad(1.0).shifted(1.0)))(X)
    np.testing.assert_allclose(gradient, np.exp(-np.abs(np.asarray(X) - 1)), rtol=1e-6)


def test_summing_adds_the_gradients_and_flattens():
    three = Sigmoid(4.0) + Arctan(2.0) + SoftSign(1.0)
    expected = sum(s.surrogate_grad(X) for s in (Sigmoid(4.0), Arctan(2.0), SoftSign(1.0)))
    np.testing.assert_allclose(jax.grad(total(three))(X), expected, rtol=1e-6)
    assert len(three.surrogates) == 3


@pytest.mark.parametrize("factor", [np.float64(2.0), np.asarray(2.0), jnp.asarray(2.0)])
def test_a_factor_may_come_from_numpy_or_jax(factor):
    np.testing.assert_array_equal(
        (factor * Sigmoid(4.0)).surrogate_grad(X), (2.0 * Sigmoid(4.0)).surrogate_grad(X)
    )


@pytest.mark.parametrize("other", ["2", None, [2.0]])
def test_what_is_no_number_does_not_scale(other):
    with pytest.raises(TypeError, match="Sigmoid"):
        other * Sigmoid(4.0)
    with pytest.raises(TypeError, match="Sigmoid"):
        Sigmoid(4.0) + other


@each
def test_it_is_a_value(combined):
    assert pickle.loads(pickle.dumps(combined)) == combined == copy.deepcopy(combined)
    assert len({combined, copy.deepcopy(combined)}) == 1


@each
def test_second_order_is_the_derivative_of_the_gradient(combined):
    second = jax.grad(lambda x: jnp.sum(jax.grad(total(combined))(x)))(X)
    expected = jax.grad(lambda x: jnp.sum(combined.surrogate_grad(x)))(X)
    np.testing.assert_allclose(second, expected, rtol=1e-6)


def test_array_parameters_are_leaves_at_every_depth():
    combined = jnp.asarray(2.0) * Sigmoid(jnp.asarray(4.0)).shifted(jnp.asarray(0.5))
    assert len(jax.tree.leaves(combined)) == 3
    gradient = jax.jit(lambda s, x: jax.grad(total(s))(x))(combined, X)
    expected = (2.0 * Sigmoid(4.0).shifted(0.5)).surrogate_grad(X)
    np.testing.assert_allclose(gradient, expected, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@each
def test_the_dtype_is_that_of_x(combined, dtype):
    x = X.astype(dtype)
    assert combined.surrogate_grad(x).dtype == combined.antiderivative(x).dtype == dtype


@each
def test_its_antiderivative_has_its_gradient_as_slope(combined):
    slope = jax.grad(lambda x: jnp.sum(combined.antiderivative(x)))(X)
    np.testing.assert_allclose(slope, combined.surrogate_grad(X), rtol=1e-5, atol=1e-6)


def test_an_antiderivative_starts_from_0_or_is_a_half_at_0():
    assert (2.0 * Sigmoid(4.0)).antiderivative(-jnp.inf) == 0
    assert (2.0 * LeakyRelu(0.5, 1.0)).antiderivative(0.0) == 0.5
    assert StraightThrough().shifted(3.0).antiderivative(0.0) == 0.5
    assert (Sigmoid(4.0) + StraightThrough()).antiderivative(0.0) == 0.5


def test_facts_follow_the_operations():
    scaled, moved = (3.0 * Sigmoid(4.0)).facts(), Sigmoid(4.0).shifted(2.0).facts()
    assert (scaled.peak, scaled.area, scaled.half_width) == (3.0, 3.0, Sigmoid(4.0).half_width)
    assert (moved.peak, moved.area) == (1.0, 1.0)


def test_the_general_multi_gaussian_is_a_sum():
    """The survey's row 17: a middle and two side Gaussians, each of its own height and width."""
    middle = 1.15 * GaussianGrad(sigma=0.5, alpha=1.0)
    left = -0.15 * GaussianGrad(sigma=1.0, alpha=1.0).shifted(-1.0)
    right = -0.2 * GaussianGrad(sigma=2.0, alpha=1.0).shifted(1.5)

    def normal(x, mean, deviation):
        z = (x - mean) / deviation
        return np.exp(-z * z / 2) / (deviation * np.sqrt(2 * np.pi))

    x = np.asarray(X, np.float64)
    expected = 1.15 * normal(x, 0, 0.5) - 0.15 * normal(x, -1, 1) - 0.2 * normal(x, 1.5, 2)
    np.testing.assert_allclose((middle + left + right).surrogate_grad(X), expected, atol=1e-6)


@pytest.mark.parametrize("name", ["2.0 * Bell()", "Bell().widened(2.0)", "Bell().shifted(1.0)"])
def test_the_antiderivative_of_what_is_made_of_ones_own_starts_from_0(name):
    made = {
        "2.0 * Bell()": 2.0 * Bell(),
        "Bell().widened(2.0)": Bell().widened(2.0),
        "Bell().shifted(1.0)": Bell().shifted(1.0),
    }[name]
    far, end = made.antiderivative(jnp.asarray([-30.0, jnp.inf]))
    assert far == pytest.approx(0, abs=1e-6)
    assert end == pytest.approx(np.sqrt(np.pi) * (1 if "shifted" in name else 2), rel=1e-6)


def test_facts_of_a_widened_one_follow_its_width():
    facts = Rect(1.0).widened(4.0).facts()
    assert (facts.peak, facts.area, facts.half_width, facts.support) == (1.0, 4.0, 2.0, (-2, 2))


def test_widening_keeps_the_digits_of_a_far_tail():
    x = jnp.float32(60.0)
    assert Sigmoid(4.0).widened(4.0).surrogate_grad(x) == Sigmoid(4.0).surrogate_grad(x / 4) > 0


@pytest.mark.parametrize(
    ("made", "facts"),
    [
        (normalised(Sigmoid(8.0)), {"peak": 1.0}),
        (normalised(SlayerGrad(4.0), by="area"), {"area": 1.0}),
        (matched(Arctan(3.0), peak=2.0, area=0.5), {"peak": 2.0, "area": 0.5}),
        (matched(GaussianGrad(2.0, 5.0)), {"peak": 1.0, "area": 1.0}),
    ],
    ids=str,
)
def test_it_is_normalised_or_matched(made, facts):
    found = made.facts()._asdict()
    assert {name: found[name] for name in facts} == pytest.approx(facts)
    assert float(made.surrogate_grad(0.0)) == pytest.approx(found["peak"], rel=1e-6)


def test_energy_is_the_integral_of_the_square():
    """Of SlayerGrad(a), 1/a; of Rect(a), a."""
    assert normalised(SlayerGrad(4.0), by="energy").factor == pytest.approx(2.0)
    assert normalised(Rect(4.0), by="energy").factor == pytest.approx(0.5)


def test_masking_cuts_the_gradient_and_adds_up_what_is_left():
    masked = Masked(StraightThrough(), -0.5, 1.0)
    assert masked.surrogate_grad(X).tolist() == [0, 0, 1, 1, 1, 1, 0]
    assert masked.antiderivative(X).tolist() == [0, 0, 0.25, 0.5, 1, 1.5, 1.5]
    facts = Truncated(StraightThrough(), 0.5).facts()
    assert (facts.area, facts.support, facts.tail.kind) == (1.0, (-0.5, 0.5), "compact")


def test_a_graded_spike_counts_thresholds():
    x = jnp.asarray([-1.0, -1e-6, 0.0, 1.9, 2.0, 3.99, 4.0, 100.0, jnp.inf, jnp.nan])
    expected = [0, 0, 1, 1, 2, 2, 3, 3, 3, 0]
    assert Graded(Sigmoid(), levels=3, spacing=2.0)(x).tolist() == expected
    assert Graded(Sigmoid(), levels=3, gradient="single", spacing=2.0)(x).tolist() == expected


def test_a_graded_gradient_is_around_every_threshold_or_the_first():
    x = jnp.asarray([-0.75, 0.0, 0.25, 0.75, 1.0, 2.0, 2.5])
    periodic, single = (Graded(SlayerGrad(2.0), 3, way) for way in ("periodic", "single"))
    distance = np.asarray([0.75, 0, 0.25, 0.25, 0, 0, 0.5])
    np.testing.assert_allclose(periodic.surrogate_grad(x), np.exp(-2 * distance), rtol=1e-6)
    np.testing.assert_allclose(single.surrogate_grad(x), np.exp(-2 * np.abs(x)), rtol=1e-6)
    assert periodic.surrogate_fun(jnp.float32([-50, 50])) == pytest.approx([0, 3 - 2 / np.e])


def test_a_ternary_spike_is_of_either_sign():
    x = jnp.asarray([-3.0, -2.0, -1.9, -0.1, -0.0, 5.0, jnp.nan])
    ternary = Ternary(Sigmoid(4.0))
    assert ternary(x).tolist() == [-1, -1, 0, 0, 1, 1, 0]
    assert ternary.surrogate_fun(-1.0) == 0
    np.testing.assert_allclose(ternary.surrogate_grad(-2.0), ternary.surrogate_grad(0.0), rtol=1e-6)
    assert ternary.antiderivative(-jnp.inf) == 0


def test_relaxed_passes_the_relaxation_and_an_honest_derivative_by_its_parameter():
    relaxed = Relaxed(Sigmoid(jnp.asarray(3.0)))
    np.testing.assert_array_equal(relaxed(X), Sigmoid(3.0).surrogate_fun(X))
    by_alpha = jax.grad(lambda s: s(X).sum())(relaxed).surrogate.alpha
    expected = jax.grad(lambda alpha: jax.nn.sigmoid(alpha * X).sum())(3.0)
    assert by_alpha == pytest.approx(float(expected), rel=1e-5)
    assert jnp.isnan(relaxed(jnp.nan))


def test_blend_goes_from_relaxed_to_hard_without_compiling_anew():
    compilations = []

    @jax.jit
    def run(blend, x):
        compilations.append(blend)
        return blend(x)

    for hardness in np.linspace(0, 1, 11, dtype=np.float32):
        blend = Blend(Sigmoid(4.0), jnp.asarray(hardness))
        expected = hardness * Sigmoid(4.0)(X) + (1 - hardness) * Sigmoid(4.0).surrogate_fun(X)
        np.testing.assert_allclose(run(blend, X), expected, rtol=1e-6)
    assert len(compilations) == 1


def test_what_scales_or_widens_keeps_another_forward_pass():
    graded = Graded(Sigmoid(), levels=3)
    for made in (2.0 * graded, graded.widened(2.0), graded.shifted(0.5), Masked(graded, -1.0, 1.0)):
        np.testing.assert_array_equal(made(X), graded(X))


def test_a_table_comes_from_a_measured_curve():
    table = Tabulated.from_curve([0.0, 1.0, 3.0], [0.0, 2.0, 3.0])
    assert table == Tabulated((0.0, 1.0, 3.0), (2.0, 0.5))
    assert table.surrogate_grad(jnp.asarray([-0.1, 0.0, 1.0, 2.9, 3.0])).tolist() == [
        0, 2, 0.5, 0.5, 0,
    ]  # fmt: skip
    facts = table.facts()
    assert (facts.peak, facts.area, facts.half_width, facts.support) == (2.0, 3.0, 0.5, (0, 3))


def test_slopes_in_an_array_can_be_trained():
    table = Tabulated((-1.0, 0.0, 1.0), jnp.asarray([1.0, 2.0]))
    slopes = jax.grad(lambda s: s.surrogate_fun(jnp.asarray(0.5)))(table).slopes
    assert slopes.tolist() == [1.0, 0.5]


def test_a_gradient_is_normalised_by_how_large_it_is_in_the_batch():
    """stork: the mean over the batch, its norm over neurons, and xi, as in the survey's row 34."""
    x = jnp.asarray(np.random.default_rng(0).normal(size=(5, 3)), jnp.float32)
    gradient = 1 / (1 + 100 * np.abs(np.asarray(x, np.float64))) ** 2
    expected = gradient / (0.01 + np.linalg.norm(gradient.mean(0)))
    made = BatchNormalised(surrogate.get("InvSquareGrad"), xi=0.01)
    np.testing.assert_allclose(jax.grad(total(made))(x), expected, rtol=1e-5)
    for method in (made.surrogate_fun, made.antiderivative):
        with pytest.raises(NotImplementedError, match="depends on the batch"):
            method(x)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Sigmoid().widened(0.0), "Widened: factor has to be a positive finite number, but"),
        (lambda: Masked(Sigmoid(), 1.0, 0.5), "Masked: high has to be above low, 1.0, but got 0.5"),
        (lambda: Truncated(Sigmoid(), -1.0), "Truncated: width has to be a positive finite number"),
        (lambda: Blend(Sigmoid(), 1.5), "Blend: hardness has to be a number from 0 to 1, but got"),
        (lambda: Graded(Sigmoid(), 0), "Graded: levels has to be a whole number, 1 or more, but"),
        (
            lambda: Graded(Sigmoid(), 2, "both"),
            "Graded: gradient has to be 'periodic' or 'single', but got 'both'",
        ),
        (lambda: Ternary(Sigmoid(), 0.0), "Ternary: gap has to be a positive finite number, but"),
        (
            lambda: Tabulated((0.0, 1.0), (1.0, 2.0)),
            "has to be one more than slopes, 2, but",
        ),
        (lambda: Tabulated((1.0, 0.0), (1.0,)), "Tabulated: points has to rise, but got"),
        (lambda: Tabulated.from_curve([0.0], [0.0, 1.0]), "x and y have to be as long as each"),
        (lambda: BatchNormalised(Sigmoid())(X), "two dimensions or more, but got one of shape"),
        (
            lambda: normalised(Sigmoid(), by="height"),
            "by has to be 'peak', 'area' or 'energy', but got 'height'",
        ),
        (
            lambda: normalised(StraightThrough(), by="area"),
            r"StraightThrough\(\) has an area of inf; it has to be a positive finite number",
        ),
        (
            lambda: matched(ERF(), area=-1.0),
            "matched: area has to be a positive finite",
        ),
    ],
)
def test_bad_input_is_one_line_that_names_it(make, message):
    with pytest.raises(ValueError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_the_peak_of_a_gradient_upside_down_is_its_rim():
    # -(2 - z tanh(z/2)) / (1 + cosh(z)) has its maximum near |z| = 3.24.
    z = np.linspace(2, 5, 300_001)
    rim = 5 * np.max((z * np.tanh(z / 2) - 2) / (1 + np.cosh(z)))
    upside_down = -1.0 * surrogate.SignSwish(5.0)
    assert upside_down.peak == pytest.approx(rim, rel=1e-3)


def test_an_antiderivative_that_starts_above_0_is_half_at_the_threshold_again():
    low = Arctan()
    low.antiderivative = lambda x: 0.5 + jnp.arctan(x) / 4
    np.testing.assert_allclose((0.5 * low).antiderivative(jnp.float32(0)), 0.5)
