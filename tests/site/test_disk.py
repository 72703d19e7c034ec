"""Real disks that are full, out of inodes or limited: the earlier site is whole, and it is told.

A small disk is mounted where this user may do so. Where not, these tests are run again inside a
namespace of their own, in which every user may. A limit on the size of files is always there.
"""

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest

from generator.base.errors import OutsideError
from generator.buckets import Bucket
from generator.columns import DEAL, WHO
from generator.site.layout import Layout
from generator.site.private import write_private
from generator.site.shelf import Shelf
from generator.site.tree import begin, commit, draft, files_of
from tests.browser import missing
from tests.builders import ROOT
from tests.site.builds import files_in, staged

INSIDE = "SEALPRESS_TEST_INSIDE"  # set where these tests run in a namespace of their own
MARKS: dict[str, type[pl.DataType]] = {DEAL: pl.UInt16, WHO: pl.Binary}
PAGES = 12

Files = dict[str, bytes]
Maker = Callable[[str], Path]


def site(content: bytes) -> Files:
    """The files of a site in which each page has this content."""
    return {f"p/{number % 4}x/{number}": content * 1500 for number in range(PAGES)}


OLD, NEW = site(b"old"), {**site(b"new!"), "p/ex/more": b"more", "index.html": b"loader"}


def night(layout: Layout, files: Files) -> None:
    """A build with a site, a private file and a shelf that belong to it."""
    begin(layout)
    stage = staged(layout, files)
    shelf = Shelf(draft(layout, "register"), MARKS)
    some = next(iter(files.values()))
    for number in range(2):
        rows = pl.DataFrame({DEAL: [number << 15], WHO: [some[:16]]}, MARKS)
        shelf.write(Bucket(1, number), rows)
    write_private(draft(layout, "common.json"), some)
    gone = [path for path in files_of(layout.site) if path not in files]
    commit(layout, gone, ["register", "common.json"])
    assert stage.changes


def private(layout: Layout) -> Files:
    """The private files that belong to the site."""
    return {
        path: content
        for path, content in files_in(layout.private).items()
        if path == "common.json" or path.startswith("register/")
    }


def whole(root: Path, files: Files) -> tuple[Files, Files]:
    """The site and its private files after a night with nothing in its way."""
    layout = Layout(root)
    night(layout, files)
    return files_in(layout.site), private(layout)


@contextmanager
def small_files(most: int) -> Iterator[None]:
    """No file may be larger than this: the kernel refuses to write on."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def mounted(folder: Path, options: str) -> bool:
    """Whether a small disk could be mounted."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Maker]:
    """Makes a disk with the options of a tmpfs."""
    made: list[Path] = []

    def make(options: str) -> Path:
        folder = tmp_path / f"disk{len(made)}"
        if not mounted(folder, options):
            pytest.skip("this user may not mount a disk")
        made.append(folder)
        return folder

    yield make
    for folder in made:
        subprocess.run(["umount", str(folder)], check=True)


def night_with_room(layout: Layout, room: Callable[[], object]) -> str:
    """What a night says when it meets the end of the room, if it does; then ``room`` is made."""
    try:
        night(layout, NEW)
    except OutsideError as error:
        return str(error)
    finally:
        room()
    return ""


def tried(layout: Layout, room: Callable[[], object], old: tuple[Files, Files]) -> str:
    """A night that may break off, then one that may not: before and after, all is whole."""
    told = night_with_room(layout, room)
    if told and not layout.journal.exists():
        assert (files_in(layout.site), private(layout)) == old
    night(layout, {**NEW, "robots.txt": b"another night"})
    assert files_in(layout.site) == {**NEW, "robots.txt": b"another night"}
    left = set(files_in(layout.private))
    assert left == {"common.json", *(f"register/{place}" for place in SHELVED)}
    assert not layout.staged.exists()
    return told


SHELVED = ("01-0000.arrow", "01-0001.arrow")
HINT = " — hint: the earlier site is whole; free room, or files (df -i)"
ASKED_AGAIN = " — hint: run it again, and it is finished first"


def hints(told: list[str]) -> set[str]:
    """How the errors end, whatever they name."""
    assert all(words.startswith("build") for words in told)
    return {words[words.index(" — ") :] for words in told}


def test_a_full_disk(disk: Maker, tmp_path: Path) -> None:
    """With room for ever more pages a night breaks off later, until it is whole."""
    root = disk("size=1m")
    layout = Layout(root)
    old = whole(tmp_path / "old", OLD)
    told = []
    for pages in range(2 * PAGES + 16):
        night(layout, OLD)
        shutil.rmtree(layout.spare, ignore_errors=True)  # else that is room too
        filler = root / "filler"
        free = os.statvfs(root)
        filler.write_bytes(bytes(max(0, free.f_bavail - pages) * free.f_bsize))
        told.append(tried(layout, filler.unlink, old))
        assert "No space left on device" in (told[-1] or "No space left on device")
    assert told[0]
    assert not told[-1]
    assert len(list(filter(None, told))) > PAGES
    assert hints(list(filter(None, told))) <= {HINT, ASKED_AGAIN}
    assert HINT in hints(list(filter(None, told)))


def test_a_disk_without_inodes(disk: Maker, tmp_path: Path) -> None:
    """Where a disk has room and may have no more files, it is the same, and this is hinted at."""
    root = disk("size=4m,nr_inodes=120")
    layout = Layout(root)
    old = whole(tmp_path / "old", OLD)
    told = []
    for files in range(40):
        night(layout, OLD)
        shutil.rmtree(layout.spare, ignore_errors=True)  # else that is room too
        fillers = [root / f"filler{n}" for n in range(os.statvfs(root).f_favail - files)]
        for filler in fillers:
            filler.touch()

        def room(fillers: list[Path] = fillers) -> None:
            for filler in fillers:
                filler.unlink()

        told.append(tried(layout, room, old))
    assert told[0]
    assert not told[-1]
    assert len(list(filter(None, told))) > PAGES
    assert hints(list(filter(None, told))) <= {HINT, ASKED_AGAIN}
    assert HINT in hints(list(filter(None, told)))


@pytest.mark.parametrize(
    ("files", "most", "place"),
    [
        (NEW, 0, "build/staged"),
        (NEW, 5999, "build/staged"),
        ({"index.html": b"loader"}, 100, "build/private/register.next/01-0000.arrow"),
    ],
    ids=["nothing", "a page", "a shelf"],
)
def test_a_limit_on_the_size_of_files(tmp_path: Path, files: Files, most: int, place: str) -> None:
    """A page or a shelf that the kernel does not let grow is told, and nothing is lost."""
    layout = Layout(tmp_path)
    old = whole(tmp_path, OLD)
    with small_files(most), pytest.raises(OutsideError) as caught:
        night(layout, files)
    told = "cannot be written: File too large — hint: the earlier site is whole; see to it"
    assert str(caught.value).startswith(f"{place}: {told}")
    assert (files_in(layout.site), private(layout)) == old
    night(layout, files)
    assert files_in(layout.site) == files


def test_a_limit_that_is_not_met_is_not_noticed(tmp_path: Path) -> None:
    """The test above fails by its limit, and by nothing else."""
    layout = Layout(tmp_path)
    night(layout, OLD)
    with small_files(6001):
        night(layout, NEW)
    assert files_in(layout.site) == NEW


def test_the_same_inside_a_namespace() -> None:
    """Who may not mount a disk here may do so in a namespace, and there all of it holds."""
    if os.environ.get(INSIDE):
        pytest.skip("this is inside")
    inside = ["unshare", "--user", "--map-root-user", "--mount"]
    try:
        subprocess.run([*inside, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        missing("this system gives no namespaces to its users")
    tests = f"{Path(__file__).relative_to(ROOT)}"
    command = [sys.executable, "-m", "pytest", "-p", "no:xdist", "-rs", tests, "-k", "disk"]
    done = subprocess.run(
        [*inside, *command],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, INSIDE: "1"},
    )
    assert done.returncode == 0, done.stdout
    assert "may not mount" not in done.stdout
