"""A content store in memory that offers SplitBlob and SpliceBlob, and counts the bytes on its connections.

It has the methods of the Remote Execution API that a cache needs, and the parameters that Bazel takes by default:
FastCDC 2020 with an average of 512 KiB and the seed 0. HTTP/2 is from the package `h2`.
"""

import hashlib
import socket
import threading

import h2.config
import h2.connection
import h2.events
from messages import all_of, field, framed, one_of, unframed, varint

AVERAGE_CHUNK = 512 << 10
"""Bytes; Bazel's default."""

MAX_BATCH = 4 << 20
"""Bytes of a batch of blobs: below gRPC's limit on a message."""

READ_STEP = 1 << 20

FAST_CDC_2020 = 1
"""The number of the chunking function."""

SHA256 = 1
"""The number of the digest function."""

NOT_FOUND = b"5"
UNIMPLEMENTED = b"12"
OK = b"0"


class NotFound(KeyError):
    """A blob that the store does not have."""


def digest(blob: bytes) -> bytes:
    """Returns a blob's digest: SHA-256 in hexadecimal, and its length."""
    return field(1, hashlib.sha256(blob).hexdigest().encode()) + field(2, len(blob))


def sha256_of(message: bytes) -> str:
    """Returns the hash in a digest."""
    return one_of(message, 1).decode()


class Store:
    """Blobs by their hash, and the chunks of those that were spliced."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.chunks: dict[str, list[bytes]] = {}

    def find(self, sha256: str) -> bytes:
        """Returns a blob."""
        if sha256 not in self.blobs and hashlib.sha256(b"").hexdigest() != sha256:
            raise NotFound(sha256)
        return self.blobs.get(sha256, b"")

    def add(self, sha256: str, blob: bytes) -> None:
        """Stores a blob."""
        if hashlib.sha256(blob).hexdigest() != sha256:
            raise ValueError(f"expected a blob with the hash {sha256}")
        self.blobs[sha256] = blob

    def chunk_bytes(self) -> int:
        """Returns the bytes of all chunks, each counted once."""
        distinct = {sha256_of(chunk) for chunks in self.chunks.values() for chunk in chunks}
        return sum(len(self.find(sha256)) for sha256 in distinct)

    def capabilities(self, _: list[bytes]) -> list[bytes]:
        """`GetCapabilities`."""
        chunking = field(1, AVERAGE_CHUNK) + field(2, 0)
        cache = field(1, varint(SHA256)) + field(4, MAX_BATCH) + field(9, 1) + field(10, 1) + field(11, chunking)
        low, high = field(1, 2), field(1, 2) + field(2, 12)
        return [field(1, cache) + field(4, low) + field(5, high)]

    def find_missing(self, requests: list[bytes]) -> list[bytes]:
        """`FindMissingBlobs`."""
        wanted = all_of(requests[0], 2)
        return [b"".join(field(2, it) for it in wanted if sha256_of(it) not in self.blobs)]

    def update(self, requests: list[bytes]) -> list[bytes]:
        """`BatchUpdateBlobs`."""
        answer = b""
        for request in all_of(requests[0], 2):
            named = one_of(request, 1)
            self.add(sha256_of(named), one_of(request, 2))
            answer += field(1, field(1, named) + field(2, b""))
        return [answer]

    def read_batch(self, requests: list[bytes]) -> list[bytes]:
        """`BatchReadBlobs`."""
        return [
            b"".join(
                field(1, field(1, it) + field(2, self.find(sha256_of(it))) + field(3, b""))
                for it in all_of(requests[0], 2)
            )
        ]

    def write(self, requests: list[bytes]) -> list[bytes]:
        """`ByteStream.Write`: the name ends with hash and length."""
        blob = b"".join(one_of(request, 10) for request in requests)
        self.add(one_of(requests[0], 1).decode().split("/")[-2], blob)
        return [field(1, len(blob))]

    def read(self, requests: list[bytes]) -> list[bytes]:
        """`ByteStream.Read`."""
        blob = self.find(one_of(requests[0], 1).decode().split("/")[-2])
        return [field(10, blob[offset : offset + READ_STEP]) for offset in range(0, len(blob), READ_STEP)]

    def splice(self, requests: list[bytes]) -> list[bytes]:
        """`SpliceBlob`: a blob out of chunks that the store has."""
        named, chunks = one_of(requests[0], 2), all_of(requests[0], 3)
        self.add(sha256_of(named), b"".join(self.find(sha256_of(chunk)) for chunk in chunks))
        self.chunks[sha256_of(named)] = chunks
        return [field(1, named)]

    def split(self, requests: list[bytes]) -> list[bytes]:
        """`SplitBlob`: the chunks that a client spliced."""
        named = one_of(requests[0], 2)
        self.find(sha256_of(named))
        chunks = self.chunks.get(sha256_of(named), [named])
        return [b"".join(field(1, chunk) for chunk in chunks) + field(2, FAST_CDC_2020)]

    def answer(self, path: str, body: bytes) -> tuple[bytes, list[bytes]]:
        """Returns status and messages of the answer to a request."""
        methods = {
            "Capabilities/GetCapabilities": self.capabilities,
            "ContentAddressableStorage/FindMissingBlobs": self.find_missing,
            "ContentAddressableStorage/BatchUpdateBlobs": self.update,
            "ContentAddressableStorage/BatchReadBlobs": self.read_batch,
            "ContentAddressableStorage/SpliceBlob": self.splice,
            "ContentAddressableStorage/SplitBlob": self.split,
            "ByteStream/Write": self.write,
            "ByteStream/Read": self.read,
        }
        method = methods.get(path.rpartition(".")[2])
        if method is None:
            return UNIMPLEMENTED, []
        try:
            return OK, method(list(unframed(body)))
        except NotFound:
            return NOT_FOUND, []


class Server:
    """A store on a port of this machine."""

    def __init__(self) -> None:
        self.store = Store()
        self.received = self.sent = 0
        """Bytes on all connections."""
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        """Serves each connection on a thread of its own."""
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=Connection(self, connection).serve, daemon=True).start()

    def count(self, received: int, sent: int) -> None:
        """Counts bytes of a connection."""
        with self.lock:
            self.received += received
            self.sent += sent


class Connection:
    """One connection: requests are answered when they have arrived in full."""

    def __init__(self, server: Server, stream: socket.socket) -> None:
        self.server, self.stream = server, stream
        self.http = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        self.requests: dict[int, tuple[str, bytearray]] = {}
        """Path and body of each request."""
        self.answers: dict[int, tuple[bytes, bytearray]] = {}
        """Status, and what is not sent yet, of each answer."""

    def serve(self) -> None:
        """Answers requests until the client closes the connection."""
        self.http.initiate_connection()
        self.http.increment_flow_control_window((1 << 30) - 1)
        self.flush()
        while data := self.stream.recv(READ_STEP):
            self.server.count(len(data), 0)
            for event in self.http.receive_data(data):
                self.on_event(event)
            for number in list(self.answers):
                self.send(number)
            self.flush()

    def on_event(self, event: h2.events.Event) -> None:
        """Takes an event of HTTP/2."""
        if isinstance(event, h2.events.RequestReceived):
            headers = {name: value for name, value in event.headers}
            self.requests[event.stream_id] = (headers[b":path"].decode(), bytearray())
        elif isinstance(event, h2.events.DataReceived):
            self.requests[event.stream_id][1].extend(event.data)
            self.http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            path, body = self.requests.pop(event.stream_id)
            status, messages = self.server.store.answer(path, bytes(body))
            self.http.send_headers(event.stream_id, [(":status", "200"), ("content-type", "application/grpc")])
            self.answers[event.stream_id] = (status, bytearray(b"".join(framed(messages))))
        elif isinstance(event, h2.events.StreamReset):
            self.requests.pop(event.stream_id, None)
            self.answers.pop(event.stream_id, None)

    def send(self, number: int) -> None:
        """Sends as much of an answer as the client's window allows, and its status at the end."""
        status, rest = self.answers[number]
        while rest:
            length = min(self.http.local_flow_control_window(number), self.http.max_outbound_frame_size, len(rest))
            if length <= 0:
                return
            self.http.send_data(number, bytes(rest[:length]))
            del rest[:length]
            self.flush()
        self.http.send_headers(number, [("grpc-status", status)], end_stream=True)
        del self.answers[number]

    def flush(self) -> None:
        """Sends what is due."""
        data = self.http.data_to_send()
        self.server.count(0, len(data))
        self.stream.sendall(data)
