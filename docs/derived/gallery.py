"""The gallery: a page a family, a card a shape."""

from __future__ import annotations

import math
import re
from typing import Any

from derived.formulas import block, read
from derived.mathml import typeset
from derived.names import elsewhere
from derived.pictures import picture, thumbnail
from derived.tables import PAGE, call, families, first_line
from spikegrad.surrogate._facts import Facts
from spikegrad.surrogate.catalogue import CATALOGUE, Parameter, Row

ROWS = {row.name: row for row in CATALOGUE}


def pages() -> dict[str, str]:
    """The text of every page of the gallery but the explorer's, by address."""
    texts = {f"gallery/{family}.md": page(family, lead, rows) for family, lead, rows in families()}
    return {"gallery/index.md": index()} | texts


def index() -> str:
    """Every family with its shapes, each as a small picture that leads to its card."""
    parts = [
        "# Gallery",
        f"{len(CATALOGUE)} shapes, each with its formula, a picture, its properties, its source "
        "and its names in other libraries. To lay shapes over each other and move their "
        "parameters, open [the explorer](explorer.md).",
        "The pictures below show the gradients at the defaults, **all on one scale**, so that they "
        "can be compared: the membrane potential minus threshold from \N{MINUS SIGN}2 to 2 "
        "thresholds, and up to 2 per threshold. A number beside an arrow is a peak that is higher. "
        "A needle is a shape much sharper than the others; its card has a picture on its own "
        "scale, as every card has.",
    ]
    for family, lead, rows in families():
        tiles = "".join(
            f'<a class="sg-tile" href="{family}.html#{row.name.lower()}">'
            f'<span data-derived="thumbnail {row.name}"></span>'
            f"<span>{_CAPITAL.sub('<wbr>', row.name)}</span></a>"
            for row in rows
        )
        parts.append(f"## [{family.title()}]({family}.md)\n\n{lead}")
        parts.append(f'<div class="sg-tiles">{tiles}</div>')
    return "\n\n".join(parts)


def page(family: str, lead: str, rows: list[Row]) -> str:
    """The page of a family."""
    return "\n\n".join([f"# {family.title()}", lead, *map(card, rows)])


def card(row: Row) -> str:
    """All that there is to say of a shape."""
    given = ", ".join(f"{name}={_python(p.default)}" for name, p in row.parameters.items())
    return f"""\
## {row.name}

{first_line(row.shape)}

<div class="sg-look" data-search-exclude>
<div class="sg-formula" data-derived="formula {row.name}"></div>
<div class="sg-picture" data-derived="picture {row.name}"></div>
</div>

{properties(row)}

```python
from spikegrad import surrogate

spike = surrogate.{row.name}({given})
spike(0.3)  # forward: 1, a spike
spike.surrogate_grad(0.3)  # what stands in the backward pass
```

As a function: `{call(row)}`. In full: [API][{PAGE}.{row.name}]. \
<a href="explorer.html#{row.name}">Open in the explorer</a>.

{source(row)}

{elsewhere(row)}"""


def properties(row: Row) -> str:
    """The facts at the defaults side by side, and a table of the parameters."""
    facts = facts_of(row.shape().facts(), row.even)
    items = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts.items())
    lines = [f'<dl class="sg-facts">{items}</dl>', ""]
    if row.parameters:
        lines += ["| parameter | default | allowed |", "| --- | --- | --- |"]
        lines += [
            f"| `{name}` | {_default(p)} | {p.admissible} |" for name, p in row.parameters.items()
        ]
    return "\n".join(lines)


def facts_of(facts: Facts, even: bool) -> dict[str, str]:
    """The facts in words."""
    tail = facts.tail.kind
    if facts.tail.exponent is not None:
        tail = f"power, |x|<sup>\N{MINUS SIGN}{facts.tail.exponent:g}</sup>"
    low, high = (_number(edge) for edge in facts.support)
    return {
        "peak": _number(facts.peak),
        "area": _number(facts.area, "0 a period" if tail == "periodic" else "does not converge"),
        "half width": _number(facts.half_width, "not defined"),
        "support": "all x" if math.isinf(facts.support[0]) and math.isinf(facts.support[1])
        else f"{low} … {high}",
        "tail": tail,
        "symmetry": "even" if even else "not even",
    }  # fmt: skip


def source(row: Row) -> str:
    """The paper, with its link."""
    paper = row.paper
    return f"**Source.** {paper.authors} ({paper.year}), [{paper.title}]({paper.link})."


def formula(row: Row) -> str:
    """The formulas of its docstring, typeset."""
    return typeset(read(block(row.shape)))


DRAWN = {"formula": formula, "picture": picture, "thumbnail": thumbnail}
# Where a long name may go on in the next line.
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_PLACE = re.compile(r'data-derived="(\w+) (\w+)">')


def fill(html: str) -> str:
    """Put formulas and pictures where a page has left room for them.

    Only now, since Markdown would take them apart.
    """
    return _PLACE.sub(lambda match: f">{DRAWN[match[1]](ROWS[match[2]])}", html)


def _default(parameter: Parameter) -> str:
    if parameter.default in (None, math.inf):
        return _number(parameter.default)
    return parameter.shown.replace("-", "\N{MINUS SIGN}")


def _number(value: Any, undefined: str = "none") -> str:
    if value is None:
        return "`None`"
    number = float(value)
    if math.isnan(number):
        return undefined
    if math.isinf(number):
        return "∞" if number > 0 else "\N{MINUS SIGN}∞"
    return f"{number:.4g}".replace("-", "\N{MINUS SIGN}")


def _python(value: float | None) -> str:
    return 'float("inf")' if value == math.inf else repr(value)
