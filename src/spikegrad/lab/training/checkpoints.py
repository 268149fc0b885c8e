"""Checkpoints of a run, with Orbax: whole or not there, and checked when they are read."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import orbax.checkpoint as ocp

from spikegrad.lab.training.files import require_room
from spikegrad.lab.training.orbax_failures import failing_as_one, join_others, silent
from spikegrad.lab.training.trainer import Epoch, State

# The newest, and two to fall back on.
KEPT = 3
# Bytes, at most: of an epoch in the history, and of all that is neither that nor an array.
ROW = 512
OVERHEAD = 256 * 1024


class Restored(NamedTuple):
    """A checkpoint that was read: the state after the last of the epochs in `history`."""

    state: State
    history: list[Epoch]


class Checkpoints:
    """The checkpoints in a folder, one an epoch, numbered by it; the newest few are kept.

    Orbax writes each under a temporary name and renames it when it is whole. What Orbax does not
    see, such as a changed bit in a stored number, the digest that goes with each checkpoint does.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
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
        rows = [epoch._asdict() for epoch in history]
        progress = {"history": rows, "digest": _digest(state, rows)}
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
        """
        abstract = jax.tree.map(
            lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=leaf.sharding), like
        )
        arguments = ocp.args.Composite(
            state=ocp.args.StandardRestore(abstract), progress=ocp.args.JsonRestore()
        )
        try:
            with failing_as_one(self._folder):
                restored = self._manager.restore(epoch, args=arguments)
            rows, digest = restored.progress["history"], restored.progress["digest"]
            state = State(*restored.state)
            whole = digest == _digest(state, rows) and len(rows) == epoch
            history = [Epoch(**row) for row in rows]
        except Exception as error:  # Whatever there is in a damaged file.
            raise ValueError(f"checkpoint {epoch} cannot be read") from error
        if not whole:
            raise ValueError(f"checkpoint {epoch} does not hold what was saved")
        return Restored(state, history)

    def set_aside(self, epoch: int) -> Path:
        """Rename a damaged checkpoint, so that its epoch can be saved again."""
        damaged = self._folder / f"{epoch}.damaged"
        shutil.rmtree(damaged, ignore_errors=True)
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


def _digest(state: State, rows: list[dict[str, Any]]) -> str:
    digest = hashlib.sha256(json.dumps(rows, sort_keys=True).encode())
    for path, leaf in jax.tree_util.tree_leaves_with_path(state):
        array = np.asarray(leaf)
        digest.update(f"{jax.tree_util.keystr(path)} {array.dtype} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
