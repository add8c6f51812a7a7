"""Prints how Python reads `entry_points.txt` files: one JSON object per file, in order.

    entry_points.py FILE...

`pypi` is what PyPI reads, `installers` what pip and plug-in hosts read with importlib.metadata: the objects by
group and name, or null if the reader fails. PyPI also refuses some names of commands.
"""

import configparser
import json
import re
import sys
from importlib.metadata import PathDistribution
from pathlib import Path


class Parser(configparser.ConfigParser):
    optionxform = staticmethod(str)


def pypi(path):
    parser = Parser(delimiters=("=",), interpolation=None)
    try:
        parser.read_string(path.read_bytes().decode())
    except (configparser.Error, UnicodeDecodeError):
        return None
    for group in ("console_scripts", "gui_scripts"):
        if parser.has_section(group) and not all(re.fullmatch(r"[\w.-]+", name) for name in parser[group]):
            return None
    return {group: dict(parser[group]) for group in parser.sections() if parser[group]}


def installers(path):
    groups = {}
    try:
        for entry in PathDistribution(path.parent).entry_points:
            groups.setdefault(entry.group, {})[entry.name] = entry.value
    except (TypeError, ValueError):
        return None
    return groups


def main():
    for path in map(Path, sys.argv[1:]):
        print(json.dumps({"pypi": pypi(path), "installers": installers(path)}))


if __name__ == "__main__":
    main()
