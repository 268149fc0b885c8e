"""The folder of a run: what is in it, and how it comes into the world whole."""

from __future__ import annotations

import contextlib
import csv
import errno
import io
import itertools
import json
import os
import shutil
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
EXISTS = "--out: {path} exists already. Name a new folder, or go on with --resume {path}."
NO_RUN = "--resume: {path} is no run folder: {reason}."
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
        if path and os.path.lexists(path):
            raise LabError(EXISTS.format(path=path))
        with _parents_of(path or RUNS / "new") as parent:
            draft = cls(parent / f".spikegrad-{os.getpid()}.tmp")
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
        return Checkpoints(self.checkpoints, json.loads(self.config.read_text()))

    def read_config(self) -> Config:
        """Read the settings.

        Raises:
            LabError: they are damaged.
        """
        try:
            settings = json.loads(self.config.read_text())
            settings.pop("spikegrad")
            return Config(**_as_stored_now(settings))
        except LabError as error:
            raise LabError(f"{self.config}: {error}") from None
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise LabError(f"{self.config} is damaged: {error}.") from None

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
