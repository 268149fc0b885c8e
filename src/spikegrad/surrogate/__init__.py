"""Surrogate gradients: the contract, and every shape under its one address.

Each room has the list of its own public names: `shapes`, `algebra`, `functional`.
"""

import sys as _sys

from spikegrad.surrogate import algebra
from spikegrad.surrogate._base import Surrogate as Surrogate
from spikegrad.surrogate.algebra import *
from spikegrad.surrogate.catalogue import from_config as from_config
from spikegrad.surrogate.catalogue import get as get
from spikegrad.surrogate.catalogue import to_config as to_config
from spikegrad.surrogate.functional import *
from spikegrad.surrogate.shapes import *

# Pickles name this address, whichever room a class lives in.
for _public in list(globals().values()):
    if getattr(_public, "__module__", "").startswith(f"{__name__}."):
        _public.__module__ = __name__

# Those of version 0.1.0 name these modules.
for _former in ("changing", "compose", "measured", "smooth", "stochastic"):
    _sys.modules[f"{__name__}.{_former}"] = algebra
