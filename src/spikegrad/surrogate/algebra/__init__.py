"""Surrogates made of surrogates."""

from spikegrad.surrogate.algebra._arithmetic import Scaled as Scaled
from spikegrad.surrogate.algebra._arithmetic import Shifted as Shifted
from spikegrad.surrogate.algebra._arithmetic import Summed as Summed
from spikegrad.surrogate.algebra._arithmetic import Widened as Widened
from spikegrad.surrogate.algebra._changing import Annealed as Annealed
from spikegrad.surrogate.algebra._changing import Learned as Learned
from spikegrad.surrogate.algebra._matching import matched as matched
from spikegrad.surrogate.algebra._matching import normalised as normalised
from spikegrad.surrogate.algebra._measured import BatchNormalised as BatchNormalised
from spikegrad.surrogate.algebra._measured import Tabulated as Tabulated
from spikegrad.surrogate.algebra._smooth import Blend as Blend
from spikegrad.surrogate.algebra._smooth import Graded as Graded
from spikegrad.surrogate.algebra._smooth import Relaxed as Relaxed
from spikegrad.surrogate.algebra._smooth import Ternary as Ternary
from spikegrad.surrogate.algebra._stochastic import Stochastic as Stochastic
from spikegrad.surrogate.algebra._stochastic import (
    StochasticSpikeOperator as StochasticSpikeOperator,
)
from spikegrad.surrogate.algebra._stochastic import with_key as with_key
from spikegrad.surrogate.algebra._windows import Asymmetric as Asymmetric
from spikegrad.surrogate.algebra._windows import Masked as Masked
from spikegrad.surrogate.algebra._windows import Truncated as Truncated
