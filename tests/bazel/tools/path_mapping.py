"""Runs the actions of a build again as Bazel 7 and later do with `--experimental_output_paths=strip`.

    path_mapping.py ACTIONS EXECUTION_ROOT SCRATCH

ACTIONS is what `bazel aquery --output=jsonproto` prints. In the paths of arguments, inputs and outputs the directory
of the configuration is replaced, the inputs are put there, and each action runs with the new paths. Its outputs must
be those that the build has written. Prints the key of each action: what a cache looks it up by. Two configurations
share their entries if `diff` finds no difference. Exits 1 if an action is not marked for path mapping, or has other
outputs.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

# As in Bazel: the path of the output directory, with or without text in front.
CONFIGURATION = re.compile(r"\bbazel-out/[^/]+/")
MAPPED = "bazel-out/cfg/"
# The user's program may write its paths into the wheel.
NOT_MAPPED = ["WheelScript"]


def mapped(text: str) -> str:
    """Replaces the configuration in the paths of a text."""
    return CONFIGURATION.sub(MAPPED, text)


def content(path: Path) -> dict[str, str]:
    """Returns the hashes of a file, or of the files in a directory, without the configuration in reports."""
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    found = {}
    for file in files:
        data = file.read_bytes()
        if file.suffix == ".json":
            data = mapped(data.decode()).encode()
        found[str(file.relative_to(path))] = hashlib.sha256(data).hexdigest()
    return found


class Actions:
    """The actions of a build."""

    def __init__(self, file: Path, root: Path) -> None:
        raw = json.loads(file.read_text(encoding="utf-8"))
        self.root = root
        self.actions = raw.get("actions", [])
        self.fragments = {f["id"]: f for f in raw["pathFragments"]}
        self.artifacts = {a["id"]: self.path(a["pathFragmentId"]) for a in raw["artifacts"]}
        self.sets = {s["id"]: s for s in raw["depSetOfFiles"]}

    def path(self, fragment: int) -> str:
        """Returns the path of a fragment and its parents."""
        found = self.fragments[fragment]
        parent = found.get("parentId")
        return (self.path(parent) + "/" if parent else "") + found["label"]

    def files(self, sets: list[int], seen: set[int]) -> Iterator[str]:
        """Yields the paths in sets of files."""
        for number in sets:
            if number not in seen:
                seen.add(number)
                found = self.sets[number]
                yield from (self.artifacts[a] for a in found.get("directArtifactIds", []))
                yield from self.files(found.get("transitiveDepSetIds", []), seen)

    def arguments(self, action: dict, output: str) -> list[str]:
        """Returns the command of an action, with the argument file that Bazel has written."""
        command = action["arguments"]
        file = self.root / f"{output}-0.params"
        if not file.exists():
            return command
        # Bazel 4 writes UTF-8 twice; only the probe depends on it here.
        lines = file.read_text(encoding="utf-8").splitlines()
        return [command[0], *(a for a in command[1:] if a.startswith("--tool-version=")), *lines]


def put(source: Path, target: Path) -> None:
    """Puts a copy of a file or directory at a path."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        shutil.copy(source, target)


def main() -> int:
    """Runs all actions."""
    actions = Actions(Path(sys.argv[1]), Path(sys.argv[2]))
    problems, keys = [], []
    for number, action in enumerate(actions.actions):
        mnemonic = action["mnemonic"]
        outputs = [actions.artifacts[a] for a in action["outputIds"]]
        if not all((actions.root / output).exists() for output in outputs) or mnemonic in NOT_MAPPED:
            continue
        requirements = {e["key"]: e["value"] for e in action.get("executionInfo", [])}
        if requirements.get("supports-path-mapping") != "1":
            problems.append(f"{mnemonic} of {outputs[0]} is not marked for path mapping")
        stage = Path(sys.argv[3]) / str(number)
        inputs = {}
        for path in actions.files(action.get("inputDepSetIds", []), set()):
            # Bazel's own file, and a list of files that only Bazel reads.
            if path.endswith("-0.params") or "_middlemen/" in path:
                continue
            put(actions.root / path, stage / mapped(path))
            inputs[mapped(path)] = content(actions.root / path)
        arguments = [mapped(argument) for argument in actions.arguments(action, outputs[0])]
        for output in outputs:
            target = stage / mapped(output)
            (target if (actions.root / output).is_dir() else target.parent).mkdir(parents=True, exist_ok=True)
        (stage / arguments[0]).parent.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(arguments, cwd=stage, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            problems.append(f"{mnemonic} of {outputs[0]} fails with other paths:\n{done.stdout}")
            continue
        for output in outputs:
            if content(stage / mapped(output)) != content(actions.root / output):
                problems.append(f"{mnemonic} writes another {output} with other paths")
        keys.append(json.dumps([mnemonic, arguments, sorted(inputs.items()), [mapped(o) for o in outputs]]))
    print(*sorted(keys), sep="\n")
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    return 1 if problems or not keys else 0


if __name__ == "__main__":
    sys.exit(main())
