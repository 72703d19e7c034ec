"""Proof: a page is called gone only when whoever asks is told so."""

from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

import pytest

from generator.base.config import Publish
from generator.base.errors import OutsideError
from generator.proof import PATIENCE, Asking, origin_of, status_of
from generator.receipts import NOT_ASKED, Proof
from tests.serving import served

PATHS = ["p/ab/cd", "p/ef/gh"]


@dataclass
class Host:
    """Answers by what it was asked before, while time passes only when somebody waits."""

    answers: Callable[[int], int | None]
    asked: list[str] = field(default_factory=list)
    now: float = 0.0

    def status_of(self, address: str) -> int | None:
        """The next answer."""
        self.asked.append(address)
        return self.answers(len(self.asked) - 1)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    @property
    def asking(self) -> Asking:
        """How this host is asked."""
        return Asking(self.status_of, lambda: self.now, self.wait)


@pytest.mark.parametrize("status", [403, 404, 410])
def test_gone_is_what_shows_no_page(status: int) -> None:
    """Each path is asked for below the address; each answer that shows nothing counts."""
    host = Host(lambda _: status)
    assert host.asking.prove("https://host", PATHS) == Proof("gone", 2, (status,))
    assert host.asked == ["https://host/p/ab/cd", "https://host/p/ef/gh"]
    assert host.now == 0


@pytest.mark.parametrize("status", [200, 503, 302])
def test_a_copy_that_goes_in_time(status: int) -> None:
    """What still opens, or is not answered clearly, is asked for again for a while."""
    host = Host(lambda number: 404 if number > 4 else status)
    assert host.asking.prove("https://host", PATHS) == Proof("gone", 2, (404,))
    assert 0 < host.now < PATIENCE


@pytest.mark.parametrize(
    ("status", "told"), [(200, "its old address still opens"), (503, "answered with 503")]
)
def test_a_page_that_still_opens(status: int, told: str) -> None:
    """After all patience it is an error that a rerun may mend, and no address is told."""
    host = Host(lambda _: status)
    with pytest.raises(OutsideError, match=f"{told}.* — hint: .*run it again") as caught:
        host.asking.prove("https://host", PATHS)
    assert PATIENCE <= host.now < 2 * PATIENCE
    assert "p/ab" not in str(caught.value)
    assert set(host.asked) == {"https://host/p/ab/cd"}


def test_nobody_answers() -> None:
    """Where there is no host, or nobody answers, nothing is claimed, and nobody waits."""
    host = Host(lambda _: None)
    assert host.asking.prove("https://host", PATHS) == NOT_ASKED
    assert host.asking.prove("", PATHS) == NOT_ASKED
    assert len(host.asked) == 1
    assert host.now == 0


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"store": "directory"}, ""),
        ({"store": "netlify", "site": "x"}, ""),
        ({"store": "s3", "bucket": "b"}, "https://s3.us-east-1.amazonaws.com/b"),
        (
            {"store": "s3", "bucket": "b", "region": "eu-west-1", "prefix": "a/b"},
            "https://s3.eu-west-1.amazonaws.com/b/a/b",
        ),
        ({"store": "s3", "bucket": "b", "endpoint": "http://127.0.0.1:1"}, "http://127.0.0.1:1/b"),
    ],
)
def test_where_anybody_can_ask_a_store(more: dict[str, str], expected: str) -> None:
    """A bucket has an address of its own; a folder has none but the site's."""
    assert origin_of(Publish.model_validate(more)) == expected


class Handler(BaseHTTPRequestHandler):
    """A host that has one page, and sends whoever comes by the old way there."""

    def do_GET(self) -> None:
        """Answer by the path."""
        status = {"/page": 200, "/old": 302}.get(self.path, 404)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/page")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_host_is_asked() -> None:
    """The status is that of a real answer, at the end of its redirects; nobody's is None."""
    with served(Handler) as host:
        found = [status_of(f"{host}/{path}") for path in ("page", "old", "none")]
    assert found == [200, 200, 404]
    assert status_of(f"{host}/page") is None
