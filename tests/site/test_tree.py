"""The site as files: a build that goes well changes what changed, and nothing else."""

import errno
import json
import os
import stat
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from generator.base.errors import OutsideError
from generator.site import tree
from generator.site.layout import Layout
from generator.site.private import write_private
from generator.site.tree import Changes, Stage, begin, commit, draft, files_of, recover
from tests.builders import write
from tests.site.builds import (
    AFTER,
    BEFORE,
    NEW,
    NEW_PRIVATE,
    OLD,
    OLD_PRIVATE,
    build,
    committed,
    files_in,
    folders_in,
    staged,
    state,
)


def test_the_first_build(layout: Layout) -> None:
    """A first build is there with all its files, and nothing of the work is left."""
    changes = build(layout, OLD, OLD_PRIVATE)
    assert state(layout) == BEFORE
    assert changes == Changes(added=len(OLD))
    assert not layout.staged.exists()
    assert not layout.journal.exists()


def test_the_next_build(built: Layout) -> None:
    """What is new comes, what changed changes, what nobody wants goes, with its folders."""
    changes = build(built, NEW, NEW_PRIVATE)
    assert state(built) == AFTER
    assert changes == Changes(added=3, changed=1, removed=3, unchanged=2)
    assert folders_in(built.site) == {"assets", "p", "p/ab", "p/ef"}


def test_private_files_and_nothing_else_are_private(built: Layout) -> None:
    """The site holds what a build wants, and private files and folders are closed to others."""
    assert files_in(built.private) == OLD_PRIVATE
    found = [built.private, *built.private.rglob("*")]
    modes = {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in found}
    assert modes == {(True, 0o700), (False, 0o600)}
    assert built.site not in [built.private, *built.private.parents]
    assert built.private not in built.site.parents


def test_nested_folders_go_with_their_last_file(layout: Layout) -> None:
    """When the only page of a site goes, so do all folders above it."""
    build(layout, {"p/ab/page": b"x", "a/b/c/d": b"x", "index.html": b"x"}, {})
    build(layout, {"index.html": b"x"}, {})
    assert folders_in(layout.site) == set()
    build(layout, {}, {})
    assert layout.site.is_dir()


def test_an_unchanged_file_is_not_touched(built: Layout) -> None:
    """Same content, same inode, same time: what did not change is left alone."""
    before = {path: (built.site / path).stat() for path in OLD}
    build(built, NEW, NEW_PRIVATE)
    same = [path for path in OLD if NEW.get(path) == OLD[path]]
    assert len(same) == 2
    for path in same:
        after = (built.site / path).stat()
        assert (after.st_ino, after.st_mtime_ns) == (before[path].st_ino, before[path].st_mtime_ns)
    assert (built.site / "p/ab/page").stat().st_ino != before["p/ab/page"].st_ino


def test_a_build_without_changes_says_so(built: Layout) -> None:
    """The same build again changes nothing and stages nothing."""
    begin(built)
    stage = staged(built, OLD)
    assert files_in(built.staged) == {}
    changes = committed(built, stage, OLD, set())
    assert not changes
    assert changes == Changes(unchanged=len(OLD))
    assert state(built) == BEFORE


def test_counts_of_several_workers_add_up(built: Layout) -> None:
    """What any worker staged comes in one step, and their counts are one count."""
    begin(built)
    first = staged(built, {"p/ab/page": b"after", "index.html": b"loader"})
    second = staged(built, {"p/ab/same": b"same", "p/ab/more": b"more"})
    first.changes.add(second.changes)
    assert first.changes == Changes(added=1, changed=1, unchanged=2)
    commit(built, (), ())
    assert files_in(built.site) == {**OLD, "p/ab/page": b"after", "p/ab/more": b"more"}


def test_what_is_staged_and_to_be_removed_stays(built: Layout) -> None:
    """A path that one client leaves and another one takes is written, and not counted as gone."""
    begin(built)
    staged(built, {"p/ab/page": b"after"})
    assert commit(built, ["p/ab/page", "p/cd/gone", "p/cd/gone"], ()) == 1
    assert files_in(built.site).keys() == OLD.keys() - {"p/cd/gone"}
    assert (built.site / "p/ab/page").read_bytes() == b"after"


# ── Digests ──────────────────────────────────────────────────────────────────────────────────


def test_a_digest_that_is_known_is_not_worked_out(built: Layout) -> None:
    """With the digest of what lies there the site is not read; the answer is the new digest."""
    begin(built)
    stage = Stage(built)
    (built.site / "p/ab/same").unlink()
    same = sha256(b"same").digest()
    assert stage.write("p/ab/same", b"same", same) == same
    assert stage.write("p/ab/other", b"x", same) == sha256(b"x").digest()
    assert stage.changes == Changes(unchanged=1, changed=1)
    assert files_in(built.staged) == {"p/ab/other": b"x"}


def test_without_a_digest_the_site_is_read(built: Layout) -> None:
    """A file's earlier digest is that of what lies there, and nothing where nothing lies."""
    stage = Stage(built)
    assert stage.earlier("p/ab/page") == sha256(b"before").digest()
    assert stage.earlier("p/ab/none") == stage.earlier("p/zz/none") == b""
    assert stage.write("p/ab/page", b"before") == sha256(b"before").digest()
    assert stage.changes == Changes(unchanged=1)


def test_a_site_that_cannot_be_read_is_told(built: Layout) -> None:
    """What lies where a page should, and is none, is not taken for a missing page."""
    with pytest.raises(OutsideError, match=r"^build/site: cannot be read: .* — hint: "):
        Stage(built).earlier("p/ab")


# ── Order and cost ───────────────────────────────────────────────────────────────────────────


def test_files_are_moved_in_the_order_of_their_readers(
    built: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Assets come before pages, pages before those that only name them, the loader comes last."""
    moved: list[str] = []

    def noting(name: str) -> None:
        real = getattr(os, name)

        def move(source: Any, target: Any) -> None:  # noqa: ANN401 - as os.replace takes it
            moved.append(str(target))
            real(source, target)

        monkeypatch.setattr(os, name, move)

    begin(built)
    wanted = {path: content + b"!" for path, content in {**NEW, "q/stage": b""}.items()}
    stage = staged(built, wanted)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    noting("replace")
    noting("rename")
    committed(built, stage, wanted, set())
    site = f"{built.site}/"
    assert [path.removeprefix(site) for path in moved if path.startswith(site)] == [
        *("assets/page.0b.css", "p/ab/page", "p/ab/same", "p/ef", "q/stage", "robots.txt"),
        "index.html",
    ]


def test_a_commit_waits_for_the_disk_once(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are not waited for one by one: all together once, and before it is decided."""
    waited: list[str] = []

    def all_of_it(_: int) -> int:
        assert not layout.journal.exists()
        waited.append("disk")
        return 0

    monkeypatch.setattr(os, "fsync", lambda _: waited.append("file"))
    monkeypatch.setattr(tree, "CDLL", lambda _: SimpleNamespace(syncfs=all_of_it))
    costs = set()
    for count in (1, 50):
        build(layout, {f"p/{n % 7}x/{n}": b"%d" % count for n in range(count)}, OLD_PRIVATE)
        costs.add((waited.count("disk"), waited.count("file")))
        waited.clear()
    ((disk, files),) = costs
    assert disk == 1
    assert files == 2 * (len(OLD_PRIVATE) + 1)  # each private file and the journal, and its folder


def test_a_disk_without_such_a_call_is_waited_for_as_well(
    built: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a system cannot wait for one disk, it waits for all of them."""
    waited: list[str] = []
    monkeypatch.setattr(tree, "CDLL", lambda _: SimpleNamespace())
    monkeypatch.setattr(os, "sync", lambda: waited.append("all"))
    build(built, NEW, NEW_PRIVATE)
    assert waited == ["all"]


def test_a_disk_that_lost_something_is_not_committed_to(
    built: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the disk says that it did not hold what was written, the earlier site stays."""
    monkeypatch.setattr(tree, "CDLL", lambda _: SimpleNamespace(syncfs=lambda _: -1))
    with pytest.raises(OutsideError, match="the disk did not take what was written — hint: the e"):
        build(built, NEW, NEW_PRIVATE)
    assert state(built) == BEFORE
    assert not built.journal.exists()


# ── What a run left behind ───────────────────────────────────────────────────────────────────


def test_a_new_build_throws_drafts_away(built: Layout) -> None:
    """Drafts of files and folders, and halves of drafts, go; what has its place stays."""
    left = {
        "register.next/00": b"x",
        "night.json.next": b"x",
        "told/00.next": b"x",
        "queue/.2026-03-10.jsonl.next.draft": b"x",
        ".manifest.draft": b"x",
    }
    write(built.private, left)
    write(built.staged, {"p/ab/page": b"x"})
    begin(built)
    assert files_in(built.private) == OLD_PRIVATE
    assert list(built.staged.iterdir()) == []
    assert not draft(built, "register").exists()


def test_where_nothing_was_decided_nothing_is_recovered(layout: Layout, tmp_path: Path) -> None:
    """A site in which no commit broke off is left alone, were it never built."""
    recover(layout)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b"{", b"[]", b"null", b"7", b"\xff", b"{}"),
        json.dumps({"remove": []}).encode(),
        json.dumps({"remove": None, "private": []}).encode(),
        json.dumps({"remove": [], "private": 7}).encode(),
    ],
)
def test_a_damaged_journal_is_told(built: Layout, raw: bytes) -> None:
    """A decision that cannot be read is not guessed at, and the way out is told."""
    write_private(built.journal, raw)
    with pytest.raises(OutsideError, match=r"^build/private/commit\.json: the file is damaged"):
        recover(built)
    assert state(built) == BEFORE


def test_files_of_a_folder(tmp_path: Path) -> None:
    """Every file below a folder by its path, hidden ones too; none where there is no folder."""
    write(tmp_path, {"a": b"", "p/ab/c": b"", "p/.d": b""})
    (tmp_path / "empty").mkdir()
    assert sorted(files_of(tmp_path)) == ["a", "p/.d", "p/ab/c"]
    assert list(files_of(tmp_path / "none")) == []


@pytest.mark.parametrize(
    ("number", "hint"),
    [
        (errno.ENOSPC, r"the earlier site is whole; free room, or files \(df -i\)$"),
        (errno.EDQUOT, r"the earlier site is whole; free room, or files \(df -i\)$"),
        (errno.EROFS, "the earlier site is whole; see to it, and run it again$"),
    ],
)
def test_what_helps_depends_on_what_failed(
    built: Layout, monkeypatch: pytest.MonkeyPatch, number: int, hint: str
) -> None:
    """A disk without room, or a quota that is used up, is told otherwise than a closed one."""

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Stage, "_put", refuse)
    with pytest.raises(OutsideError, match=f"^build/staged: cannot be written: .* — hint: {hint}"):
        Stage(built).write("p/ab/page", b"after")
