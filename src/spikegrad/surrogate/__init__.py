from spikegrad.surrogate._base import Surrogate as Surrogate
