"""A run from its first epoch to its pictures, and how it goes on after an interruption."""

from __future__ import annotations

import contextlib
import platform
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
import numpy.typing as npt

from spikegrad.lab import stopping
from spikegrad.lab.data import datasets
from spikegrad.lab.errors import LabError, NotFinite, told
from spikegrad.lab.report import pictures
from spikegrad.lab.report.console import Report
from spikegrad.lab.training import surrogates
from spikegrad.lab.training.allocator import keep_memory
from spikegrad.lab.training.checkpoints import Checkpoints, OtherRunError, Restored
from spikegrad.lab.training.config import Config
from spikegrad.lab.training.folder import RunFolder
from spikegrad.lab.training.trainer import Epoch, Evaluation, State, Trainer

CANNOT_MAKE = "--out: {path} cannot be written: {reason}."
NO_CHECKPOINT = "--resume: {path} has no usable checkpoint{damaged}."
NO_RESULT = "{path} is damaged, so it is written anew from the newest checkpoint."
OTHER_RUN = "--resume: {path} cannot go on with {checkpoint}: {reason}."
UNBOUND = "{path} is of spikegrad 0.1.0, which did not note its settings; they are taken as right."
DAMAGED = "{path} is damaged, so the checkpoint before it is used; it is kept as {kept}."
STOPPED = "Stopped{after}. {go_on}"
CANNOT_WRITE = "{file} cannot be written: {reason}. {go_on}"
OUT_OF_MEMORY = (
    "Out of memory: take a smaller --hidden, --time-steps or --batch-size. "
    "{path} holds the first {epoch} epochs."
)
RAISED = "The surrogate's own code raised {error}. {go_on}"
ENDED = "The surrogate's own code raised {end}, which ends a program. {go_on}"
GO_ON = "Go on with: spikegrad train --resume {path}"
DIVERGED = (
    "{what} is not finite in {where}: take a --learning-rate below {rate}, or a wider surrogate. "
    "{path} holds the epochs before."
)


def start(config: Config, out: Path | None, report: Report) -> None:
    """Train a new network.

    Args:
        config: the settings.
        out: the folder of the run; None numbers a new one under `runs/`.
        report: tells the person how it goes.

    Raises:
        LabError: the settings do not fit the data, the folder cannot be made, or the run stopped.
    """
    pictures.require()
    RunFolder.require_new(out)
    keep_memory()
    trainer = _trainer(config)
    state = trainer.initial_state()
    _rehearse(trainer, state)
    with stopping.unwinding():
        folder = _created(out, config, state)
        with RunFolder.open(folder.path) as folder:
            _go_on(folder, trainer, report)


def resume(path: Path, report: Report) -> None:
    """Go on with a run where its newest usable checkpoint is.

    Args:
        path: the folder of the run.
        report: tells the person how it goes.

    Raises:
        LabError: there is nothing to go on with, or the run stopped again.
    """
    pictures.require()
    keep_memory()
    with RunFolder.open(path) as folder:
        config = folder.read_config()
        finished = folder.finished()
        if finished:
            report.finished_already(folder)
            return
        if finished is None:
            report.warn(NO_RESULT.format(path=folder.result))
        if not folder.checkpoints.exists():
            raise LabError(NO_CHECKPOINT.format(path=path, damaged=""))
        trainer = _trainer(config)
        with stopping.unwinding():
            _go_on(folder, trainer, report)


def _created(out: Path | None, config: Config, state: State) -> RunFolder:
    """The folder of a new run."""
    try:
        with stopping.put_off():
            folder = RunFolder.create(out, config, state)
            _say_how_to_go_on(folder)
    except OSError as error:
        path = out or error.filename or "runs"
        raise LabError(CANNOT_MAKE.format(path=path, reason=error.strerror)) from error
    return folder


def _say_how_to_go_on(folder: RunFolder, history: Sequence[Epoch] = ()) -> None:
    after = f" after epoch {len(history)}" if history else ""
    stopping.say(STOPPED.format(after=after, go_on=GO_ON.format(path=folder.path)))


def _trainer(config: Config) -> Trainer:
    return Trainer(config, datasets.split(datasets.DATASETS[config.dataset].load(), config.seed))


def _rehearse(trainer: Trainer, state: State) -> None:
    """Raise a LabError if a surrogate of one's own fails where it is traced."""
    name = trainer.config.surrogate
    with surrogates.of_ones_own(name, f"--surrogate: {name} cannot be trained with"):
        trainer.rehearse(state)


def _go_on(folder: RunFolder, trainer: Trainer, report: Report) -> None:
    """Train from the newest checkpoint to the end, and write what is found."""
    history: list[Epoch] = []
    with _told_in_one_line(folder, trainer.config, history):
        state = _learn(folder, trainer, history, report)
        _conclude(folder, trainer, state, history, report)


def _learn(folder: RunFolder, trainer: Trainer, history: list[Epoch], report: Report) -> State:
    """Train to the last epoch; `history` gets each one as soon as it is safe."""
    config = trainer.config
    with folder.open_checkpoints() as checkpoints:
        # An end in the midst of what Orbax does would be told at length, by its threads.
        _say_how_to_go_on(folder)
        with stopping.put_off():
            restored = _newest(checkpoints, folder, trainer.initial_state(), report)
        state = restored.state
        history += restored.history
        _say_how_to_go_on(folder, history)
        folder.write_metrics(history)
        report.begin(config, trainer.split, folder, history)
        with report.progress(history):
            while len(history) < config.epochs:
                state, epoch = trainer.epoch(state, len(history) + 1)
                stopping.require_going_on()
                with stopping.put_off():
                    checkpoints.save(state, [*history, epoch])
                    history.append(epoch)
                    folder.write_metrics(history)
                    _say_how_to_go_on(folder, history)
                report.epoch(epoch)
    return state


@contextlib.contextmanager
def _told_in_one_line(folder: RunFolder, config: Config, history: list[Epoch]) -> Iterator[None]:
    """Say in one line what ended the run, how far it is safe, and how to go on."""
    go_on = GO_ON.format(path=folder.path)
    try:
        yield
    except KeyboardInterrupt:
        raise
    except NotFinite as error:
        epoch = len(history) + 1
        raise LabError(
            DIVERGED.format(
                what=error.what,
                where=f"epoch {epoch}" if epoch <= config.epochs else "the test",
                rate=config.learning_rate,
                path=folder.path,
            )
        ) from None
    except OSError as error:
        file = error.filename or "The output"
        message = CANNOT_WRITE.format(file=file, reason=error.strerror, go_on=go_on)
        raise LabError(message) from error
    except (MemoryError, jax.errors.JaxRuntimeError) as error:
        if isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error):
            message = OUT_OF_MEMORY.format(path=folder.path, epoch=len(history))
            raise LabError(message) from error
        raise
    except RecursionError as error:
        raise LabError(f"{folder.config} is damaged: it is nested too deeply.") from error
    except Exception as error:
        if not surrogates.is_raised_by(error, config.surrogate):
            raise
        raise LabError(RAISED.format(error=told(error), go_on=go_on)) from error
    except BaseException as end:
        raise LabError(ENDED.format(end=told(end), go_on=go_on)) from end


def _newest(checkpoints: Checkpoints, folder: RunFolder, like: State, report: Report) -> Restored:
    """The newest usable checkpoint; newer ones are named and set aside."""
    damaged: list[int] = []
    for epoch in checkpoints.epochs():
        try:
            restored = checkpoints.restore(epoch, like)
        except ValueError:
            damaged.append(epoch)
            continue
        except OtherRunError as error:
            path = folder.checkpoints / str(epoch)
            message = OTHER_RUN.format(path=folder.path, checkpoint=path, reason=error)
            raise LabError(message) from None
        for number in damaged:
            path = folder.checkpoints / str(number)
            report.warn(DAMAGED.format(path=path, kept=checkpoints.set_aside(number).name))
        if not restored.bound:
            report.warn(UNBOUND.format(path=folder.checkpoints / str(epoch)))
        return restored
    names = ", ".join(map(str, damaged))
    raise LabError(
        NO_CHECKPOINT.format(path=folder.path, damaged=f": {names} are damaged" if names else "")
    )


def _conclude(
    folder: RunFolder, trainer: Trainer, state: State, history: list[Epoch], report: Report
) -> None:
    """Test the network, and write all that a finished run has; the result comes last."""
    test = trainer.evaluate(state.parameters, trainer.split.test)
    folder.write_parameters(state.parameters)
    pictures.draw(folder, trainer, state.parameters, history, test)
    trained = {
        "learned": trainer.learned(state.parameters),
        "decays": {k: _spread(v) for k, v in trainer.decays(state.parameters).items()},
    }
    folder.write_result(_result(test, history) | {k: v for k, v in trained.items() if v})
    report.finished(folder, trainer, test, history, state.parameters)


def _spread(values: npt.NDArray[np.float32]) -> float | dict[str, float]:
    """One value as it is; of one a neuron, the least, the mean and the most."""
    if not values.ndim:
        return float(values)
    parts = {"least": values.min(), "mean": values.mean(), "most": values.max()}
    return {name: float(value) for name, value in parts.items()}


def _result(test: Evaluation, history: list[Epoch]) -> dict[str, Any]:
    return {
        "test_accuracy": test.accuracy,
        "test_loss": test.loss,
        "firing_rate": test.firing_rate,
        "validation_accuracy": history[-1].validation_accuracy,
        "seconds": sum(epoch.seconds for epoch in history),
        "jax": jax.__version__,
        "device": jax.devices()[0].device_kind,
        "python": platform.python_version(),
    }
