"""Write src/spikegrad/surrogate/functional.pyi, the function forms as type checkers see them."""

from __future__ import annotations

import inspect
from pathlib import Path

from spikegrad.surrogate import functional

STUB = Path(functional.__file__).with_suffix(".pyi")

HEADER = '''"""The function form of every shape; written by scripts/stubs.py."""

import jax
from jax.typing import ArrayLike
'''


def stub() -> str:
    """The text of the stub."""
    forms = []
    for name in sorted(functional.__all__):
        parameters = ", ".join(
            str(parameter).replace("'", "")
            for parameter in inspect.signature(getattr(functional, name)).parameters.values()
        )
        one_line = f"def {name}({parameters}) -> jax.Array: ..."
        if len(one_line) > 100:
            one_line = f"def {name}(\n    {parameters}\n) -> jax.Array: ..."
        forms.append(one_line)
    return HEADER + "\n" + "\n".join(forms) + "\n"


if __name__ == "__main__":
    STUB.write_text(stub())
