"""Hand-written codec of Bazel's persistent worker protocol: length-delimited protocol buffers.

proto/worker_protocol.proto has the fields."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

VARINT, BYTES = 0, 2


@dataclass(frozen=True)
class Response:
    """A WorkResponse."""

    exit_code: int = 0
    output: str = ""
    request_id: int = 0
    was_cancelled: bool = False


def varint(value: int) -> bytes:
    """Encodes a varint: seven bits per byte, least significant first; the high bit marks continuation."""
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def field(number: int, value: int | bytes) -> bytes:
    """Encodes one field of a message. As in proto3, the number 0 is omitted."""
    if isinstance(value, int):
        return bytes([number << 3 | VARINT]) + varint(value) if value else b""
    return bytes([number << 3 | BYTES]) + varint(len(value)) + value


def request(
    arguments: Sequence[str],
    request_id: int = 0,
    inputs: Sequence[tuple[str, bytes]] = (),
    sandbox_dir: str = "",
    cancel: bool = False,
) -> bytes:
    """Encodes a framed WorkRequest. `inputs` are paths and digests."""
    parts = [field(1, argument.encode()) for argument in arguments]
    for path, digest in inputs:
        parts.append(field(2, field(1, path.encode()) + field(2, digest)))
    parts += [field(3, request_id), field(4, int(cancel))]
    if sandbox_dir:
        parts.append(field(6, sandbox_dir.encode()))
    message = b"".join(parts)
    return varint(len(message)) + message


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yields the fields of a message as numbers and values.

    Raises ValueError for a malformed message, and IndexError for a truncated one.
    """
    at = 0
    while at < len(message):
        tag, at = read_varint(message, at)
        value: int | bytes
        value, at = read_varint(message, at)
        if tag & 7 == BYTES:
            begin, at = at, at + int(value)
            if at > len(message):
                raise ValueError("a field is longer than its message")
            value = message[begin:at]
        elif tag & 7 != VARINT:
            raise ValueError(f"a field of an unexpected type: {tag & 7}")
        yield tag >> 3, value


def read_varint(data: bytes | bytearray, at: int) -> tuple[int, int]:
    """Decodes a varint. Returns its value and the offset after it. Raises IndexError if it is truncated."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte <= 0x7F:
            return value, at
        shift += 7


def response(message: bytes) -> Response:
    """Decodes a WorkResponse, without its length prefix."""
    found: dict[int, int | bytes] = dict(fields(message))
    output = found.get(2, b"")
    exit_code, request_id = int(found.get(1, 0)), int(found.get(3, 0))
    assert isinstance(output, bytes)
    return Response(exit_code, output.decode(), request_id, bool(found.get(4, 0)))


class Frames:
    """Splits a byte stream into frames."""

    def __init__(self) -> None:
        self.rest = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Adds bytes. Returns the messages that are complete now."""
        self.rest += data
        messages, at = [], 0
        while at < len(self.rest):
            try:
                length, begin = read_varint(self.rest, at)
            except IndexError:
                break
            if begin + length > len(self.rest):
                break
            messages.append(bytes(self.rest[begin : begin + length]))
            at = begin + length
        del self.rest[:at]
        return messages
