"""What a store acknowledged: it is there for the next run, however this one ended."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.errors import OutsideError
from generator.publish import Journal
from generator.publish.lanes import at_once
from tests.publish.conftest import digest

PATHS = st.from_regex(r"[a-z0-9/._-]{1,40}", fullmatch=True)


def test_what_was_noted_is_there_for_another_process(tmp_path: Path) -> None:
    """Nothing waits in a buffer: the file has each line as soon as it is noted; the last counts."""
    journal = Journal(tmp_path / "sent.log")
    assert Journal(tmp_path / "sent.log").entries() == {}
    for content in (b"1", b"2"):
        journal.note("p/ab/cd", digest(content))
        assert Journal(tmp_path / "sent.log").entries() == {"p/ab/cd": digest(content)}
    assert (tmp_path / "sent.log").stat().st_mode & 0o077 == 0


def test_many_threads_note(tmp_path: Path) -> None:
    """Lines of threads do not mix."""
    journal, wanted = (
        Journal(tmp_path / "sent.log"),
        {f"p/{n}": digest(b"%d" % n) for n in range(999)},
    )
    at_once(lambda file: journal.note(*file), wanted.items(), 16)
    assert journal.entries() == wanted


def test_it_can_be_cleared_and_begun_again(tmp_path: Path) -> None:
    """After that nothing is known, and what comes then is; clearing twice does no harm."""
    journal = Journal(tmp_path / "sent.log")
    journal.note("a", digest(b"1"))
    journal.clear()
    journal.clear()
    assert list(tmp_path.iterdir()) == []
    journal.note("b", digest(b"2"))
    assert journal.entries() == {"b": digest(b"2")}


def test_a_disk_that_takes_nothing_is_told(tmp_path: Path) -> None:
    """The place and the reason, no address."""
    with pytest.raises(OutsideError, match=r"published/sent\.log: cannot be written: No such file"):
        Journal(tmp_path / "none/sent.log").note("p/ab/cd", digest(b"1"))


@given(files=st.dictionaries(PATHS, st.binary(max_size=3), min_size=1), cut=st.integers(1, 30))
def test_a_torn_line_is_none(
    files: dict[str, bytes], cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Wherever the last line was torn, the others stand, and the torn one says nothing."""
    place = tmp_path_factory.mktemp("journal") / "sent.log"
    journal = Journal(place)
    for path, content in files.items():
        journal.note(path, digest(content))
    place.write_bytes(place.read_bytes()[:-cut])
    assert journal.entries() == {path: digest(files[path]) for path in list(files)[:-1]}
