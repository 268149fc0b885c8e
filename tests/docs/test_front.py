"""The pictures of the README and the home page are those that the library draws."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from derived.front import ASSETS, RECORD, files

ROOT = Path(__file__).parents[2]
NUMBER = re.compile(r"-?\d+\.\d+")
# Of points and of clips, made from their coordinates to the last digit.
NAME = re.compile(r"\b[mp][0-9a-f]{10}\b")
DRAWN = files(json.loads(RECORD.read_text()))


@pytest.mark.parametrize("name", DRAWN)
def test_a_picture_is_what_the_command_draws_today(name):
    stored, drawn = (NAME.sub("", text) for text in ((ASSETS / name).read_text(), DRAWN[name]))
    assert NUMBER.sub("", stored) == NUMBER.sub("", drawn)
    numbers = (np.float64(NUMBER.findall(text)) for text in (stored, drawn))
    np.testing.assert_allclose(*numbers, atol=0.02)


def test_everything_in_the_repository_that_the_readme_names_is_there():
    text = (ROOT / "README.md").read_text()
    links = re.findall(r"\]\(([^)]+)\)|^\[[^]]+\]: (\S+)|(?:src|srcset)=\"([^\"]+)", text, re.M)
    named = {next(filter(None, link)) for link in links}
    assert {"docs/assets/demo-dark.svg", "benchmarks/README.md"} <= named
    for link in named:
        assert link.startswith("http") or (ROOT / link).exists(), link


def test_the_home_page_has_the_pictures_of_either_colour_scheme_and_leads_to_the_benchmarks(site):
    page = (site / "index.html").read_text()
    for name in DRAWN:
        assert f'src="assets/{name}#only-{name[:-4].rpartition("-")[2]}"' in page
    assert '<a href="benchmarks.html">the benchmarks</a>' in page
