"""Files of one task straight to a store: only what it lacks, and some of it is read back."""

from hashlib import sha256

import pytest

from generator.publish.verify import WrongBytesError
from generator.site.tree import Changes
from generator.upload import Upload
from tests.publish.conftest import Notes

PAGES = {"p/ab/cd": b"a page", "p/ab/ce": b"another", "p/ab/secret": b"a third"}


class Spoiling(Notes):
    """A store that says yes to every file, and has other bytes of one."""

    def get(self, path: str) -> bytes | None:
        """What was put there, or nearly."""
        found = super().get(path)
        return found and (found + b"!" if path == "p/ab/secret" else found)


def upload_to(store: Notes) -> Upload:
    """The pages of a task, which wait to be sent."""
    upload = Upload(store)
    for path, content in PAGES.items():
        assert upload.write(path, content) == sha256(content).digest()
    return upload


def test_what_the_store_lacks_is_sent() -> None:
    """All of it together, when the task ends; what the store has already is not."""
    store = Notes()
    upload = upload_to(store)
    upload.write("p/ab/same", b"same", sha256(b"same").digest())
    upload.write("p/ab/other", b"new", sha256(b"old").digest())
    assert store.asked == []
    upload.finish()
    assert store.asked == [("put", path) for path in (*PAGES, "p/ab/other")]
    assert upload.changes == Changes(added=len(PAGES), changed=1, unchanged=1)


def test_a_store_that_spoilt_a_page_is_found_out() -> None:
    """It is told before the task counts as done, and no address is."""
    store = Spoiling()
    with pytest.raises(WrongBytesError) as caught:
        upload_to(store).finish()
    assert store.has("p/ab/secret")
    assert "ab/secret" not in str(caught.value)
