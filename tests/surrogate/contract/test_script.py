"""C1: a braintools script runs with one line changed, exactly as it stands."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import spikegrad as braintools
import jax.numpy as jnp

class MySurrogate(braintools.surrogate.Surrogate):
    def __init__(self, alpha=1.):
        super().__init__()
        self.alpha = alpha

    def surrogate_fun(self, x):
        return jnp.tanh(x * self.alpha) * 0.5 + 0.5

    def surrogate_grad(self, x):
        return self.alpha * 0.5 * (1 - jnp.tanh(x * self.alpha) ** 2)

my_surrogate = MySurrogate()
x = jnp.array([-1., 0., 1.])
spikes = my_surrogate(x)
print(spikes)
"""


def run(script: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", script]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_C1_the_example_of_the_contract_runs_as_it_stands():
    done = run(SCRIPT)
    assert done.stderr == ""
    assert done.stdout == "[0. 1. 1.]\n"


def test_C1_the_example_of_the_contract_runs_on_a_list_of_integers():
    done = run(SCRIPT.replace("jnp.array([-1., 0., 1.])", "[-1, 0, 1]"))
    assert done.stdout == "[0. 1. 1.]\n", done.stderr


def test_C1_the_example_of_the_contract_runs_with_the_other_import():
    script = SCRIPT.replace("import spikegrad as braintools", "from spikegrad import surrogate")
    done = run(script.replace("braintools.surrogate.", "surrogate."))
    assert done.stdout == "[0. 1. 1.]\n", done.stderr
