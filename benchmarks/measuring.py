"""What the benchmarks share: repeats in turn, medians and quartiles, the machine, the tables."""

from __future__ import annotations

import datetime
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
RESULTS = HERE / "results"


class Spread(NamedTuple):
    """A median, and the quartiles around it."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, samples: Sequence[float]) -> Spread:
        """Of one sample, all three are that sample."""
        if len(samples) < 2:
            return cls(*samples * 3)
        return cls(*statistics.quantiles(samples, n=4, method="inclusive"))

    def shown(self, unit: float = 1.0, digits: int = 2) -> str:
        """`median (low to high)`, in units of `unit`."""
        low, median, high = (f"{value / unit:.{digits}f}" for value in self)
        return f"{median} ({low} to {high})"


def ratios(samples: Sequence[float], of: Sequence[float]) -> Spread:
    """How many times as long as the other, repeat by repeat: what slows both cancels."""
    return Spread.of([mine / other for mine, other in zip(samples, of, strict=True)])


def in_turn(calls: Mapping[str, Callable[[], Any]], repeats: int) -> dict[str, list[float]]:
    """Seconds of each call: one of each in turn, `repeats` times, after one that is not counted.

    A call has to block until its result is there.
    """
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for repeat in range(repeats + 1):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            if repeat:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def machine() -> dict[str, Any]:
    """The processor, the cores this process may use, how busy they are, and the day."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        model = lines[0].partition(":")[2].strip() if lines else model
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "processor": model,
        "cores": cores,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load_average": load_average(),
        "day": datetime.date.today().isoformat(),
    }


def load_average() -> float:
    """Of the last minute."""
    return round(os.getloadavg()[0], 2)


def versions(packages: Iterable[str]) -> dict[str, str]:
    """The versions of the packages that are installed."""
    found = {}
    for package in packages:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def software(record: Mapping[str, Any]) -> str:
    """The versions of what was measured."""
    return ", ".join(f"{name} {version}" for name, version in record["versions"].items())


def where_and_when(record: Mapping[str, Any]) -> str:
    """A line about the machine, the versions, and how busy the cores were."""
    m = record["machine"]
    return (
        f"Measured {m['day']} on {m['cores']} cores of {m['processor']} ({m['system']}), Python "
        f"{m['python']}, {software(record)}. Load average (1 minute) "
        f"{m['load_average']} at the start, {record['load_average_at_end']} at the end."
    )


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, the others are numbers."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.tmp")
    draft.write_text(text)
    draft.replace(path)


def folded(title: str, text: str) -> str:
    """Something long that a reader opens if he wants to, on the site and on a repository's page."""
    return f'<details markdown="1">\n<summary>{title}</summary>\n\n{text.strip()}\n\n</details>\n'
