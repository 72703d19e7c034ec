"""Where the ledger lies, who can read it, and what cannot be opened."""

import stat
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from generator.base.errors import InputError, OutsideError
from generator.send.ledger import Ledger, open_ledger
from generator.send.ledger.schema import meta, value_of
from generator.send.values import Accepted
from tests.send.conftest import SQLITE, Opened
from tests.send.ledger.samples import NOW, approve, attempt, planned, states

WRONG = ["", "sqlite:", "mysql://host/name", "env:NOTHING", "env:OTHER", "build/ledger"]


def test_it_is_there_when_it_is_opened_again(opened: Opened) -> None:
    """With all that was in it, and the same key of addresses."""
    with opened() as ledger:
        approve(ledger, planned())
        digest = ledger.addresses.digest("sms", "+7 900 000 00 00")
    with opened() as ledger, opened() as other:
        assert states(ledger) == states(other) == ["planned"]
        assert ledger.addresses.digest("sms", "+79000000000") == digest


def test_two_ledgers_have_two_keys(tmp_path: Path) -> None:
    """A digest of one says nothing in another."""
    with open_ledger(tmp_path, "sqlite:a") as one, open_ledger(tmp_path, "sqlite:b") as other:
        assert one.addresses.digest("sms", "1") != other.addresses.digest("sms", "1")


def test_nobody_else_can_read_the_file(tmp_path: Path) -> None:
    """Nor those that SQLite makes beside it, nor look into the folder."""
    with open_ledger(tmp_path, SQLITE) as ledger:
        approve(ledger, planned())
        files = list((tmp_path / "build/private").iterdir())
        assert len(files) == 3
        assert {stat.S_IMODE(it.stat().st_mode) for it in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "build/private").stat().st_mode) == 0o700


def test_what_is_committed_is_on_the_disk(tmp_path: Path) -> None:
    """A power cut takes nothing back that was said before the network was touched."""
    with open_ledger(tmp_path, SQLITE) as ledger, ledger._database.read() as connection:  # noqa: SLF001
        assert connection.exec_driver_sql("pragma synchronous").scalar() == 2
        assert connection.exec_driver_sql("pragma journal_mode").scalar() == "wal"


def test_what_is_purged_is_not_left_in_the_file(tmp_path: Path) -> None:
    """A thief of the file finds nothing in its free pages."""
    values = b"+79990001234 " * 500
    with open_ledger(tmp_path, SQLITE) as ledger:
        approve(ledger, planned(payload=values))
        ids = attempt(ledger)
        ledger.sending.settle(dict.fromkeys(ids, Accepted("1")), "one", NOW)
    (file,) = (tmp_path / "build/private").iterdir()
    assert b"+79990001234" not in file.read_bytes()


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    """With what helps, and nothing of what was to be written; all or nothing of it is there."""
    with open_ledger(tmp_path, SQLITE) as ledger:
        with pytest.raises(OutsideError, match=r"SQLITE_FULL.*hint: make room") as caught:
            _fill(ledger)
        assert "value" not in str(caught.value)
        with ledger._database.read() as connection:  # noqa: SLF001
            assert value_of(connection, "a value") == b""


def _fill(ledger: Ledger) -> None:
    """Write more than there is room for."""
    with ledger._database.write() as connection:  # noqa: SLF001
        pages = connection.exec_driver_sql("pragma page_count").scalar()
        connection.exec_driver_sql(f"pragma max_page_count={pages}")
        for name in ("a value", "another"):
            connection.execute(insert(meta), [{"name": name, "value": b"x" * 1_000_000}])


def test_a_server_that_is_set_to_forget_is_told_not_to(server: str, tmp_path: Path) -> None:
    """The same on PostgreSQL."""
    with open_ledger(tmp_path, server) as ledger, ledger._database.read() as connection:  # noqa: SLF001
        assert connection.exec_driver_sql("show synchronous_commit").scalar() == "on"


def test_the_uri_may_come_from_the_environment(tmp_path: Path) -> None:
    """As one with a password must."""
    with open_ledger(tmp_path, "env:LEDGER", {"LEDGER": SQLITE}) as ledger:
        assert states(ledger) == []
    assert (tmp_path / "build/private/ledger.sqlite").exists()


@pytest.mark.parametrize("where", WRONG)
def test_what_is_no_database_is_refused(tmp_path: Path, where: str) -> None:
    """With a hint, and without what the variable holds."""
    with pytest.raises(InputError) as caught, open_ledger(tmp_path, where, {"OTHER": "secret"}):
        raise AssertionError
    assert "hint: write sqlite:PATH" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("uri", ["postgresql://u:secret@[", "postgresql://h/n?secret=1"])
def test_a_uri_that_is_none_is_not_shown(tmp_path: Path, uri: str) -> None:
    """It may hold a password."""
    with pytest.raises(InputError) as caught, open_ledger(tmp_path, uri):
        raise AssertionError
    assert "secret" not in str(caught.value)


def test_a_server_that_is_away_is_told(tmp_path: Path) -> None:
    """A rerun may help; nobody learns the password."""
    with (
        pytest.raises(OutsideError, match="whether the server runs") as caught,
        open_ledger(tmp_path, "postgresql://u:secret@127.0.0.1:1/n"),
    ):
        raise AssertionError
    assert "secret" not in str(caught.value)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "build").touch()
    with pytest.raises(OutsideError, match="who may write"), open_ledger(tmp_path, SQLITE):
        raise AssertionError


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    """And it is left as it is."""
    (tmp_path / "other").write_bytes(b"a letter" * 1000)
    with pytest.raises(OutsideError, match="SQLITE_NOTADB"), open_ledger(tmp_path, "sqlite:other"):
        raise AssertionError
    assert (tmp_path / "other").read_bytes() == b"a letter" * 1000


def test_a_ledger_of_a_newer_release_is_refused(opened: Opened, ledger: Ledger) -> None:
    """It may hold states that this one would misread."""
    with ledger._database.write() as connection:  # noqa: SLF001
        connection.execute(update(meta).where(meta.c.name == "schema").values(value=b"2"))
    with pytest.raises(InputError, match="a newer release made this ledger"), opened():
        raise AssertionError


def test_nothing_of_a_client_is_shown(ledger: Ledger) -> None:
    """Whatever is printed or logged by mistake."""
    approve(ledger, planned("Ivanov"))
    attempt(ledger)
    story = ledger.story("Ivanov")
    shown = [repr(it) for it in (story, *story.chapters, ledger.sending, planned("Ivanov"))]
    assert not any("Ivanov" in it for it in shown)
