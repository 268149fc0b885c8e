"""The benchmark of the time loop: its processes, its tables, and that all compute the same."""

from __future__ import annotations

import json
import os
import sys

import pytest
import rollouts
from measuring import Spread, publish, ratios
from processes import running
from tables import verdicts

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
    for name in ("rollouts.md", "rollouts.svg"):
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
    samples = {"both": [seconds]}
    return (
        {"competitor": competitor, "reset": reset, "surrogate": "Arctan"}
        | size
        | {"samples": samples}
    )


def test_an_aim_that_is_missed_is_said_so():
    rows = [_row("spikegrad", "subtract", 1.0), _row("spyx", "subtract", 1.2)]
    lines = verdicts({"allocators": {"as usual": {"rollout": rows}}})
    assert lines[0].endswith("1.20 (1.20 to 1.20) times ours, aim 1.5: **not reached**.")
    assert lines[1].endswith("on, memory as usual: reached.")
    rows[1]["samples"]["both"] = [0.9]
    lines = verdicts({"allocators": {"as usual": {"rollout": rows}}})
    assert "**not reached** against spyx, subtract (down to 0.90 times ours," in lines[1]


def test_results_go_between_their_comments_and_nowhere_else(tmp_path):
    page = tmp_path / "README.md"
    page.write_text("before\n<!-- a -->\nold\n<!-- end of a -->\nafter\n")
    publish("a", "new", page)
    assert page.read_text() == "before\n<!-- a -->\n\nnew\n\n<!-- end of a -->\nafter\n"
    with pytest.raises(ValueError, match=r"README.md has to have <!-- b --> and"):
        publish("b", "new", page)
