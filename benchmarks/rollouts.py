"""The time loop against other libraries: time, compilation, memory.

    benchmarks/environments
    python benchmarks/rollouts.py

Each competitor has a process of its own that stays alive; each is asked for one repeat in turn.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pictures
from found import found
from measuring import RESULTS, load_average, machine, versions, write
from processes import Process, interpreter, measure, running
from roster import ALLOCATORS, GIVE_BACK, ROSTER, SURROGATES
from tables import report


class Size(NamedTuple):
    """What currents are made of."""

    time: int
    batch: int
    neurons: int

    def __str__(self) -> str:
        return f"{self.time}x{self.batch}x{self.neurons}"

    @classmethod
    def read(cls, text: str) -> Size:
        """From `100x64x512`."""
        try:
            size = cls(*map(int, text.split("x")))
        except (TypeError, ValueError):
            size = cls(0, 0, 0)
        if min(size) < 1:
            message = f"has to be like 100x64x512, but got {text}."
            raise argparse.ArgumentTypeError(message)
        return size


SIZES = (
    Size(25, 32, 128),
    Size(50, 32, 512),
    Size(100, 64, 512),
    Size(200, 64, 512),
    Size(400, 64, 1024),
)
LENGTHS = tuple(Size(time, 16, 256) for time in (25, 100, 400, 1600))
YARDSTICK = (256, 1024, 4096)
ELEMENTS = (10, 10**4, 10**7)
PARTS = ("memory", "rollout", "lengths", "yardstick", "step")
LARGE = 10**7
"""Neuron-steps from which on three repeats have to do."""
SLOW_LAYER = 4096
"""The yardstick's layer that is measured with the usual allocator alone, and once."""


def _layers(names: list[str], **arguments: Any) -> list[tuple[str, str, dict[str, Any]]]:
    """The tasks of the competitors that run a layer, one for each reset that they have."""
    return [
        (name, reset, {"reset": reset, **arguments})
        for name in names
        for reset in ROSTER[name].resets
    ]


def _measure_all(
    processes: Mapping[str, Process], options: argparse.Namespace, allocator: str
) -> dict[str, list[dict[str, Any]]]:
    names = list(processes)

    def run(task: str, tasks: list[Any], repeats: int, words: str) -> list[dict[str, Any]]:
        print(f"{task}, {words}, memory {allocator}", flush=True)
        return measure(processes, tasks, task, repeats, options.patience)

    found: dict[str, list[dict[str, Any]]] = {}
    for part, sizes, surrogates in (
        ("rollout", options.sizes, options.surrogates),
        ("lengths", LENGTHS, options.surrogates[-1:]),
    ):
        if part not in options.parts:
            continue
        found[part] = [
            row
            for size in sizes
            for surrogate in surrogates
            for row in run(
                "rollout",
                _layers(names, surrogate=surrogate, **size._asdict()),
                min(3, options.repeats)
                if size.time * size.batch * size.neurons > LARGE
                else options.repeats,
                f"{size} {surrogate}",
            )
        ]
    if "yardstick" in options.parts:
        found["yardstick"] = []
        for n in options.yardstick:
            if n >= SLOW_LAYER and allocator != next(iter(ALLOCATORS)):
                continue
            size = Size(500, 16, n)
            tasks = _layers(names, surrogate=options.surrogates[-1], **size._asdict())
            repeats = 1 if n >= SLOW_LAYER else options.repeats
            found["yardstick"] += run("yardstick", tasks, repeats, str(size))
    if "step" in options.parts:
        found["step"] = []
        for elements in options.elements:
            arguments = {"surrogate": options.surrogates[-1], "elements": elements}
            tasks = [(name, "", arguments) for name in names if ROSTER[name].spikes]
            found["step"] += run("step", tasks, options.repeats, f"{elements} elements")
    return found


def _memory(pythons: Mapping[str, Path], options: argparse.Namespace) -> list[dict[str, Any]]:
    """The peak of each competitor that runs a layer, in processes that do nothing else."""
    common = {"surrogate": options.surrogates[-1]}
    yardstick = (
        [Size(500, 16, n) for n in options.yardstick] if "yardstick" in options.parts else []
    )
    sizes = [("rollout", size) for size in options.sizes]
    sizes += [("yardstick", size) for size in yardstick]
    rows = []
    for name, python in pythons.items():
        if not ROSTER[name].resets:
            continue
        with running({name: python}, GIVE_BACK) as processes:
            for task, size in sizes:
                print(f"memory of {name}, {task}, {size}", flush=True)
                tasks = _layers([name], **common, **size._asdict())
                for one in tasks:
                    rows += measure(processes, [one], task, 0, options.patience)
    return rows


def main(given: list[str] | None = None) -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=ROSTER, default=list(ROSTER), metavar="NAME")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, metavar="PART")
    parser.add_argument("--sizes", nargs="+", type=Size.read, default=SIZES, metavar="TxBxN")
    parser.add_argument("--surrogates", nargs="+", choices=SURROGATES, default=SURROGATES)
    parser.add_argument("--yardstick", nargs="+", type=int, default=YARDSTICK, metavar="N")
    parser.add_argument("--elements", nargs="+", type=int, default=ELEMENTS, metavar="N")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--patience", type=float, default=60.0, metavar="SECONDS")
    for runtime in ("jax", "torch"):
        parser.add_argument(f"--{runtime}-python", type=Path, metavar="FILE")
    parser.add_argument("--out", type=Path, default=RESULTS, metavar="FOLDER")
    parser.add_argument(
        "--again", action="store_true", help="measure nothing: make all of the saved record anew"
    )
    options = parser.parse_args(given)
    if options.again:
        save(json.loads((options.out / "rollouts.json").read_text()), options.out)
        return
    if options.repeats < 1:
        parser.error(f"--repeats has to be 1 or more, but got {options.repeats}.")
    pythons = {}
    for name in options.only:
        runtime = ROSTER[name].runtime
        try:
            pythons[name] = interpreter(runtime, getattr(options, f"{runtime}_python"))
        except FileNotFoundError as error:
            parser.error(str(error))
    record: dict[str, Any] = {
        "machine": machine(),
        "versions": versions(("spikegrad",)),
        "allocators": {},
    }
    if "memory" in options.parts:
        record["memory"] = _memory(pythons, options)
    for allocator, environment in ALLOCATORS.items():
        with running(pythons, environment) as processes:
            for process in processes.values():
                about = process.ask(do="about")
                record["versions"] |= about["versions"]
            load = [load_average()]
            found = _measure_all(processes, options, allocator)
            load.append(load_average())
        record["allocators"][allocator] = found | {"load_average": load}
    record["load_average_at_end"] = load_average()
    write(options.out / "rollouts.json", json.dumps(record) + "\n")
    save(record, options.out)


def save(record: dict[str, Any], out: Path) -> None:
    """Make the sentences, the tables and the pictures of a record."""
    sentences, text = found(record), report(record)
    write(out / "found.md", sentences)
    write(out / "rollouts.md", text)
    pictures.save(record, out)
    print(f"\n{sentences}\n{text}")


if __name__ == "__main__":
    main()
