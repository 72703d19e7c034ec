"""A stranger's requests: what is seen of an answer, and where patience ends."""

from itertools import count

import pytest

from generator.base.errors import OutsideError
from generator.doctor.stranger import LARGEST, LONGEST, Answer, Stranger
from tests.doctor.host import CUT, FILES, Host, everywhere, status


def test_headers_are_seen_as_they_came(host: Host) -> None:
    """A header that came twice is seen twice; names are read in any case."""
    twice = (("X-Twice", "1"), ("x-twice", "2"))
    host.spoil = everywhere(lambda _: Answer(200, twice, b"body"))
    answer = Stranger("the site").ask("GET", host.url)
    assert (answer.status, answer.body) == (200, b"body")
    assert answer.all("X-TWICE") == ["1", "2"]
    assert answer.get("X-Twice") == "1, 2"
    assert answer.get("X-Once") == ""


def test_who_asks(host: Host) -> None:
    """The host is told who asks; nothing else that would tell of the operator."""
    Stranger("the site").ask("GET", host.url)
    (asked,) = host.asked
    assert asked.headers["User-Agent"].startswith("sealpress-doctor/")
    assert set(asked.headers) == {"Host", "User-Agent", "Accept-Encoding"}


def test_nothing_is_followed(host: Host) -> None:
    """A redirect is an answer like others."""
    host.spoil = everywhere(lambda _: Answer(302, (("Location", "/elsewhere"),)))
    assert Stranger("the site").ask("GET", host.url).status == 302
    assert [request.path for request in host.asked] == ["/"]


def test_a_cookie_is_not_kept(host: Host) -> None:
    """The second request is a stranger's like the first."""
    host.spoil = everywhere(lambda _: Answer(200, (("Set-Cookie", "id=1"),)))
    stranger = Stranger("the site")
    for _ in range(2):
        stranger.ask("GET", host.url)
    assert not [request for request in host.asked if "Cookie" in request.headers]


def test_a_body_without_an_end(host: Host) -> None:
    """Only so much is read; the connection is of no more use, and another is made."""
    host.spoil = everywhere(status(200, b"x" * (LARGEST + 1)))
    stranger = Stranger("the site")
    assert len(stranger.ask("GET", host.url).body) == LARGEST
    assert stranger.ask("GET", host.url, most=3).body == b"xxx"
    assert stranger.ask("GET", host.url, most=3).body == b"xxx"


def test_many_errors_need_one_connection(host: Host) -> None:
    """An error is read to its end, even where one byte of a file would have been enough."""
    stranger = Stranger("the site")
    bodies = {stranger.ask("GET", f"{host.url}/{name}", most=1).body for name in range(5)}
    assert bodies == {FILES["404.html"]}
    assert host.connections == 1


def test_an_answer_that_drips(host: Host) -> None:
    """An answer that takes too long as a whole is given up, however steadily it comes."""
    host.spoil = everywhere(status(200, b"x" * 1_000_000))
    times = count(step=LONGEST / 2)
    with pytest.raises(OutsideError, match="it does not answer in time"):
        Stranger("the site", lambda: next(times)).ask("GET", host.url)


def test_an_answer_that_breaks_off(host: Host) -> None:
    """Half an answer is none."""
    host.spoil = everywhere(lambda _: CUT)
    with pytest.raises(OutsideError, match="the store cannot be looked at: the answer broke off"):
        Stranger("the store").ask("GET", host.url)


def test_what_cannot_be_inflated(host: Host) -> None:
    """An answer that is not what it says it is cannot be looked at."""
    spoilt = Answer(200, (("Content-Encoding", "gzip"),), b"no gzip at all")
    host.spoil = everywhere(lambda _: spoilt)
    with pytest.raises(OutsideError, match="the answer broke off"):
        Stranger("the site").ask("GET", host.url)
