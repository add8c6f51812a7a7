"""Loads shared libraries, each in a process of its own, and tells what the loader says and binds.

    LD_DEBUG=bindings LD_DEBUG_OUTPUT=PREFIX python -I load.py PREFIX < PATHS

Paths are on standard input, one a line; one that begins with `import ` is imported as an extension module, others are
opened with `ctypes.CDLL`. For each it prints a line of JSON: `path`, `said` (empty if it is loaded), and `bound`: for
each file that defines symbols of it, these as `name` or `name@version`.
"""

import ctypes
import importlib.machinery
import importlib.util
import json
import os
import re
import sys

BINDING = re.compile(
    rb"binding file (\S.*?) \[\d+\] to (\S.*?) \[\d+\]: (?:normal |protected )?symbol `([^']+)'(?: \[([^\]]*)\])?"
)


def load(path):
    """Opens a library. Returns what the loader says."""
    try:
        ctypes.CDLL(path)
    except OSError as error:
        return str(error)
    return ""


def import_module(path):
    """Imports an extension module. Returns what the loader says; what its initialisation says is left out."""
    name = os.path.basename(path).split(".", 1)[0]
    loader = importlib.machinery.ExtensionFileLoader(name, path)
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    try:
        importlib.util.module_from_spec(spec)
    except ImportError as error:
        text = str(error)
        # `dlopen` failed if the message names a file; otherwise the module itself raised the error.
        return text if re.search(r"cannot open shared|undefined symbol|ELF|not found|dlopen|TLS", text) else ""
    except BaseException:
        pass
    return ""


def in_child(task, path):
    """Runs a task in a child. Returns what it says, and how it ends."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.write(write, task(path).replace("\n", " ").encode())
        os.write(write, b"\n")
        os._exit(0)
    os.close(write)
    said = b""
    while part := os.read(read, 65536):
        said += part
    os.close(read)
    _, status = os.waitpid(child, 0)
    # A constructor, or the initialisation of a module, may end the process: that is not the loader.
    return said.decode(), os.waitstatus_to_exitcode(status)


def bindings(log, path):
    """Returns the bindings of a file in the log, and empties that."""
    bound = {}
    with open(log, "rb") as lines:
        start = b"binding file " + os.fsencode(path) + b" ["
        for line in lines:
            if start in line and (found := BINDING.search(line)):
                _, to, name, version = (part and part.decode(errors="replace") for part in found.groups())
                symbol = f"{name}@{version}" if version else name
                bound.setdefault(to, set()).add(symbol)
    os.truncate(log, 0)
    return {to: sorted(symbols) for to, symbols in bound.items()}


def main():
    log = f"{sys.argv[1]}.{os.getpid()}"
    for line in sys.stdin.read().splitlines():
        path = line.removeprefix("import ")
        is_import = path != line
        said, code = in_child(import_module if is_import else load, path)
        text = said.removesuffix("\n") if said else f"ends with {code}"
        if not said and is_import:
            text = ""
        print(json.dumps({"path": line, "said": text, "bound": bindings(log, path)}), flush=True)


if __name__ == "__main__":
    main()
