"""Neurons, one time step each, and the loop over time."""

from spikegrad.neurons._adaptive import ALIF as ALIF
from spikegrad.neurons._adaptive import Adaptive as Adaptive
from spikegrad.neurons._adaptive import CubaLIF as CubaLIF
from spikegrad.neurons._adaptive import Synaptic as Synaptic
from spikegrad.neurons._base import Membrane as Membrane
from spikegrad.neurons._base import Neuron as Neuron
from spikegrad.neurons._biophysical import AdEx as AdEx
from spikegrad.neurons._biophysical import Izhikevich as Izhikevich
from spikegrad.neurons._biophysical import Recovery as Recovery
from spikegrad.neurons._decay import LearnedDecay as LearnedDecay
from spikegrad.neurons._inputs import KEEPS as KEEPS
from spikegrad.neurons._integrate import IF as IF
from spikegrad.neurons._integrate import LI as LI
from spikegrad.neurons._integrate import LIF as LIF
from spikegrad.neurons._integrate import PLIF as PLIF
from spikegrad.neurons._integrate import Refractory as Refractory
from spikegrad.neurons._memory import rollout_memory as rollout_memory
from spikegrad.neurons._noisy import Drawn as Drawn
from spikegrad.neurons._noisy import Noisy as Noisy
from spikegrad.neurons._recorded import Recorded as Recorded
from spikegrad.neurons._rollout import recurrent_rollout as recurrent_rollout
from spikegrad.neurons._rollout import rollout as rollout
