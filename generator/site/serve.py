"""A site folder on this machine, answered as a host would: for a look, and for tests.

Its headers are read from the site's own ``_headers``, so what is tested is what ships. It listens
on the loopback only, serves files and nothing else, and its log never holds a whole address: that
of a page is half of what is needed to follow a client.
"""

import os
import re
import sys
from collections.abc import Callable, Mapping
from hashlib import sha256
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from generator.base.loopback import HOST, Loopback
from generator.site.headers import TYPE, matching, media_type, parse_headers

RULES = "_headers"
INDEX, NOT_FOUND = "index.html", "404.html"
_HIDDEN = re.compile(r"(^|/)[._]")  # rules of hosts, dotfiles, and every way up
_PLAIN = re.compile(r"/(?:index\.html|404\.html|robots\.txt|assets/[\w.-]+)?")
_SEALED = re.compile(r"/[pq]/")

Log = Callable[[str], None]


def to_stderr(line: str) -> None:
    """Print a line of the access log."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - the log of a foreground server


class SiteServer(Loopback):
    """Serves ``root`` at ``url``; as a context manager in a thread of its own.

    Port 0 takes any that is free. Raises OSError when the port is taken or ``root`` has no
    ``_headers``, ValueError when those are malformed.
    """

    def __init__(self, root: Path, port: int = 0, log: Log = to_stderr) -> None:
        rules = parse_headers((root / RULES).read_text(encoding="utf-8"))
        files = SiteFiles(root.resolve(), rules)
        handler = type("SiteHandler", (_Handler,), {"files": files, "log": staticmethod(log)})
        super().__init__(_Server((HOST, port), handler))


class SiteFiles:
    """The files of a site with the headers they are served with."""

    def __init__(self, root: Path, rules: Mapping[str, Mapping[str, str]]) -> None:
        self._root = root
        self._rules = rules

    def answer(self, path: str) -> tuple[HTTPStatus, dict[str, str], bytes]:
        """Status, headers and body for a path as it came in the request (still escaped)."""
        file = self._file(unquote(path))
        status = HTTPStatus.OK if file else HTTPStatus.NOT_FOUND
        shown = file or self._root / NOT_FOUND
        body = shown.read_bytes() if shown.is_file() else b""
        kind = {TYPE: media_type(shown.name)}
        return status, {**kind, **matching(self._rules, path), "ETag": _etag(body)}, body

    def _file(self, path: str) -> Path | None:
        path = f"/{INDEX}" if path == "/" else path
        if _HIDDEN.search(path) or "\0" in path or path.endswith("/"):
            return None
        file = (self._root / path.lstrip("/")).resolve()
        is_inside = file.is_relative_to(self._root)  # a symbolic link could lead out
        return file if is_inside and os.path.isfile(file) else None  # noqa: PTH113 - never raises


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Nothing where a browser only went away; it does so with every link that is followed."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """One request. The class is made anew for each server, with its files and its log."""

    files: SiteFiles
    log: Log
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else a body waits 40 ms for an acknowledgement of its headers
    server_version = "sealpress"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer with the file."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """Answer as to GET, without the body."""
        self._answer(with_body=False)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Nothing: the library's own lines hold whole addresses."""

    def _answer(self, *, with_body: bool) -> None:
        path = self.path.partition("?")[0].partition("#")[0]
        status, headers, body = self.files.answer(path)
        if status is HTTPStatus.OK and _is_known(self.headers.get("If-None-Match"), headers):
            status, body = HTTPStatus.NOT_MODIFIED, b""
        self.log(f"{self.command} {status.value} {masked(path)}")
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status is not HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body)


def masked(path: str) -> str:
    """``path`` as it may stand in a log: no address of a page, and nothing unknown.

    An unknown path can be a client's whole link whose ``#`` was escaped.
    """
    if _PLAIN.fullmatch(path):
        return path
    return f"{path[:3]}…" if _SEALED.match(path) else "/…"


def _etag(body: bytes) -> str:
    return f'"{sha256(body).hexdigest()[:32]}"'


def _is_known(asked: str | None, headers: Mapping[str, str]) -> bool:
    known = [tag.strip().removeprefix("W/") for tag in (asked or "").split(",")]
    return "*" in known or headers["ETag"] in known
