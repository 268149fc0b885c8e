"""`spikegrad.check`: nothing wrong with what is shipped, and every fault is found by its check."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator
from functools import cache

import jax
import jax.numpy as jnp
import pytest
from tests.checking.broken_surrogates import BROKEN, Sharp
from tests.checking.subtle_surrogates import Bell, Cauchy
from tests.surrogates import ROWS, SAMPLED, Tanh

import spikegrad
from spikegrad.checking import CHECKS, Report
from spikegrad.surrogate import (
    GaussianGrad,
    Graded,
    Sigmoid,
    SlayerGrad,
    StraightThrough,
    Surrogate,
)

# What is shipped is exact in every dtype by tests of its own; here it is the checks that are tried.
DTYPES = ("float32",)
FEW = ("float32", "float16")


@pytest.fixture(autouse=True)
def _as_users_run_it() -> Iterator[None]:
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        yield


@cache
def report_on(name: str) -> Report:
    fault = BROKEN[name]
    if fault.finding in ("dtype", "systematic"):
        return spikegrad.check(fault.surrogate)
    return spikegrad.check(fault.surrogate, dtypes=FEW)


@pytest.mark.parametrize("row", ROWS)
def test_nothing_is_wrong_with_a_shipped_shape(row):
    surrogate = row.shape()
    report = spikegrad.check(surrogate, dtypes=DTYPES)
    assert report.ok, str(report)
    assert report.skipped == ()
    low, high = report.facts.get("limits", (0, 1))
    warned = ["relaxation-limits"] if (low, high) != (0, 1) else []
    assert [finding.name for finding in report.of("warning")] == warned, str(report)
    assert report.facts["peak"] == surrogate.peak
    assert report.facts["symmetric"] == row.even
    for ulp in report.facts["ulp"].values():
        assert set(ulp) == set(DTYPES)


@pytest.mark.parametrize(
    ("row", "sample"),
    [param for param in SAMPLED if param.id in ("Sigmoid-alpha=100.0", "Rect-alpha=0.1")],
)
def test_a_sharp_or_wide_shape_is_right_too(row, sample):
    report = spikegrad.check(row.shape(**sample), dtypes=DTYPES)
    assert not [f for f in report.findings if f.grade != "note"], str(report)


@pytest.mark.parametrize(
    "surrogate",
    [2.0 * SlayerGrad(2.0), Sigmoid(4.0).shifted(1.0), Sigmoid(4.0) + 0.1 * StraightThrough()],
    ids=repr,
)
def test_a_combination_of_shapes_is_right_too(surrogate):
    assert spikegrad.check(surrogate, dtypes=("float32",)).ok


def test_another_forward_pass_of_ours_is_a_note():
    report = spikegrad.check(Graded(Sigmoid(4.0), levels=2), dtypes=DTYPES)
    assert report.ok, str(report)
    assert "not the step, by design" in " ".join(f.found for f in report.of("note"))


def test_arrays_for_parameters_are_right_too():
    report = spikegrad.check(Sigmoid(jnp.asarray(4.0)), dtypes=FEW)
    assert not [f for f in report.findings if f.grade != "note"], str(report)


@pytest.mark.parametrize("name", BROKEN)
def test_a_fault_is_found_by_its_check(name):
    fault = BROKEN[name]
    found = [
        finding
        for finding in report_on(name).findings
        if (finding.name, finding.grade) == (fault.finding, fault.grade)
    ]
    assert any(fault.words in finding.found + finding.advice for finding in found), str(
        report_on(name)
    )
    assert report_on(name).ok == (not report_on(name).of("error"))
    assert fault.seen


class OnlyHere(Surrogate):
    """A right gradient without a relaxation, of whatever formula."""

    def __init__(self, formula):
        super().__init__()
        self.formula = formula

    def surrogate_grad(self, x):
        return self.formula(x).astype(x.dtype)


RIGHT = {
    "tanh, as one writes it": Bell(2.0),
    "tanh and its integral": Tanh(3.0),
    "arctangent": Cauchy(2.0),
    "a box": OnlyHere(lambda x: jnp.abs(x) < 0.5),
    "a triangle": OnlyHere(lambda x: jnp.maximum(0, 1 - jnp.abs(x))),
    "two heights": OnlyHere(lambda x: jnp.where(jnp.abs(x) < 1, 1.0, 0.1)),
    "a cusp": OnlyHere(lambda x: 1 / (1 + 100 * jnp.abs(x)) ** 2),
    "a cusp elsewhere": OnlyHere(lambda x: jnp.exp(-10 * jnp.abs(x - 1)) + jnp.exp(-jnp.abs(x))),
    "sharp and far from 0": Sigmoid(1e4).shifted(1.2345),
}


@pytest.mark.parametrize("surrogate", RIGHT.values(), ids=RIGHT)
def test_what_is_right_is_not_accused(surrogate):
    report = spikegrad.check(surrogate, dtypes=FEW)
    assert report.ok, str(report)
    # What a formula loses in its tail is true, and so is where it is, and that a lambda is in it.
    warned = {finding.name for finding in report.of("warning")}
    true = {"lost-tail", "accuracy", "relaxation-limits", "threshold", "pickle"}
    assert warned <= true, str(report)


@pytest.mark.parametrize("name", BROKEN)
def test_a_finding_is_one_line_with_advice(name):
    for finding in report_on(name).findings:
        for text in (finding.found, finding.advice):
            assert text.strip()
            assert "\n" not in text
            assert "jaxpr" not in text


def test_the_right_pair_that_the_faults_are_made_of_has_none():
    report = spikegrad.check(Sharp())
    assert not [f for f in report.findings if f.grade != "note"], str(report)
    assert report.passed == tuple(check.name for check in CHECKS)
    assert report.facts["limits"] == (0.0, 1.0)
    assert report.facts["area"] == pytest.approx(1.0)
    assert 2 * report.facts["half_width"] == pytest.approx(2 * math.acosh(math.sqrt(2)))


def test_every_check_that_can_find_a_fault_has_one():
    """`vmap`, `scan` and `export` fail with `jit`; facts and forward passes are in other tests."""
    alone = {"vmap", "scan", "export", "shape"}
    assert {fault.finding for fault in BROKEN.values()} == {c.name for c in CHECKS} - alone


def test_a_check_has_a_name_of_its_own_and_says_what_has_to_hold():
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    for check in CHECKS:
        assert check.asks.endswith(".")
        assert "\n" not in check.asks


def test_the_place_of_the_worst_disagreement_is_where_it_is():
    class Dented(Sharp):
        """Wrong between 2 and 3."""

        def surrogate_grad(self, x):
            dent = jnp.where((x > 2) & (x < 3), 0.1, 0.0).astype(x.dtype)
            return super().surrogate_grad(x) + dent

    (finding,) = spikegrad.check(Dented(), dtypes=("float32",)).of("error")
    assert finding.name == "gradient-is-derivative"
    assert 2 < finding.x < 3


def test_outside_of_the_domain_the_pair_is_not_compared():
    class FarOff(Sharp):
        def surrogate_grad(self, x):
            return super().surrogate_grad(x) + jnp.where(x > 5, 0.1, 0.0).astype(x.dtype)

    assert spikegrad.check(FarOff(), domain=(-4, 4), dtypes=("float32",)).ok
    assert not spikegrad.check(FarOff(), dtypes=("float32",)).ok


def test_a_surrogate_without_a_relaxation_is_told_so_in_a_note():
    report = spikegrad.check(GaussianGrad(), dtypes=("float32",))
    assert any("There is no surrogate_fun" in finding.found for finding in report.of("note"))
    assert "limits" not in report.facts


def test_an_exception_is_reported_once_and_the_other_checks_run():
    report = report_on("Numpy")
    raised = [finding for finding in report.findings if "raised" in finding.found]
    assert [finding.name for finding in raised] == ["jit"]
    assert {"vmap", "scan", "export"} <= set(report.skipped)
    assert {"finite", "symmetric", "shape"} <= set(report.passed)


def test_every_check_is_passed_found_or_skipped():
    for name in BROKEN:
        report = report_on(name)
        found = {f.name for f in report.findings if f.grade != "note"}
        assert found | set(report.passed) | set(report.skipped) == {c.name for c in CHECKS}
        assert not found & set(report.passed)


def test_a_report_reads_well_where_an_assertion_fails():
    report = report_on("WrongFactor")
    assert repr(report) == "<Report on WrongFactor(alpha=2.0): error gradient-is-derivative>"
    first, *lines = str(report).splitlines()
    assert first.startswith("WrongFactor(alpha=2.0): 1 error, 0 warnings, ")
    assert len(lines) == len(report.findings)
    assert lines[0].startswith("  error   gradient-is-derivative: they differ most at x = ")
    assert report.of("error")[0].x is not None


def test_the_configuration_is_left_as_it_was():
    before = jax.config.values.copy()
    spikegrad.check(Sharp(), dtypes=("float64",))
    assert jax.config.values == before
    assert jnp.ones(1).dtype == jnp.float32


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (
            {"surrogate": Sigmoid},
            TypeError,
            r"surrogate has to be a Surrogate, .*\. Write Sigmoid\(\)\.",
        ),
        ({"surrogate": 2.0}, TypeError, r"surrogate has to be a Surrogate, .* but got 2\.0"),
        ({"domain": (1.0, -1.0)}, ValueError, r"domain has to be .*, but got \(1.0, -1.0\)"),
        ({"domain": (0.0, math.inf)}, ValueError, "two finite numbers"),
        ({"domain": (0.0, 1.0, 2.0)}, ValueError, "domain has to be two"),
        ({"dtypes": ("int32",)}, ValueError, "dtypes has to name some of float64.*int32"),
        ({"dtypes": ()}, ValueError, "dtypes has to name"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
)
def test_a_bad_argument_is_named_with_what_is_allowed(arguments, error, words):
    with pytest.raises(error, match=words):
        spikegrad.check(**({"surrogate": Sigmoid()} | arguments))
    with pytest.raises(ValueError, match="grade has to be one of error"):
        report_on("WrongFactor").of("bad")


def test_a_dtype_may_be_given_as_jax_has_it():
    assert spikegrad.check(Sharp(), dtypes=(jnp.bfloat16,)).ok


def test_the_arguments_are_documented():
    for name in inspect.signature(spikegrad.check).parameters:
        assert f"    {name}: " in inspect.getdoc(spikegrad.check)
