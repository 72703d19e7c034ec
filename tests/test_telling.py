"""What a published night told: handed on once, remembered once, wherever that breaks off."""

import errno
import json
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.errors import OutsideError
from generator.buckets import Bucket, dealt
from generator.columns import WHO
from generator.receipts import SUFFIX, Vouched, verified
from generator.sealing import SenderKey
from generator.site import tree
from generator.site.layout import Layout
from generator.site.private import write_private
from generator.site.register import REGISTER
from generator.site.shelf import Shelf
from generator.site.tree import begin, commit, recover
from generator.telling import (
    TAKEN,
    finish_remembering,
    give_back,
    is_remembered,
    manifest_digest,
    put_into_queue,
    remember_told,
    take_back,
)
from generator.told import MARK, MARKS, Told, load_told
from generator.waiting import Courier
from tests.builders import make_ring
from tests.site.builds import Crash, failing_at, files_in, full

TODAY = date(2026, 3, 10)
KEEP = 7
RING = make_ring()
SIGNER = RING.signer
COURIER = Courier(RING, "https://clients.example.org")
VOUCHED = Vouched("directory build/published", 11)
SEALING = replace(COURIER, recipient=SenderKey(bytes(32)).public)
LINE = '{"client":"%d","reasons":[{"kind":"digest","month":"%d"}]}\n'
Mark = tuple[int, int, int]
"""A client, by number; a reason, by number; how many days ago it happened."""


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Where a site is built."""
    return Layout(tmp_path)


def marks(rows: list[Mark], as_of: date = TODAY) -> pl.DataFrame:
    """Marks as they lie on a shelf."""
    return pl.DataFrame(
        [
            (client * 9973 % 65536, b"%016d" % client, b"%016d" % mark, as_of - timedelta(days=age))
            for client, mark, age in rows
        ],
        MARKS,
        orient="row",
    )


def built(layout: Layout, rows: list[Mark], bits: int = 1, as_of: date = TODAY) -> bytes:
    """A build that tells these reasons; its manifest."""
    begin(layout)
    layout.site.mkdir(parents=True, exist_ok=True)
    frame = marks(rows, as_of)
    for bucket, part in dealt(frame, bits):
        Shelf(layout.telling, MARKS).write(bucket, part)
    blank = pl.DataFrame([dict.fromkeys(REGISTER)], REGISTER)
    for place in layout.register.glob("*"):
        place.unlink()
    Shelf(layout.register, REGISTER).write(Bucket(bits, 0), blank)
    lines = "".join(LINE % (client, mark) for client, mark, _ in rows).encode()
    write_private(layout.manifest, lines)
    told = load_told(layout.state).extended(as_of, {}, KEEP, manifest_digest(layout.manifest))
    write_private(layout.night, told.as_json())
    return lines


def told_marks(layout: Layout) -> list[tuple[int, int]]:
    """Whom was told what, in order; twice what lies twice."""
    frames = [rows for _, rows in Shelf(layout.told, MARKS).frames()]
    pairs = [pair for rows in frames for pair in rows.select(WHO, MARK).rows()]
    return sorted((int(who), int(mark)) for who, mark in pairs)


def queue(layout: Layout) -> list[bytes]:
    """The manifests that wait for the sender."""
    found = files_in(layout.queue)
    return sorted(file for name, file in found.items() if name.endswith(".jsonl"))


def is_settled(layout: Layout) -> bool:
    """Whether nothing is left to do, and nothing lies about."""
    left = [path for path in files_in(layout.private) if ".next" in path or ".draft" in path]
    waits = (
        layout.promise.exists(),
        layout.journal.exists(),
        *Shelf(layout.telling, MARKS).buckets(),
    )
    return not any(waits) and not left and is_remembered(layout)


ROWS: list[Mark] = [(client, mark, 1) for client in range(5) for mark in range(client % 3 + 1)]
PAIRS = sorted((client, mark) for client, mark, _ in ROWS)


def test_what_a_published_night_tells_was_told(layout: Layout) -> None:
    """Its marks are on the shelf of what was told, its manifest in the queue, its day the last."""
    manifest = built(layout, ROWS)
    assert not is_remembered(layout)
    remember_told(layout, COURIER, VOUCHED)
    assert told_marks(layout) == PAIRS
    assert queue(layout) == [manifest]
    assert load_told(layout.state) == load_told(layout.night)
    assert is_settled(layout)


@pytest.mark.parametrize("courier", [COURIER, SEALING], ids=["plain", "sealed"])
def test_the_disk_holds_what_is_handed_on(
    courier: Courier, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each file is waited for before it is decided, and nothing of other programs."""
    built(layout, ROWS)
    held, real = set[int](), os.fsync

    def fsync(handle: int) -> None:
        held.add(os.fstat(handle).st_ino)
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(tree, "sync", lambda _: pytest.fail("the whole disk was waited for"))
    remember_told(layout, courier, VOUCHED)
    files = [*layout.queue.iterdir(), layout.state, *layout.told.iterdir()]
    assert len(files) > len(("manifest", "receipt", "state"))
    assert {path.stat().st_ino for path in files} <= held
    assert {layout.queue.stat().st_ino, layout.private.stat().st_ino} <= held


def test_a_manifest_is_named_by_its_day_and_digest(layout: Layout) -> None:
    """In the queue lies the very file, closed to others, under a name that tells nobody."""
    manifest = built(layout, ROWS)
    remember_told(layout, COURIER, VOUCHED)
    (name,) = (path.name for path in layout.queue.glob("*.jsonl"))
    assert name == f"2026-03-10-{sha256(manifest).hexdigest()[:16]}.jsonl"
    assert stat.S_IMODE((layout.queue / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(layout.queue.stat().st_mode) == 0o700


def test_a_manifest_is_copied_where_a_file_has_one_name(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a disk without second names the sender gets a copy, closed to others as well."""

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    manifest = built(layout, ROWS)
    remember_told(layout, COURIER, VOUCHED)
    assert queue(layout) == [manifest]
    (copy,) = layout.queue.glob("*.jsonl")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert not copy.samefile(layout.manifest)
    assert is_settled(layout)


def test_before_the_first_build_nothing_was_told(layout: Layout) -> None:
    """Where no night was built there is nothing to remember, and nothing is made."""
    remember_told(layout, COURIER, VOUCHED)
    finish_remembering(layout, COURIER)
    assert not is_remembered(layout)
    assert not layout.private.exists()


def test_publishing_again_tells_nothing_again(layout: Layout) -> None:
    """The same night published twice is handed on once."""
    manifest = built(layout, ROWS)
    for _ in range(3):
        remember_told(layout, COURIER, VOUCHED)
    assert told_marks(layout) == PAIRS
    assert queue(layout) == [manifest]
    for path in layout.queue.iterdir():
        path.unlink()  # as the sender does
    remember_told(layout, COURIER, VOUCHED)
    assert queue(layout) == []


def test_a_night_that_tells_nothing_hands_nothing_on(layout: Layout) -> None:
    """An empty manifest is no file for the sender, and the night counts all the same."""
    built(layout, [])
    remember_told(layout, COURIER, VOUCHED)
    assert not queue(layout)
    assert not told_marks(layout)
    assert load_told(layout.state).as_of == TODAY
    assert is_settled(layout)


def test_marks_too_old_are_dropped(layout: Layout) -> None:
    """When a bucket gets new marks, those that can never come up again go; the young ones stay."""
    built(layout, [(1, mark, age) for mark, age in enumerate((0, 6, 7, 13))], bits=0)
    remember_told(layout, COURIER, VOUCHED)
    later = TODAY + timedelta(days=1)
    built(layout, [(2, 9, 0)], bits=0, as_of=later)
    remember_told(layout, COURIER, VOUCHED)
    assert told_marks(layout) == [(1, 0), (1, 1), (1, 2), (2, 9)]
    assert load_told(layout.state).kept_since == later - timedelta(days=2 * KEEP)


def test_what_was_told_is_dealt_like_the_base(layout: Layout) -> None:
    """When the base is dealt otherwise, what was told is found again, once, in its buckets."""
    for bits, client in ((2, 10), (0, 20), (3, 30)):
        built(layout, [(client, 1, 0)], bits=bits)
        remember_told(layout, COURIER, VOUCHED)
        assert {bucket.bits for bucket in Shelf(layout.told, MARKS).buckets()} == {bits}
    assert told_marks(layout) == [(10, 1), (20, 1), (30, 1)]
    built(layout, [], bits=1)
    remember_told(layout, COURIER, VOUCHED)
    assert {bucket.bits for bucket in Shelf(layout.told, MARKS).buckets()} == {1}


def test_a_manifest_has_its_receipt(layout: Layout) -> None:
    """It names the very file, the store and how much was published, and is closed to others."""
    manifest = built(layout, ROWS)
    remember_told(layout, COURIER, VOUCHED)
    (path,) = layout.queue.glob(f"*{SUFFIX}")
    receipt = verified(path, SIGNER.public)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (receipt["store"], receipt["objects"]) == (VOUCHED.store, VOUCHED.objects)
    assert (receipt["day"], receipt["lines"]) == ("2026-03-10", len(ROWS))
    assert receipt["manifest"] == sha256(manifest).hexdigest()


@pytest.mark.parametrize("courier", [COURIER, SEALING], ids=["plain", "sealed"])
def test_no_manifest_is_ever_there_without_its_receipt(courier: Courier, tmp_path: Path) -> None:
    """At whatever step it breaks off, who looks into the queue then finds a receipt that fits."""
    seen, step = 0, 0
    while True:
        layout = Layout(tmp_path / f"{step}")
        built(layout, ROWS)
        with failing_at(step) as steps, suppress(Crash):
            remember_told(layout, courier, VOUCHED)
        for manifest in layout.queue.glob("*.jsonl"):
            receipt = verified(manifest.with_name(f"{manifest.name}{SUFFIX}"), SIGNER.public)
            assert (receipt["objects"], receipt["lines"]) == (VOUCHED.objects, len(ROWS))
            seen += 1
        if not steps.failed:
            break
        step += 1
    assert seen > 2


def test_a_disk_that_is_full_while_sealing(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told as such, and nothing is in the queue; later all of it is."""
    built(layout, ROWS)

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("generator.telling.open_private", refuse)
        with pytest.raises(OutsideError, match="free room"):
            remember_told(layout, SEALING, VOUCHED)
    assert queue(layout) == []
    remember_told(layout, SEALING, VOUCHED)
    assert len(queue(layout)) == 1
    assert is_settled(layout)


def test_a_promise_that_is_damaged_is_told(layout: Layout) -> None:
    """What was noted of a publication is not made up where it cannot be read."""
    built(layout, ROWS)
    write_private(layout.promise, b"{}")
    with pytest.raises(OutsideError, match="run: sealpress publish"):
        finish_remembering(layout, COURIER)
    remember_told(layout, COURIER, VOUCHED)
    assert is_settled(layout)


# ── Broken off ───────────────────────────────────────────────────────────────────────────────


def by_a_build(layout: Layout) -> None:
    """What a build does first."""
    begin(layout)
    finish_remembering(layout, COURIER)


def by_a_publication(layout: Layout) -> None:
    """What publishing the same night again does."""
    recover(layout)
    remember_told(layout, COURIER, VOUCHED)


@pytest.mark.parametrize("error", [Crash, full], ids=["crash", "full disk"])
@pytest.mark.parametrize("go_on", [by_a_build, by_a_publication])
def test_broken_off_at_every_step(
    tmp_path: Path, go_on: Callable[[Layout], None], error: Callable[[], BaseException]
) -> None:
    """Wherever it breaks off, what comes next ends it: nothing is lost, nothing is told twice."""
    step = 0
    while True:
        layout = Layout(tmp_path / f"{step}")
        built(layout, [(1, 7, 2), (9, 7, 2)], bits=2)
        remember_told(layout, COURIER, VOUCHED)
        manifest = built(layout, ROWS)
        with failing_at(step, error) as steps, suppress(Crash, OSError, OutsideError):
            remember_told(layout, COURIER, VOUCHED)
        is_begun = layout.promise.exists() or is_remembered(layout)
        if is_begun or go_on is by_a_publication:
            go_on(layout)
            assert told_marks(layout) == sorted([*PAIRS, (1, 7), (9, 7)])
            assert queue(layout).count(manifest) == 1
            assert len(queue(layout)) == 2
            assert is_settled(layout)
        else:
            assert told_marks(layout) == [(1, 7), (9, 7)]
            assert len(queue(layout)) == 1
        if not steps.failed:
            break
        step += 1
    assert step > 25


def test_broken_off_again_and_again(layout: Layout) -> None:
    """A disk that fails at each next step of each next try: the last try ends it."""
    manifest = built(layout, ROWS)
    for step in range(60):
        with failing_at(step) as steps, suppress(Crash):
            by_a_publication(layout)
        if not steps.failed:
            break
    assert told_marks(layout) == PAIRS
    assert queue(layout) == [manifest]
    assert is_settled(layout)


NIGHTS = st.lists(
    st.tuples(
        st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(0, 3)), max_size=6),
        st.integers(0, 3),
        st.integers(0, 80),
    ),
    min_size=1,
    max_size=4,
)


@given(nights=NIGHTS)
def test_over_any_nights_each_reason_is_told_once(
    nights: list[tuple[list[Mark], int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A night tells what was not told; its manifest comes to the sender once, if it has a line."""
    layout = Layout(tmp_path_factory.mktemp("nights"))
    expected: dict[tuple[int, int], None] = {}
    handed_on: list[bytes] = []
    for number, (rows, bits, step) in enumerate(nights):
        as_of = TODAY + timedelta(days=number)
        fresh = {
            (client, mark): age for client, mark, age in rows if (client, mark) not in expected
        }
        manifest = built(
            layout, [(client, mark, age) for (client, mark), age in fresh.items()], bits, as_of
        )
        with failing_at(step), suppress(Crash):
            remember_told(layout, COURIER, VOUCHED)
        recover(layout)
        remember_told(layout, COURIER, VOUCHED)
        expected |= dict.fromkeys(fresh)
        handed_on += [manifest] if manifest else []
        assert told_marks(layout) == sorted(expected)
        assert queue(layout) == sorted(set(handed_on))


# ── The queue ────────────────────────────────────────────────────────────────────────────────


def test_what_is_told_in_between_is_queued_with_a_commit(layout: Layout) -> None:
    """Lines for the sender are a draft until they are committed; no lines make no file."""
    layout.site.mkdir(parents=True)
    assert put_into_queue(layout, "2026-03-10", b"", COURIER, VOUCHED) == []
    names = put_into_queue(layout, "2026-03-10", b"a line\n", COURIER, VOUCHED)
    assert not (layout.private / names[0]).exists()
    commit(layout, (), names)
    assert queue(layout) == [b"a line\n"]
    assert put_into_queue(layout, "2026-03-10", b"a line\n", COURIER, VOUCHED) == names


def test_what_was_taken_back_returns_until_that_is_decided(layout: Layout) -> None:
    """A file that the sender was faster with is not taken; one that was, is gone with a commit."""
    built(layout, ROWS)
    remember_told(layout, COURIER, VOUCHED)
    before = files_in(layout.queue)
    (name,) = (path.name for path in layout.queue.glob("*.jsonl"))
    (taken,) = take_back(layout, [name, "collected.jsonl"])
    assert taken.name == name
    assert files_in(layout.queue) == {}
    give_back(layout)
    assert files_in(layout.queue) == before
    take_back(layout, [name])
    commit(layout, (), [TAKEN])
    give_back(layout)
    assert files_in(layout.queue) == {}
    assert not taken.exists()


def test_a_digest_of_a_manifest(layout: Layout) -> None:
    """A night knows its manifest by the SHA-256 of the file."""
    manifest = built(layout, ROWS)
    assert manifest_digest(layout.manifest) == sha256(manifest).hexdigest()
    assert json.loads(layout.night.read_bytes())["manifest"] == sha256(manifest).hexdigest()
    assert Told() == load_told(layout.state)
