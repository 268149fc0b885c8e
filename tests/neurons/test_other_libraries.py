"""The neurons of other libraries, recorded from the real ones, are ours under other names."""

import json
import math
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from spikegrad import surrogate
from spikegrad.neurons import IF, LIF, PLIF, CubaLIF, rollout

GOLDEN = json.loads((Path(__file__).parents[1] / "golden/neurons/torch.json").read_text())
INPUTS = {name: jnp.asarray(currents, jnp.float32) for name, currents in GOLDEN["inputs"].items()}
WEIGHTS = jnp.asarray(GOLDEN["weights"], jnp.float32)
SNNTORCH = surrogate.get("snntorch.atan", alpha=2.0)
SPIKINGJELLY = surrogate.get("spikingjelly.ATan", alpha=2.0)
NORSE = surrogate.get("norse.super", alpha=100.0)


def logit(share):
    return math.log(share / (1 - share))


def leaky(beta, reset_mechanism):
    reset = None if reset_mechanism == "none" else reset_mechanism
    return LIF(beta, reset=reset, surrogate=SNNTORCH)


def synaptic(alpha, beta):
    return CubaLIF(beta, synaptic_decay=alpha, surrogate=SNNTORCH)


def reset_of(v_reset):
    return "subtract" if v_reset is None else "zero"


def if_node(v_reset, detach_reset):
    return IF(reset=reset_of(v_reset), detach_reset=detach_reset, surrogate=SPIKINGJELLY)


def lif_node(tau, decay_input, v_reset, detach_reset=False):
    options = {"reset": reset_of(v_reset), "detach_reset": detach_reset, "surrogate": SPIKINGJELLY}
    if decay_input:
        return PLIF(w=logit(1 / tau), **options)
    return LIF(1 - 1 / tau, **options)


def parametric(init_tau, decay_input, v_reset):
    return PLIF.from_tau(init_tau, reset="zero", surrogate=SPIKINGJELLY)


def box(tau_mem_inv, dt):
    return PLIF(w=logit(tau_mem_inv * dt), reset="zero", surrogate=NORSE)


def norse_lif(tau_mem_inv, tau_syn_inv, dt):
    decays = {"decay": 1 - tau_mem_inv * dt, "synaptic_decay": 1 - tau_syn_inv * dt}
    return CubaLIF(**decays, reset="zero", surrogate=NORSE)


OURS = {
    "Leaky": leaky,
    "Synaptic": synaptic,
    "IFNode": if_node,
    "LIFNode": lif_node,
    "ParametricLIFNode": parametric,
    "lif_box_feed_forward_step": box,
    "lif_feed_forward_step": norse_lif,
}


def as_there(entry, currents):
    """The currents as the other neuron takes them."""
    currents = entry["scale"] * currents
    if entry["neuron"] == "lif_feed_forward_step":
        # Its membrane takes the synaptic current times dt / tau.
        return entry["options"]["tau_mem_inv"] * entry["options"]["dt"] * currents
    return currents


def differs(entry):
    """Whether docstrings say that it differs: snnTorch's subtraction, where inputs overshoot."""
    subtracts = entry["options"].get("reset_mechanism", "subtract") == "subtract"
    return entry["library"] == "snntorch" and subtracts and entry["input"] == "overshooting"


def named(entry):
    return f"{entry['library']}.{entry['neuron']}-{entry['options']}-{entry['input']}"


def ours_over_time(entry):
    """Currents as they are given, spikes, potentials after the reset, and the gradient."""
    neuron = OURS[entry["neuron"]](**entry["options"])

    def loss(currents):
        currents = as_there(entry, currents)
        spikes, _ = rollout(neuron, currents)
        return (spikes * WEIGHTS).sum(), (currents, spikes)

    gradient, (currents, spikes) = jax.grad(loss, has_aux=True)(INPUTS[entry["input"]])
    state, potentials = neuron.initial_state(currents.shape[1:]), []
    for current in currents:
        state, _ = neuron.step(state, current)
        potentials.append(state.v)
    assert 0 < spikes.mean() < 0.9
    return np.asarray(spikes), np.stack(potentials), np.asarray(gradient)


@pytest.mark.parametrize("entry", [e for e in GOLDEN["entries"] if not differs(e)], ids=named)
def test_spikes_membranes_and_gradients_are_those_of_the_other_library(entry):
    spikes, potentials, gradient = ours_over_time(entry)
    np.testing.assert_array_equal(spikes, entry["spikes"])
    np.testing.assert_allclose(potentials, entry["v"], atol=1e-5)
    np.testing.assert_allclose(gradient, entry["gradient"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("entry", [e for e in GOLDEN["entries"] if differs(e)], ids=named)
def test_snntorch_differs_once_a_reset_leaves_a_neuron_above_its_threshold(entry):
    spikes, potentials, _ = ours_over_time(entry)
    # Steps before which no reset had left the neuron above.
    above = np.cumsum(potentials > 1, axis=0)
    before = np.concatenate([np.zeros_like(above[:1]), above[:-1]]) == 0
    there = np.asarray(entry["spikes"])
    np.testing.assert_array_equal(spikes[before], there[before])
    np.testing.assert_allclose(potentials[before], np.asarray(entry["v"])[before], atol=1e-5)
    assert np.any(spikes != there)


def test_at_exactly_the_threshold_we_fire_as_spikingjelly_does():
    assert GOLDEN["at_threshold"] == {"snntorch": 0, "spikingjelly": 1, "norse": 0}
    assert IF().step(IF().initial_state(()), jnp.float32(1))[1] == 1


def test_every_library_is_among_the_recordings():
    assert {entry["library"] for entry in GOLDEN["entries"]} == {
        "snntorch",
        "spikingjelly",
        "norse",
    }
