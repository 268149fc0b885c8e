"""Which option a person is likely to mean who writes one that there is not."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence

import rich_click as click

# What other libraries and programs call an option, without dashes in it.
ELSEWHERE: Mapping[str, Sequence[str]] = {
    "--learning-rate": ("lr", "eta", "stepsize", "rate", "learnrate"),
    "--batch-size": ("batch", "bs", "b", "minibatch", "nbatch"),
    "--epochs": ("epoch", "e", "nepochs", "numepochs", "nepoch", "iterations", "niter"),
    "--time-steps": (
        "steps", "step", "t", "timestep", "numsteps", "nsteps", "numtimesteps", "timewindow",
        "duration", "length", "seqlen",
    ),
    "--hidden": (
        "hiddensize", "nhidden", "numhidden", "hiddendim", "hiddenunits", "units", "neurons",
        "size", "width", "dim", "numneurons",
    ),
    "--beta": ("decay", "leak", "membranedecay", "alphamem", "decaymem", "betamem", "lambda"),
    "--tau": ("taumem", "taum", "timeconstant", "membranetau", "taumemb"),
    "--neuron": ("model", "cell", "layer", "neuronmodel", "neurontype", "type"),
    "--reset": ("resetmechanism", "resetmode", "resetmethod", "vreset", "hardreset", "softreset"),
    "--detach-reset": ("detach", "stopreset"),
    "--encoding": ("coding", "code", "encode", "encoder", "input", "spikeencoding"),
    "--surrogate": (
        "spikegrad", "spikefn", "surrogategradient", "surrogatefunction", "grad", "sg", "surr",
        "shape", "gradient",
    ),
    "--keep": ("checkpoint", "remat", "checkpointing", "memory"),
    "--seed": ("rng", "randomseed", "key", "randomstate", "prngkey"),
    "--out": (
        "output", "o", "dir", "outdir", "outputdir", "save", "savedir", "logdir", "folder", "run",
        "rundir", "name",
    ),
    "--resume": ("continue", "restart", "restore", "load", "from", "resumefrom"),
    "--plot": ("out", "output", "save", "o", "picture", "figure", "png", "svg", "pdf", "file"),
}  # fmt: skip


def no_such_option(name: str, command: click.Command, ctx: click.Context) -> click.UsageError:
    """What to answer: the options that are likely meant, of those that the help shows."""
    near = meant(name, command) or _like(name, command)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    return click.UsageError(f"No such option: {name}.{hint}", ctx)


def meant(name: str, command: click.Command) -> list[str]:
    """The options that have that name elsewhere."""
    return [option for option in shown(command) if _plain(name) in ELSEWHERE.get(option, ())]


def shown(command: click.Command) -> list[str]:
    """The options that the help shows."""
    visible = (each for each in command.params if not getattr(each, "hidden", False))
    return [option for each in visible for option in each.opts if option.startswith("--")]


def _like(name: str, command: click.Command) -> list[str]:
    """The options that begin so, or are spelled much like it."""
    options = {_plain(option): option for option in shown(command)}
    wanted = _plain(name)
    begun = [plain for plain in options if len(wanted) > 2 and plain.startswith(wanted)]
    alike = difflib.get_close_matches(wanted, options, n=2, cutoff=0.8)
    return [options[plain] for plain in dict.fromkeys([*begun, *alike])]


def _plain(option: str) -> str:
    return re.sub(r"[-_]", "", option).lower()
