"""What is made of surrogates prints as what makes it again."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from spikegrad import surrogate
from spikegrad.surrogate import (
    Arctan,
    Asymmetric,
    Blend,
    Graded,
    Masked,
    QPseudoSpike,
    Rect,
    Relaxed,
    Sigmoid,
    StraightThrough,
    Summed,
    Ternary,
    Truncated,
)
from spikegrad.surrogate.algebra._arithmetic import Scaled

NAMES = {**vars(surrogate), "Summed": Summed, "Scaled": Scaled, "inf": math.inf}
numbers = st.sampled_from((-2.0, -0.5, 0.25, 3, 1e-30, 1e30))
positive = st.sampled_from((0.5, 2, 1e-3, 1e3))
shapes = st.one_of(
    positive.map(Sigmoid),
    positive.map(Arctan),
    positive.map(Rect),
    st.builds(QPseudoSpike, positive, st.none() | positive),
    st.just(StraightThrough()),
)


def made_of(inner):
    return st.one_of(
        st.builds(lambda factor, s: factor * s, numbers, inner),
        st.builds(Scaled, numbers, inner),
        st.builds(lambda s, x0: s.shifted(x0), inner, numbers),
        st.builds(lambda s, factor: s.widened(factor), inner, positive),
        st.builds(lambda first, second: first + second, inner, inner),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Summed(*parts)),
        st.builds(Asymmetric, inner, inner),
        st.builds(Masked, inner, st.just(-1.0), positive),
        st.builds(Truncated, inner, positive),
        st.builds(Graded, inner, st.just(3), st.sampled_from(("periodic", "single"))),
        st.builds(Ternary, inner, positive),
        st.builds(Relaxed, inner),
        st.builds(Blend, inner, st.just(0.5)),
    )


@settings(max_examples=200, deadline=None, database=None)
@given(st.recursive(shapes, made_of, max_leaves=5))
def test_the_repr_of_any_tree_makes_it_again(tree):
    assert eval(repr(tree), dict(NAMES)) == tree


def test_a_factor_goes_before_the_brackets_of_a_sum():
    total = Sigmoid(1.0) + Arctan(2.0)
    assert repr(2.0 * total) == "2.0 * (Sigmoid(alpha=1.0) + Arctan(alpha=2.0))"
    assert repr(total.shifted(1)) == "(Sigmoid(alpha=1.0) + Arctan(alpha=2.0)).shifted(1)"
    assert repr((2.0 * Sigmoid(1.0)).widened(2)) == "(2.0 * Sigmoid(alpha=1.0)).widened(2)"
