"""`spikegrad shapes`: the table, one shape, other libraries' names, pictures, bad values, pipes."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest

from spikegrad import surrogate
from spikegrad.lab.report import shapes
from spikegrad.surrogate.catalogue import CATALOGUE, LIBRARIES, NOT_EXPRESSED, PEERS

FAST = "snntorch.fast_sigmoid"
STARTS = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF", "SVG": b"<?xml"}

# The arguments after `spikegrad shapes`, and what the line has to hold.
BAD = [
    (["arctn"], ["'arctn'", "Arctan, "]),
    (["snntorch.fastsigmoid"], ["'snntorch.fastsigmoid'", FAST]),
    (["Arctan", "--slope", "2"], ["Arctan takes no parameter 'slope'", "It takes alpha."]),
    ([FAST, "--alpha", "2"], [f"{FAST} takes no parameter 'alpha'", "It takes slope."]),
    (["StraightThrough", "--alpha", "2"], ["It takes none."]),
    (["Arctan", "--alpha", "x"], ["--alpha takes a number", "'x'"]),
    (["Arctan", "--alpha", "-1"], ["--alpha has to be a positive finite number", "-1.0"]),
    (["Arctan", "--alpha", "true"], ["--alpha takes a number", "'true'"]),
    (["Arctan", "--out", "a.svg"], ["No such option: --out. Did you mean --plot?"]),
    (["json:Own"], ["json:Own is one of your own", "spikegrad check json:Own"]),
    (["\udcff"], ["There is no surrogate '\\udcff'"]),
    (["Arctan", "--alpha", "none"], ["alpha", "positive", "None"]),
    (["Arctan", "--alpha", "1,2"], ["alpha", "(1.0, 2.0)"]),
    (["Arctan", "--alpha"], ["'--alpha' requires an argument"]),
    ([FAST, "--slope", "-2"], [f"{FAST} cannot have slope=-2.0", "positive"]),
    (["spyx.arctan", "--k", "0"], ["spyx.arctan cannot have k=0.0", "division by zero"]),
    (["squarewave_fourier_series", "--n", "1.5"], ["--n takes a whole number", "'1.5'"]),
    (["snntorch.SSO"], ["snntorch.SSO", NOT_EXPRESSED["snntorch.SSO"]]),
    (["--alpha", "2"], ["--alpha", "NAME"]),
    (["Arctan", "Sigmoid"], ["Sigmoid"]),
    (["Arctan", "--a.b", "2"], ["--a.b"]),
    (["Arctan", "--plot", "a.txt"], ["--plot", ".svg, .png, .pdf", "a.txt"]),
    (["Arctan", "--plot", "svg"], ["--plot", ".svg, .png, .pdf"]),
    (["Arctan", "--plot", "no/a.svg"], ["--plot: no/a.svg cannot be written", "No such"]),
    (["Arctan", "--plot", "folder.svg"], ["--plot: folder.svg cannot be written"]),
    (["arctn", "--plot", "a.svg"], ["'arctn'"]),
]


@pytest.mark.parametrize(("arguments", "words"), BAD, ids=lambda value: " ".join(value)[:40])
def test_a_bad_value_is_one_line_and_leaves_nothing_behind(spikegrad, tmp_path, arguments, words):
    (tmp_path / "folder.svg").mkdir()
    outcome = spikegrad("shapes", *arguments)
    assert outcome.status == 2
    assert re.fullmatch(r"spikegrad: .*\n", outcome.err), outcome.err
    for word in words:
        assert word in outcome.err
    assert outcome.out == ""
    assert os.listdir() == ["folder.svg"]
    assert os.listdir("folder.svg") == []


def test_a_wrong_name_gets_the_nearest_three(spikegrad):
    _, _, line = spikegrad("shapes", "gaussiangrd")
    names = line.partition("The nearest names are ")[2].strip().strip(".").split(", ")
    assert len(names) == 3
    assert names[0] == "GaussianGrad"


@pytest.fixture(scope="module")
def table():
    """The list of all shapes, piped at the width of an old terminal."""
    command = [sys.executable, "-m", "spikegrad", "shapes"]
    environment = {**os.environ, "COLUMNS": "80"}
    environment.pop("FORCE_COLOR", None)
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert found.stderr == ""
    return found.stdout


def test_the_table_is_readable_at_80_columns_and_piped(table):
    assert "\x1b" not in table
    assert max(map(len, table.splitlines())) <= 80


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row.name)
def test_the_table_has_every_shape_in_one_line_with_what_belongs_to_it(table, row):
    parts = re.split(rf"^  {row.name} ", table, flags=re.MULTILINE)
    assert len(parts) == 2
    above, _, _ = parts[0].rpartition("\n")
    assert re.findall(r"^[a-z]+\b", above, re.MULTILINE)[-1] == row.family
    first, *others = re.split(r"\n(?:  \S|\w|\s*\n)", parts[1])[0].splitlines()
    assert first.split()[-1] == str(len(row.peers))
    kind, exponent = row.shape().tail
    assert (f" |x|^-{exponent:g} " if exponent else kind) in first
    # The cells are broken over several lines.
    cells = re.sub(r"[\s-]+", "", first + "".join(others))
    for name, parameter in row.parameters.items():
        assert f"{name}={parameter.shown}".replace("-", "") in cells
    for word in re.findall(r"\w+", f"{row.paper.authors} {row.paper.year}"):
        assert word[:8] in cells


def test_the_table_says_how_many_names_of_which_libraries_resolve(table):
    words = " ".join(table.split())
    assert f"{len(PEERS)} names of" in words
    for key, library in LIBRARIES.items():
        assert f"{library.title} ({sum(p.library == key for p in PEERS)})" in words


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row.name)
def test_every_shape_shows_formula_properties_source_peers_and_plot(spikegrad, row):
    outcome = spikegrad("shapes", row.name)
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.startswith(f"{row.shape()!r}\n")
    words = " ".join(outcome.out.split())
    assert "grad(x) = " in words
    assert ("fun(x) = " in words) == ("fun(x) " in row.shape.__doc__)
    facts = row.shape().facts()
    for fact, value in (("peak", facts.peak), ("half width", facts.half_width)):
        shown = re.search(rf"^  {fact} +(\S+) *$", outcome.out, re.MULTILINE)[1]
        assert float({"infinite": "inf", "undefined": "nan"}.get(shown, shown)) == pytest.approx(
            float(value), rel=1e-3, nan_ok=True
        )
    kind, exponent = facts.tail
    assert f"tail {f'|x|^-{exponent:g}' if exponent else kind} " in words
    assert f"even {'yes' if row.even else 'no'}" in words
    assert f"{row.paper.authors} ({row.paper.year})" in words
    assert f"  {row.paper.link}\n" in outcome.out
    meanings = shapes.arguments(row)
    for name in row.parameters:
        assert f"{name} {meanings[name]}" in words
    for peer in row.peers:
        assert f"{LIBRARIES[peer.library].title} {LIBRARIES[peer.library].version}" in words
        assert f"{peer.name}(" in words
        assert peer.differs in words
    assert outcome.out.count("| ") > 10


def test_every_line_of_a_shape_fits_80_columns_but_a_link(spikegrad, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("MultiGaussianGrad", "sinabs.MultiGaussian", "Rect"):
        lines = spikegrad("shapes", name).out.splitlines()
        assert max(len(line) for line in lines if "://" not in line) <= 80


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.full_name)
def test_every_name_of_another_library_builds_what_get_builds(spikegrad, peer, monkeypatch):
    shown = []
    monkeypatch.setattr(shapes, "show_one", lambda _, named: shown.append(named))
    outcome = spikegrad("shapes", peer.full_name.upper())
    assert outcome == (0, "", "")
    assert shown[0].surrogate == surrogate.get(peer.full_name)
    assert shown[0].peer is peer


@pytest.mark.parametrize(
    ("arguments", "built", "words"),
    [
        ([FAST, "--slope", "9"], "InvSquareGrad(alpha=9.0)", "fast_sigmoid of snnTorch 1.0.0"),
        (["snntorch.sfs", "--B", "2"], "WindowedInvSquare(alpha=25.0, lo=2.0, hi=inf)", "B=2.0"),
        (
            ["spikingjelly.SquarewaveFourierSeries", "--T_period=4", "--n", "3"],
            "SquarewaveFourierSeries(n=2, t_period=4.0)",
            "ours with `n - 1`",
        ),
        (
            ["squarewavefourierseries", "--t-period", "4"],
            "SquarewaveFourierSeries(n=2",
            "1 or more",
        ),
        (["nest.exponential", "--height", "2"], "2.0 * SlayerGrad(alpha=1.0)", "exp(-alpha |x|)"),
        (["sinabs.MultiGaussian", "--mu", "-0.5"], ".shifted(-0.5) + ", "sigma sqrt(2 pi)"),
        (["spikingjelly.MultiLevelSpikeCount", "--grad_window", "0,2"], ".shifted(1.0)", "0 to 2"),
        (["lava.Spike", "--graded-spike", "true"], "GradedExp(tau=1.0, scale=1.0)", "graded spike"),
        (["QPseudoSpike", "--scale", "None"], "QPseudoSpike(alpha=2.0)", "peak 1"),
        (["exponential_escape", "--cap", "inf"], "ExponentialEscape(", "growing"),
        (["spikingjelly.SquarewaveFourierSeries", "--n", "1"], "0.0 * StraightThrough()", "peak 0"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_parameters_are_options_whatever_a_library_calls_them(spikegrad, arguments, built, words):
    outcome = spikegrad("shapes", *arguments)
    assert (outcome.status, outcome.err) == (0, "")
    assert built in outcome.out.partition("\n\n")[0]
    assert words in " ".join(outcome.out.split())


def test_the_python_line_makes_the_surrogate_that_is_shown(spikegrad):
    out = spikegrad("shapes", "spikingjelly.ATAN", "--ALPHA", "3").out
    line = re.search(r"Python +(surrogate\.get\(.*\))", out)[1]
    assert line == 'surrogate.get("spikingjelly.ATan", alpha=3.0)'
    assert out.startswith(f"{surrogate.get('spikingjelly.ATan', alpha=3.0)!r}\n")


@pytest.mark.parametrize("ascii_only", [False, True])
def test_the_drawing_is_as_high_as_the_curve(ascii_only):
    x = np.linspace(-3, 3, 601)
    lines = shapes.draw(x, np.where(np.abs(x) < 1, 2.0, -1.0), 60, ascii_only=ascii_only)
    rows = {}
    for line in lines.splitlines()[1:-2]:
        label, _, drawn = line.partition("|")
        blank = " " if ascii_only else "\u2800"
        rows[float(label)] = sum(c not in (" ", blank) for c in drawn)
    # A third of the width is high, the rest low, and a line up and one down are between.
    assert rows[1.8] + rows.get(2.1, 0) >= 20
    assert rows[-0.9] + rows[-1.2] >= 38
    assert all(0 < rows[y] <= 4 for y in rows if -0.7 < y < 1.6)


@pytest.mark.parametrize("ending", STARTS)
def test_a_picture_is_written_beside_what_is_shown(spikegrad, ending):
    outcome = spikegrad("shapes", "arctan", "--alpha", "2", "--plot", f"a.{ending}")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.endswith(f"The picture is in a.{ending}\n")
    with open(f"a.{ending}", "rb") as file:
        assert file.read(5).startswith(STARTS[ending])
    assert os.listdir() == [f"a.{ending}"]


def test_a_picture_without_a_name_is_the_gallery(spikegrad, monkeypatch):
    from spikegrad import plotting

    monkeypatch.setattr(plotting, "gallery", lambda: plotting.new_figure(1, 1))
    assert spikegrad("shapes", "--plot", "all.png").status == 0
    assert os.listdir() == ["all.png"]


def test_a_picture_that_fails_leaves_the_old_one(spikegrad, tmp_path, monkeypatch):
    from matplotlib.figure import Figure

    def full(self, file, **options):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    (tmp_path / "a.png").write_bytes(b"old")
    monkeypatch.setattr(Figure, "savefig", full)
    outcome = spikegrad("shapes", "Arctan", "--plot", "a.png")
    assert outcome.status == 2
    assert outcome.err == "spikegrad: --plot: a.png cannot be written: No space left on device.\n"
    assert outcome.out == ""
    assert os.listdir() == ["a.png"]
    assert (tmp_path / "a.png").read_bytes() == b"old"


def test_closed_streams_take_what_is_written_and_give_their_numbers_to_no_file(tmp_path):
    command = f'"{sys.executable}" -m spikegrad shapes Arctan --plot a.svg <&- >&- 2>&-'
    subprocess.run(command, shell=True, cwd=tmp_path, check=True)
    assert os.listdir(tmp_path) == ["a.svg"]
    assert (tmp_path / "a.svg").read_bytes().startswith(b"<?xml")
    assert (tmp_path / "a.svg").read_bytes().endswith(b"</svg>\n")


def test_what_cannot_show_more_than_ascii_gets_ascii():
    found = subprocess.run(
        [sys.executable, "-m", "spikegrad", "shapes", "spyx.arctan"],
        env={**os.environ, "PYTHONIOENCODING": "ascii"}, capture_output=True, check=True,
    )  # fmt: skip
    assert found.stderr == b""
    assert found.stdout.isascii()
    assert found.stdout.startswith(b"1/(2pi) * Arctan(alpha=4.0)\n")
    assert b"\x1b" not in found.stdout
    assert found.stdout.count(b"*") > 20


def test_piped_output_has_braille_but_no_colour(spikegrad):
    out = spikegrad("shapes", "Arctan").out
    assert "\x1b" not in out
    assert re.search(r"[\u2801-\u28ff]", out)


def test_the_help_has_examples_and_every_parameter_and_needs_no_pictures():
    code = (
        "import sys; from spikegrad.__main__ import main; main(['shapes', '--help']);"
        "print(sorted({'optax', 'orbax', 'sklearn', 'matplotlib', 'plotille'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *shown, loaded = found.stdout.splitlines()
    assert loaded == "[]"
    words = re.sub(r"[\s│]+", " ", " ".join(shown))
    assert "spikegrad shapes Arctan --alpha 2" in words
    for row in CATALOGUE:
        for name, parameter in row.parameters.items():
            assert f"--{name.replace('_', '-')} " in words
            assert f"{row.name} ({parameter.shown})" in words


@pytest.mark.parametrize("package", ["plotille", "matplotlib"])
def test_a_missing_extra_is_answered_with_the_command_that_installs_it(package, tmp_path):
    code = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from spikegrad.__main__ import main\n"
        "sys.exit(main(['shapes', 'Arctan', '--plot', 'a.svg']))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert found.returncode == 2
    assert found.stderr == (
        f"spikegrad: this command needs {package}: pip install '.[lab]' in a clone of spikegrad\n"
    )
    assert found.stdout == ""
    assert os.listdir(tmp_path) == []
