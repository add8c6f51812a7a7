"""The few messages of protocol buffers and of gRPC that the content store and its clients need."""

from collections.abc import Iterable, Iterator

Value = int | bytes
"""An integer, or the bytes of a string, of bytes or of a message."""


def varint(value: int) -> bytes:
    """Encodes an integer."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def field(number: int, value: Value) -> bytes:
    """Encodes a field."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def read_varint(data: bytes, position: int) -> tuple[int, int]:
    """Returns an integer, and the position behind it."""
    value = shift = 0
    while True:
        byte = data[position]
        value |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if byte < 0x80:
            return value, position


def fields(message: bytes) -> Iterator[tuple[int, Value]]:
    """Yields number and value of each field. Raises ValueError for a type that no message here has."""
    position = 0
    while position < len(message):
        tag, position = read_varint(message, position)
        value, position = read_varint(message, position)
        if tag & 7 == 2:
            length, value = value, message[position : position + value]
            position += length
        elif tag & 7 != 0:
            raise ValueError(f"expected an integer or bytes, found type {tag & 7} of field {tag >> 3}")
        yield tag >> 3, value


def all_of(message: bytes, number: int) -> list[bytes]:
    """Returns the values of a repeated field."""
    return [value for found, value in fields(message) if found == number and isinstance(value, bytes)]


def one_of(message: bytes, number: int) -> bytes:
    """Returns the value of a field; empty if it is missing."""
    return next(iter(all_of(message, number)), b"")


def framed(messages: Iterable[bytes]) -> Iterator[bytes]:
    """Yields each message of gRPC behind its length."""
    for message in messages:
        yield b"\0" + len(message).to_bytes(4, "big") + message


def unframed(body: bytes) -> Iterator[bytes]:
    """Yields the messages of a body of gRPC."""
    position = 0
    while position < len(body):
        start = position + 5
        position = start + int.from_bytes(body[position + 1 : start], "big")
        yield body[start:position]
