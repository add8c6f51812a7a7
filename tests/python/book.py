"""Opens each page of the book in a browser, and searches in it: book.py BROWSER DIRECTORY [SCREENSHOTS]

Prints a line for each check that passes; a failed one ends the program. With SCREENSHOTS, a directory, some pages are
written there as pictures.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from browser import Browser

# Pages that are not for readers: parts of others, or all in one.
NO_PAGES = {"404.html", "print.html", "toc.html"}
PICTURES = {"README.html", "docs/sbom.html", "docs/reference.html", "docs/troubleshooting.html", "benches/RESULTS.html"}


def expect(holds, what):
    if not holds:
        raise SystemExit(what)


def pages(directory):
    return [path for path in sorted(directory.rglob("*.html")) if path.name not in NO_PAGES]


def check_pages(browser, directory, pictures, width):
    for path in pages(directory):
        page = browser.open(path, width=width, height=844, touch=width < 500)
        name = path.relative_to(directory)
        found = page.evaluate("document.documentElement.scrollWidth")
        expect(found <= width, f"{name} at {width}: scrolls to {found}")
        expect(page.evaluate("document.querySelectorAll('main h1').length") == 1, f"{name}: has one title")
        troubles = [it for it in page.troubles() if it[0] != "request" or not it[1].startswith("file:")]
        expect(not troubles, f"{name} at {width}: {troubles}")
        if pictures and str(name) in PICTURES:
            page.screenshot(pictures / f"{str(name).replace('/', '-')}-{width}.png", whole=False)
        page.call("Page.close")


def check_search(browser, directory):
    page = browser.open(directory / "docs/pack.html")
    page.evaluate("document.querySelector('#mdbook-search-toggle, #search-toggle').click()")
    bar = "document.querySelector('#mdbook-searchbar, #searchbar')"
    page.wait(f"{bar}.offsetParent !== null")
    page.evaluate(f"{bar}.value = 'grafts'; {bar}.dispatchEvent(new KeyboardEvent('keyup', {{key: 's'}})); {bar}.dispatchEvent(new Event('input', {{bubbles: true}})); 0")
    results = "[...document.querySelectorAll('#mdbook-searchresults a, #searchresults a')].map((it) => it.getAttribute('href'))"
    page.wait(f"{results}.length > 0")
    found = page.evaluate(results)
    expect(any("repair.html" in link for link in found), f"search for `grafts` finds repair: {found}")


def main():
    program, directory = sys.argv[1], Path(sys.argv[2])
    pictures = Path(sys.argv[3]) if len(sys.argv) > 3 else None
    with Browser(program) as browser:
        for width in (1280, 390):
            check_pages(browser, directory, pictures, width)
            print("ok pages", width)
        check_search(browser, directory)
        print("ok search")


main()
