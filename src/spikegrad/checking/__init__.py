"""Is this surrogate what it says it is?

`check` looks at a surrogate as a user wrote it: at its numbers in every floating dtype, at the pair
of gradient and relaxation, and at how it fares in JAX's transformations.
"""

from spikegrad.checking._report import Finding as Finding
from spikegrad.checking._report import Report as Report
from spikegrad.checking._run import CHECKS as CHECKS
from spikegrad.checking._run import Check as Check
from spikegrad.checking._run import check as check
