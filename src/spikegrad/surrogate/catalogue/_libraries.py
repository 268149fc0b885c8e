"""The libraries whose surrogates have a name here, and what such a name stands for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from spikegrad.surrogate._base import Surrogate

Build = Callable[..., Surrogate]


@dataclass(frozen=True)
class Library:
    """Another library.

    Attributes:
        title: as its authors write it.
        version: the one whose behaviour is meant.
        at_threshold: what its step gives at `x = 0`; None where it depends on the surrogate.
        recorded: whether golden values of that version are among the tests.
        differs: what holds for all of its surrogates.
    """

    title: str
    version: str
    at_threshold: int | None
    recorded: bool
    differs: str = ""


@dataclass(frozen=True)
class Peer:
    """One surrogate of another library.

    Attributes:
        library: key of `LIBRARIES`.
        name: what it is called there.
        build: from its parameters there to a surrogate of ours.
        parameters: their names and defaults there.
        differs: what it does otherwise than ours, or than its own documentation.
    """

    library: str
    name: str
    build: Build
    parameters: Mapping[str, Any] = field(default_factory=dict)
    differs: str = ""

    @property
    def full_name(self) -> str:
        """The name to look it up by."""
        return f"{self.library}.{self.name}"


LIBRARIES: dict[str, Library] = {
    "braintools": Library(
        "braintools",
        "0.3.0",
        1,
        True,
        "Its second derivative is 0. In 0.4.0 it is right, and the one by a parameter is 0.",
    ),
    "brainpy": Library("BrainPy", "2.8.2", 1, True, "Its surrogates are those of braintools."),
    "spikingjelly": Library("SpikingJelly", "2.0.0", 1, True),
    "snntorch": Library("snnTorch", "1.0.0", 0, True, "It computes in float32, whatever comes in."),
    "norse": Library("Norse", "1.1.0", 0, True),
    "sinabs": Library("sinabs", "3.1.3", 1, True, "It takes v and the threshold, not x."),
    "rockpool": Library(
        "Rockpool", "3.1.0", 1, True, "Its surrogates have a gradient by the threshold as well."
    ),
    "spyx": Library("spyx", "1.0.0", 0, True, "It has reverse mode only."),
    "jaxpike": Library("jaxpike", "0.1.4", 0, True),
    "snnax": Library("SNNAX", "0.0.1", 1, True),
    "snetx": Library("snetx", "0.1.3", 0, True),
    "braincog": Library("BrainCog", "0.2.7.19", None, True),
    "lava": Library("lava-dl", "0.6.0", 1, True),
    "stork": Library("stork", "git 2025-12", 0, False),
    "slayer": Library("slayerPytorch", "git", 1, False),
    "nest": Library("NEST", "git 2026-08", 1, False, "0 while refractory; x in mV."),
    "decolle": Library("DECOLLE", "git", None, False),
    "matterhorn": Library("Matterhorn", "git 2025-12", 1, False),
    "hxtorch": Library("hxtorch", "git", 0, False),
}
