"""The folder of a run: what is in it, and how it comes into the world whole."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import errno
import io
import itertools
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import spikegrad
from spikegrad import surrogate
from spikegrad.lab.errors import LabError
from spikegrad.lab.networks.models import CONSTANTS_OF_0_1_0
from spikegrad.lab.networks.network import Parameters, named
from spikegrad.lab.training import surrogates
from spikegrad.lab.training.checkpoints import Checkpoints, room
from spikegrad.lab.training.config import Config, row_of
from spikegrad.lab.training.files import only_user_of, replacing, require_room, write_text
from spikegrad.lab.training.trainer import Epoch, State

RUNS = Path("runs")
# A folder is made in seconds: what has not changed for so many was left by a process that is dead.
STALE = 600.0
DRAFT = ".spikegrad-{process}.tmp"
EXISTS = "--out: {path} exists already. Name a new folder, or go on with --resume {path}."
NO_RUN = "--resume: {path} is no run folder: {reason}."
NO_UTF8 = "{option}: {path} is no UTF-8 text, which the names above a checkpoint have to be."
IN_THE_WAY = "--resume: {path} is in the way: there has to be a {kind}."
NO_SETTING = "{path} is damaged: {name!r} is no setting."
TOO_DEEP = "{path} is damaged: it is nested too deeply."
IN_USE = "--resume: {path} is in use by another process that trains in it."


class RunFolder:
    """The files of a run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config = path / "config.json"
        self.metrics = path / "metrics.csv"
        self.parameters = path / "parameters.npz"
        self.result = path / "result.json"
        self.checkpoints = path / "checkpoints"
        self.pictures = path / "pictures"
        self.page = path / "pictures.html"

    @staticmethod
    def require_new(path: Path | None) -> None:
        """Raise a LabError if there cannot be a new folder at `path`, as `create` takes it."""
        if path and os.path.lexists(path):
            raise LabError(EXISTS.format(path=path))
        _require_utf8("--out", path or RUNS)

    @classmethod
    def create(cls, path: Path | None, config: Config, state: State) -> RunFolder:
        """Make the folder of a new run: its settings and a checkpoint of the untrained network.

        It is made under another name and renamed, so a run folder always has both.

        Args:
            path: where; None numbers a new one under `runs/`.
            config: the settings.
            state: the state before the first epoch.

        Raises:
            LabError: there is something at `path`.
            OSError: it cannot be written; then nothing is left of it.
        """
        cls.require_new(path)
        with _parents_of(path or RUNS / "new") as parent:
            _clear_away_stale(parent)
            draft = cls(parent / DRAFT.format(process=os.getpid()))
            shutil.rmtree(draft.path, ignore_errors=True)
            draft.path.mkdir()
            try:
                draft.write_config(config)
                require_room(draft.path, room(state, []))
                with draft.open_checkpoints() as checkpoints:
                    checkpoints.save(state, [])
                return cls(_rename(draft.path, path, config.dataset))
            except BaseException:
                shutil.rmtree(draft.path, ignore_errors=True)
                raise

    @classmethod
    @contextlib.contextmanager
    def open(cls, path: Path) -> Iterator[RunFolder]:
        """The folder of a run that goes on, held for this process.

        Raises:
            LabError: it is no run folder, or another process trains in it.
        """
        folder = cls(path)
        if not folder.config.is_file():
            reason = "it has no config.json" if path.is_dir() else "there is no such folder"
            raise LabError(NO_RUN.format(path=path, reason=reason))
        _require_utf8("--resume", path)
        folder._require_kinds()
        with only_user_of(path) as granted:
            if not granted:
                raise LabError(IN_USE.format(path=path))
            yield folder

    def write_config(self, config: Config) -> None:
        """Write the settings, with the version that they are for."""
        settings = {"spikegrad": spikegrad.__version__, **config.stored()}
        write_text(self.config, _json(settings))

    def open_checkpoints(self) -> Checkpoints:
        """The checkpoints of this run: of these settings, and of the version that wrote them."""
        return Checkpoints(self.checkpoints, self._stored())

    def read_config(self) -> Config:
        """Read the settings.

        Raises:
            LabError: they are damaged.
        """
        settings = self._stored()
        del settings["spikegrad"]
        names = {field.name for field in dataclasses.fields(Config)}
        for name in settings:
            if name not in names:
                raise LabError(NO_SETTING.format(path=self.config, name=name))
        try:
            return Config(**_as_stored_now(settings))
        except LabError as error:
            raise LabError(f"{self.config}: {error}") from None
        except RecursionError:
            raise LabError(TOO_DEEP.format(path=self.config)) from None
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise LabError(f"{self.config} is damaged: {str(error).rstrip('.')}.") from None

    def finished(self) -> bool | None:
        """Whether the run is at its end; None if the file that would say so is damaged."""
        if not self.result.exists():
            return False
        try:
            return isinstance(json.loads(self.result.read_text("utf-8")), dict) or None
        except (ValueError, RecursionError):
            return None

    def _stored(self) -> dict[str, Any]:
        """What is stored of the settings, and of the version that they are for."""
        try:
            stored = json.loads(self.config.read_text("utf-8"))
        except ValueError as error:
            raise LabError(f"{self.config} is damaged: {error}.") from None
        except RecursionError:
            raise LabError(TOO_DEEP.format(path=self.config)) from None
        for name in ("spikegrad", "dataset"):
            if not isinstance(stored, dict) or name not in stored:
                raise LabError(f"{self.config} is damaged: it has no {name!r}.")
        return dict(stored)

    def _require_kinds(self) -> None:
        """Refuse a file where there has to be a folder, and the other way round."""
        files = (self.metrics, self.parameters, self.result, self.page)
        for path in (*files, self.checkpoints, self.pictures):
            kind = "file" if path in files else "folder"
            right = path.is_file() if path in files else path.is_dir()
            if os.path.lexists(path) and not right:
                raise LabError(IN_THE_WAY.format(path=path, kind=kind))

    def write_metrics(self, history: Sequence[Epoch]) -> None:
        """Write a row an epoch."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerows([Epoch._fields, *history])
        write_text(self.metrics, text.getvalue())

    def write_parameters(self, parameters: Parameters) -> None:
        """Write the parameters, named by layer and role: `hidden.weights` and so on."""
        arrays: dict[str, Any] = {k: np.asarray(leaf) for k, leaf in named(parameters).items()}
        with replacing(self.parameters) as file:
            np.savez(file, **arrays)

    def write_result(self, result: Mapping[str, Any]) -> None:
        """Write the result: the last file of a run, which says that it is finished."""
        write_text(self.result, _json(result))


def _as_stored_now(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings, which may be of a version that stored a surrogate by its name, and no constants.

    That one trained the shape of the name with the parameters given, else with its own defaults,
    even where another library's name has others.
    """
    constants = CONSTANTS_OF_0_1_0.get(str(settings.get("neuron")), {})
    settings.setdefault("neuron_parameters", constants)
    if not surrogates.stored_by_name(settings):
        return settings
    name = settings["surrogate"]
    row = row_of(surrogate.get(name))
    given = settings.pop("surrogate_parameters", {})
    shape = surrogates.build(row.name if row else name, given)
    return settings | {"surrogate": surrogate.to_config(shape)}


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2) + "\n"


def _require_utf8(option: str, path: Path) -> None:
    try:
        str(path.absolute()).encode()
    except UnicodeEncodeError:
        raise LabError(NO_UTF8.format(option=option, path=path.absolute())) from None


def _clear_away_stale(parent: Path) -> None:
    """Remove what processes have left that were killed while they made a folder."""
    for draft in parent.glob(DRAFT.format(process="*")):
        with contextlib.suppress(OSError):
            if time.time() - draft.stat().st_mtime > STALE:
                shutil.rmtree(draft, ignore_errors=True)


@contextlib.contextmanager
def _parents_of(path: Path) -> Iterator[Path]:
    """Make the folders above `path`; if anything goes wrong, take away those that are new."""
    new = list(itertools.takewhile(lambda folder: not folder.exists(), path.parents))
    try:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except FileExistsError as error:
            code = errno.ENOTDIR
            raise NotADirectoryError(code, os.strerror(code), error.filename) from error
        yield path.parent
    except BaseException:
        for folder in new:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def _rename(draft: Path, path: Path | None, dataset: str) -> Path:
    """Give the finished draft its name: `path`, or else the next number."""
    for target in [path] if path else (RUNS / f"{dataset}-{n:04}" for n in itertools.count(1)):
        try:
            if not os.path.lexists(target):
                return draft.rename(target)
        except OSError as error:
            # Another process may put a run folder there in the meantime.
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                raise
    raise LabError(EXISTS.format(path=path))
