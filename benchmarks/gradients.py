"""What the exact gradient of every shape costs, in times the naive formula.

On a large array, and inside a training step of `spikegrad train digits` at its defaults:

    python benchmarks/gradients.py
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jax
import naive
import numpy as np
from measuring import (
    RESULTS,
    Spread,
    folded,
    in_turn,
    load_average,
    machine,
    ratios,
    table,
    versions,
    where_and_when,
    write,
)

import spikegrad
from spikegrad.lab.data.datasets import DATASETS, Samples, Split, split
from spikegrad.lab.training.config import Config
from spikegrad.lab.training.trainer import Trainer
from spikegrad.surrogate.catalogue import CATALOGUE, Row

PLACES = {"array": "on an array", "training": "in training"}
Spike = Callable[[jax.Array], jax.Array]


def pair(row: Row) -> dict[str, Spike]:
    """The spike function of a shape at its defaults: the naive one and the library's."""
    parameters = {name: parameter.default for name, parameter in row.parameters.items()}
    whole = {name: int(parameters[name]) for name in parameters if row.parameters[name].integer}
    return {"naive": naive.spike(row.name, **parameters | whole), "library": row.shape()}


def on_an_array(row: Row, x: jax.Array, cotangent: jax.Array, repeats: int) -> dict[str, Any]:
    """Seconds of the compiled backward pass of the step alone: gradient times cotangent."""

    def compiled(spike: Spike) -> Callable[[], Any]:
        pull = jax.jit(lambda x, cotangent: jax.vjp(spike, x)[1](cotangent)[0])
        return lambda: jax.block_until_ready(pull(x, cotangent))

    return in_turn({name: compiled(spike) for name, spike in pair(row).items()}, repeats)


def in_training(row: Row, samples: Split, repeats: int) -> dict[str, Any]:
    """Seconds of an epoch of the training that the command line runs at its defaults."""

    def epoch(spike: Spike) -> Callable[[], Any]:
        trainer = Trainer(Config("digits"), samples)
        trainer.surrogate = spike  # type: ignore[assignment]
        state = trainer.initial_state()
        return lambda: jax.block_until_ready(trainer.epoch(state, 1)[0])

    return in_turn({name: epoch(spike) for name, spike in pair(row).items()}, repeats)


def training_samples() -> Split:
    """The digits, with one sample to validate on: that is no part of a training step."""
    samples = split(DATASETS["digits"].load(), seed=0)
    images, labels = samples.validation
    return samples._replace(validation=Samples(images[:1], labels[:1]))


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure the shapes, one after the other."""
    record: dict[str, Any] = {
        "machine": machine(),
        "versions": {"spikegrad": spikegrad.__version__, **versions(("jax", "jaxlib", "numpy"))},
        "elements": arguments.elements,
        "repeats": arguments.repeats,
    }
    rng = np.random.default_rng(0)
    size = arguments.elements
    x, cotangent = (jax.device_put(rng.standard_normal(size, np.float32)) for _ in range(2))
    samples = training_samples()
    shapes: dict[str, Any] = {}
    for row in CATALOGUE:
        if arguments.shapes and row.name not in arguments.shapes:
            continue
        shapes[row.name] = {"array": on_an_array(row, x, cotangent, arguments.repeats)}
        if not arguments.without_training:
            shapes[row.name]["training"] = in_training(row, samples, arguments.repeats)
            jax.clear_caches()
        print(f"{row.name:24}", _cells(shapes[row.name]), flush=True)
    return record | {"shapes": shapes, "load_average_at_end": load_average()}


def ratio(measured: Mapping[str, Any]) -> Spread:
    """The library's time in times the naive one."""
    return ratios(measured["library"], measured["naive"])


def _cells(measured: Mapping[str, Any]) -> list[str]:
    return [ratio(measured[place]).shown() for place in PLACES if place in measured]


def found(record: Mapping[str, Any]) -> str:
    """What the table shows, in sentences: from where to where, and which shapes are the ends."""
    shapes, lines = record["shapes"], []
    for place, where in PLACES.items():
        times = {
            name: ratio(measured[place]).median
            for name, measured in shapes.items()
            if place in measured
        }
        if not times:
            continue
        low, high = (pick(times, key=times.__getitem__) for pick in (min, max))
        lines.append(
            f"- {where}: {times[low]:.2f} ({low}) to {times[high]:.2f} ({high}) times the naive "
            f"formula, {statistics.median(times.values()):.2f} in the middle of "
            f"{len(times)} shapes."
        )
    return "\n".join(lines)


def report(record: Mapping[str, Any]) -> str:
    """The record as Markdown: what it comes to, and the table."""
    shapes = record["shapes"]
    rows = [
        [
            name,
            *(
                f"{Spread.of(measured['array'][which]).median * 1e3:.3g}"
                for which in ("naive", "library")
            ),
            *_cells(measured),
        ]
        for name, measured in shapes.items()
    ]
    places = [where for place, where in PLACES.items() if any(place in m for m in shapes.values())]
    header = ["Shape", "Naive, ms", "Library, ms", *(f"Ratio {where}" for where in places)]
    return (
        f"The compiled gradient on {record['elements']:,} float32 elements, and in an epoch of "
        f"training, where it is a small part of the work. {record['repeats']} repeats; ratios are "
        f"medians, with quartiles.\n\n{found(record)}\n\n"
        f"{folded('Every shape', table(header, rows))}\n{where_and_when(record)}\n"
    )


def save(record: Mapping[str, Any], out: Path) -> None:
    """Make the table of a record."""
    text = report(record)
    write(out / "gradients.md", text)
    print(f"\n{text}")


def main(given: list[str] | None = None) -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--elements", type=int, default=10**7)
    parser.add_argument("--repeats", type=int, default=11)
    parser.add_argument("--shapes", nargs="*", metavar="SHAPE", help="default: all")
    parser.add_argument("--without-training", action="store_true", help="the array alone")
    parser.add_argument("--out", type=Path, default=RESULTS, metavar="FOLDER")
    parser.add_argument(
        "--again", action="store_true", help="measure nothing: make all of the saved record anew"
    )
    arguments = parser.parse_args(given)
    if arguments.again:
        save(json.loads((arguments.out / "gradients.json").read_text()), arguments.out)
        return
    known = [row.name for row in CATALOGUE]
    for name in arguments.shapes or ():
        if name not in known:
            parser.error(f"--shapes has to name shapes of the catalogue, but got {name}.")
    for name in ("elements", "repeats"):
        if getattr(arguments, name) < 1:
            parser.error(f"--{name} has to be 1 or more, but got {getattr(arguments, name)}.")
    record = measure(arguments)
    write(arguments.out / "gradients.json", json.dumps(record, indent=1) + "\n")
    save(record, arguments.out)


if __name__ == "__main__":
    main()
