"""proxy.py - a socket between a client and the engine that counts the client's requests

Bytes pass unchanged. The client's side of each connection is read as HTTP/1.1 as far as is needed to
see where one request ends and the next begins: by Content-Length, by chunks, or never, after an
upgrade.
"""

import contextlib
import socket
import threading
import time

PIECE = 65536


class Requests:
    """Cuts one connection's stream into requests; `seen` gets "METHOD /path" of each."""

    def __init__(self, seen):
        self.seen = seen
        self.pending = b""
        self.skip = 0
        self.is_chunked = False
        self.is_upgraded = False

    def feed(self, data):
        self.pending += data
        while self.pending and self.step():
            pass

    def step(self):
        """Take one thing off the pending bytes; false if more of them are needed."""
        if self.is_upgraded:
            self.pending = b""
            return False
        if self.skip:
            taken = min(self.skip, len(self.pending))
            self.pending = self.pending[taken:]
            self.skip -= taken
            return True
        if self.is_chunked:
            line, end, rest = self.pending.partition(b"\r\n")
            if not end:
                return False
            size = int(line.split(b";")[0], 16)
            self.is_chunked = size > 0
            self.skip = size + 2
            self.pending = rest
            return True
        head, end, rest = self.pending.partition(b"\r\n\r\n")
        if not end:
            return False
        self.pending = rest
        self.begin(head.decode("latin-1").split("\r\n"))
        return True

    def begin(self, lines):
        method, path, _ = lines[0].split(" ", 2)
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip().lower()
        self.skip = int(headers.get("content-length", 0))
        self.is_chunked = "chunked" in headers.get("transfer-encoding", "")
        self.is_upgraded = "upgrade" in headers
        self.seen(f"{method} {path}")


class Proxy:
    """Listens on PATH for clients of the engine at ENGINE; `requests` is [(time, "METHOD /path")]."""

    def __init__(self, path, engine):
        self.url = f"unix://{path}"
        self.engine = engine
        self.requests = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    def between(self, begin, end):
        return [what for when, what in self.requests if begin <= when < end]

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            engine = socket.socket(socket.AF_UNIX)
            engine.connect(self.engine)
            stream = Requests(lambda what: self.requests.append((time.time(), what)))
            for source, sink, seen in (client, engine, stream.feed), (engine, client, None):
                threading.Thread(target=self.pump, args=(source, sink, seen), daemon=True).start()

    @staticmethod
    def pump(source, sink, seen):
        with contextlib.suppress(OSError):
            while data := source.recv(PIECE):
                if seen:
                    seen(data)
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
