"""The tables of a page hold what the code declares, each thing once."""

import re

from derived.tables import options

from spikegrad.lab.commands.train import train


def test_each_panel_of_options_is_one_table_and_each_option_one_line():
    text = options()
    panels = re.findall(r"^\*\*(.+)\*\*$", text, re.MULTILINE)
    declared = [option for option in train.commands["digits"].params if not option.hidden]
    assert panels == list(dict.fromkeys(option.panel for option in declared))
    assert sorted(re.findall(r"^\| `(--[a-z0-9-]+)`", text, re.MULTILINE)) == sorted(
        option.opts[0] for option in declared
    )
