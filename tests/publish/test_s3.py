"""An object store that fails: what may go well is tried again, what cannot is told in our words."""

import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest

from generator.base.errors import OutsideError
from generator.publish.along import content_md5
from generator.publish.many import LINES
from generator.publish.pace import Pace
from generator.publish.s3 import MOST_DELETED, S3Store
from generator.publish.tries import MOST
from generator.site.headers import stored_headers
from tests.publish.conftest import both_ways
from tests.publish.test_pace import Permits
from tests.s3 import use_credentials
from tests.sink import BUSY, CUT, Answer, Sink, refusal, sink

FILES = {f"p/ab/{number:020}": b"%d" % number for number in range(40)}


@pytest.fixture
def bad(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    """A store that will misbehave."""
    use_credentials(monkeypatch)
    with sink() as made:
        yield made


def store_of(bad: Sink, puts: str = "libcurl", pace: Pace | None = None) -> S3Store:
    """The store that is published to it; no time is lost between two tries."""
    return S3Store(bad.settings(puts=puts), stored_headers, pace or Pace(sleep=lambda _: None))


def once_in(number: int, wrong: Answer) -> object:
    """Every so-manyth request fails."""
    asked = iter(range(1, 10**6))
    return lambda *_: wrong if next(asked) % number == 0 else None


@both_ways
def test_the_digest_of_what_is_put_goes_along(puts: str, bad: Sink) -> None:
    """MD5, which every server checks, whatever else it ignores."""
    store_of(bad, puts).put_all([("p/ab/cd", b"x")])
    (one,) = bad.heard
    assert one["content-md5"] == "ndTkYSaMgDT1yFZOFVxnpg=="  # openssl md5 -binary | base64


def test_the_digest_of_what_is_to_be_deleted_goes_along(
    bad: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S3 asks for it where many are deleted at once, and boto3 by itself sends another one."""
    bodies = list[bytes]()

    def answer(method: str, key: str, signed: str, body: bytes) -> Answer:
        assert (method, key, len(signed)) == ("POST", "/sink", 64)
        bodies.append(body)
        return 200, {}, b"<DeleteResult/>"

    monkeypatch.setattr(bad, "answer", answer)
    store_of(bad).delete_all(f"p/ab/{number}" for number in range(MOST_DELETED + 1))
    assert [body.count(b"<Key>") for body in bodies] == [MOST_DELETED, 1]
    assert [one["content-md5"] for one in bad.heard] == list(map(content_md5, bodies))


@both_ways
@pytest.mark.parametrize(
    "wrong", [BUSY, CUT, refusal(500, "InternalError"), refusal(429, "TooManyRequests")]
)
def test_what_may_go_well_is_tried_again(wrong: Answer, puts: str, bad: Sink) -> None:
    """A store that is busy, cut off or broken for a moment gets everything all the same."""
    bad.misbehave = once_in(7, wrong)  # type: ignore[assignment]
    store_of(bad, puts).put_all(FILES.items())
    assert bad.objects == FILES
    assert len(bad.asked) > len(FILES)


@both_ways
def test_a_payload_that_is_altered_is_sent_again(
    puts: str, bad: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What arrives is not what was signed: the server refuses it, and it is sent again."""
    spoilt, real = deque([True, True]), bad.answer

    def altered(method: str, key: str, signed: str, body: bytes) -> Answer:
        return real(method, key, signed, body + b"!" if spoilt and spoilt.pop() else body)

    monkeypatch.setattr(bad, "answer", altered)
    store_of(bad, puts).put_all(FILES.items())
    assert bad.objects == FILES
    assert len(bad.asked) == len(FILES) + 2


@both_ways
@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (refusal(404, "NoSuchBucket"), "there is no such bucket — hint: correct bucket"),
        (refusal(403, "RequestTimeTooSkewed"), "this machine's clock is wrong — hint: set it"),
        (refusal(400, "ExpiredToken"), "the credentials are expired — hint: renew them"),
        (refusal(403, "AccessDenied"), "the credentials are missing, expired or not allowed"),
        (refusal(403, "QuotaExceeded"), "the quota is used up"),
        (refusal(507, "XMinioStorageFull"), "the store is full — hint: make room there"),
        (refusal(500, "XMinioStorageFull"), "the store is full"),
        (refusal(507, "InsufficientStorage"), "the store is full"),
        ((507, {}, b""), "the store is full"),
    ],
)
def test_what_cannot_go_well_is_told_at_once(
    wrong: Answer, told: str, puts: str, bad: Sink
) -> None:
    """No request is made again, and no address is told."""
    bad.misbehave = lambda *_: wrong
    with pytest.raises(OutsideError, match=f"the store failed: {told}") as caught:
        store_of(bad, puts).put_all([("p/ab/secret", b"x")])
    assert len(bad.asked) == 1
    assert "secret" not in str(caught.value)


@both_ways
def test_a_time_that_the_store_names_is_kept(puts: str, bad: Sink) -> None:
    """The second refusal says when to come again; nothing is asked before."""
    waits: list[float] = []
    pace = Pace(sleep=waits.append)
    answers = deque([refusal(503, "SlowDown", Retry_After="7")] * 2)
    bad.misbehave = lambda *_: answers.pop() if answers else None
    store_of(bad, puts, pace).put_all([("p/ab/cd", b"x")])
    assert bad.objects == {"p/ab/cd": b"x"}
    assert max(waits) == pytest.approx(7, abs=1)


@both_ways
def test_a_refusal_after_hours_in_which_nothing_was_asked(
    puts: str, bad: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A watch that had nothing to send all night meets one refusal, and goes on."""
    pace, answers = Pace(sleep=lambda _: None), deque([BUSY])
    bad.misbehave = lambda *_: answers.pop() if answers else None
    monkeypatch.setattr(pace, "silence", lambda: 3600.0)
    store_of(bad, puts, pace).put_all([("p/ab/cd", b"x")])
    assert bad.objects == {"p/ab/cd": b"x"}


@pytest.mark.parametrize("profile", ["", "nobodys"])
def test_without_credentials_it_is_told_what_is_missing(
    profile: str, bad: Sink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None anywhere, or a profile that does not exist: nothing is asked."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, f"{tmp_path / 'none'}")
    if profile:
        monkeypatch.setenv("AWS_PROFILE", profile)
    with pytest.raises(OutsideError, match=r"the credentials are missing, .* see AWS_A"):
        store_of(bad)
    assert bad.asked == []


@both_ways
def test_a_store_that_stays_away(puts: str, bad: Sink) -> None:
    """After some tries it is told, with no address."""
    bad.misbehave = lambda *_: CUT
    with pytest.raises(OutsideError, match="it cannot be reached") as caught:
        store_of(bad, puts).put_all([("p/ab/secret", b"x")])
    assert len(bad.asked) == MOST
    assert "secret" not in str(caught.value)


@both_ways
def test_the_first_error_ends_it(puts: str, bad: Sink) -> None:
    """Nothing more is begun after an error that cannot go well."""
    bad.misbehave = lambda *_: refusal(403, "AccessDenied")
    many = ((f"p/ab/{number}", b"x") for number in range(10_000))
    with pytest.raises(OutsideError):
        store_of(bad, puts).put_all(many)
    assert len(bad.asked) <= LINES


def test_a_store_that_permits_so_many_a_second(bad: Sink) -> None:
    """Three hundred: everything arrives, and few requests are refused on the way."""
    store, files = Permits(time.monotonic, 300), {f"p/ab/{number}": b"x" for number in range(900)}
    bad.misbehave = lambda *_: None if store.asked() else BUSY
    store_of(bad, pace=Pace()).put_all(files.items())
    assert bad.objects == files
    assert len(bad.asked) - len(files) <= len(files) * 0.1
