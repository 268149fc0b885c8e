"""Checkpoints of a run, with Orbax: whole or not there, and checked when they are read."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import shutil
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import orbax.checkpoint as ocp

from spikegrad.lab.training.files import require_room
from spikegrad.lab.training.orbax_failures import failing_as_one, join_others, silent
from spikegrad.lab.training.surrogates import stored_by_name
from spikegrad.lab.training.trainer import Epoch, State

# Of what a checkpoint holds. Those of 0.1.0 have no number, and a digest without the settings.
FORMAT = 2
OTHER_SETTINGS = "it is of another run, or the settings were changed after it"
OTHER_VERSION = "another version of spikegrad wrote it, in a format that this one does not know"
# The newest, and two to fall back on.
KEPT = 3
# Bytes, at most: of an epoch in the history, and of all that is neither that nor an array.
ROW = 512
OVERHEAD = 256 * 1024


class Restored(NamedTuple):
    """A checkpoint that was read.

    Attributes:
        state: after the last of the epochs in `history`.
        history: the epochs before it.
        bound: whether it knows the settings that it is of; one of 0.1.0 does not.
    """

    state: State
    history: list[Epoch]
    bound: bool


class OtherRunError(Exception):
    """A checkpoint is whole, but nothing that this run can go on with; the message says why."""


class Checkpoints:
    """The checkpoints in a folder, one an epoch, numbered by it; the newest few are kept.

    Orbax writes each under a temporary name and renames it when it is whole. What Orbax does not
    see, such as a changed bit in a stored number, the digest that goes with each checkpoint does.

    Args:
        folder: where they are, or will be.
        settings: of the run, as plain data. A checkpoint goes on with those alone.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        self._folder = folder.absolute()
        self._given = settings
        self._settings = _hash(settings)
        self._threads = threading.enumerate()
        with silent():
            self._manager = ocp.CheckpointManager(
                self._folder,
                options=ocp.CheckpointManagerOptions(
                    enable_async_checkpointing=False,
                    preservation_policy=ocp.checkpoint_managers.LatestN(KEPT),
                    cleanup_tmp_directories=True,
                ),
            )

    def __enter__(self) -> Checkpoints:
        """The checkpoints, until the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the folder."""
        with silent():
            self._manager.close()
            join_others(self._threads)

    def epochs(self) -> list[int]:
        """The epochs after which a checkpoint is there, the newest first."""
        return sorted(self._manager.all_steps(), reverse=True)

    def save(self, state: State, history: Sequence[Epoch]) -> None:
        """Save the state after the last epoch in `history`.

        Raises:
            OSError: it cannot be written; the checkpoints before it are as they were.
        """
        progress: dict[str, Any] = {
            "format": FORMAT,
            "settings": self._settings,
            "history": [epoch._asdict() for epoch in history],
        }
        progress["seal"] = _seal(progress)
        progress["digest"] = _digest(progress["seal"], state)
        arguments = ocp.args.Composite(
            state=ocp.args.StandardSave(state), progress=ocp.args.JsonSave(progress)
        )
        require_room(self._folder, room(state, history))
        try:
            with failing_as_one(self._folder):
                self._manager.save(len(history), args=arguments)
        except Exception:
            self._remove_unfinished()
            raise

    def restore(self, epoch: int, like: State) -> Restored:
        """Read the checkpoint of an epoch.

        Args:
            epoch: one of `epochs()`.
            like: a state of the same structure.

        Raises:
            ValueError: the checkpoint is damaged.
            OtherRunError: it is of another run, or the settings were changed since.
        """
        progress = self._read(epoch, "progress", ocp.args.JsonRestore())
        start = self._require_own(epoch, progress)
        abstract = jax.tree.map(
            lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=leaf.sharding), like
        )
        state = State(*self._read(epoch, "state", ocp.args.StandardRestore(abstract)))
        try:
            history = [Epoch(**row) for row in progress["history"]]
            whole = progress["digest"] == _digest(start, state) and len(history) == epoch
        except Exception as error:
            raise ValueError(f"checkpoint {epoch} cannot be read") from error
        if not whole:
            raise ValueError(f"checkpoint {epoch} does not hold what was saved")
        return Restored(state, history, "format" in progress)

    def _read(self, epoch: int, item: str, arguments: Any) -> Any:
        """A part of a checkpoint, from files in which there may be whatever there is."""
        try:
            with failing_as_one(self._folder):
                parts = ocp.args.Composite(**{item: arguments})
                return self._manager.restore(epoch, args=parts)[item]
        except Exception as error:
            raise ValueError(f"checkpoint {epoch} cannot be read") from error

    def _require_own(self, epoch: int, progress: Any) -> str:
        """What the digest of a checkpoint starts with, if it is whole so far and of this run."""
        try:
            if "format" not in progress:
                # 0.1.0 stored a surrogate by its name, which a later one does for one's own alone.
                if not stored_by_name(self._given):
                    raise OtherRunError(OTHER_SETTINGS)
                return json.dumps(progress["history"], sort_keys=True)
            seal = _seal(progress)
            if progress["seal"] != seal:
                raise ValueError("the seal is broken")
        except OtherRunError:
            raise
        except Exception as error:
            raise ValueError(f"checkpoint {epoch} cannot be read") from error
        if progress["format"] != FORMAT:
            raise OtherRunError(OTHER_VERSION)
        if progress["settings"] != self._settings:
            raise OtherRunError(OTHER_SETTINGS)
        return seal

    def set_aside(self, epoch: int) -> Path:
        """Rename a damaged checkpoint, so that its epoch can be saved again."""
        names = (f"{epoch}.damaged{n or ''}" for n in itertools.count())
        damaged = next(
            path for path in map(self._folder.joinpath, names) if not os.path.lexists(path)
        )
        (self._folder / str(epoch)).rename(damaged)
        self._manager.reload()
        return damaged

    def _remove_unfinished(self) -> None:
        for unfinished in self._folder.glob("*.orbax-checkpoint-tmp*"):
            shutil.rmtree(unfinished, ignore_errors=True)


def room(state: State, history: Sequence[Epoch]) -> int:
    """Bytes that a checkpoint takes at most."""
    size = sum(np.asarray(leaf).nbytes for leaf in jax.tree.leaves(state))
    return 2 * size + len(history) * ROW + OVERHEAD


def _hash(value: Any) -> str:
    """A hash of plain data, whatever the order of its names."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _seal(progress: Mapping[str, Any]) -> str:
    """A hash of what goes with a state, which tells damage from the checkpoint of another run."""
    return _hash([progress["format"], progress["settings"], progress["history"]])


def _digest(start: str, state: State) -> str:
    digest = hashlib.sha256(start.encode())
    for path, leaf in jax.tree_util.tree_leaves_with_path(state):
        array = np.asarray(leaf)
        digest.update(f"{jax.tree_util.keystr(path)} {array.dtype} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
