"""The process of one competitor: stays alive, and does one repeat whenever it is asked.

It reads requests from standard input and answers each on standard output, as lines of JSON:
`{"do": "about"}`, `{"do": "prepare", "as": "zero", "task": "rollout", "with": {...}}`,
`{"do": "repeat", "as": "zero"}`, `{"do": "forget"}`.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import platform
import sys
import time
import warnings
from pathlib import Path
from typing import Any

from measuring import versions
from roster import ROSTER


def main(competitor: str) -> None:
    """Answer until there are no more requests."""
    # What a library prints must not come between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    sys.path.insert(1, str(Path(__file__).parents[1] / "src"))
    entry = ROSTER[competitor]
    os.environ["JAX_PLATFORMS"] = "cpu"
    module = importlib.import_module(f"competitors_{entry.runtime}")
    prepared: dict[str, Any] = {}
    for line in sys.stdin:
        request = json.loads(line)
        answer: dict[str, Any]
        if request["do"] == "about":
            answer = {"python": platform.python_version(), "versions": versions(entry.packages)}
        elif request["do"] == "prepare":
            start = time.perf_counter()
            repeat, answer = module.TASKS[request["task"]](competitor, **request["with"])
            answer["seconds"] = time.perf_counter() - start
            prepared[request["as"]] = repeat
        elif request["do"] == "repeat":
            answer = prepared[request["as"]]()
        else:
            prepared.clear()
            repeat = None
            gc.collect()
            answer = {}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
