"""Write src/spikegrad/surrogate/functional.pyi, the function forms as type checkers see them."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from spikegrad.surrogate import functional

STUB = Path(functional.__file__).with_suffix(".pyi")

HEADER = '''"""The function form of every shape; written by scripts/stubs.py."""

from math import inf

import jax
from jax.typing import ArrayLike
'''


def stub() -> str:
    """The text of the stub."""
    forms = []
    for name in sorted(functional.__all__):
        parameters = [
            re.sub(r"InitVar\[(.*?)\]", r"\1", str(parameter).replace("'", ""))
            for parameter in inspect.signature(getattr(functional, name)).parameters.values()
        ]
        one_line = f"def {name}({', '.join(parameters)}) -> jax.Array: ..."
        if len(one_line) > 100:
            lines = "".join(f"    {parameter},\n" for parameter in parameters)
            one_line = f"def {name}(\n{lines}) -> jax.Array: ..."
        forms.append(one_line)
    return HEADER + "\n" + "\n".join(forms) + "\n"


if __name__ == "__main__":
    STUB.write_text(stub())
