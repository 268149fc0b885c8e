"""Command lines that want `spikegrad` to fail, drawn from what its commands declare."""

from __future__ import annotations

import dataclasses
import json
import random
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import rich_click as click

from spikegrad.lab.commands.main import root
from spikegrad.lab.commands.suggestions import ELSEWHERE
from spikegrad.lab.training.config import Config
from spikegrad.surrogate.catalogue import CATALOGUE, NOT_EXPRESSED, PEERS

# A byte that is no UTF-8, as Python holds it.
BYTE = "\udcff"
NUMBERS = (
    "0", "-0.0", "-1", "1", "2", "0.5", "1.5", "1e3", "1e39", "1e-46", "1e400", "nan", "inf",
    "-inf", "1_0", "0x10", " 3 ", "1,2", "1,",
    "9" * 5000, "1" + "0" * 400, "0." + "0" * 500 + "1", "٣",
)  # fmt: skip
WORDS = (
    "", " ", "x", "none", "None", "true", "False", "state", "LIF", "lif", "zero", "alpha",
    "alpha:mixed", "alpha:2:20:cosine", "alpha:0:20:cosine", "n:1:2:linear", ":::", "a:b", "-",
    "--", "é", "脉冲", "\x1b[31m", "a\nb", "[bold]", "{x}", "%s", "'",
    "A" * 3000, BYTE, f"{BYTE}:Name",
)  # fmt: skip
PATHS = (
    "", ".", "..", "/", "taken", "taken/file", "taken/file/run", "deep/down/run", "a" * 300, BYTE,
    "/proc/self/run", "/dev/null", "~", "a\nb", "new.svg", "new.PNG", "new.txt", f"{BYTE}.pdf",
    "taken/none/new.svg", "taken.svg", "run",
)  # fmt: skip
SURROGATES = (
    "json:Own", "nowhere:Own", ":", "a:", ":b", "own_hostile:Ends", "own_hostile:Raises",
    "own_hostile:Silent", "own_hostile:Lazy", "own_hostile:Own", "own_hostile:made", "own_ends:Own",
    "own_odd:Own", "own_hostile.py:Own",
)  # fmt: skip
OWN = {
    "own_hostile.py": """
import sys
from spikegrad.surrogate import Surrogate
class Mute(Exception):
    def __str__(self):
        raise ValueError
class Own(Surrogate):
    def __init__(self, alpha=1.0, flag=True, name=None):
        super().__init__()
        self.alpha = alpha
    def surrogate_grad(self, x):
        return self.alpha / (1 + abs(x)) ** 2
    def __repr__(self):
        raise RuntimeError
class Ends(Own):
    def __init__(self):
        sys.exit(0)
class Raises(Own):
    def __getattr__(self, name):
        raise RuntimeError(name)
class Silent(Own):
    def __init__(self):
        raise Mute
made = Own()
def __getattr__(name):
    raise BaseException("\\ud800")
""",
    "own_ends.py": "raise SystemExit",
    "own_odd.py": "raise BaseException('a\\nb\\ud800')",
}
# What is in an option's place in a JSON file.
STORED = (10**400, -1, 0.5, 1e400, None, True, [], {}, "x", "\ud800", "a:b", [[[]]])


class Case(NamedTuple):
    """One command line, and the world that it runs in.

    Attributes:
        arguments: after `spikegrad`.
        stdout, stderr: what kind of stream each is.
        damage: what is wrong with the run folder `run`.
    """

    arguments: list[str]
    stdout: str = "utf-8"
    stderr: str = "utf-8"
    damage: str = "none"


STREAMS = ("utf-8", "ascii", "latin-1", "closed", "pipe", "full")


def cases(seed: int, count: int) -> Iterator[Case]:
    """That many command lines, the same ones for the same seed."""
    draw = random.Random(seed)
    for _ in range(count):
        arguments = _resume(draw) if draw.random() < 0.15 else _line(draw)
        stdout = draw.choice(STREAMS) if draw.random() < 0.25 else "utf-8"
        stderr = draw.choice(STREAMS[:4]) if draw.random() < 0.1 else "utf-8"
        damage = draw.choice(list(DAMAGES)) if "--resume" in arguments else "none"
        yield Case(arguments, stdout, stderr, damage)


def _commands() -> dict[tuple[str, ...], click.Command]:
    """Every command that is no group, by what one writes for it."""
    found: dict[tuple[str, ...], click.Command] = {}

    def visit(command: click.Command, path: tuple[str, ...]) -> None:
        if isinstance(command, click.Group):
            for name, inner in command.commands.items():
                visit(inner, (*path, name))
        else:
            found[path] = command

    visit(root, ())
    return found


COMMANDS = _commands()


def _line(draw: random.Random) -> list[str]:
    """A command with some options, most of which are wrong in some way."""
    path, command = draw.choice(list(COMMANDS.items()))
    arguments = list(path)
    named = [parameter for parameter in command.params if isinstance(parameter, click.Argument)]
    arguments += [_surrogate(draw) for _ in named if draw.random() < 0.9]
    # `check` takes the parameters of whatever surrogate it is given, and declares none.
    declared = (command if len(command.params) > 1 else root.commands["shapes"]).params
    options = [parameter for parameter in declared if isinstance(parameter, click.Option)]
    # What decides which others are right is drawn more often.
    weights = [8 if p.name in ("surrogate", "neuron", "out", "plot") else 1 for p in options]
    for parameter in draw.choices(options, weights, k=draw.choice((0, 1, 1, 2, 3))):
        arguments += _written(draw, parameter)
    if draw.random() < 0.15:
        arguments.insert(draw.randrange(len(arguments) + 1), draw.choice(_STRAY))
    if draw.random() < 0.05:
        del arguments[-1]
    return arguments


_STRAY = (
    "--help", "-h", "-x", "--version", "--resume", "--resume=run", "more", "--", "-", "", BYTE,
    "--é", f"--{BYTE}", "--=", "--alpha",
    *(f"--{name}" for names in ELSEWHERE.values() for name in names),
)  # fmt: skip


def _resume(draw: random.Random) -> list[str]:
    others = ([], [], [], [], [], ["digits"], ["--epochs", "3"], ["--resume", "taken"], ["--lr=1"])
    folder = "run" if draw.random() < 0.8 else draw.choice(PATHS)
    return ["train", "--resume", folder, *draw.choice(others)]


def _surrogate(draw: random.Random) -> str:
    known = [row.name for row in CATALOGUE] + [peer.full_name for peer in PEERS]
    kind = draw.choice(("known", "known", "own", "word", "none"))
    name = {
        "known": draw.choice(known), "own": draw.choice(SURROGATES), "word": draw.choice(WORDS),
        "none": draw.choice(list(NOT_EXPRESSED)),
    }[kind]  # fmt: skip
    return name.swapcase() if draw.random() < 0.1 else name


def _written(draw: random.Random, parameter: click.Option) -> list[str]:
    """An option as somebody may write it, and a value for it, or not."""
    name = draw.choice(parameter.opts)
    change = draw.random()
    if change < 0.05:
        name = name.upper().replace("-", "_").replace("__", "--", 1)
    elif change < 0.1:
        cut = draw.randrange(2, len(name))
        name = name[:cut] + name[cut + 1 :]
    if parameter.is_flag:
        return [f"{name}={draw.choice(WORDS)}"] if draw.random() < 0.3 else [name]
    value = _value(draw, parameter)
    return [f"{name}={value}"] if draw.random() < 0.3 else [name, value]


def _value(draw: random.Random, parameter: click.Option) -> str:
    if parameter.name == "surrogate":
        return _surrogate(draw)
    right = str(parameter.default) if isinstance(parameter.default, str | int | float) else "2"
    kinds: dict[str, tuple[str, ...]] = {
        "number": NUMBERS, "word": WORDS, "path": PATHS, "right": (right,),
    }  # fmt: skip
    likely = "path" if isinstance(parameter.type, click.Path) else "number"
    return draw.choice(kinds[draw.choice((likely, likely, *kinds))])


Damage = Callable[[Path], Any]


def _json(change: Callable[[dict[str, Any]], Any]) -> Damage:
    def damage(run: Path) -> None:
        path = run / "config.json"
        path.write_text(json.dumps(change(json.loads(path.read_text()))))

    return damage


def _stored(name: str, value: Any) -> Damage:
    return _json(lambda settings: settings | {name: value})


def _text(name: str, content: bytes) -> Damage:
    return lambda run: (run / name).write_bytes(content)


def _other_kind(name: str) -> Damage:
    """A file for a folder, and the other way round."""

    def damage(run: Path) -> None:
        path = run / name
        if path.is_dir():
            shutil.rmtree(path)
            path.write_text("")
        else:
            path.unlink(missing_ok=True)
            path.mkdir()

    return damage


def _gone(name: str) -> Damage:
    def damage(run: Path) -> None:
        path = run / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

    return damage


def _nested(levels: int) -> dict[str, Any]:
    surrogate: dict[str, Any] = {"surrogate": "Sigmoid", "parameters": {"alpha": 4.0}}
    for _ in range(levels):
        surrogate = {"surrogate": "Scaled", "parameters": {"surrogate": surrogate, "factor": 1.0}}
    return surrogate


_SETTINGS = [field.name for field in dataclasses.fields(Config)] + ["spikegrad", "colour"]
_FILES = ("config.json", "metrics.csv", "parameters.npz", "result.json", "pictures.html")
_FOLDERS = ("checkpoints", "pictures", "checkpoints/0", "checkpoints/0/state")
DAMAGES: Mapping[str, Damage] = {
    "none": lambda run: None,
    **{f"{n} is {str(v)[:9]}": _stored(n, v) for n in _SETTINGS for v in STORED},
    **{f"no {n}": _json(lambda s, n=n: {k: v for k, v in s.items() if k != n}) for n in _SETTINGS},
    **{f"{n} empty": _text(n, b"") for n in _FILES},
    **{f"{n} torn": _text(n, b'{"a": ') for n in _FILES},
    **{f"{n} no text": _text(n, b"\xff\x00") for n in _FILES},
    **{f"{n} deep": _text(n, b"[" * 100_000) for n in _FILES},
    **{f"{n} of another kind": _other_kind(n) for n in (*_FILES, *_FOLDERS, ".metrics.csv.tmp")},
    **{f"no {n}": _gone(n) for n in (*_FILES, *_FOLDERS)},
    **{f"surrogate {n} deep": _stored("surrogate", _nested(n)) for n in (50, 200, 400)},
    **{f"a file {n}": _text(f"checkpoints/{n}", b"") for n in ("3", "0.damaged", "x", "9" * 30)},
    **{f"a folder {n}": _other_kind(f"checkpoints/{n}") for n in ("3", "-1", "007", "9" * 30)},
    **{f"config {v!r:.9}": _text("config.json", json.dumps(v).encode()) for v in STORED},
}  # fmt: skip
