"""MkDocs calls these functions while it builds the site; what they put there is in `derived`."""

import re
from typing import Any
from urllib.parse import urlsplit

from derived import explorer, gallery, names, tables
from mkdocs.structure.files import File

# A word of code that may not fit on the line of a phone, outside of blocks.
LONG_CODE = re.compile(r"(?<!<pre>)<code>[^<]*[^\s<]{31}[^<]*</code>")
ON_A_SERVER = (
    '<script>if (location.protocol !== "file:") document.write(\'<base href="{}">\')</script>'
)
UNKNOWN = "<!-- derived: {mark} --> names no function of docs/derived/tables.py or names.py."


def on_config(config: Any) -> None:
    """A page a family stands in the navigation below the gallery."""
    families = [{family.title(): f"gallery/{family}.md"} for family, _, _ in tables.families()]
    for entry in config.nav:
        if "Gallery" in entry:
            entry["Gallery"].extend(families)


def on_files(files: Any, config: Any) -> None:
    """The gallery's pages and the explorer's functions have no file."""
    texts = gallery.pages() | {"assets/surrogates.js": explorer.script()}
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
    """Formulas and pictures where the gallery has left room, and where long code may break."""
    return LONG_CODE.sub(
        lambda code: re.sub(r"[^\s<]{31,}", lambda word: word[0].replace("(", "(<wbr>"), code[0]),
        gallery.fill(html),
    )


def on_template_context(context: Any, template_name: str, **_: object) -> Any:
    """What is not found stands at any depth on a server, and beside the other pages on a disk."""
    if template_name == "404.html":
        context["base_url"] = "."
    return context


def on_post_template(output: str, template_name: str, config: Any, **_: object) -> str:
    """On a server, addresses are seen from the site's root."""
    if template_name != "404.html":
        return output
    root = urlsplit(config.site_url or "/").path
    return output.replace("<head>", f"<head>{ON_A_SERVER.format(root)}", 1)
