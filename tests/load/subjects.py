"""The inputs of the requests of a soak: generated sources with native code; some change all the time."""

import os
import random
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

VARIANTS = 4
"""The number of contents between which the changing file of a source alternates."""

C_SOURCE = """\
#include <stdlib.h>
#include <string.h>
__asm__(".section .rodata\\n.global table\\ntable:\\n.incbin \\"{blob}\\"\\n.previous\\n");
extern const char table[];
char *example_copy(char *to, size_t size) {{ return memcpy(to, table, size); }}
char *example_variable(const char *name) {{ return getenv(name); }}
"""


@dataclass
class Source:
    """A directory of sources. Only the file `hot` changes."""

    name: str
    members: list[str]
    """Paths below the directory of inputs."""
    hot: str | None = None
    variants: list[bytes] = field(default_factory=list)
    current: int = 0
    readers: int = 0
    """Open requests that read it."""
    change_at: float = 0.0
    """The time of its next change."""
    is_waited_for: bool = False
    """Whether it is due to change as soon as no request reads it; until then no request for it is sent."""


class Subjects:
    """All sources, in a directory `in` below the working directory of the worker."""

    def __init__(self, work: Path, seed: int) -> None:
        self.root = work / "in"
        self.generator = random.Random(seed)
        self.words = [self.generator.randbytes(self.generator.randint(2, 9)) for _ in range(4000)]
        self.sources: dict[str, Source] = {}
        for index in range(4):
            self.add(f"pure{index}", modules=3 + 9 * index)
            self.add(f"small{index}", modules=8, native=20_000 << index)
        for index in range(3):
            self.add(f"medium{index}", modules=60, native=(2 + index) * 1_000_000)
        self.add("hot_text", modules=6, hot="text")
        self.add("hot_small", modules=10, native=150_000, hot="native")
        self.add("hot_large", modules=10, native=2_600_000, hot="native")

    def write(self, path: str, content: bytes) -> str:
        """Writes an input file, and returns its path as requests name it."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return f"in/{path}"

    def module(self) -> bytes:
        """A Python module of a kilobyte or two."""
        lines = (
            f"def f{self.generator.getrandbits(16)}(x):\n    return x + {self.generator.random()}\n"
            for _ in range(self.generator.randint(1, 40))
        )
        return "".join(lines).encode()

    def blob(self, size: int) -> bytes:
        """Bytes that compress about as well as machine code."""
        return b"".join(self.generator.choices(self.words, k=size // 5))[:size]

    def native(self, name: str, size: int) -> bytes:
        """A real shared library with a table of this size."""
        directory = self.root.parent / "build"
        directory.mkdir(exist_ok=True)
        blob, source, library = (directory / f"{name}.{end}" for end in ("bin", "c", "so"))
        blob.write_bytes(self.blob(size))
        source.write_text(C_SOURCE.format(blob=blob), encoding="ascii")
        command = ["cc", "-shared", "-fPIC", "-Wl,--build-id=none", "-o", str(library), str(source)]
        subprocess.run(command, check=True)
        return library.read_bytes()

    def add(self, name: str, modules: int, native: int = 0, hot: str | None = None) -> None:
        """A package of modules and perhaps a library."""
        members = [
            self.write(f"{name}/{name}/module{index}.py", self.module()) for index in range(modules)
        ]
        source = Source(name, members)
        members.append(self.write(f"{name}/{name}/__init__.py", b""))
        content = self.native(name, native) if native else self.module() * 40
        path = f"{name}/{name}/_native.so" if native else f"{name}/{name}/table.py"
        members.append(self.write(path, content))
        if hot:
            source.hot = members[-1]
            source.variants = [self.variant(content, number) for number in range(VARIANTS)]
            (self.root / path).write_bytes(source.variants[0])
        self.sources[name] = source

    def variant(self, content: bytes, number: int) -> bytes:
        """Returns another content. All but the last have the same length."""
        changed = bytearray(content)
        for _ in range(3 * number):
            at = self.generator.randrange(len(content) // 4, len(content) // 2)
            changed[at] = ord("0") + number
        return bytes(changed) + (b"#" * 999 if number == VARIANTS - 1 else b"")

    def set_variant(self, source: Source, number: int, way: str) -> None:
        """Gives the changing file another content: `replace`, `write` or `backdate`."""
        assert source.hot is not None
        path = self.root.parent / source.hot
        if way == "replace":
            other = path.with_name(path.name + ".new")
            other.write_bytes(source.variants[number])
            os.replace(other, path)
        else:
            before = path.stat()
            path.write_bytes(source.variants[number])
            if way == "backdate":
                os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        source.current = number
