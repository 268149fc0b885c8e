"""One page with the pictures of a run: a file that opens from disk and asks for no other."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Sequence
from importlib import resources
from string import Template
from typing import TYPE_CHECKING, NamedTuple

from spikegrad.lab.training.config import Config
from spikegrad.lab.training.trainer import Evaluation
from spikegrad.plotting._figures import BLUE, GREEN, GREY, ORANGE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# The colours of a figure, and what the page calls them, since in the dark they are others.
COLORS = {
    "#000000": "currentColor",
    "#bdbdbd": "var(--bars)",
    BLUE.lower(): "var(--blue)",
    ORANGE.lower(): "var(--orange)",
    GREEN.lower(): "var(--green)",
    GREY.lower(): "var(--grey)",
}
# What matplotlib would say of itself, of the day, and with links.
SAYS_NOTHING = dict.fromkeys(("Creator", "Date", "Format", "Type"))
FIGURE = """<figure id="{name}">
<figcaption><h2>{title}</h2><p id="{name}-text">{text}</p></figcaption>
{svg}
</figure>
"""


class Picture(NamedTuple):
    """A picture of a run.

    Attributes:
        name: of its file, without the ending.
        title: a few words above it.
        figure: the picture.
        text: a sentence or two that say what one sees, with the numbers of the run.
    """

    name: str
    title: str
    figure: Figure
    text: str


def page(config: Config, test: Evaluation, pictures: Sequence[Picture]) -> str:
    """The page.

    Args:
        config: the settings of the run.
        test: what the network does with the test samples.
        pictures: in their order on the page.
    """
    template = Template(resources.files(__package__).joinpath("page.html").read_text("utf-8"))
    network = f"{config.hidden} {config.neuron} neurons, {config.time_steps} time steps"
    facts = [
        network,
        f"{config.encoding} coding",
        config.surrogate_in_words(),
        f"{config.epochs} {'epoch' if config.epochs == 1 else 'epochs'}",
        f"seed {config.seed}",
    ]
    figures = "".join(
        FIGURE.format(
            name=picture.name,
            title=html.escape(picture.title),
            text=html.escape(picture.text),
            svg=svg(picture),
        )
        for picture in pictures
    )
    return template.substitute(
        title=html.escape(f"{config.dataset}: {test.accuracy:.1%} of the test right"),
        facts="".join(f"<li>{html.escape(fact)}</li>" for fact in facts),
        figures=figures,
    )


def svg(picture: Picture) -> str:
    """A figure as an element of the page: its colours are the page's, its names its own."""
    file = io.StringIO()
    picture.figure.savefig(file, format="svg", transparent=True, metadata=SAYS_NOTHING)
    drawing = file.getvalue()
    drawing = drawing[drawing.index("<svg") :].strip()
    drawing = re.sub(r"#[0-9a-f]{6}\b", lambda found: COLORS.get(found[0], found[0]), drawing)
    # Names are of the whole page, and every figure calls its first axes the same.
    drawing = re.sub(r'( id="|href="#|url\(#)', rf"\g<1>{picture.name}-", drawing)
    label = f'<svg role="img" aria-labelledby="{picture.name}-text"'
    return drawing.replace("<svg", label, 1)
