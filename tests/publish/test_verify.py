"""Reading back: a store that has other bytes than it was sent is found out."""

from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest

from generator.base.errors import OutsideError
from generator.publish import DirectoryStore, Journal, publish
from generator.publish.files import UNSURE
from generator.publish.s3 import S3Store
from generator.publish.verify import SAMPLED, Sample
from generator.site.headers import stored_headers
from tests.publish.conftest import SITE, Memory, Notes, digest, silent, site_of
from tests.s3 import use_credentials
from tests.sink import Answer, Sink, sink

TOLD = "the store answers with other bytes than it was sent"


@pytest.fixture
def bad(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    """A store that will misbehave."""
    use_credentials(monkeypatch)
    with sink() as made:
        yield made


def test_a_store_that_answers_with_other_bytes(tmp_path: Path, bad: Sink) -> None:
    """It is told, without an address; nothing counts as sent, and all of it is sent again."""
    memory, journal = Memory(), Journal(tmp_path / "sent.log")
    store, site = S3Store(bad.settings(), stored_headers), site_of(tmp_path, SITE)
    bad.misbehave = lambda method, _: (200, OF_OBJECT, b"other") if method == "GET" else None
    with pytest.raises(OutsideError, match=TOLD) as caught:
        publish(site, store, [lambda: memory.lot(SITE)], silent, journal)
    assert not any(path in str(caught.value) for path in SITE)
    assert memory.inventory == dict.fromkeys(SITE, UNSURE)
    assert journal.entries() == {}
    bad.misbehave = lambda *_: None
    assert publish(site, store, [lambda: memory.lot(SITE)], silent, journal).changed == len(SITE)
    assert bad.objects == SITE


def test_a_put_that_was_kept_wrong(
    tmp_path: Path, bad: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that says yes and keeps other bytes of one file is found out by the sample."""
    memory, spoilt, real = Memory(), deque([True]), bad.answer

    def spoiling(method: str, key: str, signed: str, body: bytes) -> Answer:
        answered = real(method, key, signed, body)
        if method == "PUT" and spoilt and spoilt.pop():
            bad.objects[key] = body + b"!"
        return answered

    monkeypatch.setattr(bad, "answer", spoiling)
    store, site = S3Store(bad.settings(), stored_headers), site_of(tmp_path, SITE)
    with pytest.raises(OutsideError, match=TOLD):
        publish(site, store, [lambda: memory.lot(SITE)], silent)
    publish(site, store, [lambda: memory.lot(SITE)], silent)
    assert bad.objects == SITE


OF_OBJECT = {"ETag": '"0"', "Last-Modified": "Fri, 02 Dec 2011 12:00:00 GMT"}


def test_a_file_that_is_not_there() -> None:
    """A store that kept nothing is found out too."""
    sample = Sample()
    sample.take("p/ab/cd", digest(b"x"))
    assert not sample.is_in(Notes())


def test_the_loader_is_always_read_back(tmp_path: Path) -> None:
    """Among any number of files it is not left to chance, and no more than some are read."""
    store = DirectoryStore(tmp_path)
    files = {"index.html": b"loader", **{f"p/{number}": b"x" for number in range(500)}}
    store.put_all(files.items())
    sample = Sample()
    for path, content in files.items():
        sample.take(path, digest(content))
    assert sample.is_in(store)
    store.put("index.html", b"another")
    assert not sample.is_in(store)


def test_each_file_is_as_likely() -> None:
    """The n-th file is in the sample with SAMPLED chances of n: the first, a late one, the last."""
    late, last = SAMPLED / (SAMPLED + 1), 3 / (SAMPLED + 2)
    drawn = [*[0.0] * SAMPLED, late + 1e-9, last + 1e-9]
    sample = Sample(iter(drawn).__next__)
    notes = Notes()
    notes.put_all((f"{number}", b"x") for number in range(SAMPLED + 2))
    wrong = {SAMPLED: "left out", SAMPLED + 1: "in the place of the fourth"}
    for number in range(SAMPLED + 2):
        sample.take(f"{number}", digest(b"x") if number not in wrong else "another")
    assert not sample.is_in(notes)
