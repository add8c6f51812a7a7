"""Serves the files of a directory, in one of many ways, while a command runs.

`http_server.py DIRECTORY CERTIFICATE COMMAND...`: replaces `HTTP` and `HTTPS` in the command by the addresses of two servers.
Prints as JSON the exit code, what the command printed, the requests (path and range), and the bytes of content that were sent.
The first component of a path is the way: see WAYS.
"""

import base64
import json
import re
import ssl
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

DIRECTORY, CERTIFICATE, COMMAND = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
LOCK = threading.Lock()
STOP = threading.Event()
requests = []
sent = 0

CREDENTIALS = "Basic " + base64.b64encode(b"user:pass word").decode()


class Files(BaseHTTPRequestHandler):
    """Files with ranges and an ETag, unless the way is another one."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        _, way, *rest = self.path.split("?")[0].split("/")
        path = DIRECTORY / rest[-1]
        wanted = self.headers.get("Range")
        with LOCK:
            requests.append([self.path, wanted])
            self.number = len(requests)
        if way == "redirect":
            return self.redirect(f"/{'/'.join(rest)}")
        if way == "loop":
            return self.redirect(self.path)
        if way == "elsewhere":
            return self.redirect(f"http://localhost:{self.server.server_port}/auth/{rest[-1]}")
        if way == "downgrade":
            return self.redirect(f"{ADDRESSES['HTTP']}/ranges/{rest[-1]}")
        if way == "silent":
            STOP.wait()
            return self.close()
        if way == "garbage":
            self.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
            return self.close()
        if way == "auth" and self.headers.get("Authorization") != CREDENTIALS:
            return self.answer(401, b"")
        if way == "missing" or not path.exists():
            return self.answer(404, b"")
        self.serve(way, path.read_bytes(), wanted)

    def serve(self, way, content, wanted):
        """Sends a file or a part of it."""
        is_first = self.number == 1
        tags = [("ETag", '"1"')] if way != "changed-tag" or is_first else [("ETag", '"2"')]
        if way == "unsupported" or way == "no-length":
            return self.answer(200, content, [], with_length=way != "no-length")
        if way == "cut-whole":
            return self.answer(200, content, [], cut=1000)
        if way == "ignored" and not is_first or way == "changed-whole" and not is_first:
            return self.answer(200, content, [("ETag", '"2"')])
        if way == "encoded":
            return self.answer(200, content, [("Content-Encoding", "br")])
        parsed = re.fullmatch(r"bytes=(\d*)-(\d*)", wanted or "")
        if not parsed or way == "no-suffix" and not parsed[1]:
            return self.answer(200, content, [*tags, ("Accept-Ranges", "bytes")])
        if way == "unsatisfiable":
            return self.answer(416, b"", [("Content-Range", f"bytes */{len(content)}")])
        start = int(parsed[1]) if parsed[1] else max(0, len(content) - int(parsed[2]))
        end = min(int(parsed[2] or len(content) - 1) + 1, len(content)) if parsed[1] else len(content)
        shown, total = (start + 1, len(content)) if way == "shifted" and not is_first else (start, len(content))
        if way == "grown" and not is_first:
            total += 1
        where = [("Content-Range", f"bytes {shown}-{end - 1}/{total}")]
        if way == "no-content-range":
            where = []
        if way == "endless":
            return self.endless(206, [*tags, *where])
        body = content[start:end]
        self.answer(206, body, [*tags, *where], cut=1000 if way == "cut" and not is_first else 0)

    def answer(self, status, body, headers=(), cut=0, with_length=True):
        """Sends a response, without the last `cut` bytes of its body."""
        global sent
        self.send_response(status)
        if with_length:
            self.send_header("Content-Length", str(len(body)))
        else:
            self.send_header("Connection", "close")
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        part = body[: len(body) - cut]
        try:
            self.wfile.write(part)
        except OSError:
            return self.close()
        with LOCK:
            sent += len(part)
        if cut or not with_length:
            self.close()

    def endless(self, status, headers):
        """Sends a response in pieces, and never ends it."""
        self.send_response(status)
        for name, value in [*headers, ("Transfer-Encoding", "chunked")]:
            self.send_header(name, value)
        self.end_headers()
        try:
            while not STOP.is_set():
                self.wfile.write(b"1000\r\n" + b"0" * 4096 + b"\r\n")
        except OSError:
            pass
        self.close()

    def redirect(self, location):
        self.answer(302, b"", [("Location", location)])

    def close(self):
        self.close_connection = True

    def log_message(self, *_):
        pass


def serve(scheme, certificate=None):
    """Starts a server. Returns its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    server.daemon_threads = True
    # Clients that go away are expected. A thread that writes to stderr at the end of the process aborts it.
    server.handle_error = lambda *_: None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"{scheme}://127.0.0.1:{server.server_port}"


ADDRESSES = {"HTTPS": serve("https", CERTIFICATE), "HTTP": serve("http")}
command = COMMAND
for name, address in ADDRESSES.items():
    host = address.split("://")[1]
    command = [re.sub(rf"\b{name}\b", address, word).replace(f"{name}HOST", host) for word in command]
ended = subprocess.run(command, capture_output=True, text=True, check=False)
STOP.set()
result = {"code": ended.returncode, "stdout": ended.stdout, "stderr": ended.stderr, "requests": requests, "sent": sent}
print(json.dumps(result))
