"""The receiver on loopback: gateways that report, clients who answer, and whoever else comes."""

import json
import logging
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPResponse
from threading import Lock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.errors import OutsideError
from generator.send.listen import Asked, Desk, Listener, Pages
from generator.send.listen.server import LARGEST
from generator.send.listen.words import WORDS, language_of
from generator.send.values import Report

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
ID = "abcdefghijklmnopqrstuvwx01"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ONE_CLICK = b"List-Unsubscribe=One-Click"
MULTIPART = b"""--cut\r
Content-Disposition: form-data; name="List-Unsubscribe"\r
\r
One-Click\r
--cut--\r
"""


@dataclass
class Kept:
    """Who keeps answers, in memory; fails where a test wants it."""

    told: list[object] = field(default_factory=list)
    is_down: bool = False
    lock: Lock = field(default_factory=Lock)

    def _add(self, what: object) -> None:
        with self.lock:
            if self.is_down:
                raise OutsideError("the ledger cannot be reached")
            self.told.append(what)

    def report(self, reports: Sequence[Report]) -> None:
        """Keep them."""
        for one in reports:
            self._add(one)

    def unsubscribe(self, message: str, at: datetime) -> None:
        """Keep it."""
        self._add(("unsubscribe", message, at))

    def vote(self, message: str, value: int, at: datetime) -> None:
        """Keep it."""
        self._add(("vote", message, value, at))

    def liked(self, message: str, yes: bool, at: datetime) -> None:  # noqa: FBT001 - of the contract
        """Keep it."""
        self._add(("liked", message, yes, at))


@dataclass
class Place:
    """A running receiver, and who keeps what it takes."""

    kept: Kept
    port: int
    troubles: list[str]

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[HTTPResponse, str]:
        """What is answered, and its page."""
        with self.connection() as connection:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named)
            response = connection.getresponse()
            return response, response.read().decode()

    @contextmanager
    def connection(self) -> Iterator[HTTPConnection]:
        """A connection to it."""
        made = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            yield made
        finally:
            made.close()

    def raw(self, octets: bytes) -> bytes:
        """Everything that is answered to octets that need not be HTTP."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(octets)
            connection.shutdown(socket.SHUT_WR)
            came = b""
            while more := connection.recv(65_536):
                came += more
            return came


def desk(kept: Kept) -> Desk:
    """A desk with two channels, one of them with a key."""
    return Desk(kept, Pages("Insurer"), {"sms": "", "devino": "secret-key"}, now=lambda: NOW)


@pytest.fixture
def place() -> Iterator[Place]:
    """A running one."""
    kept, troubles = Kept(), list[str]()
    with Listener(desk(kept), troubled=troubles.append) as listener:
        yield Place(kept, int(listener.url.rpartition(":")[2]), troubles)
    assert troubles == []


def test_a_look_changes_nothing(place: Place) -> None:
    """Scanners of mail follow every link, with GET and with HEAD."""
    for path in (f"/u/{ID}", f"/v/{ID}/7", f"/l/{ID}/yes", f"/l/{ID}/no"):
        response, page = place.ask("GET", path)
        assert response.status == 200
        assert "<button>" in page
        assert ID not in page
        response, nothing = place.ask("HEAD", path)
        assert (response.status, nothing) == (200, "")
    assert place.kept.told == []


@pytest.mark.parametrize(
    "body",
    [
        (FORM["Content-Type"], ONE_CLICK),
        (
            "multipart/form-data; boundary=cut",
            MULTIPART,
        ),
    ],
)
def test_one_click_unsubscribes(place: Place, body: tuple[str, bytes]) -> None:
    """By the button, and by a mail program in either form that RFC 8058 names."""
    response, page = place.ask("POST", f"/u/{ID}", body[1], Content_Type=body[0])
    assert response.status == 200
    assert "Вы отписались" in page
    assert place.kept.told == [("unsubscribe", ID, NOW)]


def test_what_is_no_click_unsubscribes_nobody(place: Place) -> None:
    """A form without the words is asked again."""
    for body in (b"", b"List-Unsubscribe=", b"x=1", b"\xff" * 100):
        response, page = place.ask("POST", f"/u/{ID}", body)
        assert response.status == 400
        assert "<button>" in page
    assert place.kept.told == []


def test_a_vote_is_that_of_the_form(place: Place) -> None:
    """The link chooses one, whoever votes may choose another."""
    _, page = place.ask("GET", f"/v/{ID}/7", Accept_Language="en")
    assert page.count('type="radio"') == 11
    assert 'value="7" checked' in page
    assert page.count("checked>") == 1
    response, page = place.ask("POST", f"/v/{ID}/7", b"value=10", Accept_Language="en")
    assert response.status == 200
    assert "Thank you!" in page
    assert place.kept.told == [("vote", ID, 10, NOW)]


@pytest.mark.parametrize("body", [b"", b"value=11", b"value=-1", b"value=x", b"value=7.5"])
def test_what_is_no_vote_is_asked_again(place: Place, body: bytes) -> None:
    """Nothing is kept of it."""
    assert place.ask("POST", f"/v/{ID}/7", body)[0].status == 400
    assert place.kept.told == []


@pytest.mark.parametrize("yes", [True, False])
def test_a_like_is_that_of_the_form(place: Place, yes: bool) -> None:  # noqa: FBT001 - a case
    """The link chooses one."""
    word, other = ("yes", "no") if yes else ("no", "yes")
    _, page = place.ask("GET", f"/l/{ID}/{word}")
    assert f'value="{word}" checked' in page
    assert f'value="{other}">' in page
    place.ask("POST", f"/l/{ID}/{other}", f"value={word}".encode())
    assert place.kept.told == [("liked", ID, yes, NOW)]


def test_gateways_report(place: Place) -> None:
    """Kannel by GET, Devino by JSON with its key; each for its channel."""
    one = {"messageId": 7, "status": "DELIVERED", "options": {"id": ID}}
    assert place.ask("GET", f"/r/sms?id={ID}&provider=7f&status=2")[0].status == 200
    path = "/r/devino/secret-key"
    assert place.ask("POST", path, json.dumps([one, one]).encode())[0].status == 200
    delivered = Report("devino", "delivered", NOW, ID, "7", "delivered")
    assert place.kept.told == [Report("sms", "failed", NOW, ID, "7f", "2"), delivered, delivered]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"/r/other?id={ID}&status=1", 404),
        ("GET", f"/r/sms/key?id={ID}&status=1", 404),
        ("POST", "/r/devino", 404),
        ("POST", "/r/devino/secret-kez", 404),
        ("GET", "/r/sms", 400),
        ("HEAD", f"/r/sms?id={ID}&status=1", 200),
        ("POST", "/r/sms", 400),
        ("GET", f"/r/sms?id={ID}&status=4", 200),
    ],
)
def test_what_reports_nothing_keeps_nothing(
    place: Place, method: str, path: str, status: int
) -> None:
    """Unknown channels, wrong keys, garbage, states on the way."""
    assert place.ask(method, path, b"{" if method == "POST" else None)[0].status == status
    assert place.kept.told == []


@pytest.mark.parametrize(
    "path",
    ["/", "/u/", f"/u/{ID}x", f"/u/{ID[:-1]}", f"/v/{ID}/11", f"/v/{ID}/07", f"/l/{ID}/maybe",
     f"/u/{ID}/", f"/u/{ID[:-1]}%41", "/../etc/passwd", "//", "/r/", f"/v/{ID}/%D9%A3"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_no_link_is_missing(place: Place, method: str, path: str) -> None:
    """Nothing of it stands in the page."""
    response, page = place.ask(method, path, ONE_CLICK if method == "POST" else None)
    assert response.status == 404
    assert "Такой страницы нет" in page
    assert place.kept.told == []


def test_who_keeps_it_may_be_away(place: Place) -> None:
    """The client is asked to try again, the gateway will."""
    place.kept.is_down = True
    response, page = place.ask("POST", f"/u/{ID}", ONE_CLICK)
    assert (response.status, response.getheader("Retry-After")) == (503, "60")
    assert "ledger" not in page
    assert place.ask("GET", f"/r/sms?id={ID}&status=1")[0].status == 503


def test_headers_are_ours_alone(place: Place) -> None:
    """A page may load nothing, be framed by nobody, tell nobody where it was, be kept nowhere."""
    response, _ = place.ask("GET", f"/u/{ID}", X_Evil="evil", Host="evil.example", Origin="evil")
    headers = dict(response.getheaders())
    assert "evil" not in str(headers)
    assert set(headers) == {
        "Content-Security-Policy",
        "Cache-Control",
        "Referrer-Policy",
        "X-Content-Type-Options",
        "X-Robots-Tag",
        "Content-Type",
        "Content-Length",
    }
    assert "default-src 'none'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("request_lines", "status"),
    [
        (f"POST /u/{ID} HTTP/1.1\r\nContent-Length: {LARGEST + 1}\r\n", 413),
        (f"POST /u/{ID} HTTP/1.1\r\nContent-Length: {'9' * 30}\r\n", 400),
        (f"POST /u/{ID} HTTP/1.1\r\nContent-Length: -1\r\n", 400),
        (f"POST /u/{ID} HTTP/1.1\r\n", 411),
        (f"POST /u/{ID} HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 26\r\n", 411),
        (f"POST /u/{ID} HTTP/1.1\r\nContent-Length: 26\r\nContent-Length: 5\r\n", 411),
        (f"GET /u/{ID} HTTP/1.1\r\nContent-Length: 26\r\n", 400),
        (f"DELETE /u/{ID} HTTP/1.1\r\n", 501),
        ("GET /" + "x" * 70_000 + " HTTP/1.1\r\n", 414),
    ],
)
def test_strange_requests_are_refused_and_the_connection_with_them(
    place: Place, request_lines: str, status: int
) -> None:
    """What follows is not taken for a request of its own; nothing is repeated."""
    follows = f"POST /u/{ID} HTTP/1.1\r\nContent-Length: {len(ONE_CLICK)}\r\n\r\n"
    answer = place.raw(request_lines.encode() + b"\r\n" + follows.encode() + ONE_CLICK)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert answer.count(b"HTTP/1.1 ") == 1
    assert ID.encode() not in answer
    assert place.kept.told == []


def test_half_a_request_does_nothing(place: Place) -> None:
    """Whoever speaks goes away in the middle of the body."""
    half = f"POST /u/{ID} HTTP/1.1\r\nContent-Length: 40\r\n\r\n".encode() + ONE_CLICK
    assert place.raw(half) == b""
    assert place.kept.told == []


def test_many_requests_go_over_one_connection(place: Place) -> None:
    """As a proxy asks."""
    with place.connection() as connection:
        for number in range(11):
            connection.request("POST", f"/v/{ID}/0", f"value={number}".encode())
            assert connection.getresponse().read()
    assert place.kept.told == [("vote", ID, number, NOW) for number in range(11)]


def test_nothing_is_written_anywhere(
    place: Place, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """An id is as good as a link."""
    caplog.set_level(logging.DEBUG)
    place.ask("POST", f"/u/{ID}", ONE_CLICK)
    place.raw(b"garbage " + ID.encode() + b"\r\n\r\n")
    assert (caplog.text, *capfd.readouterr()) == ("", "", "")


def test_an_error_that_nobody_expected_is_told_by_its_name() -> None:
    """And by nothing else of it."""
    troubles: list[str] = []
    kept = Kept()
    kept.vote = lambda *_: 1 / 0  # type: ignore[method-assign, assignment] # broken
    with Listener(desk(kept), troubled=troubles.append) as listener:
        place = Place(kept, int(listener.url.rpartition(":")[2]), troubles)
        with pytest.raises(ConnectionError):
            place.ask("POST", f"/v/{ID}/7", b"value=7")
    assert troubles == ["ZeroDivisionError"]


@given(
    st.sampled_from(["GET", "HEAD", "POST"]),
    st.text(max_size=60) | st.sampled_from([f"/u/{ID}", f"/v/{ID}/3", f"/l/{ID}/no", "/r/sms"]),
    st.text(max_size=40),
    st.binary(max_size=60),
    st.text(max_size=40),
)
def test_anything_may_be_asked(method: str, path: str, query: str, body: bytes, wish: str) -> None:
    """Each request has an answer, and only a click or a value is kept."""
    kept = Kept()
    asked = Asked(method, path, query, body, wish)  # type: ignore[arg-type] # sampled from them
    reply = desk(kept).reply(asked)
    assert reply.status in {200, 400, 404}
    assert ID not in repr(asked)
    assert all(ID in str(one) or path == "/r/sms" for one in kept.told)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "ru"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("de,en;q=0.5,ru;q=0.7", "ru"),
        ("en;q=0", "ru"),
        ("fr", "ru"),
        ("*", "ru"),
        ("en;q=x, ;;;,", "ru"),
    ],
)
def test_the_language_is_the_one_a_browser_likes_best(accepted: str, language: str) -> None:
    """Of those that there are; the first without a wish."""
    assert language_of(accepted, ("ru", "en")) == language


def test_every_page_stands_in_every_language() -> None:
    """With the site's name, which may hold anything."""
    pages = Pages('<i>"Insurer" & Co')
    for wish in WORDS:
        shown = [
            pages.leave(wish), pages.left(wish), pages.vote(wish, 3), pages.liked(wish, yes=True),
            pages.thanks(wish), pages.missing(wish), pages.failed(wish),
        ]  # fmt: skip
        assert len(set(shown)) == 7
        assert all("&lt;i&gt;" in page and "<i>" not in page for page in shown)
        assert all(f'lang="{wish}"' in page for page in shown)
