"""MkDocs calls these functions while it builds the site; what they put there is in `derived`."""

import re
from pathlib import Path
from typing import Any

from derived import explorer, gallery, names, tables
from mkdocs.structure.files import File

PICTURE = Path(__file__).parents[1] / "benchmarks" / "results" / "rollouts.svg"
UNKNOWN = "<!-- derived: {mark} --> names no function of docs/derived/tables.py or names.py."


def on_config(config: Any) -> None:
    """A page a family stands in the navigation below the gallery."""
    families = [{family.title(): f"gallery/{family}.md"} for family, _, _ in tables.families()]
    for entry in config.nav:
        if "Gallery" in entry:
            entry["Gallery"].extend(families)


def on_files(files: Any, config: Any) -> None:
    """The gallery's pages and the explorer's functions have no file, the picture another place."""
    texts = gallery.pages() | {
        "assets/surrogates.js": explorer.script(),
        "assets/rollouts.svg": PICTURE.read_text(),
    }
    for address, text in texts.items():
        files.append(File.generated(config, address, content=text))


def on_page_markdown(markdown: str, **_: object) -> str:
    """Tables and lists in place of `<!-- derived: function -->`, arguments after its name."""
    return re.sub(r"<!-- derived: (\w+(?: \w+)*) -->", lambda mark: _derived(mark[1]), markdown)


def _derived(mark: str) -> str:
    what, *of = mark.split()
    for source in (tables, names):
        function = getattr(source, what, None)
        if callable(function):
            return str(function(*of))
    raise ValueError(UNKNOWN.format(mark=mark))


def on_page_content(html: str, **_: object) -> str:
    """Formulas and pictures where the gallery has left room for them."""
    return gallery.fill(html)
