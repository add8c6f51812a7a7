"""Opens the page of a wheel with very many files in a browser, and zooms in: page_of_many.py BROWSER PAGE"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from browser import Browser

CRUMBS = "document.querySelectorAll('.tools ol li').length"


def expect_that(holds, what):
    if not holds:
        raise SystemExit(what)


def main():
    with Browser(sys.argv[1]) as browser:
        page = browser.open(Path(sys.argv[2]).resolve())
        tiles = page.evaluate("document.querySelectorAll('.tile').length")
        expect_that(10 < tiles < 5000, f"{tiles} tiles")
        depth = page.evaluate(CRUMBS)
        # The largest tile may be the headers of the archive, which have no parts.
        page.evaluate("[...document.querySelectorAll('.treemap > .tile')].find((it) => / parts$/.test(it.getAttribute('aria-label'))).id = 'wanted'")
        page.click_on("#wanted > .title", (0.1, 0.5))
        expect_that(page.evaluate(CRUMBS) > depth, "a click zooms in")
        expect_that(page.troubles() == [], page.troubles())


if __name__ == "__main__":
    main()
