"""Whatever one types, in whatever world: one line and a status, and nothing half-written."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import pytest
from tests.lab.command_line import SMALL, run
from tests.lab.commands import hostile
from tests.lab.commands.hostile import Case

from spikegrad import plotting
from spikegrad.__main__ import main
from spikegrad.checking import Report
from spikegrad.lab.commands.shapes import spelled
from spikegrad.lab.training.trainer import Trainer

BLOCKS, COUNT = 5, 80
# What a line may speak of beside what was typed.
NOT_TYPED = ("the output", "The output", "stopped before", "Stopped. ", "NAME", "argument ()")
WARNING = r".* is damaged, so .*"


def interrupt(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that stopped before its first epoch."""
    folder = tmp_path_factory.mktemp("begun") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "epoch", interrupt)
        assert run("train", "digits", *SMALL, "--out", folder).status == 130
    return folder


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a few things in the way, and commands that stop where work would begin."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    for name, source in hostile.OWN.items():
        Path(name).write_text(source)
    Path("taken").mkdir()
    Path("taken", "file").touch()
    Path("taken.svg").mkdir()
    # What a size or a drawing costs says nothing about the line.
    monkeypatch.setattr(Trainer, "rehearse", lambda *_: None)
    monkeypatch.setattr(Trainer, "epoch", interrupt)
    monkeypatch.setattr("spikegrad.lab.study.run._created", interrupt)
    monkeypatch.setattr("spikegrad.checking.check", lambda _: Report("", (), (), (), {}))
    monkeypatch.setattr(plotting, "gallery", lambda: plotting.new_figure(1, 1))
    monkeypatch.setattr(plotting, "plot", lambda _: plotting.new_figure(1, 1))
    return tmp_path


@contextlib.contextmanager
def stream(kind: str) -> Iterator[tuple[TextIO | None, io.BytesIO]]:
    """A stream of a kind, and what is written to it."""
    written = io.BytesIO()
    if kind == "closed":
        yield None, written
    elif kind in ("pipe", "full"):
        if kind == "pipe":
            reader, writer = os.pipe()
            os.close(reader)
        else:
            writer = os.open("/dev/full" if os.path.exists("/dev/full") else "/", os.O_WRONLY)
        # What is left in its buffer is lost again when it is closed.
        with contextlib.suppress(OSError), open(writer, "w", encoding="utf-8") as file:
            yield file, written
    else:
        file = io.TextIOWrapper(written, kind, newline="\n")
        yield file, written
        file.flush()


def files(folder: Path) -> dict[str, int]:
    """What is on the disk, with when it was changed."""
    found = {str(p.relative_to(folder)): p.lstat().st_mtime_ns for p in folder.rglob("*")}
    return {path: time for path, time in found.items() if not f"{path}/".startswith("run/")}


def outcome(case: Case) -> tuple[Any, str]:
    """The exit status, or what was raised, and stderr."""
    with stream(case.stdout) as (out, _), stream(case.stderr) as (err, written):
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status: Any = main(case.arguments)
            except BaseException as error:
                status = repr(error)[:200]
        if err is not None:
            err.flush()
        return status, written.getvalue().decode(case.stderr if err else "utf-8")


def faults(case: Case, begun: Path, world: Path) -> Iterator[str]:
    """What is wrong with how a case was answered."""
    shutil.rmtree("run", ignore_errors=True)
    if "--resume" in case.arguments:
        shutil.copytree(begun, "run")
        hostile.DAMAGES[case.damage](Path("run"))
    before = files(world)
    status, err = outcome(case)
    if status == 141 and case.stdout == "pipe":
        if err:
            yield "a line about a reader that went away"
        return
    if status not in (0, 2, 130):
        yield f"status {status}"
        return
    *above, line = err.splitlines() or [""]
    if any(not re.fullmatch(WARNING, other) for other in above):
        yield "more than one line"
    if "Traceback" in err or "\x1b" in err:
        yield "a traceback, or colours"
    if status and case.stderr != "closed" and not line.startswith("spikegrad: "):
        yield "no line"
    words = (*NOT_TYPED, *typed(case))
    if status and case.stderr == "utf-8" and not any(w.lower() in line.lower() for w in words):
        yield "names nothing that was typed"
    new = {path for path, time in files(world).items() if before.get(path) != time}
    pictures = {path for path in new if path.lower().endswith((".svg", ".png", ".pdf"))}
    if new - pictures - {"."} or (pictures and status == 2 and case.stdout == "utf-8"):
        yield f"left {new}"
    for path in pictures:
        Path(path).unlink()


def typed(case: Case) -> Iterator[str]:
    """The names of options and the other arguments, or parts of them, as a line shows them."""
    for argument in case.arguments:
        # A number with a minus stands for short options, the first of which is named.
        yield from [argument[:2]] if re.match("-[^-]", argument) else []
        for part in filter(None, (argument, spelled(argument), *re.split("[:=]", argument))):
            yield os.fsencode(part).decode(errors="backslashreplace")[:8]
            yield repr(" ".join(part.split()))[1:-1][:8]


def found(seed: int, count: int, begun: Path, world: Path) -> list[tuple[Case, list[str]]]:
    """The cases of a seed that are answered wrongly, with what is wrong."""
    each = ((case, list(faults(case, begun, world))) for case in hostile.cases(seed, count))
    return [(case, wrong) for case, wrong in each if wrong]


@pytest.mark.parametrize("seed", range(BLOCKS))
def test_whatever_one_types_is_answered_in_one_line(begun, world, seed):
    assert found(seed, COUNT, begun, world) == []
