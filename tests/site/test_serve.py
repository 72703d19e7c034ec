"""The local server, asked over real connections."""

import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from threading import Barrier, Thread

import pytest

from generator.site.headers import COMMON, SiteCsp, netlify_headers
from generator.site.serve import SiteServer, masked, to_stderr

CSP = SiteCsp(loader="default-src 'none'", not_found="script-src 'sha256-Ab='")
ADDRESS = "R6/ni7a2UeCV3mMwTxs2KzC"
KEY = "G6wFjNehjs9Cih8UWvSWCL"
FILES = {
    "index.html": b"loader",
    "404.html": b"nothing is here",
    "robots.txt": b"User-agent: *",
    "_headers": netlify_headers(CSP).encode(),
    f"p/{ADDRESS}": b"SP\x01\x00 sealed",
    f"q/{KEY}": b"<!doctype html>stage",
    "assets/page.3f.css": b"body{}",
    ".hidden": b"dotfile",
}

Ask = Callable[..., tuple[HTTPResponse, bytes]]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A site folder, with a file beside it that must not be served."""
    for name, content in FILES.items():
        path = tmp_path / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (tmp_path / "secret").write_bytes(b"secret")
    return tmp_path / "site"


@pytest.fixture
def log() -> list[str]:
    """The lines of the access log."""
    return []


@pytest.fixture
def server(root: Path, log: list[str]) -> Iterator[SiteServer]:
    """The site being served on a free port."""
    with SiteServer(root, log=log.append) as running:
        yield running


@pytest.fixture
def ask(server: SiteServer) -> Ask:
    """Asks for a path as it stands, without a client mending it first."""

    def asked(path: str, method: str = "GET", **headers: str) -> tuple[HTTPResponse, bytes]:
        with closing(HTTPConnection(server.url.removeprefix("http://"))) as connection:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, headers=named)
            response = connection.getresponse()
            return response, response.read()

    return asked


@pytest.mark.parametrize(
    ("path", "file", "media_type"),
    [
        ("/", "index.html", "text/html; charset=utf-8"),
        ("/index.html", "index.html", "text/html; charset=utf-8"),
        (f"/q/{KEY}", f"q/{KEY}", "text/html; charset=utf-8"),
        (f"/q/{KEY}?utm_source=sms", f"q/{KEY}", "text/html; charset=utf-8"),
        (f"/p/{ADDRESS}", f"p/{ADDRESS}", "application/octet-stream"),
        ("/assets/page.3f.css", "assets/page.3f.css", "text/css; charset=utf-8"),
        ("/robots.txt", "robots.txt", "text/plain; charset=utf-8"),
    ],
)
def test_files_are_served(ask: Ask, path: str, file: str, media_type: str) -> None:
    """Files come with their content, type, length and all common headers."""
    response, body = ask(path)
    assert (response.status, body) == (200, FILES[file])
    assert response.headers["Content-Type"] == media_type
    assert response.headers["Content-Length"] == str(len(body))
    assert COMMON.items() <= dict(response.headers).items()


def test_headers_come_from_the_site(root: Path) -> None:
    """What the folder's own _headers says is what is sent, once per header."""
    (root / "_headers").write_text("/*\n  X-Ours: 1\n/q/*\n  Cache-Control: no-store\n")
    with (
        SiteServer(root, log=lambda _: None) as server,
        closing(HTTPConnection(server.url.removeprefix("http://"))) as connection,
    ):
        connection.request("GET", f"/q/{KEY}")
        response = connection.getresponse()
        assert response.headers.get_all("X-Ours") == ["1"]
        assert response.headers.get_all("Cache-Control") == ["no-store"]
        assert "Content-Security-Policy" not in response.headers


def test_head(ask: Ask) -> None:
    """HEAD is answered with the headers of GET and no body."""
    got, body = ask("/")
    head, nothing = ask("/", "HEAD")
    assert (head.status, nothing) == (200, b"")
    assert dict(head.headers) == dict(got.headers)
    assert head.headers["Content-Length"] == str(len(body))


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
def test_known_file_is_not_sent_again(ask: Ask, form: str) -> None:
    """A file that the browser has is answered 304, with its policy and without a body."""
    first, _ = ask(f"/p/{ADDRESS}")
    tag = first.headers["ETag"]
    response, body = ask(f"/p/{ADDRESS}", If_None_Match=form.format(tag))
    assert (response.status, body) == (304, b"")
    assert response.headers["ETag"] == tag
    assert response.headers["Cache-Control"] == "public, no-cache"


def test_changed_file_is_sent(ask: Ask, root: Path) -> None:
    """A file that changed has another tag, so it is sent."""
    tag = ask(f"/p/{ADDRESS}")[0].headers["ETag"]
    (root / "p" / ADDRESS).write_bytes(b"new")
    response, body = ask(f"/p/{ADDRESS}", If_None_Match=tag)
    assert (response.status, body) == (200, b"new")


@pytest.mark.parametrize(
    "path",
    [
        "/nothing", "/p/R6/other", "/p/", "/p/R6", "/q/", "/assets", "/assets/", "/_headers",
        "/.hidden", "/%2ehidden", "/../secret", "/%2e%2e/secret", "/p/../../secret",
        "/p/%2e%2e/%2e%2e/secret", "/..%2fsecret", "/link", "/folder/file", "/index.html/",
        "/%00", "/index.html%00", "//secret", "/q/" + "a" * 300,
    ],
)  # fmt: skip
def test_nothing_else_is_served(ask: Ask, root: Path, path: str) -> None:
    """No listing, no way up, no link that leads out, no hidden file: 404.html instead."""
    (root / "link").symlink_to(root.parent / "secret")
    (root / "folder").symlink_to(root.parent)
    response, body = ask(path)
    assert (response.status, body) == (404, FILES["404.html"])


def test_site_without_its_404(ask: Ask, root: Path) -> None:
    """A site that lacks the page for unknown addresses still answers 404."""
    (root / "404.html").unlink()
    response, body = ask("/nothing")
    assert (response.status, body) == (404, b"")


def test_other_methods_are_refused(ask: Ask, log: list[str]) -> None:
    """A static site takes nothing in."""
    response, _ = ask("/", "POST")
    assert response.status == 501
    assert log == []


def test_log_holds_no_address(ask: Ask, log: list[str]) -> None:
    """Status and kind are logged; an address, or a link in a path, never is."""
    for path in ("/", f"/p/{ADDRESS}", f"/q/{KEY}?x=1", f"/%23{KEY}", "/assets/page.3f.css"):
        ask(path)
    ask("/", "HEAD")
    assert log == [
        "GET 200 /",
        "GET 200 /p/…",
        "GET 200 /q/…",
        "GET 404 /…",
        "GET 200 /assets/page.3f.css",
        "HEAD 200 /",
    ]


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/404.html", "/404.html"),
        (f"/p/{ADDRESS}", "/p/…"),
        ("/p", "/…"),
        (f"/assets/%23{KEY}", "/…"),
        (f"/index.html%23{KEY}", "/…"),
        (f"//{KEY}", "/…"),
        ("", "/…"),
    ],
)
def test_masked(path: str, shown: str) -> None:
    """What is not known to be harmless is not shown."""
    assert masked(path) == shown


def test_default_log_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """The command's log leaves standard output to its results."""
    to_stderr("GET 200 /")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "GET 200 /\n")


def test_requests_are_answered_side_by_side(ask: Ask, server: SiteServer) -> None:
    """A client that says nothing does not keep others waiting."""
    port = int(server.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)):
        assert ask("/")[0].status == 200


def test_many_at_once(ask: Ask) -> None:
    """Twenty who ask at the same moment all get their file."""
    start, statuses = Barrier(20), []

    def one() -> None:
        start.wait()
        statuses.append(ask("/")[0].status)

    threads = [Thread(target=one) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 20


def test_port_is_free_afterwards(root: Path) -> None:
    """Leaving the context stops the server and frees its port."""
    with SiteServer(root, log=lambda _: None) as first:
        port = int(first.url.rpartition(":")[2])
    with SiteServer(root, port=port, log=lambda _: None) as second:
        assert second.url == first.url


def test_folder_that_is_no_site(tmp_path: Path) -> None:
    """Without its headers a folder is not served: the pages would have no policy."""
    with pytest.raises(FileNotFoundError):
        SiteServer(tmp_path)
