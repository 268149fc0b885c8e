"""What a person types, and what is answered: help, bad values, pipes, a missing extra."""

import json
import math
import os
import re
import subprocess
import sys

import pytest

import spikegrad as package
from spikegrad.lab.commands import options, suggestions
from spikegrad.lab.commands.shapes import shapes
from spikegrad.lab.commands.train import _command, train
from spikegrad.lab.data.datasets import DATASETS
from spikegrad.lab.study.run import Trainer
from spikegrad.surrogate import S2NN, to_config
from spikegrad.surrogate.catalogue import CATALOGUE

# The arguments after `spikegrad train digits`, and what the line has to hold.
BAD = [
    (["--surrogate", "sigmod"], ["--surrogate", "'sigmod'", "Sigmoid"]),
    (["--surrogate", "{name}"], ["--surrogate", "'{name}'"]),
    (["--alpha", "0"], ["--alpha", "positive", "0.0"]),
    (["--alpha", "nan"], ["--alpha", "positive", "nan"]),
    (["--alpha", "x"], ["--alpha", "'x'", "a number"]),
    (["--alpha", "1e39"], ["--alpha", "1e+39", "float32 rounds to infinity"]),
    (
        ["--surrogate", "ExponentialEscape", "--delta-u", "1e-300"],
        ["--delta-u", "1e-300", "float32 rounds to 0"],
    ),
    (["--surrogate", "snntorch.fast_sigmoid", "--slope", "1e39"], ["--slope", "1e+39", "infinity"]),
    (["--surrogate", "squarewave_fourier_series", "--n", "1001"], ["--n", "1001", "1 to 1000"]),
    (["--width", "1"], ["--width", "Sigmoid takes no", "It takes alpha"]),
    (["--alpha", "true"], ["--alpha takes a number", "'true'"]),
    (["--alpha", "9" * 5000], ["--alpha", "positive", "inf"]),
    (["--slope", "25"], ["--slope: Sigmoid takes no parameter 'slope'"]),
    (["--surrogate", "norse.super", "--slope", "25"], ["--slope", "norse.super takes no", "alpha"]),
    (["--surrogate", "snntorch.fast_sigmoid", "--slope", "-1"], ["--slope", "slope=-1.0", "posit"]),
    (["--surrogate", "braincog.AtanGrad", "--alpha", "x"], ["--alpha takes a number", "'x'"]),
    (["--surrogate", "nowhere:Own"], ["--surrogate: There is no module 'nowhere'"]),
    (["--surrogate", "json:Own", "--colour", "1"], ["--surrogate: json has no 'Own'"]),
    (["--surrogate", "s2nn", "--surrogate-beta", "-1"], ["--surrogate-beta", "positive"]),
    (["--surrogate", "squarewave_fourier_series", "--n", "0"], ["--n", "whole number from 1 to"]),
    (["--surrogate", "squarewave_fourier_series", "--n", "1.5"], ["--n", "1.5", "whole number"]),
    (
        ["--surrogate", "squarewave_fourier_series", "--n", "9" * 5000],
        ["--n takes a whole number of fewer digits", "'9999999999... (5000 digits)'"],
    ),
    (
        ["--surrogate", "squarewave_fourier_series", "--n", "1" + "0" * 400],
        ["--n has to be a whole number from 1 to 1000", "1000000000... (401 digits)"],
    ),
    (
        ["--surrogate", "WindowedInvSquare", "--lo", "0.3", "--hi", "0.5", "--alpha", "-1"],
        ["--alpha has to be a positive finite number", "-1.0"],
    ),
    (
        ["--surrogate", "WindowedInvSquare", "--lo", "0.3", "--hi", "1e39"],
        ["--hi", "1e+39", "float32 rounds to infinity"],
    ),
    (
        ["--surrogate", "WindowedInvSquare", "--lo", "0.3"],
        ["--lo", "hi has to be above lo, 0.3, but got 0.2"],
    ),
    (["--surrogate", ":Own"], ["--surrogate: ':Own' names no module"]),
    (["--encoding", "morse"], ["--encoding", "latency, current or rate", "'morse'"]),
    (["--epochs", "-3"], ["--epochs", "from 1 to", "-3"]),
    (["--epochs", "few"], ["--epochs", "'few'", "integer"]),
    (["--epochs", "9" * 5000], ["--epochs", "(5000 digits)", "integer of so many digits"]),
    (["--seed", "1" + "0" * 400], ["--seed", "from 0 to", "1000000000... (401 digits)"]),
    (["--hidden", "0"], ["--hidden", "from 1 to", "0"]),
    (["--time-steps", "0"], ["--time-steps", "from 1 to", "0"]),
    (["--batch-size", "0"], ["--batch-size", "from 1 to", "0"]),
    (["--batch-size", "2000"], ["--batch-size", "at most 1257", "2000"]),
    (["--learning-rate", "inf"], ["--learning-rate", "positive finite", "inf"]),
    (["--learning-rate", "1e39"], ["--learning-rate", "float32 holds", "1e+39"]),
    (["--learning-rate", "1e-46"], ["--learning-rate", "float32 holds", "1e-46"]),
    (["--seed", "-1"], ["--seed", "from 0 to", "-1"]),
    (["--beta", "1.5"], ["--beta", "from 0 to 1", "1.5"]),
    (["--neuron", "lif"], ["--neuron", "LIF, IF, CubaLIF, ALIF or PLIF", "'lif'"]),
    (["--reset", "soft"], ["--reset", "subtract, zero or none", "'soft'"]),
    (["--keep", "0"], ["--keep", "state, half, checkpoint, all or a whole", "'0'"]),
    (["--keep", "9" * 5000], ["--keep", "state, half, checkpoint, all or a whole"]),
    (["--anneal", "alpha:1:1e39:linear"], ["--anneal", "float32 holds", "1e39"]),
    (["--anneal", "alpha:1e-46:1:cosine"], ["--anneal", "float32 holds", "1e-46"]),
    (["--anneal", "alpha:2:20"], ["--anneal", "PARAMETER:START:END:SCHEDULE", "'alpha:2:20'"]),
    (["--anneal", "alpha:2:x:cosine"], ["--anneal", "positive numbers", "'alpha:2:x:cosine'"]),
    (["--anneal", "alpha:2:20:sine"], ["--anneal", "linear, cosine, exponential", "20:sine'"]),
    (["--anneal", "b:2:20:linear"], ["--anneal", "Sigmoid has no parameter 'b'", "alpha"]),
    (
        ["--surrogate", "squarewave_fourier_series", "--anneal", "n:2:4:linear"],
        ["--anneal", "n of SquarewaveFourierSeries is a whole number"],
    ),
    (["--learn", "b"], ["--learn", "Sigmoid has no parameter 'b'"]),
    (["--learn", "alpha:loss"], ["--learn", "relaxation, mixed, documented", "'alpha:loss'"]),
    (["--learn", "alpha", "--stochastic"], ["--learn", "cannot stand beside --stochastic"]),
    (["--surrogate", "leaky_relu", "--stochastic"], ["--stochastic", "finite area", "inf"]),
    (["--neuron", "PLIF", "--beta", "0"], ["--beta", "PLIF", "0.0"]),
    (["--neuron", "PLIF", "--beta", "0.99999999999"], ["--beta", "PLIF", "float32"]),
    (["--neuron", "PLIF", "--beta", "1e-320"], ["--beta", "PLIF", "float32", "1e-320"]),
    (["--tau", "1e39"], ["--tau", "float32 holds", "1e+39"]),
    (["--tau", "0"], ["--tau", "positive finite", "0.0"]),
    (["--tau", "3", "--beta", "0.9"], ["--tau", "--beta", "one of them"]),
    (["--neuron", "PLIF", "--tau", "1e-3"], ["--tau has to be from 0.0115 to 1.67e7", "PLIF"]),
    (["--neuron", "PLIF", "--tau", "1e9"], ["--tau has to be from 0.0115 to 1.67e7", "1000000000"]),
    (["--lr", "0.1"], ["No such option: --lr. Did you mean --learning-rate?"]),
    (["--num_steps", "3"], ["No such option: --num-steps. Did you mean --time-steps?"]),
    (["--encodng", "rate"], ["No such option: --encodng. Did you mean --encoding?"]),
    (["--device", "gpu"], ["No such option: --device.\n"]),
    (["--out", "\udcff"], ["--out", "\\xff is no UTF-8"]),
    (["--out", "taken"], ["--out", "taken exists", "--resume taken"]),
    (["--out", "taken/file/run"], ["--out", "taken/file/run", "Not a directory"]),
    (["--out", "/proc/self/run"], ["--out", "/proc/self/run cannot be written"]),
    (["--colour", "red"], ["--colour"]),
    (["more"], ["more"]),
    (["--resume", "taken"], ["--resume", "leave out digits"]),
]


def assert_refused(outcome, words):
    assert outcome.status == 2
    assert re.fullmatch(r"spikegrad: .*\n", outcome.err), outcome.err
    for word in words:
        assert word in outcome.err
    assert outcome.out == ""


@pytest.fixture
def taken(tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").touch()


@pytest.mark.usefixtures("taken")
@pytest.mark.parametrize(("arguments", "words"), BAD, ids=lambda value: " ".join(value)[:40])
def test_a_bad_value_is_one_line_and_leaves_nothing_behind(spikegrad, arguments, words):
    assert_refused(spikegrad("train", "digits", *arguments), words)
    assert os.listdir() == ["taken"]
    assert os.listdir("taken") == ["file"]


@pytest.mark.usefixtures("taken")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["letters"], ["'letters'", "Known: digits"]),
        (["--resume", "nowhere"], ["--resume: nowhere", "no such folder"]),
        (["--resume", "taken"], ["--resume: taken", "no config.json"]),
        (["--resume", "taken", "--epochs", "9"], ["--resume", "leave out --epochs"]),
        (["--lr", "3"], ["No such option: --lr. Did you mean --learning-rate?"]),
        (["--epochs", "3"], ["--epochs comes after", "spikegrad train digits --epochs"]),
        (["--resume", "\udcff"], ["--resume: \\xff", "no such folder"]),
        (["--resume", "taken", "digits"], ["--resume", "leave out digits"]),
        (["--resume"], ["--resume"]),
    ],
    ids=lambda value: " ".join(value)[:40],
)
def test_a_bad_resume_is_one_line_and_leaves_nothing_behind(spikegrad, arguments, words):
    assert_refused(spikegrad("train", *arguments), words)
    assert os.listdir("taken") == ["file"]


def test_an_unknown_command_is_answered_with_the_known_ones(spikegrad):
    assert_refused(spikegrad("tarin"), ["'tarin'", "train"])


def test_the_version_is_that_of_the_package(spikegrad):
    assert spikegrad("--version") == (0, f"spikegrad, version {package.__version__}\n", "")


@pytest.mark.parametrize("arguments", [[], ["train"]])
def test_no_command_shows_the_help(spikegrad, arguments):
    outcome = spikegrad(*arguments)
    assert "Usage: spikegrad" in outcome.out
    assert (outcome.status, outcome.err) == (0, "")


def test_every_name_that_an_option_has_elsewhere_leads_to_it():
    commands = [_command("digits", DATASETS["digits"]), train, shapes]
    known = {option for command in commands for option in suggestions.shown(command)}
    assert set(suggestions.ELSEWHERE) <= known
    for command in commands:
        options = {"".join(option.split("-")) for option in suggestions.shown(command)}
        for option in set(suggestions.ELSEWHERE) & set(suggestions.shown(command)):
            for name in suggestions.ELSEWHERE[option]:
                # Where it is the name of another option, it is never asked for.
                assert option in suggestions.meant(f"--{name}", command) or name in options


def test_the_help_names_every_option_with_its_default(spikegrad):
    outcome = spikegrad("train", "digits", "--help")
    assert (outcome.status, outcome.err) == (0, "")
    for option in _command("digits", DATASETS["digits"]).params:
        assert option.hidden or option.opts[0] in outcome.out
    words = re.sub(r"[\s│]+", " ", outcome.out)
    for row in CATALOGUE:
        for parameter in row.parameters.values():
            assert f"{row.name} ({parameter.shown})" in words


def test_every_parameter_of_every_shape_has_an_option():
    names = options.option_names()
    for row in CATALOGUE:
        for parameter in row.parameters:
            assert f"surrogate_parameters.{parameter}" in names
    # Names that differ in case alone are never of one surrogate.
    assert len(set(names.values())) == len({name.lower() for name in names})


def test_options_reach_the_settings_of_the_run(spikegrad, monkeypatch):
    def stop(self, state, number):
        raise KeyboardInterrupt

    monkeypatch.setattr(Trainer, "epoch", stop)
    outcome = spikegrad(
        "train", "digits", "--surrogate", "s2nn", "--alpha", "3", "--surrogate-beta", "0.5",
        "--encoding", "current", "--tau", "4", "--hidden", "7", "--time-steps", "3",
        "--epochs", "9", "--batch-size", "100", "--learning-rate", "0.5", "--seed", "11",
        "--neuron", "CubaLIF", "--train-neuron", "each", "--reset", "zero", "--detach-reset",
        "--keep", "2", "--anneal", "alpha:1:3:linear", "--out", "run",
    )  # fmt: skip
    assert outcome.status == 130
    with open("run/config.json") as file:
        assert json.load(file) == {
            "spikegrad": package.__version__,
            "dataset": "digits",
            "surrogate": to_config(S2NN(alpha=3.0, beta=0.5)),
            "encoding": "current",
            "time_steps": 3,
            "hidden": 7,
            "neuron": "CubaLIF",
            "neuron_parameters": {"synaptic_decay": 0.8, "threshold": 1.0},
            "reset": "zero",
            "detach_reset": True,
            "beta": math.exp(-1 / 4),
            "train_neuron": "each",
            "anneal": "alpha:1:3:linear",
            "learn": "none",
            "stochastic": False,
            "epochs": 9,
            "batch_size": 100,
            "learning_rate": 0.5,
            "keep": "2",
            "seed": 11,
        }


def test_what_is_no_terminal_gets_a_plain_line_an_epoch(finished):
    _, outcome = finished
    lines = [line for line in outcome.out.splitlines() if line.startswith("epoch")]
    pattern = (
        r"epoch {}/4  loss \d+\.\d{{4}}  accuracy +\d+\.\d%  firing rate +\d+\.\d%"
        r"  validation +\d+\.\d%"
    )
    for number, line in enumerate(lines, 1):
        assert re.fullmatch(pattern.format(number), line), line
    assert len(lines) == 4
    assert "\x1b" not in outcome.out
    assert "\r" not in outcome.out


def test_the_confusion_table_counts_every_test_sample(finished):
    _, outcome = finished
    table = [line.split() for line in outcome.out.splitlines() if re.match(r" \d  ", line)]
    counts = [[int(cell.replace(".", "0")) for cell in row[1:11]] for row in table]
    assert [row[0] for row in table] == list("0123456789")
    assert sum(map(sum, counts)) == 360
    right = sum(counts[digit][digit] for digit in range(10))
    assert f"({right} of 360)" in outcome.out


SUBPROCESS = "import sys; from spikegrad.__main__ import main; sys.exit(main())"


def test_help_needs_nothing_that_only_a_run_needs():
    code = (
        "import sys; from spikegrad.__main__ import main; main(['train', 'digits', '--help']);"
        "print(sorted({'optax', 'orbax', 'sklearn', 'matplotlib'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("package", ["rich_click", "optax", "orbax", "sklearn", "matplotlib"])
def test_a_missing_extra_is_answered_with_the_command_that_installs_it(package, tmp_path):
    code = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from spikegrad.__main__ import main; sys.exit(main(['train', 'digits']))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert found.returncode == 2
    assert found.stderr == (
        f"spikegrad: this command needs {package}: pip install '.[lab]' in a clone of spikegrad\n"
    )
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_an_output_that_cannot_be_written_is_one_line(tmp_path):
    with open("/dev/full", "w") as full:
        found = subprocess.run(
            [sys.executable, "-c", SUBPROCESS, "train", "digits", "--epochs", "1"],
            stdout=full, stderr=subprocess.PIPE, text=True, cwd=tmp_path, check=False,
        )  # fmt: skip
    assert found.returncode == 2
    assert found.stderr == (
        "spikegrad: The output cannot be written: No space left on device. Go on with: "
        "spikegrad train --resume runs/digits-0001\n"
    )
