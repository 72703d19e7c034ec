"""Shelves: rows by bucket, found again however the base is dealt, and closed to others."""

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from zlib import crc32

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.errors import OutsideError
from generator.buckets import Bucket, bucket_named, buckets, dealt, stream_of
from generator.columns import DEAL, WHO
from generator.site.layout import Layout
from generator.site.shelf import Shelf
from generator.site.tree import commit, draft
from tests.site.builds import Crash, failing_at, files_in

SCHEMA: dict[str, type[pl.DataType]] = {DEAL: pl.UInt16, WHO: pl.Binary, "number": pl.UInt64}
Row = tuple[int, bytes, int]


def frame(rows: list[Row]) -> pl.DataFrame:
    """Rows as they stand on a shelf."""
    return pl.DataFrame(rows, SCHEMA, orient="row")


def filled(folder: Path, rows: list[Row], bits: int) -> Shelf:
    """A shelf with these rows, dealt by so many bits."""
    shelf = Shelf(folder, SCHEMA)
    for bucket, part in dealt(frame(rows), bits):
        shelf.write(bucket, part)
    return shelf


def every(shelf: Shelf, bits: int) -> list[Row]:
    """All rows as they are read under a dealing, bucket after bucket."""
    return [row for bucket in buckets(bits) for row in shelf.read(bucket).rows()]


ROWS: list[Row] = [(deal, b"%016d" % deal, deal * 7) for deal in range(0, 65536, 4001)]


def test_rows_come_back(tmp_path: Path) -> None:
    """What was put into a bucket is read from it, sorted, and nothing from another."""
    shelf = Shelf(tmp_path / "shelf", SCHEMA)
    whole = Bucket(0, 0)
    shelf.write(whole, frame(ROWS[::-1]))
    assert shelf.read(whole).rows() == ROWS
    shelf.write(whole, frame(ROWS[:3]).select("number", WHO, DEAL))
    assert shelf.read(whole).rows() == ROWS[:3]
    assert shelf.read(whole).schema == pl.Schema(SCHEMA)


def test_what_is_not_there_is_empty(tmp_path: Path) -> None:
    """A bucket without a file has no rows but all columns, and so has a shelf without a folder."""
    shelf = filled(tmp_path / "shelf", [ROWS[0]], 1)
    for empty in (shelf.read(Bucket(1, 1)), Shelf(tmp_path / "none", SCHEMA).read(Bucket(0, 0))):
        assert empty.is_empty()
        assert empty.schema == pl.Schema(SCHEMA)
    assert Shelf(tmp_path / "none", SCHEMA).buckets() == []


def test_no_rows_take_no_file(tmp_path: Path) -> None:
    """An empty bucket has no file, and one that is emptied loses it; both may be said twice."""
    shelf = filled(tmp_path / "shelf", ROWS, 0)
    for _ in range(2):
        shelf.write(Bucket(0, 0), frame([]))
        assert files_in(shelf.folder) == {}


def test_buckets_are_listed_in_order(tmp_path: Path) -> None:
    """Every bucket that has a file is listed with its rows; drafts are none."""
    shelf = filled(tmp_path / "shelf", ROWS, 5)
    shelf.draft(Bucket(5, 1), frame([]))
    listed = [bucket for bucket, part in dealt(frame(ROWS), 5)]
    assert shelf.buckets() == sorted(listed)
    assert len(listed) > 10
    assert [(bucket, rows.rows()) for bucket, rows in shelf.frames()] == [
        (bucket, shelf.read(bucket).rows()) for bucket in sorted(listed)
    ]
    assert [row for _, rows in shelf.frames() for row in rows.rows()] == ROWS


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_a_shelf_is_closed_to_others(tmp_path: Path, mask: int) -> None:
    """Whatever the system's default is, files and drafts are 0600 and the folder 0700."""
    earlier = os.umask(mask)
    try:
        shelf = filled(tmp_path / "shelf", ROWS, 1)
        shelf.draft(Bucket(1, 1), frame(ROWS))
    finally:
        os.umask(earlier)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in shelf.folder.iterdir()]
    assert modes == [0o600] * 3
    assert stat.S_IMODE(shelf.folder.stat().st_mode) == 0o700


# ── Another dealing ──────────────────────────────────────────────────────────────────────────

DEALS = st.lists(st.integers(0, 65535), max_size=20)
BITS = st.integers(0, 6)


@given(deals=DEALS, written=BITS, read=BITS)
def test_rows_of_one_dealing_are_read_under_any_other(
    deals: list[int], written: int, read: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """However many buckets there were and are, each row is read exactly once, in its bucket."""
    rows = [(deal, b"%016d" % number, number) for number, deal in enumerate(deals)]
    shelf = filled(tmp_path_factory.mktemp("shelf"), rows, written)
    assert sorted(every(shelf, read)) == sorted(rows)
    for bucket in buckets(read):
        deals_here = shelf.read(bucket)[DEAL].to_list()
        assert {deal >> (16 - read) for deal in deals_here} <= {bucket.number}


@given(deals=DEALS, dealings=st.lists(BITS, min_size=1, max_size=4), read=BITS)
def test_a_shelf_is_dealt_anew(
    deals: list[int], dealings: list[int], read: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """After any dealings each row is there exactly once, in files of the last one only."""
    rows = [(deal, b"%016d" % number, number) for number, deal in enumerate(deals)]
    shelf = filled(tmp_path_factory.mktemp("shelf"), rows, 3)
    for bits in dealings:
        shelf.deal(bits)
        assert {bucket.bits for bucket in shelf.buckets()} <= {bits}
    assert sorted(every(shelf, read)) == sorted(rows)
    for bucket in shelf.buckets():
        assert shelf.read(bucket)[DEAL].is_sorted()


def test_the_same_dealing_again_touches_nothing(tmp_path: Path) -> None:
    """A shelf that is dealt as it was is not rewritten."""
    shelf = filled(tmp_path / "shelf", ROWS, 4)
    before = {path: path.stat().st_ino for path in shelf.folder.iterdir()}
    shelf.deal(4)
    assert {path: path.stat().st_ino for path in shelf.folder.iterdir()} == before


@pytest.mark.parametrize(("before", "after"), [(3, 1), (1, 3), (0, 4), (4, 0)])
def test_a_dealing_that_dies_is_put_right_by_the_next(
    tmp_path: Path, before: int, after: int
) -> None:
    """Wherever dealing dies no row is lost, and dealt again each is there once."""
    steps = 0
    while True:
        shelf = filled(tmp_path / f"{steps}", ROWS, before)
        with failing_at(steps) as dealing, suppress(Crash):
            shelf.deal(after)
        assert set(every(shelf, after)) == set(ROWS)
        shelf.deal(after)
        assert every(shelf, after) == ROWS
        assert {bucket.bits for bucket in shelf.buckets()} == {after}
        if not dealing.failed:
            break
        steps += 1
    assert steps > 10


# ── Drafts and links ─────────────────────────────────────────────────────────────────────────


def test_a_draft_takes_its_place_in_a_commit(layout: Layout) -> None:
    """A bucket's draft is nobody's rows until it is committed by the name that was told."""
    shelf = filled(layout.private / "told", ROWS, 0)
    name = shelf.draft(Bucket(0, 0), frame(ROWS[:2]))
    assert every(shelf, 0) == ROWS
    assert draft(layout, name).exists()
    layout.site.mkdir(parents=True)
    commit(layout, (), [name])
    assert every(shelf, 0) == ROWS[:2]
    assert not draft(layout, name).exists()


def test_a_bucket_is_emptied_by_a_draft(layout: Layout) -> None:
    """A draft of no rows takes the place of a bucket too: its rows are gone then."""
    shelf = filled(layout.private / "told", ROWS, 0)
    layout.site.mkdir(parents=True)
    commit(layout, (), [shelf.draft(Bucket(0, 0), frame([]))])
    assert every(shelf, 0) == every(shelf, 2) == []


def test_a_bucket_that_stays_is_the_same_file(tmp_path: Path) -> None:
    """A bucket is taken over without being written, and rewriting it leaves the other alone."""
    earlier = filled(tmp_path / "earlier", ROWS, 1)
    later = Shelf(tmp_path / "later", SCHEMA)
    later.folder.mkdir()
    bucket = Bucket(1, 1)
    assert later.link(bucket, earlier)
    assert later.place(bucket).samefile(earlier.place(bucket))
    later.write(bucket, frame(ROWS[-1:]))
    assert later.read(bucket).rows() == ROWS[-1:]
    assert every(earlier, 1) == ROWS


def test_what_is_not_there_is_not_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bucket without a file, or on a disk without second names, is to be written anew."""
    earlier = filled(tmp_path / "earlier", ROWS, 1)
    later = Shelf(tmp_path / "later", SCHEMA)
    later.folder.mkdir()
    assert not later.link(Bucket(2, 1), earlier)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    assert not later.link(Bucket(1, 1), earlier)
    assert later.buckets() == []


# ── Damage ───────────────────────────────────────────────────────────────────────────────────


def test_a_name_is_that_of_its_bucket() -> None:
    """The file of a bucket says which one it is."""
    shelf = Shelf(Path("shelf"), SCHEMA)
    assert shelf.place(Bucket(6, 42)) == Path("shelf/06-002a.arrow")
    assert bucket_named(shelf.place(Bucket(12, 4095)).stem) == Bucket(12, 4095)


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "shorter than its check": lambda _: b"ab",
    "cut": lambda raw: raw[:-1],
    "cut after the header": lambda raw: raw[:200],
    "cut to whole pieces": lambda raw: raw[:-12],
    "longer": lambda raw: raw + b"x",
    "zeros": lambda raw: bytes(len(raw)),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_is_told(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    """A file that was cut is not taken for one with fewer rows."""
    shelf = filled(tmp_path / "build/private/register", ROWS, 0)
    place = shelf.place(Bucket(0, 0))
    place.write_bytes(damage(place.read_bytes()))
    with pytest.raises(OutsideError) as caught:
        shelf.read(Bucket(0, 0))
    assert str(caught.value) == (
        "build/private/register/00-0000.arrow: the file is damaged — hint: remove "
        "build/private/register.json, and everything is built anew"
    )


@given(at=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_any_flipped_bit_is_told(
    at: int, bit: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """No damage to a single bit comes out as other rows."""
    shelf = filled(tmp_path_factory.mktemp("shelf"), ROWS, 0)
    place = shelf.place(Bucket(0, 0))
    raw = bytearray(place.read_bytes())
    raw[at % len(raw)] ^= 1 << bit
    place.write_bytes(bytes(raw))
    with pytest.raises(OutsideError, match="the file is damaged"):
        shelf.read(Bucket(0, 0))


OTHERS = {
    "fewer columns": frame(ROWS).drop("number"),
    "another type": frame(ROWS).cast({"number": pl.String}),
    "another order": frame(ROWS).select(WHO, DEAL, "number"),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_rows_of_other_columns_are_told(tmp_path: Path, other: pl.DataFrame) -> None:
    """A whole file of another release, or of another shelf, is not read as this one's."""
    shelf = filled(tmp_path / "shelf", ROWS, 0)
    stream = stream_of(other, "uncompressed")
    shelf.place(Bucket(0, 0)).write_bytes(stream + crc32(stream).to_bytes(4, "big"))
    with pytest.raises(OutsideError, match="the file is damaged"):
        shelf.read(Bucket(0, 0))


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("register", "remove build/private/register.json, and everything is built anew"),
        ("register.next", "remove build/private/register.json, and everything is built anew"),
        ("published", "remove build/private/published to publish everything again"),
        ("told", "restore it: without it everything is told again"),
        ("telling", "remove build/private/telling, then run: sealpress build --full"),
    ],
)
def test_what_helps_depends_on_what_is_damaged(tmp_path: Path, name: str, hint: str) -> None:
    """Of each shelf the operator is told what brings it back, and what is lost without it."""
    shelf = filled(tmp_path / name, ROWS, 0)
    shelf.place(Bucket(0, 0)).write_bytes(b"x")
    with pytest.raises(OutsideError, match=f"hint: {hint}$"):
        shelf.deal(1)
