"""What a person sees of a check: a table of the findings, and what passed."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from spikegrad.checking import Report
from spikegrad.lab.report.numbers import shown
from spikegrad.lab.report.terminal import Console

STYLES = {"error": "bold red", "warning": "yellow", "note": "dim"}


def new_console() -> Console:
    """Stdout: with colours on a terminal, plain anywhere else."""
    return Console()


def show(console: Console, report: Report) -> None:
    """The findings, worst first, each with what to do about it."""
    console.print(Text(shown(report.surrogate, console), "bold"))
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("grade", no_wrap=True)
    table.add_column("check", no_wrap=True)
    table.add_column("found, and what to do", overflow="fold")
    advised = ""
    for finding in report.findings:
        text = Text(finding.found)
        if finding.grade != "note" and finding.advice != advised:
            text.append(f"\n{finding.advice}", "italic")
        advised = finding.advice
        table.add_row(Text(finding.grade, STYLES[finding.grade]), Text(finding.name, "cyan"), text)
    console.print(table)
    for what, names in (("Passed", report.passed), ("Skipped", report.skipped)):
        if names:
            console.print(Text(f"\n{what}: {', '.join(names)}."))
    console.print(Text(f"\n{report.summary}.", "green" if report.ok else "bold red"))
