"""The benchmark of the time loop: its processes, its tables, and that all compute the same."""

from __future__ import annotations

import json
import os
import re
import sys

import gradients
import pytest
import rollouts
from found import found
from measuring import RESULTS, Spread, ratios
from processes import running

SMALL = ["--sizes", "20x4x8", "--surrogates", "Arctan", "--repeats", "2", "--jax-python"]


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """A run of this library and the plain scan, at a tiny size."""
    out = tmp_path_factory.mktemp("results")
    only = [
        "--only",
        "spikegrad",
        "plain scan",
        "hand-written",
        "--parts",
        "memory",
        "rollout",
        "step",
    ]
    rollouts.main([*only, *SMALL, sys.executable, "--elements", "10", "--out", os.fspath(out)])
    for name in ("found.md", "rollouts.md", "time.svg", "memory.svg"):
        assert (out / name).stat().st_size > 0
    return json.loads((out / "rollouts.json").read_text())


def test_competitors_with_the_same_reset_spike_alike_and_have_the_same_gradient(record):
    for measured in record["allocators"].values():
        for reset in ("subtract", "zero"):
            ours, scan = (row["about"] for row in measured["rollout"] if row["reset"] == reset)
            assert ours["rate"] == scan["rate"] > 0
            assert ours["gradient"] == pytest.approx(scan["gradient"], rel=1e-5)


def test_peak_memory_is_measured_of_every_layer_but_not_of_the_bare_step(record):
    layers = [(row["competitor"], row["reset"]) for row in record["memory"]]
    assert layers == [
        (competitor, reset)
        for competitor in ("spikegrad", "plain scan")
        for reset in ("subtract", "zero")
    ]


def test_every_competitor_is_measured_with_both_settings_of_memory(record):
    assert list(record["allocators"]) == ["as usual", "kept"]
    for measured in record["allocators"].values():
        for row in measured["rollout"]:
            assert {name: len(times) for name, times in row["samples"].items()} == {
                "forward": 2,
                "both": 2,
            }
        steps = {row["competitor"]: set(row["samples"]) for row in measured["step"]}
        assert steps["hand-written"] - steps["spikegrad"] == {"copy"}


def test_setting_of_memory_reaches_the_process(tmp_path):
    worker = {"spikegrad": tmp_path / "python"}
    worker["spikegrad"].write_text('#!/bin/sh\nread line; echo "{\\"seen\\": \\"$MARK\\"}"\n')
    worker["spikegrad"].chmod(0o755)
    with running(worker, {"MARK": "kept"}) as processes:
        assert processes["spikegrad"].ask(do="about") == {"seen": "kept"}


def test_a_competitor_that_ends_is_named_with_its_last_line(tmp_path):
    worker = {"spyx": tmp_path / "python"}
    worker["spyx"].write_text("#!/bin/sh\necho no such thing >&2\n")
    worker["spyx"].chmod(0o755)
    with (
        running(worker, {}) as processes,
        pytest.raises(RuntimeError, match=r"^spyx stopped: no such thing$"),
    ):
        processes["spyx"].ask(do="about")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--sizes", "100x64"], "argument --sizes: has to be like 100x64x512, but got 100x64"),
        (["--jax-python", "/nowhere"], "/nowhere is not there: run benchmarks/environments"),
        (["--repeats", "0"], "--repeats has to be 1 or more, but got 0"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing_behind(given, message, tmp_path, capsys):
    with pytest.raises(SystemExit):
        rollouts.main([*given, "--out", str(tmp_path / "out")])
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_ratios_are_taken_repeat_by_repeat():
    assert ratios([2.0, 6.0, 400.0], of=[1.0, 2.0, 100.0]) == Spread(2.5, 3.0, 3.5)


def _row(competitor, reset, seconds):
    size = {"time": 100, "batch": 64, "neurons": 512}
    names = {"competitor": competitor, "reset": reset, "surrogate": "Arctan"}
    return names | size | {"samples": {"both": [seconds]}, "about": {}}


def _said(*rows):
    record = {
        "allocators": {"as usual": {"rollout": list(rows)}},
        "machine": {"cores": 2, "processor": "one", "day": "today", "python": "3"},
        "versions": {},
    }
    return found(record)


def test_where_another_is_faster_is_said_with_its_size():
    ours = _row("spikegrad", "subtract", 1.0)
    assert "**Not the fastest** at 0 of the 1 comparisons of a layer." in _said(
        ours, _row("spyx", "subtract", 1.2)
    )
    assert (
        "**Not the fastest** at 1 of the 2 comparisons of a layer: Norse, subtract (0.90 at "
        "100x64x512, Arctan, memory as usual)."
    ) in _said(ours, _row("spyx", "subtract", 1.2), _row("Norse", "subtract", 0.9))


@pytest.mark.parametrize("benchmark", [rollouts, gradients], ids=lambda module: module.__name__)
def test_tables_and_pictures_are_those_of_the_record(benchmark, tmp_path):
    record = json.loads((RESULTS / f"{benchmark.__name__}.json").read_text())
    benchmark.save(record, tmp_path)
    for made in tmp_path.iterdir():
        kept = (RESULTS / made.name).read_text()
        # Where a label stands depends on matplotlib's version; what it says does not.
        both = [re.findall(r">([^<>]+)<", text) for text in (made.read_text(), kept)]
        assert both[0] == both[1] if made.suffix == ".svg" else made.read_text() == kept
