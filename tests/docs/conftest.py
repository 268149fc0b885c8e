"""The package that derives the site's pages lies beside them, outside of what is installed."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "docs"))

# The site is built, and looked at in a browser, with the newest versions only.
if "SPIKEGRAD_LOWEST" in os.environ:
    collect_ignore = [
        "test_explorer.py",
        "test_explorer_functions.py",
        "test_front.py",
        "test_gallery.py",
        "test_layout.py",
    ]


@pytest.fixture(scope="module")
def browser():
    from tests.docs.browser import chromium  # only the newest versions come with it

    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def explorer_address(site):
    return (site / "gallery/explorer.html").as_uri()
