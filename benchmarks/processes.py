"""The competitors' processes, and one repeat of each in turn."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from measuring import HERE

FAILED = "{competitor} stopped: {reason}"


class Process:
    """A competitor that waits for requests."""

    def __init__(self, competitor: str, python: Path, environment: Mapping[str, str]) -> None:
        self.competitor = competitor
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115, open as long as the process
        self._process = subprocess.Popen(
            [python, HERE / "worker.py", competitor],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**os.environ, **environment},
            text=True,
        )

    def ask(self, **request: Any) -> dict[str, Any]:
        """Ask for something, and wait for the answer.

        Raises:
            RuntimeError: the process ended instead; the message has its last line.
        """
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise self._failure()
        return json.loads(line)

    def end(self) -> None:
        """Let it end."""
        with suppress(BrokenPipeError):  # a request that it never read is still to be written
            self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()
        self._errors.close()

    def _failure(self) -> RuntimeError:
        self._process.wait()
        self._errors.seek(0)
        last = (self._errors.read().strip() or "without a word").splitlines()[-1]
        return RuntimeError(FAILED.format(competitor=self.competitor, reason=last))


@contextmanager
def running(
    pythons: Mapping[str, Path], environment: Mapping[str, str]
) -> Iterator[dict[str, Process]]:
    """The processes of competitors, until the end of the block.

    Args:
        pythons: for each competitor, the interpreter of its environment.
        environment: variables that all of them get.
    """
    with ExitStack() as stack:
        processes = {}
        for competitor, python in pythons.items():
            processes[competitor] = Process(competitor, python, environment)
            stack.callback(processes[competitor].end)
        yield processes


def measure(
    processes: Mapping[str, Process],
    tasks: Sequence[tuple[str, str, Mapping[str, Any]]],
    task: str,
    repeats: int,
    patience: float,
) -> list[dict[str, Any]]:
    """Give competitors tasks of one kind, and ask for one repeat of each in turn.

    Args:
        processes: the competitors.
        tasks: `(competitor, variant, arguments)`.
        task: the kind.
        repeats: how many, beside the first that is not counted.
        patience: who needs more seconds than this for the first is not asked again.
    """
    found = []
    for competitor, variant, arguments in tasks:
        request = {"do": "prepare", "as": variant, "task": task, "with": arguments}
        about = processes[competitor].ask(**request)
        row = {"competitor": competitor, "variant": variant, "task": task, **arguments}
        found.append(row | {"about": about, "samples": {}})
    for _ in range(repeats):
        for row in found:
            if row["about"]["seconds"] > patience:
                continue
            answer = processes[row["competitor"]].ask(**{"do": "repeat", "as": row["variant"]})
            for name, seconds in answer.items():
                row["samples"].setdefault(name, []).append(seconds)
    for process in processes.values():
        process.ask(do="forget")
    for row in found:
        shown = [f"{name} {min(times) * 1e3:.3g} ms" for name, times in row["samples"].items()]
        print(f"  {row['competitor']:14}{row['variant']:10}", *shown, flush=True)
    return found


def interpreter(runtime: str, given: Path | None) -> Path:
    """The interpreter of the environment of a runtime.

    Raises:
        FileNotFoundError: it is not there.
    """
    python = given or HERE.parent / f".venv-golden-{runtime}" / "bin" / "python"
    if not python.exists():
        raise FileNotFoundError(
            f"{python} is not there: run benchmarks/environments, or name another with "
            f"--{runtime}-python."
        )
    return python
