"""The command line."""

from spikegrad.lab.commands.main import run as run
