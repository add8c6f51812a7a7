"""Compares the answers of auditwheel and wheelworks, and knows the expected differences."""

from dataclasses import dataclass
from pathlib import Path

from judge import Answer, Answers
from wheels import Wheel, rows_of

MISSING = "(no such field)"
"""The value of a field that one side does not have."""


@dataclass(frozen=True)
class Difference:
    field: str
    """Names of JSON fields, joined by slashes, or one of those that `differences_of_run` adds."""
    judge: object
    ours: object


@dataclass(frozen=True)
class Known:
    """An expected difference, with the reason. It must occur."""

    file_name: str
    field: str
    reason: str

    def covers(self, difference: Difference) -> bool:
        """Whether the row is for a field, or for an object that contains it."""
        return difference.field == self.field or difference.field.startswith(f"{self.field}/")


@dataclass(frozen=True)
class Verdict:
    """The result of the comparison for one wheel."""

    kind: str
    """`same`, `explained` or `differs`"""
    words: str
    unexplained: list[Difference]


def read_known(path: Path) -> list[Known]:
    return [Known(*row[:3]) for row in rows_of(path, 4)]


def judge_differences(wheel: Wheel, judge: Answers, ours: Answers, known: list[Known]) -> Verdict:
    """Compares the answers, and looks up each difference in the table."""
    found = compare(wheel, judge, ours)
    known = [row for row in known if row.file_name == wheel.file_name]
    left = [each for each in found if not any(row.covers(each) for row in known)]
    gone = [row for row in known if not any(row.covers(each) for each in found)]
    if left or gone:
        words = [each.field for each in left] + [f"{row.field} (listed, but gone)" for row in gone]
        more = " …" if len(words) > 4 else ""
        return Verdict("differs", f"differs: {', '.join(words[:4])}{more}", left)
    if found:
        reasons = dict.fromkeys(row.reason for row in known)
        return Verdict("explained", f"explained: {', '.join(reasons)}", [])
    return Verdict("same", "same", [])


def compare(wheel: Wheel, judge: Answers, ours: Answers) -> list[Difference]:
    """Returns all differences."""
    mine = ours["json"].json()
    if judge["json"].exit == 1 and isinstance(mine, dict) and "system" in mine:
        # The judge knows no other system than Linux, so the table must declare our result as correct.
        return [Difference("system", judge["json"].message, outcome(ours["json"]))]
    found = differences_of_run(judge["json"], ours["json"])
    if "pure" in judge:
        for each in differences_of_run(judge["pure"], ours["pure"]):
            found.append(Difference(f"allow-pure/{each.field}", each.judge, each.ours))
    return found + differences_of_text(wheel, judge, ours["text"])


def differences_of_run(judge: Answer, ours: Answer) -> list[Difference]:
    """Compares the exit codes and the outputs of two runs with `--json`."""
    mine = ours.json()
    succeeded = ours.exit == 0 and isinstance(mine, dict)
    refused = ours.exit in (1, 2) and (ours.message or isinstance(mine, dict))
    if ours.crashed or not (succeeded or refused):
        return [Difference("end", "0 with JSON, or 1 or 2 with a message", outcome(ours))]
    if judge.crashed:
        # There is nothing to compare, so the table must declare our result as correct.
        return [Difference("crash", judge.message, outcome(ours))]
    found = []
    if judge.exit != ours.exit:
        found.append(Difference("exit", judge.exit, ours.exit))
    theirs = judge.json()
    if isinstance(theirs, dict) and isinstance(mine, dict):
        # The texts of errors may differ.
        if theirs.get("error") and mine.get("error"):
            theirs, mine = theirs | {"error": ...}, mine | {"error": ...}
    return found + walk("", theirs, mine)


def walk(path: str, judge: object, ours: object) -> list[Difference]:
    """Compares JSON objects recursively; numbers, strings and lists as a whole."""
    if isinstance(judge, dict) and isinstance(ours, dict):
        found = []
        for name in sorted(judge.keys() | ours.keys()):
            inner = f"{path}/{name}" if path else name
            found += walk(inner, judge.get(name, MISSING), ours.get(name, MISSING))
        return found
    # In Python, 1 == True.
    same = type(judge) is type(ours) and judge == ours
    return [] if same else [Difference(path or "output", judge, ours)]


def differences_of_text(wheel: Wheel, judge: Answers, ours: Answer) -> list[Difference]:
    """Compares the sentence that scripts of other projects search for, whatever its line breaks."""
    if judge["json"].crashed:
        return []
    found = []
    if judge["json"].exit != ours.exit:
        found.append(Difference("text-exit", judge["json"].exit, ours.exit))
    answer = judge["json"].json()
    tag = answer.get("overall_tag") if isinstance(answer, dict) else None
    if tag is None:
        return found
    sentence = f'{wheel.file_name} is consistent with the following platform tag: "{tag}"'
    if "text" in judge and sentence not in " ".join(judge["text"].stdout.split()):
        raise AssertionError(f"the judge's text differs from its JSON: {sentence}")
    if sentence not in " ".join(ours.stdout.split()):
        found.append(Difference("text", sentence, ours.stdout[:200]))
    return found


def outcome(answer: Answer) -> str:
    text = answer.message if answer.exit else " ".join(answer.stdout.split())
    return f"exit code {answer.exit}: {text}"
