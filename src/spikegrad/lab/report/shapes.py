"""What a person sees of the catalogue: a table of all shapes, or everything about one."""

from __future__ import annotations

import importlib
import inspect
import itertools
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from spikegrad.lab.report.numbers import shown
from spikegrad.lab.report.terminal import Console
from spikegrad.plotting import _curves
from spikegrad.surrogate import Scaled, Shifted, Summed, Surrogate
from spikegrad.surrogate._facts import in_words
from spikegrad.surrogate.catalogue import CATALOGUE, LIBRARIES, PEERS, Library, Peer, Row

AT_THRESHOLD = {0: "no spike at x = 0, where there is one here", 1: "a spike at x = 0, as here"}
# It has no type hints that a checker sees.
plotille: Any = importlib.import_module("plotille")
CURVE = "#D55E00"
PLOT_ROWS = 11
EMPTY_BRAILLE = "\u2800"
HINT = (
    "spikegrad shapes NAME shows one of them. NAME may be what another library calls it, as in "
    "spikegrad shapes snntorch.fast_sigmoid: {count} names of {libraries}."
)


class Named(NamedTuple):
    """A surrogate, and what it was asked for by.

    Attributes:
        surrogate: the surrogate.
        name: one of ours, or another library's.
        parameters: those that were given.
        peer: what another library has under that name, if it is another library's.
    """

    surrogate: Surrogate
    name: str
    parameters: Mapping[str, Any]
    peer: Peer | None


def new_console() -> Console:
    """Stdout: with colours on a terminal, plain anywhere else."""
    return Console()


def show_all(console: Console) -> None:
    """Every shape of the catalogue, family by family."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("shape", no_wrap=True)
    table.add_column("parameters", overflow="fold")
    table.add_column("tail", no_wrap=True)
    longest = max((word for row in CATALOGUE for word in row.paper.authors.split()), key=len)
    table.add_column("paper", overflow="fold", min_width=len(longest))
    table.add_column("peers", justify="right")
    for family in dict.fromkeys(row.family for row in CATALOGUE):
        table.add_row(Text(f"\n{family}", "bold"))
        for row in (row for row in CATALOGUE if row.family == family):
            table.add_row(
                Text(f"  {row.name}", "cyan"),
                ", ".join(row.defaults),
                in_words(row.shape().facts())["tail"],
                f"{row.paper.authors} {row.paper.year}",
                str(len(row.peers)),
            )
    console.print(table)
    counts = Counter(peer.library for peer in PEERS)
    libraries = ", ".join(f"{LIBRARIES[key].title} ({n})" for key, n in counts.most_common())
    console.print(Text("\n" + HINT.format(count=len(PEERS), libraries=libraries)))


def show_one(console: Console, named: Named) -> None:
    """A surrogate: formula, properties, source, the same elsewhere, and a plot of its gradient."""
    surrogate, peer = named.surrogate, named.peer
    console.print(Text(shown(repr(surrogate), console), "bold"))
    if peer:
        library = LIBRARIES[peer.library]
        console.print(Text(f"{peer.name} of {library.title} {library.version}", "cyan"))
        for note in filter(None, (peer.differs, *_habits(library))):
            console.print(_indented(note))
    cores = list(dict.fromkeys(_cores(surrogate)))
    rows = [row for row in CATALOGUE if row.shape in cores]
    for row in rows:
        _show_formula(console, row, heading=row.shape is not type(surrogate))
    _show_properties(console, named)
    _show_gradient(console, surrogate)
    for row in rows:
        _head(console, "Parameters" if len(rows) == 1 else f"Parameters of {row.name}")
        meanings = arguments(row)
        _grid(console, [(name, meanings[name]) for name in row.parameters] or [("none", "")])
    for row in rows:
        _head(console, f"Source of {row.name}")
        paper = row.paper
        console.print(_indented(f'{paper.authors} ({paper.year}), "{paper.title}"'))
        # Not wrapped, so that a terminal sees it as one link.
        console.print(Text(f"  {paper.link}"), soft_wrap=True)
    for row in rows:
        _show_peers(console, row)


def formula(row: Row) -> list[str]:
    """The lines between the summary and the first section of a shape's docstring."""
    body = re.split(r"\n(?=[A-Z]\w+:\n)", inspect.getdoc(row.shape) or "")[0]
    return body.splitlines()[2:]


def arguments(row: Row) -> dict[str, str]:
    """What the docstring of a shape says about each of its parameters."""
    section = re.search(r"\nArgs:\n((?:(?: .*)?\n)*)", inspect.getdoc(row.shape) or "")
    found = re.findall(r"^    (\w+): (.+(?:\n {8}.+)*)", section[1] if section else "", re.M)
    return {name: " ".join(text.split()) for name, text in found}


def _show_formula(console: Console, row: Row, heading: bool) -> None:
    if heading:
        _head(console, row.name)
    console.print(_indented((row.shape.__doc__ or "").partition("\n")[0]))
    console.print()
    for block in "\n".join(formula(row)).split("\n\n"):
        # Prose was broken for the source; here it is broken for the terminal.
        is_formula = block.startswith("    ")
        text = re.sub(r"^  ", "", block, flags=re.M) if is_formula else " ".join(block.split())
        console.print(_indented(text))
        console.print()


def _show_properties(console: Console, named: Named) -> None:
    x = _curves.points([named.surrogate])
    gradient = _curves.curve(named.surrogate.surrogate_grad)
    values = "".join(f", {name}={value!r}" for name, value in named.parameters.items())
    console.print(Text("Properties", "bold"))
    _grid(
        console,
        [
            *in_words(named.surrogate.facts()).items(),
            ("even", "yes" if np.array_equal(gradient(x), gradient(-x)) else "no"),
            ("Python", f'surrogate.get("{named.name}"{values})'),
        ],
    )


def _show_gradient(console: Console, surrogate: Surrogate) -> None:
    _head(console, "Gradient over membrane potential - threshold")
    x = _curves.points([surrogate])
    y = _curves.curve(surrogate.surrogate_grad)(x)
    width = min(60, (console.width - 20) // 10 * 10)
    drawing = Text(draw(x, y, max(width, 10), ascii_only=console.options.ascii_only))
    drawing.highlight_regex(r"[\u2801-\u28ff*]+", CURVE)
    console.print(drawing, soft_wrap=True)


def draw(x: np.ndarray, y: np.ndarray, width: int, *, ascii_only: bool) -> str:
    """A curve in characters.

    Args:
        x: from left to right.
        y: as many.
        width: of the drawing in characters, a multiple of 10, without the numbers on its left.
        ascii_only: stars instead of Braille dots.
    """
    figure = plotille.Figure()
    low, high = min(0.0, float(y.min())), max(0.0, float(y.max()))
    # A line of text is a tenth of the range, and 0 is at the foot of one.
    step = (high - low) / (PLOT_ROWS - 1) or 0.1
    below, above = math.ceil(-low / step - 1e-9), math.ceil(high / step - 1e-9) + 1
    figure.linesep = "\n"
    figure.with_colors = figure.origin = False
    figure.width, figure.height = width, below + above
    figure.x_label, figure.y_label = "x", "gradient"
    figure.set_x_limits(float(x[0]), float(x[-1]))
    figure.set_y_limits(-below * step, above * step)
    # What should be 0 may be the rest of a subtraction.
    figure.x_ticks_fkt = lambda value, _: f"{round(value / x[-1], 9) * x[-1]:.3g}"
    figure.y_ticks_fkt = lambda value, _: f"{round(value / step) * step:.3g}"
    figure.plot(x.tolist(), y.tolist(), marker="*" if ascii_only else None)
    lines = "\n".join(line.rstrip() for line in figure.show().splitlines())
    return lines.replace(EMPTY_BRAILLE, " ") if ascii_only else lines


def _show_peers(console: Console, row: Row) -> None:
    if not row.peers:
        return
    _head(console, f"{row.name} in other libraries, with the defaults there")
    for key, peers in itertools.groupby(row.peers, lambda peer: peer.library):
        library = LIBRARIES[key]
        about = " ".join(filter(None, _habits(library)))
        console.print(_indented(Text(f"{library.title} {library.version}", "cyan")))
        if about:
            console.print(_indented(about, 4))
        for peer in peers:
            call = f"{peer.name}({', '.join(f'{k}={v!r}' for k, v in peer.parameters.items())})"
            same = f"{call} is {peer.build(*peer.parameters.values())!r}"
            console.print(_indented(shown(same, console), 4))
            if peer.differs:
                console.print(_indented(peer.differs, 6))


def _habits(library: Library) -> Iterator[str]:
    """What holds for all surrogates of a library."""
    if library.at_threshold is not None:
        yield f"It gives {AT_THRESHOLD[library.at_threshold]}."
    yield library.differs


def _cores(surrogate: Surrogate) -> Iterator[type[Surrogate]]:
    """The classes of the shapes that a surrogate is made of."""
    if isinstance(surrogate, Scaled | Shifted):
        yield from _cores(surrogate.surrogate)
    elif isinstance(surrogate, Summed):
        for part in surrogate.surrogates:
            yield from _cores(part)
    else:
        yield type(surrogate)


def _head(console: Console, title: str) -> None:
    console.print(Text(f"\n{title}", "bold"))


def _indented(text: str | Text, columns: int = 2) -> Padding:
    return Padding(Text(text) if isinstance(text, str) else text, (0, 0, 0, columns))


def _grid(console: Console, lines: list[tuple[str, str]]) -> None:
    grid = Table.grid(padding=(0, 2, 0, 0))
    for name, value in lines:
        grid.add_row(Text(f"  {name}", "cyan"), Text(value))
    console.print(grid)
