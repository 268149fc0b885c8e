"""Every page on a phone: nothing is wider than the screen, and no word of code is broken."""

import pytest
from tests.docs.browser import chromium

PHONE = {"width": 390, "height": 844}
WRITTEN_BY_SCRIPT = "gallery/explorer.html"
"""Its code is not in the page that the build could prepare."""

# What an element holds that scrolls may be as wide as it likes.
WIDER = """() => {
  for (const folded of document.querySelectorAll("details")) folded.open = true;
  const scrolls = (element) => {
    while ((element = element.parentElement) && element !== document.body) {
      if (getComputedStyle(element).overflowX !== "visible") return true;
    }
    return false;
  };
  const elements = [...document.querySelectorAll(".md-main *, .md-footer *")];
  return elements
    .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
    .filter((element) => element.offsetWidth && !scrolls(element))
    .map((element) => `${element.tagName} ${element.textContent.trim().slice(0, 60)}`);
}"""

BROKEN = """() => {
  const broken = [];
  for (const element of document.querySelectorAll(".md-content :is(code, h1, h2, h3)")) {
    if (element.closest("pre")) continue;
    const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    for (let text; (text = texts.nextNode()); ) {
      for (const word of text.data.matchAll(/\\w{2,}/g)) {
        const range = document.createRange();
        range.setStart(text, word.index);
        range.setEnd(text, word.index + word[0].length);
        const boxes = [...range.getClientRects()].filter((box) => box.width);
        const lines = new Set(boxes.map((box) => Math.round(box.top)));
        if (lines.size > 1) broken.push(`${word[0]} in ${element.textContent.slice(0, 60)}`);
      }
    }
  }
  return broken;
}"""


@pytest.fixture(scope="module")
def pages(site):
    """What each page says that is wrong on a phone, by its address."""
    found = {}
    with chromium() as browser:
        page = browser.new_context(offline=True, viewport=PHONE).new_page()
        missing = []

        def note(request):
            # What a page still asks for when the next one is opened is aborted, not missing.
            if request.failure != "net::ERR_ABORTED":
                missing.append(request.url)

        page.on("requestfailed", note)
        for path in sorted(site.rglob("*.html")):
            missing.clear()
            page.goto(path.as_uri())
            address = path.relative_to(site).as_posix()
            found[address] = {
                "missing": list(missing),
                "wider": page.evaluate(WIDER),
                "broken": page.evaluate(BROKEN) if address != WRITTEN_BY_SCRIPT else [],
            }
    return found


@pytest.mark.parametrize("wrong", ["missing", "wider", "broken"])
def test_every_page_is_whole_and_fits_a_phone(pages, wrong):
    assert len(pages) > 30
    assert {page: found[wrong] for page, found in pages.items() if found[wrong]} == {}
