"""What changed lies over what was dealt: together they are the shard, and little is written."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from generator.base.errors import OpenError
from generator.buckets import Bucket, buckets
from generator.columns import WHO
from generator.data import Base, Vault
from generator.data.layers import MARKED, Layers
from generator.data.lying import MARK, Newer, Packed
from generator.data.shard import TABLES, Shard
from tests.builders import client_row, policy_row, situation_row
from tests.data.tables import Rows
from tests.data.test_kept import BITS, read

MANY = Rows(
    [client_row(client_id=f"C-{k}") for k in range(120)],
    [policy_row(client_id=f"C-{k}", policy_number=f"P-{k}") for k in range(100)],
    [situation_row(client_id=f"C-{k}") for k in range(60)],
)


def renamed(rows: Rows, numbers: range, name: str = "Nova") -> Rows:
    """The same rows, with other names of some clients."""
    ids = {f"C-{k}" for k in numbers}
    clients = [
        {**row, "last_name": name} if row["client_id"] in ids else row for row in rows.clients
    ]
    return Rows(clients, rows.policies, rows.situations)


def inodes(vault: Vault) -> dict[str, int]:
    """Which file each name of a vault stands for."""
    return {path.name: path.stat().st_ino for path in vault.folder.iterdir()}


def is_newer(name: str) -> bool:
    """Whether a file, or one of marks, has newer rows."""
    return "newer-" in name


def all_shards(base: Base) -> list[Shard]:
    """Every bucket."""
    return [base.shard(bucket) for bucket in buckets(BITS)]


def is_equal(one: Base, other: Base) -> bool:
    """Whether two bases have the same rows in the same order."""
    pairs = zip(all_shards(one), all_shards(other), strict=True)
    return all(a.equals(b) for x, y in pairs for a, b in zip(x.tables(), y.tables(), strict=True))


def test_who_changed_lies_beside_the_others(tmp_path: Path) -> None:
    """The older files of a bucket are taken over as they lie, and tell of the rest."""
    first = read(tmp_path, MANY, None)
    rows = renamed(MANY, range(3))
    second = read(tmp_path, rows, first.vault)
    before, after = inodes(first.vault), inodes(second.vault)
    assert {name: after[name] for name in before if name != "about"} == {
        name: inode for name, inode in before.items() if name != "about"
    }
    mine = {first.vault.bucket_of(f"C-{k}", BITS).name for k in range(3)}
    assert {name for name in after if is_newer(name)} == {
        f"{start}newer-{name}" for name in mine for start in ("", "rows-")
    }
    assert is_equal(second, read(tmp_path, rows, None))
    found = second.find("C-2")
    assert found
    assert found.last_name == "Nova"


def test_nights_lie_one_over_the_other(tmp_path: Path) -> None:
    """The newer file has everyone who changed since the bucket was dealt, as they are now."""
    first = read(tmp_path, MANY, None)
    one, other = renamed(MANY, range(3)), renamed(renamed(MANY, range(3)), range(2, 5), "Late")
    second = read(tmp_path, one, first.vault)
    third = read(tmp_path, other, second.vault)
    assert third.follows
    assert is_equal(third, read(tmp_path, other, None))
    void = {
        who
        for bucket in buckets(BITS)
        for who in Layers(third.vault, bucket).lying().void[WHO].to_list()
    }
    assert void == {third.vault.who(f"C-{k}") for k in range(5)}


def test_a_client_who_left_is_void(tmp_path: Path) -> None:
    """Of a client without rows the older file tells nothing any more."""
    first = read(tmp_path, MANY, None)
    rows = Rows(
        [row for row in MANY.clients if row["client_id"] != "C-110"], MANY.policies, MANY.situations
    )
    second = read(tmp_path, rows, first.vault)
    assert second.find("C-110") is None
    assert len(second) == len(first) - 1
    assert is_equal(second, read(tmp_path, rows, None))


def test_many_who_changed_are_dealt_together(tmp_path: Path) -> None:
    """A bucket of which many changed is written anew, and its newer file is gone."""
    first = read(tmp_path, MANY, None)
    second = read(tmp_path, renamed(MANY, range(3)), first.vault)
    assert any(map(is_newer, inodes(second.vault)))
    rows = renamed(MANY, range(100), "Late")
    third = read(tmp_path, rows, second.vault)
    assert not any(map(is_newer, inodes(third.vault)))
    assert is_equal(third, read(tmp_path, rows, None))


def test_the_same_tables_take_over_both_files(tmp_path: Path) -> None:
    """A night without changes takes over the newer files as well."""
    first = read(tmp_path, MANY, None)
    rows = renamed(MANY, range(3))
    second = read(tmp_path, rows, first.vault)
    third = read(tmp_path, rows, second.vault)
    assert inodes(third.vault) == inodes(second.vault)
    assert third.touched == {}
    assert is_equal(third, second)


def test_where_no_file_has_two_names_all_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a disk without second names buckets are written anew, and the last base is left alone."""
    first = read(tmp_path, MANY, None)
    before = {path.name: path.read_bytes() for path in first.vault.folder.iterdir()}
    monkeypatch.setattr(Vault, "link", lambda *_: False)
    rows = renamed(MANY, range(3))
    second = read(tmp_path, rows, first.vault)
    assert not any(map(is_newer, inodes(second.vault)))
    assert is_equal(second, read(tmp_path, rows, None))
    assert {path.name: path.read_bytes() for path in first.vault.folder.iterdir()} == before


@pytest.fixture
def bucket() -> Bucket:
    """The only one."""
    return Bucket(0, 0)


@pytest.fixture
def one(tmp_path: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> Layers:
    """A bucket with clients who changed."""
    monkeypatch.setattr("tests.data.test_kept.BITS", bucket.bits)
    first = read(tmp_path, MANY, None)
    second = read(tmp_path, renamed(MANY, range(3)), first.vault)
    return Layers(second.vault, bucket)


def who_of(vault: Vault, *numbers: int) -> pl.DataFrame:
    """The pseudonyms of some clients."""
    return pl.DataFrame({WHO: [vault.who(f"C-{k}") for k in numbers]}, {WHO: pl.Binary})


def test_changes_of_the_day_lie_over_all(one: Layers) -> None:
    """What ``watch`` writes has who changed at night and who changed by day."""
    before, mine = one.read(), who_of(one.vault, 2, 7)
    after = before.without(who_of(one.vault, 7))
    one.vault.write(one.newer, one.lying().changed(after, mine))
    assert one.lying().void.sort(WHO).equals(who_of(one.vault, 0, 1, 2, 7).sort(WHO))
    assert all(a.equals(b) for a, b in zip(one.read().frames(), after.frames(), strict=True))


@pytest.mark.parametrize("number", [1, 50], ids=["in the newer", "in the older"])
def test_files_without_a_client(one: Layers, number: int) -> None:
    """Who is forgotten stands in neither file, not even as void; all others are as they were."""
    mine, before = who_of(one.vault, number), one.read()
    files = dict(one.without(mine))
    assert list(files) == [one.bucket.name, one.newer]
    for name, content in files.items():
        one.vault.write(name, content)
        assert one.vault.who(f"C-{number}") not in content
    pairs = zip(one.read().frames(), before.without(mine).frames(), strict=True)
    assert all(a.equals(b) for a, b in pairs)


def test_a_bucket_without_changes_is_one_file(tmp_path: Path) -> None:
    """Where nobody changed there is nothing newer to write."""
    vault = read(tmp_path, MANY, None).vault
    layer = Layers(vault, buckets(BITS)[0])
    assert [name for name, _ in layer.without(who_of(vault, 1))] == [layer.bucket.name]
    assert layer.lying().newer is None


@pytest.mark.parametrize("harm", [lambda data: data[:-1], lambda data: b"\0" + data[1:]])
def test_a_damaged_newer_file_is_told(one: Layers, harm: Callable[[bytes], bytes]) -> None:
    """Nobody is given rows of which the newer ones were lost."""
    place = one.vault.folder / one.newer
    place.write_bytes(harm(place.read_bytes()))
    with pytest.raises(OpenError):
        one.read()


def test_a_tag_stands_for_both_files(one: Layers) -> None:
    """Whoever writes either of them makes it another."""
    tags = {one.tag}
    for name in (one.bucket.name, one.newer):
        one.vault.write(name, one.vault.read(name))
        tags.add(one.tag)
    assert len(tags) == 3


def in_order(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows that come in no order, in one."""
    return frame.sort(pl.all())


@pytest.mark.parametrize("marks", [False, True], ids=["rows", "with marks"])
@pytest.mark.parametrize("numbers", [(), (1,), (2, 50), (50, 99, 110)])
def test_what_is_asked_for_is_what_is_there(
    one: Layers, numbers: tuple[int, ...], *, marks: bool
) -> None:
    """Columns and the rows of a few are those of the whole, in whichever file they lie."""
    lying, mine = one.marked() if marks else one.lying(), who_of(one.vault, *numbers)
    whole = lying.whole()
    for table in TABLES:
        assert in_order(lying.columns(table, WHO)).equals(in_order(whole.columns(table, WHO)))
    for table in MARKED if marks else ():
        both = [rows.columns(table, WHO, MARK) for rows in (lying, whole)]
        assert in_order(both[0]).equals(in_order(both[1]))
    pairs = zip(lying.only(mine).frames(), whole.only(mine).frames(), strict=True)
    assert all(a.equals(b) for a, b in pairs)


def test_rows_of_who_changed_alone_leave_the_older_file(
    one: Layers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the newer file tells needs nothing of the older one to be unpacked."""
    lying, mine = one.lying(), who_of(one.vault, 0, 2)
    monkeypatch.setattr(Packed, "whole", None)
    assert [row["last_name"] for row in lying.only(mine).people.rows(named=True)] == ["Nova"] * 2


def test_rows_over_rows(tmp_path: Path) -> None:
    """Of clients who changed only the newer rows count, and only the newer tell who is held."""
    older = read(tmp_path, MANY, None).shard(buckets(BITS)[0])
    who = older.people.select(WHO).head(2)
    newer = Newer(Shard(*[*(frame.clear() for frame in older.tables()), who]), who)
    left = newer.over(older)
    assert left.people.equals(older.people.slice(2))
    assert left.held.equals(who)
