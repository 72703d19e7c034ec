"""Many requests at once: how many, in which order they are begun, and how they end."""

from collections.abc import Iterator
from threading import Barrier

import pytest

from generator.base.errors import OutsideError
from generator.publish.many import LINES
from generator.publish.pace import Pace
from generator.publish.s3 import S3Store
from generator.publish.store import File
from generator.site.headers import stored_headers
from tests.s3 import use_credentials
from tests.sink import Answer, Sink, refusal, sink

MANY = [(f"p/ab/{number:020}", b"%d" % number) for number in range(3 * LINES)]


@pytest.fixture
def bad(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    """A store that will misbehave, and the credentials for it."""
    use_credentials(monkeypatch)
    with sink() as made:
        yield made


def test_more_lines_to_a_store_that_is_far_away(bad: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the first answers twice as many requests are under way: it ends only if they meet."""
    meet, real = Barrier(2 * LINES, timeout=60), bad.answer

    def far(method: str, key: str, signed: str, body: bytes) -> Answer:
        if int(body) >= LINES:
            meet.wait()
        return real(method, key, signed, body)

    monkeypatch.setattr(bad, "answer", far)
    S3Store(bad.settings(), stored_headers).put_all(MANY)
    assert bad.objects == dict(MANY)


def test_they_are_begun_in_their_order(bad: Sink) -> None:
    """No file is read long before it goes."""
    taken, told = list[File](), list[str]()

    def files() -> Iterator[File]:
        for file in MANY:
            assert len(taken) - len(told) <= 2 * LINES
            taken.append(file)
            yield file

    S3Store(bad.settings(), stored_headers).put_all(files(), lambda path, _: told.append(path))
    assert taken == MANY
    assert sorted(told) == sorted(path for path, _ in MANY)


def test_what_was_begun_before_an_error_ends(bad: Sink) -> None:
    """Whatever the store took is told, though the first file was refused."""
    told = list[str]()
    first = MANY[0][0]
    bad.misbehave = lambda _, key: refusal(403, "AccessDenied") if key == first else None
    with pytest.raises(OutsideError, match="not allowed"):
        S3Store(bad.settings(), stored_headers).put_all(MANY, lambda path, _: told.append(path))
    assert set(told) == bad.objects.keys()


@pytest.mark.parametrize("error", [LookupError, KeyboardInterrupt])
def test_a_source_that_fails(error: type[BaseException], bad: Sink) -> None:
    """It is raised, and the store can be used again."""

    def files() -> Iterator[File]:
        yield from MANY[:5]
        raise error

    store = S3Store(bad.settings(), stored_headers)
    with pytest.raises(error):
        store.put_all(files())
    store.put_all(MANY)
    assert bad.objects == dict(MANY)


def test_who_is_told_may_fail(bad: Sink) -> None:
    """A disk on which nothing can be noted ends it."""

    def told(_: str, __: str) -> None:
        raise OutsideError("the disk is full")

    with pytest.raises(OutsideError, match="the disk is full"):
        S3Store(bad.settings(), stored_headers).put_all(MANY, told)
    assert len(bad.objects) <= LINES


def test_it_goes_as_fast_as_is_allowed(bad: Sink) -> None:
    """Before the second of two requests the pace is waited for, though nothing is under way."""
    waits = list[float]()
    pace = Pace(most=1 / 1000, sleep=waits.append)
    S3Store(bad.settings(), stored_headers, pace).put_all(MANY[:2])
    assert bad.objects == dict(MANY[:2])
    assert waits == [pytest.approx(1000, abs=100)]
