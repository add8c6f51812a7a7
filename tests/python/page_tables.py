"""Prints the rows of tables of a page, and its facts, as JSON: page_tables.py BROWSER PAGE CAPTION...

A caption may be the beginning of one. Fails if a table is missing, or if the page complains."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from browser import Browser

ROWS = (
    "(() => { const caption = [...document.querySelectorAll('caption')].find((it) => it.textContent.startsWith(%s));"
    " return caption ? [...caption.parentElement.querySelectorAll('tbody tr')].map((row) =>"
    " [...row.cells].map((it) => it.textContent)) : null; })()"
)


def main():
    with Browser(sys.argv[1]) as browser:
        page = browser.open(Path(sys.argv[2]).resolve())
        facts = page.evaluate("[...document.querySelectorAll('.fact')].map((it) => [...it.children].map((part) => part.textContent))")
        tables = []
        for caption in sys.argv[3:]:
            rows = page.evaluate(ROWS % json.dumps(caption))
            if rows is None:
                raise SystemExit(f"no table {caption}")
            tables.append(rows)
        if troubles := page.troubles():
            raise SystemExit(troubles)
    print(json.dumps({"facts": facts, "tables": tables}))


if __name__ == "__main__":
    main()
