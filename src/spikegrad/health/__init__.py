"""Is the gradient of a network good for anything?"""

from spikegrad.health._alignment import Alignment as Alignment
from spikegrad.health._alignment import finite_difference_alignment as finite_difference_alignment
