"""Compares the files that `closure --bindings` names as definers of symbols with those that the loader took."""

import os

# Libraries of glibc 2.34 and later whose symbols are in libc.so.6 or in one another.
GLIBC = ("libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libutil.so.1", "the C library")


def outside(name):
    """Returns the name of a definer outside of the closure, one for all of glibc and one for the interpreter."""
    if name in GLIBC or name.startswith("ld-linux"):
        return "glibc"
    if name.startswith(("python", "libpython")) or name == "the Python interpreter":
        return "python"
    return name


def reported(report):
    """Returns the definer of each symbol of each file in a report, by the file's path in its wheel."""
    files = {}
    for entry in report["bindings"]:
        symbols = files.setdefault(entry["file"], {})
        for definer in entry["defined_by"]:
            name = definer["file"] or outside(definer["outside"])
            symbols.update(dict.fromkeys(definer["symbols"], name))
    return files


class Compared:
    """The result for the files of one closure."""

    def __init__(self, installed):
        self.members = {os.path.realpath(path): member for member, path in installed.items()}
        # Symbols that a file needs of others: bound as reported, bound to another file.
        self.same = 0
        self.other = {}
        # Symbols that a file defines itself: bound to itself, bound to another file.
        self.own = 0
        self.interposed = 0

    def definer(self, path):
        """Returns the name of a file that the loader bound to."""
        member = self.members.get(os.path.realpath(path))
        return member or outside(os.path.basename(path))

    def add(self, member, symbols, bound):
        """Adds a file: what is reported, and what the loader bound."""
        plain = {name.split("@")[0] for name in symbols}
        for to, names in bound.items():
            found = self.definer(to)
            for name in names:
                expected = symbols.get(name)
                if expected is None and found == member:
                    self.own += 1
                elif expected is None and name.split("@")[0] not in plain:
                    self.interposed += 1
                elif expected == found:
                    self.same += 1
                else:
                    key = (member, f"{expected or 'nothing'}>{found}")
                    self.other.setdefault(key, []).append(name)
