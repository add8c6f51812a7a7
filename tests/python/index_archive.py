"""PyPI's rules for the sequence of an archive's records: part of the model in index_rules.py."""

import struct
from collections.abc import Iterator
from mmap import mmap
from zipfile import ZipFile

Bytes = bytes | mmap


def is_well_framed(data: Bytes, archive: ZipFile) -> bool:
    try:
        Records(data, archive).run()
    except Framing:
        return False
    return True


class Framing(Exception):
    """A fault in the sequence of the archive's records."""


class Records:
    """Reads an archive from its first byte to its last, record by record, as PyPI does."""

    def __init__(self, data: Bytes, archive: ZipFile) -> None:
        self.data = data
        self.at = 0
        infos = archive.filelist
        self.sizes = {info.orig_filename: (info.compress_size, info.file_size) for info in infos}
        self.local: set[bytes] = set()
        self.central: set[bytes] = set()
        self.directory: int | None = None
        self.length = 0
        self.end: tuple[int, int, int] | None = None
        self.end_at: int | None = None
        self.locator: int | None = None

    def take(self, count: int) -> bytes:
        taken = self.data[self.at : self.at + count]
        if len(taken) < count:
            raise Framing("ends early")
        self.at += count
        return taken

    def fields(self, layout: str) -> tuple[int, ...]:
        return struct.unpack(f"<{layout}", self.take(struct.calcsize(f"<{layout}")))

    def run(self) -> None:
        while True:
            signature = self.take(4)
            if signature == b"PK\x03\x04":
                self.read_local()
            elif signature == b"PK\x01\x02":
                self.read_central()
            elif signature == b"PK\x06\x06":
                self.read_long_end()
            elif signature == b"PK\x06\x07":
                (self.locator,) = self.fields("4xQ4x")
            elif signature == b"PK\x05\x06":
                self.read_end()
                break
            else:
                raise Framing("unknown record")
        if self.local != self.central or self.at != len(self.data):
            raise Framing("members without a header, or bytes after the archive")

    def name(self, length: int) -> bytes:
        name = self.take(length)
        if any(byte < 0x20 or byte == 0x7F for byte in name):
            raise Framing("control characters")
        return name

    def read_local(self) -> None:
        flags, method, packed, size, name_length, extra = self.fields("2xHH8xLLHH")
        name = self.name(name_length)
        for kind, value in self.extras(self.take(extra)):
            if kind == 0x0001:
                packed, size = long_sizes(value, method, packed, size)
            elif kind == 0x7075:
                text(value[5:])
                if any(byte < 0x20 or byte == 0x7F for byte in value[5:]):
                    raise Framing("control characters")
        if flags & 8:
            raise Framing("data descriptor")
        if self.sizes.get(text(name)) != (packed, size) or name in self.local:
            raise Framing("not as in the directory, or twice")
        self.local.add(name)
        self.at += packed

    def extras(self, extra: bytes) -> Iterator[tuple[int, bytes]]:
        seen = set()
        while extra:
            kind, length = struct.unpack("<HH", extra[:4]) if len(extra) >= 4 else (0, len(extra))
            if length + 4 > len(extra) or (kind in seen and kind in (0x0001, 0x7075)):
                raise Framing("extra field")
            seen.add(kind)
            yield kind, extra[4 : 4 + length]
            extra = extra[4 + length :]

    def read_central(self) -> None:
        if self.directory is None:
            self.directory = self.at - 4
        name_length, extra, comment = self.fields("24xHHH12x")
        if comment:
            raise Framing("comment of a member")
        name = self.name(name_length)
        self.take(extra)
        if name in self.central or name not in self.local:
            raise Framing("twice, or without a local header")
        self.central.add(name)
        self.length += 46 + name_length + extra

    def read_long_end(self) -> None:
        self.end_at = self.at - 4
        size, here, count, length, offset = self.fields("Q12xQQQQ")
        if here != count or size != 44:
            raise Framing("ZIP64 end")
        self.end = (count, length, offset)

    def read_end(self) -> None:
        if self.end_at is not None and self.locator is None:
            raise Framing("no locator")
        start = self.at - 4
        here, count, length, offset, comment = self.fields("4xHHLLH")
        if here != count:
            raise Framing("several disks")
        self.at += comment
        end = self.end if self.locator is not None and self.end else (count, length, offset)
        directory = start if self.directory is None else self.directory
        if end != (len(self.central), self.length, directory):
            raise Framing("end record")


def long_sizes(value: bytes, method: int, packed: int, size: int) -> tuple[int, int]:
    """Returns the sizes in a ZIP64 field of a local header."""
    sentinel = 0xFFFF_FFFF
    if len(value) not in (0, 8, 16, 24, 28):
        raise Framing("length of a ZIP64 field")
    if not value:
        if sentinel in (packed, size):
            raise Framing("empty ZIP64 field")
        return packed, size
    (long,) = struct.unpack("<Q", value[:8])
    if len(value) == 8 and method:
        raise Framing("no compressed size")
    size = long if size == sentinel else size
    return (long if len(value) == 8 else struct.unpack("<Q", value[8:16])[0]), size


def text(name: bytes) -> str:
    try:
        return name.decode()
    except UnicodeError:
        raise Framing("not UTF-8") from None
