"""What a person sees of a run: a progress bar on a terminal, plain lines anywhere else."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import jax
import numpy as np
from rich.box import SIMPLE
from rich.filesize import decimal
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from spikegrad.lab.data.datasets import DATASETS, Split
from spikegrad.lab.networks import changing
from spikegrad.lab.networks.network import Parameters, trained
from spikegrad.lab.report import words
from spikegrad.lab.report.numbers import shown
from spikegrad.lab.report.terminal import Console
from spikegrad.lab.training.config import Config
from spikegrad.lab.training.folder import RunFolder
from spikegrad.lab.training.trainer import Epoch, Evaluation, Trainer
from spikegrad.neurons import rollout_memory

MEASURES = "loss {loss:.4f}  accuracy {accuracy:6.1%}  firing rate {firing_rate:5.1%}"
LINE = "epoch {epoch:{width}}/{epochs}  " + MEASURES + "  validation {validation_accuracy:6.1%}"


class Report:
    """Tells a person how a run goes, on stdout, and what is odd about it, on stderr."""

    def __init__(self) -> None:
        self._console = Console(soft_wrap=True)
        self._live = self._console.is_terminal and not self._console.is_dumb_terminal
        self._epochs = 0
        self._bar: Progress | None = None

    def warn(self, line: str) -> None:
        """One line about something odd that the run copes with."""
        console = Console(stderr=True, soft_wrap=True)
        console.print(line, markup=False)

    def begin(
        self, config: Config, split: Split, folder: RunFolder, history: Sequence[Epoch]
    ) -> None:
        """What is trained on what, what it will need, and where the run folder is."""
        self._epochs = config.epochs
        counts = [len(part.labels) for part in split]
        pixels = split.training.images.shape[1]
        classes = len(DATASETS[config.dataset].classes)
        facts = {
            "data": "{} for training, {} for validation, {} for the test".format(*counts),
            "input": f"{config.encoding} coding over {config.time_steps} time steps",
            "network": f"{pixels} pixels, {config.hidden} {config.neuron} neurons, "
            f"{classes} classes; beta {config.beta:.3g}",
            "surrogate": shown(config.surrogate_in_words(), self._console),
            "memory": memory(config),
            "run folder": str(folder.path),
        }
        if history:
            facts["goes on"] = f"after epoch {len(history)} of {config.epochs}"
        for name, fact in facts.items():
            self._console.print(Text(f"{name:>10}  ", "bold") + Text(fact, "not bold"))

    @contextlib.contextmanager
    def progress(self, history: Sequence[Epoch]) -> Iterator[None]:
        """Show the progress of the epochs, of which some may be done already."""
        if not self._live:
            yield
            return
        bar = Progress(
            SpinnerColumn(),
            TextColumn("epoch {task.completed}/{task.total}"),
            BarColumn(10),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=self._console,
        )
        with bar:
            self._bar = bar
            bar.add_task("compiling", completed=len(history), total=self._epochs)
            yield
        self._bar = None

    def epoch(self, epoch: Epoch) -> None:
        """How an epoch went."""
        values: dict[str, Any] = epoch._asdict()
        if self._bar:
            measures = MEASURES.format(**values)
            self._bar.update(self._bar.task_ids[0], completed=epoch.epoch, description=measures)
        else:
            width = len(str(self._epochs))
            self._console.print(LINE.format(**values, epochs=self._epochs, width=width))

    def finished(
        self,
        folder: RunFolder,
        trainer: Trainer,
        test: Evaluation,
        history: Sequence[Epoch],
        parameters: Parameters,
    ) -> None:
        """How good the network is, which classes it confuses, and where everything is."""
        labels = trainer.split.test.labels
        right = int((test.predictions == labels).sum())
        seconds = sum(epoch.seconds for epoch in history)
        self._console.print()
        self._console.print(
            confusion_table(labels, test.predictions, DATASETS[trainer.config.dataset].classes)
        )
        self._console.print(
            f"\n[bold]test accuracy {test.accuracy:.1%}[/] ({right} of {len(labels)}), "
            f"firing rate {test.firing_rate:.1%}, trained in {seconds:.1f} s"
        )
        for name, value in trainer.learned(parameters).items():
            self._console.print(f"learned: {name} of the surrogate is {value:.3g}")
        for name, values in trainer.decays(parameters).items():
            said = f"{values.min():.3g}"
            if values.ndim:
                said += f" to {values.max():.3g}, {values.mean():.3g} in the mean"
            self._console.print(f"learned: {name} of the neurons is {said}")
        if unlearned := words.unlearned(history, trainer):
            self._console.print(Text(unlearned, "yellow"))
        self._console.print(f"What it looks like inside is in {folder.page}", markup=False)
        self._console.print(f"All of the run is in {folder.path}", markup=False)

    def finished_already(self, folder: RunFolder) -> None:
        """There is nothing left to do in a run folder."""
        self._console.print(f"The run in {folder.path} is finished already.", markup=False)


def memory(config: Config) -> str:
    """What a step of training needs for the hidden layer, in words."""
    hidden = config.build_hidden()
    shape = (config.time_steps, config.batch_size, config.hidden)
    neuron = trained(hidden.neuron, config.trained_parameters())
    raw = changing.raw_parameters(neuron)
    neuron = changing.at(neuron, raw, changing.the_end(jax.random.key(0)))
    size = rollout_memory(neuron, shape, keep=hidden.keep)
    return f"{decimal(size)} for the backward pass of the hidden layer (keep {config.keep})"


def confusion_table(labels: Any, predictions: Any, classes: Sequence[str]) -> Table:
    """A row a true class, a column a predicted one; what is off the diagonal stands out.

    Args:
        labels: the true classes, as numbers.
        predictions: the predicted classes, as numbers.
        classes: their names.
    """
    counts = np.zeros((len(classes), len(classes)), int)
    np.add.at(counts, (labels, predictions), 1)
    table = Table(title="true (rows) against predicted (columns)", box=SIMPLE, show_edge=False)
    table.add_column("")
    for name in classes:
        table.add_column(name, justify="right", min_width=2)
    table.add_column("right", justify="right")
    for true, name in enumerate(classes):
        row = counts[true]
        cells = [
            Text("." if not count else str(count), _style(count, predicted == true))
            for predicted, count in enumerate(row)
        ]
        table.add_row(Text(name, "bold"), *cells, f"{row[true] / max(row.sum(), 1):.0%}")
    return table


def _style(count: int, on_diagonal: bool) -> str:
    if not count:
        return "dim"
    return "green" if on_diagonal else "bold red"
