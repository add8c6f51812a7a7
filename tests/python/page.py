"""Opens pages of wheelworks in a browser and uses them: page.py BROWSER AXE_WHEEL DIRECTORY

The directory has inspect.html, diff.html, several.html and closure.html, which tests/page.rs makes. Prints a line for each check
that passes; a failed one ends the program.
"""

import json
import sys
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from browser import Browser

PAGES = ("inspect.html", "diff.html", "several.html", "closure.html")

CRUMBS = "[...document.querySelectorAll('.tools ol li')].map((it) => it.textContent)"
CAPTION = "document.querySelector('.explorer caption').textContent"
FOCUSED = "document.activeElement.getAttribute('aria-label')"
SIDES_MISSING = (
    "Object.fromEntries([...document.querySelectorAll('.explorer tbody tr')].map((row) => "
    "[row.cells[0].textContent, [1, 2].map((at) => row.cells[at].textContent === '–')]))"
)
BUTTONS = "[...document.querySelectorAll('.treemap')[0].children].map((it) => it.getAttribute('aria-label'))"


def expect(found, expected, what):
    if found != expected:
        raise SystemExit(f"{what}: expected {expected!r}, found {found!r}")


def expect_that(holds, what):
    if not holds:
        raise SystemExit(what)


def background(page):
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def tab_to_treemap(page):
    """Presses Tab until a tile has the focus."""
    for _ in range(40):
        page.press("Tab")
        if page.evaluate("document.activeElement.matches('button.tile')"):
            return
    raise SystemExit("Tab does not reach the treemap")


def show_all_rows(page):
    page.evaluate("(() => { const it = document.querySelector('.explorer .more'); if (!it.hidden) it.click(); })()")


def check_zoom_by_click(browser, directory):
    page = browser.open(directory / "inspect.html")
    expect(page.evaluate(CRUMBS), ["code-1.0-py3-none-linux_x86_64.whl"], "breadcrumbs")
    # The tile of the library is inside that of its directory; the click goes to the one under the pointer.
    page.evaluate(
        "window.tile = [...document.querySelectorAll('.tile')].find((it) => it.firstChild?.textContent.startsWith('lib.so'));"
        "window.tile.id = 'wanted'"
    )
    page.click_on("#wanted > .title", (0.1, 0.5))
    expect(page.evaluate(CRUMBS)[1:], ["code", "lib.so"], "breadcrumbs after a click")
    expect(page.evaluate(CAPTION), "Parts of code/lib.so", "caption of the table")
    expect_that(page.evaluate("location.hash") == "#0/code/lib.so", "the address has the place")
    expect_that(
        "lib.so" in page.evaluate("document.querySelector('[role=status]').textContent"),
        "the zoom is announced",
    )
    section = page.evaluate(BUTTONS)
    expect_that(any(".rodata" in it for it in section), f"sections are shown: {section}")
    page.click_on(".explorer tbody button")
    expect(len(page.evaluate(CRUMBS)), 4, "depth after a click in the table")
    names = page.evaluate("[...document.querySelectorAll('.explorer tbody th')].map((it) => it.textContent)")
    expect_that(any(name.startswith("sm_") for name in names), f"architectures are shown: {names}")
    # Back twice, by the browser and by the breadcrumbs.
    page.evaluate("history.back()")
    page.wait("document.querySelectorAll('.tools ol li').length === 3")
    page.click_on(".tools ol button")
    expect(page.evaluate(CRUMBS), ["code-1.0-py3-none-linux_x86_64.whl"], "breadcrumbs at the top")
    expect(page.troubles(), [], "troubles")
    again = browser.open(directory / "inspect.html", "#0/code/lib.so")
    expect(again.evaluate(CRUMBS)[1:], ["code", "lib.so"], "the address leads to the place")
    for wrong in ("#0/code/nothing/here", "#7/code", "#0/%ff"):
        lost = browser.open(directory / "inspect.html", wrong)
        expect_that(len(lost.evaluate(CRUMBS)) <= 2, f"a wrong address shows what exists: {wrong}")
        expect(lost.troubles(), [], wrong)


def check_keyboard(browser, directory):
    page = browser.open(directory / "inspect.html")
    tab_to_treemap(page)
    first = page.evaluate(FOCUSED)
    expect_that(first.startswith("code, "), f"the largest part is first: {first}")
    page.press("Enter")
    expect(page.evaluate(CRUMBS)[1:], ["code"], "breadcrumbs after Enter")
    expect_that(page.evaluate("document.activeElement.matches('button.tile')"), "a tile keeps the focus")
    seen = set()
    for key in ("Home", "ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp", "End"):
        page.press(key)
        expect_that(page.evaluate("document.activeElement.matches('button.tile')"), f"{key} stays in the treemap")
        seen.add(page.evaluate(FOCUSED))
    expect_that(len(seen) > 1, f"arrow keys move: {seen}")
    tips = page.evaluate("[...document.querySelectorAll('.tip')].map((it) => it.hidden)")
    expect(tips, [False], "the focused tile has a description")
    page.press("Escape")
    expect(len(page.evaluate(CRUMBS)), 1, "depth after Escape")
    expect(page.evaluate(FOCUSED), first, "the focus is where it came from")
    # One stop for Tab: the next one leaves the treemap.
    page.press("Tab")
    expect(page.evaluate("document.activeElement.matches('.tile')"), False, "Tab leaves the treemap")
    expect(page.evaluate("document.querySelectorAll('.treemap [tabindex=\"0\"]').length"), 1, "stops of Tab")
    expect(page.troubles(), [], "troubles")


def check_table_has_the_parts(browser, directory):
    """Every tile is a row, and tiles without parts have areas in proportion to their sizes."""
    page = browser.open(directory / "inspect.html", "#0/code/lib.so")
    show_all_rows(page)
    rows = page.evaluate("[...document.querySelectorAll('.explorer tbody th')].map((it) => it.textContent)")
    tiles = page.evaluate(BUTTONS)

    def row_of(label):
        """Returns the index of the row with the name that a label begins with."""
        found = [at for at, row in enumerate(rows) if label.startswith(f"{row}, ")]
        expect(len(found), 1, f"rows of the tile {label}, among {rows}")
        return found[0]

    expect_that(len(tiles) > 3, f"tiles are shown: {tiles}")
    shares = page.evaluate(
        "[...document.querySelectorAll('.explorer tbody tr')].map((row) => parseFloat(row.cells[2].textContent))"
    )
    expect_that(abs(sum(shares) - 100) < 1, f"the parts add up: {shares}")
    areas = page.evaluate(
        "(() => { const box = document.querySelector('.treemap'); return [...box.children].map((it) => ["
        "it.getAttribute('aria-label'),"
        "it.offsetWidth * it.offsetHeight / box.clientWidth / box.clientHeight]); })()"
    )
    for name, area in areas:
        share = shares[row_of(name)] / 100
        if share > 0.02:
            expect_that(abs(area - share) < 0.1 * share + 0.01, f"{name} has {area} of the area, {share} of the bytes")


def check_sizes_and_sorting(browser, directory):
    page = browser.open(directory / "inspect.html", "#0/code")
    column = "[...document.querySelectorAll('.explorer tbody tr')].map((row) => row.cells[{}].textContent)"
    before = page.evaluate(column.format(2))
    page.click_on(".choice label:nth-of-type(2)")
    expect_that(page.evaluate(column.format(2)) != before, "shares of unpacked bytes differ")
    page.click_on(".explorer thead th:first-child button")
    names = [name for name in page.evaluate(column.format(0)) if name[0].isalpha()]
    expect(names, sorted(names, key=str.casefold), "rows sorted by name")
    expect(
        page.evaluate("[...document.querySelectorAll('.explorer thead th')].map((it) => it.getAttribute('aria-sort'))")[0],
        "ascending",
        "the sorted column says so",
    )
    expect(page.troubles(), [], "troubles")


def check_theme(browser, directory):
    page = browser.open(directory / "inspect.html", dark=False)
    light = background(page)
    page.click_on("#theme")
    dark = background(page)
    expect_that(light != dark, "the button changes the theme")
    expect(page.evaluate("document.getElementById('theme').textContent"), "Light theme", "the button")
    page.load()
    expect(background(page), dark, "the theme after a reload")
    page.click_on("#theme")
    expect(background(page), light, "the first theme again")
    page.evaluate("localStorage.clear()")
    system = browser.open(directory / "diff.html", dark=True)
    expect(background(system), dark, "the theme of the system")
    system.view(dark=False)
    expect(background(system), light, "the theme of the system when it changes")


def check_narrow(browser, directory):
    for name in PAGES:
        for width in (360, 390, 768):
            page = browser.open(directory / name, width=width, height=780, touch=width < 500)
            page.evaluate("document.querySelectorAll('details').forEach((it) => { it.open = true; })")
            expect(page.evaluate("document.documentElement.scrollWidth"), width, f"width of {name}")
            boxes = page.evaluate(
                "[...document.querySelectorAll('.top button, .choice label, .treemap')].map((it) => {"
                "const box = it.getBoundingClientRect(); return box.left >= 0 && box.right <= innerWidth && box.height >= 24; })"
            )
            expect_that(all(boxes), f"{name} at {width}: controls are whole and large enough: {boxes}")


def check_closure(browser, directory):
    """The graph has a box for each wheel and one for what is not found, and a line for each link."""
    page = browser.open(directory / "closure.html")
    boxes = page.evaluate("[...document.querySelectorAll('.graph > g')].map((it) => it.querySelector('.title').textContent)")
    expect(sorted(boxes), ["Not found", "provider", "user"], "boxes of the graph")
    lines = page.evaluate("[...document.querySelectorAll('.graph > path')].map((it) => [it.classList.contains('bad'), it.textContent])")
    expect(
        lines,
        [
            [False, "user/libuser.so needs libprovider.so, found by RUNPATH"],
            [True, "libgone.so is not found"],
        ],
        "lines of the graph",
    )
    rows = page.evaluate("[...document.querySelectorAll('[aria-labelledby=links] tbody tr')].map((it) => it.innerText.split('\\t'))")
    expect(len(rows), 1, f"rows of needed libraries: {rows}")
    expect_that("library-not-found" in page.evaluate("document.querySelector('[aria-labelledby=problems]').innerText"), "the problem is listed")
    page.click_on("[aria-labelledby=problems] th:nth-child(2) button")
    expect(page.evaluate("document.querySelector('[aria-labelledby=problems] th:nth-child(2)').ariaSort"), "ascending", "the order of the table")
    expect(page.troubles(), [], "troubles")


def check_hostile_names(browser, directory):
    """Names that are HTML, or end a script, are shown as text."""
    for name in PAGES:
        page = browser.open(directory / name)
        expect(page.evaluate("typeof window.hacked"), "undefined", "no name runs")
        expect(page.evaluate("document.querySelectorAll('img, iframe, b, main script').length"), 0, "elements of names")
        expect(page.troubles(), [], name)
    page = browser.open(directory / "inspect.html", "#0/code")
    show_all_rows(page)
    rows = page.evaluate("[...document.querySelectorAll('.explorer tbody th')].map((it) => it.textContent)")
    for hostile in ("<img src=x onerror=hacked=1>", "evil\\u{202e}cod.exe", "line\\u{2028}break", "__proto__"):
        expect_that(hostile in rows, f"{hostile} is text: {rows}")
    expect_that("<" in rows, f"the begin of a name with a slash is a directory: {rows}")
    # What gets in anyway is refused by the policy, which the browser reports.
    page.evaluate("(() => { const it = document.createElement('script'); it.textContent = 'window.hacked = 1'; document.body.append(it); })()")
    expect(page.evaluate("typeof window.hacked"), "undefined", "the policy refuses another script")
    page.evaluate("fetch('data:,x').catch(() => 0).then(() => 0)")
    expect_that(any("Content Security Policy" in str(it) for it in page.troubles()), "the policy is in force")


def check_difference(browser, directory):
    page = browser.open(directory / "diff.html")
    maps = "[...document.querySelectorAll('.treemap')].map((it) => it.textContent)"
    expect(len(page.evaluate(maps)), 2, "treemaps")
    expect(page.evaluate(CRUMBS), ["both wheels"], "breadcrumbs")
    rows = page.evaluate(SIDES_MISSING)
    expect(rows["code-1.1.dist-info"], [False, False], "the dist-info directories of two versions")
    page.click_on(".explorer tbody button")
    expect(page.evaluate(CRUMBS)[1:], ["code"], "both wheels zoom")
    labels = page.evaluate("[...document.querySelectorAll('.treemap')].map((it) => it.getAttribute('aria-label'))")
    expect(labels, ["Old: parts of code", "New: parts of code"], "both treemaps zoom")
    show_all_rows(page)
    rows = page.evaluate(SIDES_MISSING)
    expect(rows["gone.bin"], [False, True], "a removed file")
    expect(rows["more.bin"], [True, False], "an added file")
    expect(rows["lib.so"], [False, False], "a changed file")
    expect(rows["libx.so.1.1"], [False, False], "a library with another name")
    expect_that("libx.so.1.0" not in rows, f"the old name is no row: {rows}")
    # The other wheel has no such directory.
    only_new = browser.open(directory / "diff.html", "#0/code/fresh")
    expect_that("Nothing here" in only_new.evaluate(maps)[0], "the old wheel lacks the directory")
    expect_that("Nothing here" not in only_new.evaluate(maps)[1], "the new wheel has it")
    captions = only_new.evaluate("[...document.querySelectorAll('caption')].map((it) => it.textContent)")
    for caption in ("Changed files, in the wheel", "Added files", "Removed files", "Device code by architecture, in the wheel"):
        expect_that(caption in captions, f"{caption} is one of {captions}")
    expect(only_new.troubles(), [], "troubles")


def check_several(browser, directory):
    page = browser.open(directory / "several.html")
    options = page.evaluate("[...document.querySelectorAll('#wheel option')].map((it) => it.textContent)")
    expect(len(options), 3, "wheels to choose")
    choose = "(() => { const it = document.getElementById('wheel'); it.value = '%s'; it.dispatchEvent(new Event('change')); })()"
    page.evaluate(choose % 1)
    page.wait("document.querySelectorAll('button.tile').length > 0")
    problem = next(at for at, name in enumerate(options) if name.startswith("damaged"))
    page.evaluate(choose % problem)
    expect_that("ZIP archive" in page.evaluate("document.querySelector('.problem').textContent"), "the error is shown")


def check_audit(browser, directory):
    page = browser.open(directory / "inspect.html")
    table = "[...document.querySelectorAll('caption')].find((it) => it.textContent.startsWith('Policies')).parentElement"
    rows = page.evaluate(f"[...{table}.querySelectorAll('tbody tr')].map((row) => [...row.cells].map((it) => it.textContent))")
    met = [row[0] for row in rows if "yes" in row[1]]
    expect_that(met[-1] == "linux_x86_64", f"every wheel meets linux: {rows}")


def check_accessibility(browser, directory, axe):
    """axe-core finds nothing to object to, in both themes, at three places."""
    views = [
        ("inspect.html", "", {}),
        ("inspect.html", "#0/code/lib.so", {"dark": True}),
        ("inspect.html", "", {"width": 390, "height": 800}),
        ("diff.html", "", {}),
        ("diff.html", "#0/code", {"dark": True}),
        ("several.html", "", {"dark": True}),
        ("closure.html", "", {}),
        ("closure.html", "", {"dark": True}),
    ]
    for name, fragment, view in views:
        page = browser.open(directory / name, fragment, **view)
        page.evaluate("document.querySelectorAll('details').forEach((it) => { it.open = true; })")
        page.evaluate(axe + ";0")
        report = page.evaluate("axe.run(document).then((it) => JSON.stringify({violations: it.violations, passes: it.passes.length}))")
        report = json.loads(report)
        found = [(it["id"], it["nodes"][0]["html"][:200], it["nodes"][0].get("failureSummary")) for it in report["violations"]]
        expect(found, [], f"axe-core on {name}{fragment} {view}")
        expect_that(report["passes"] > 20, "axe-core has looked")


def main():
    program, wheel, directory = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    axe = zipfile.ZipFile(wheel).read("axe_playwright_python/axe.min.js").decode()
    checks = [value for name, value in globals().items() if name.startswith("check_")]
    with Browser(program) as browser:
        for check in checks:
            more = [axe] if check is check_accessibility else []
            check(browser, directory, *more)
            print("ok", check.__name__.removeprefix("check_"))


main()
