"""RESULTS.md: each benchmark replaces its own part of the file and keeps the other parts."""

from pathlib import Path

from measuring.work import log

PATH = Path(__file__).resolve().parents[1] / "RESULTS.md"

HEADER = """\
# Measured results

Each part is written by the script that its first line names.
"""


def replace_part(path: Path, script: str, text: str, is_first: bool = False) -> None:
    """Replaces the part of this script with `text`. A new part goes to the end, or to the start if `is_first`."""
    begin = f"<!-- Written by {script}. Do not edit: run it again. -->\n"
    end = f"<!-- End of what {script} writes. -->\n"
    whole = path.read_text(encoding="utf-8") if path.exists() else HEADER
    before, found, rest = whole.partition(begin)
    if not found and is_first:
        before, part, after = whole.partition("<!-- Written by ")
        rest = f"{end}\n{part}{after}"
        found = begin
    elif not found:
        before += "\n"
    _, closed, after = rest.partition(end)
    if found and not closed:
        raise SystemExit(f"error: `{path}` has no line `{end.strip()}`")
    path.write_text(f"{before}{begin}\n{text.strip()}\n\n{end}{after}", encoding="utf-8")


def publish(path: Path, script: str, text: str, is_printed: bool) -> None:
    """Prints the part of a script, or replaces it in a file."""
    if is_printed:
        print(text)
        return
    replace_part(path, script, text)
    log(f"wrote {path}")
