"""Who takes part in the benchmark of the time loop: no library is imported here."""

from __future__ import annotations

from typing import NamedTuple


class Competitor(NamedTuple):
    """A library, or a way to use one, in a process of its own.

    Attributes:
        runtime: which module here has it, `competitors_<runtime>`, and which environment.
        packages: those whose versions are recorded.
        resets: what happens after a spike, where it runs a layer.
        spikes: whether it takes part with its bare step function as well.
    """

    runtime: str
    packages: tuple[str, ...]
    resets: tuple[str, ...] = ()
    spikes: bool = False


JAX = ("jax", "jaxlib")
ROSTER = {
    "spikegrad": Competitor("jax", JAX, ("subtract", "zero"), True),
    "plain scan": Competitor("jax", JAX, ("subtract", "zero")),
    "braintools": Competitor("jax", ("braintools", *JAX), ("subtract",), True),
    "spyx": Competitor("jax", ("spyx", *JAX), ("subtract",)),
    "snnTorch": Competitor("torch", ("snntorch", "torch"), ("subtract",)),
    "SpikingJelly": Competitor("torch", ("spikingjelly", "torch"), ("zero",)),
    "Norse": Competitor("torch", ("norse", "torch"), ("zero",)),
    "hand-written": Competitor("jax", JAX, (), True),
}
SURROGATES = ("Sigmoid", "Arctan")
DECAY = 0.9

KEEP_MEMORY = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "100000000000"}
"""Makes the C library keep the memory that a call gives back, for the next call."""
GIVE_BACK = {"MALLOC_MMAP_THRESHOLD_": "65536"}
"""Makes the C library give all memory back at once: what is resident is then what is in use."""
ALLOCATORS: dict[str, dict[str, str]] = {"as usual": {}, "kept": KEEP_MEMORY}
