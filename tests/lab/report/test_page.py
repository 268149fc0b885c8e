"""The page of a run: it is whole, asks for nothing, and says what is to be seen."""

import re
from html.parser import HTMLParser

import numpy as np

from spikegrad import plotting
from spikegrad.lab.report.page import Picture, page
from spikegrad.lab.training.config import Config
from spikegrad.lab.training.trainer import Evaluation

TEST = Evaluation(0.3, 0.75, 0.1, np.zeros(8, np.int32))
VOID = {"meta", "img"}


class Elements(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.open, self.attributes = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.attributes += [(tag, *pair) for pair in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.attributes += [(tag, *pair) for pair in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def picture(name, text="1 < 2 & 3"):
    return Picture(name, "A <title>", plotting.raster(np.eye(3)), text)


def test_the_page_is_whole_and_asks_for_nothing():
    text = page(Config("digits"), TEST, [picture("first"), picture("second")])
    found = Elements(text)
    assert found.open == []
    names = [value for _, name, value in found.attributes if name == "id"]
    assert len(names) == len(set(names))
    links = [value for _, name, value in found.attributes if name.endswith(("href", "src"))]
    assert links
    assert all(link.startswith(("#", "data:")) for link in links)
    assert {link[1:] for link in links if link.startswith("#")} <= set(names)
    assert set(re.findall(r"url\(#([^)]*)\)", text)) <= set(names)
    assert not re.search(r"@import|<script|url\((?!#)", text)


def test_every_picture_is_told_in_words_and_these_are_escaped():
    text = page(Config("digits"), TEST, [picture("first")])
    assert "A &lt;title&gt;" in text
    assert '<p id="first-text">1 &lt; 2 &amp; 3</p>' in text
    assert 'aria-labelledby="first-text"' in text
    assert "digits: 75.0% of the test right" in text


def test_no_line_or_letter_is_black_in_the_dark():
    text = page(Config("digits"), TEST, [picture("first")])
    drawing = text[text.index("<svg") :]
    assert "currentColor" in drawing
    assert "var(--blue)" in drawing
    assert not re.search(r"#000|#fff|black|white", drawing)
