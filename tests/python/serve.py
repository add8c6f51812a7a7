"""Serves one wheel from a local package index with range requests, while a command runs.

`serve.py WHEEL DISTRIBUTION COMMAND...`: replaces each `INDEX` in the command by the index's address. Prints
the number of range requests for the wheel.
"""

import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

WHEEL, DISTRIBUTION, COMMAND = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
ranges = []


class Index(BaseHTTPRequestHandler):
    """A package index with one project and one file."""

    protocol_version = "HTTP/1.1"

    def answer(self, status, body, kind, headers=()):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        if self.path == f"/simple/{DISTRIBUTION}/":
            link = f'<!DOCTYPE html><a href="/files/{WHEEL.name}">{WHEEL.name}</a>'
            return self.answer(200, link.encode(), "text/html")
        if self.path != f"/files/{WHEEL.name}":
            return self.answer(404, b"", "text/plain")
        content = WHEEL.read_bytes()
        kind, accept = "application/octet-stream", ("Accept-Ranges", "bytes")
        wanted = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if not wanted:
            return self.answer(200, content, kind, [accept])
        first, last = wanted.groups()
        if first:
            start, end = int(first), int(last or len(content) - 1) + 1
        else:
            start, end = len(content) - int(last), len(content)
        end = min(end, len(content))
        ranges.append((start, end))
        where = ("Content-Range", f"bytes {start}-{end - 1}/{len(content)}")
        return self.answer(206, content[start:end], kind, [accept, where])

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


with ThreadingHTTPServer(("127.0.0.1", 0), Index) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/simple"
    command = [word.replace("INDEX", address) for word in COMMAND]
    code = subprocess.run(command, stdout=sys.stderr, check=False).returncode
    server.shutdown()
print(len(ranges))
sys.exit(code)
