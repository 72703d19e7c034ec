"""A folder of events: order, bursts, refused lines, and what a crash leaves."""

import json
import os
import stat
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.errors import InputError, OutsideError
from generator.events import Batch, DirectoryEvents, doorbell
from generator.events import taken as taken_module
from tests.events.conftest import COLUMNS, drop, event, ids, lines, watcher

WATCH = """
import sys
from pathlib import Path
from generator.events import DirectoryEvents
from tests.events.conftest import COLUMNS
source = DirectoryEvents(Path(sys.argv[1]), COLUMNS)
batch = source.wait(30)
if "acknowledge" in sys.argv:
    source.acknowledge(batch)
print(*[event.id for event in batch.events], flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder."""
    place = tmp_path / "events"
    place.mkdir()
    return place


def opened(folder: Path, most: int = 500) -> DirectoryEvents:
    """The source of a folder."""
    return DirectoryEvents(folder, COLUMNS, most)


def left(folder: Path) -> dict[str, str]:
    """Every file below the folder with its text, but for the lock."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def drained(source: DirectoryEvents) -> list[str]:
    """All that is there, each batch acknowledged."""
    found = []
    while batch := source.wait(0):
        found += ids(batch.events)
        source.acknowledge(batch)
    return found


def refused(source: DirectoryEvents) -> list[str]:
    """What is wrong with what is there, acknowledged."""
    batch = source.wait(0)
    source.acknowledge(batch)
    assert batch.events == ()
    return [str(problem) for problem in batch.refused]


# ── What comes ───────────────────────────────────────────────────────────────────────────────


def test_files_come_in_the_order_of_their_names(folder: Path) -> None:
    """Then line by line; blank lines, and the mark that some editors write, are none."""
    drop(folder, "b.jsonl", lines(event(3), "", event(4)))
    drop(folder, "a.jsonl", b"\xef\xbb\xbf" + lines(event(1)).replace(b"\n", b"\r\n"))
    drop(folder, "ab.jsonl", lines(event(2)).rstrip())
    with opened(folder) as source:
        batch = source.wait(0)
        assert ids(batch.events) == ["crm-1", "crm-2", "crm-3", "crm-4"]
        assert batch.refused == ()
        source.acknowledge(batch)
        assert left(folder) == {}
        assert source.wait(0) == Batch()


def test_what_is_not_ours_is_left_alone(folder: Path) -> None:
    """Drafts, other endings, folders, and files in which nothing stands yet."""
    names = [".a.jsonl", "a.jsonl.tmp", "a.jsonl.part", "a.json", "a.JSONL"]
    for name in names:
        (folder / name).write_bytes(lines(event(1)))
    (folder / "empty.jsonl").touch()
    (folder / "folder.jsonl").mkdir()
    with opened(folder) as source:
        assert source.wait(0) == Batch()
    assert sorted(left(folder)) == sorted([*names, "empty.jsonl"])
    assert (folder / "folder.jsonl").is_dir()


def dropping(source: DirectoryEvents, monkeypatch: pytest.MonkeyPatch, folder: Path) -> list[bool]:
    """Drop a file when the source has found nothing and goes to sleep; whether that woke it."""
    sleep, names = source._bell.wait, iter(["a.jsonl"])  # noqa: SLF001 - to be there in time
    rang = []

    def wait(seconds: float) -> bool:
        for name in names:
            drop(folder, name, lines(event(1)))
        rang.append(sleep(seconds))
        return rang[-1]

    monkeypatch.setattr(source._bell, "wait", wait)  # noqa: SLF001
    return rang


def test_a_sleeping_source_is_woken(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is dropped while somebody waits is found without any poll."""
    with DirectoryEvents(folder, COLUMNS, most=1, poll=5) as source:
        rang = dropping(source, monkeypatch, folder)
        assert ids(source.wait(5).events) == ["crm-1"]
    assert rang == [True]


def test_without_the_kernels_help_there_is_the_poll(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no watch is to be had, files are found all the same."""

    def none_left(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(doorbell, "INotify", none_left)
    with DirectoryEvents(folder, COLUMNS, most=1, poll=0.001) as source:
        rang = dropping(source, monkeypatch, folder)
        assert ids(source.wait(30).events) == ["crm-1"]
    assert rang == [False]


def test_a_burst_in_many_files_is_complete_and_in_order(folder: Path) -> None:
    """Five hundred files while somebody waits: each event once, of each client in order."""

    def burst() -> None:
        for number in range(500):
            drop(folder, f"{number:04}.jsonl", lines(event(number, client=f"A-{number % 7}")))

    found: dict[str, list[str]] = defaultdict(list)
    with opened(folder) as source:
        other = Thread(target=burst)
        other.start()
        while sum(map(len, found.values())) < 500:
            batch = source.wait(30)
            assert batch
            for one in batch.events:
                found[one.client].append(one.id)
            source.acknowledge(batch)
        other.join()
        assert source.wait(0) == Batch()
    for client in range(7):
        assert found[f"A-{client}"] == [f"crm-{number}" for number in range(client, 500, 7)]


def test_a_file_that_came_since_the_last_look_is_found_at_once(folder: Path) -> None:
    """Though the batch before was full, and ended in the middle of a look."""
    with opened(folder, most=1) as source:
        drop(folder, "a.jsonl", lines(event(1)))
        batch = source.wait(0)
        drop(folder, "b.jsonl", lines(event(2)))
        source.acknowledge(batch)
        assert ids(source.wait(0).events) == ["crm-2"]


def test_a_new_file_of_the_same_name_is_another_file(folder: Path) -> None:
    """A system that always writes the same name loses nothing between wait and acknowledge."""
    with opened(folder) as source:
        drop(folder, "crm.jsonl", lines(event(1)))
        batch = source.wait(0)
        drop(folder, "crm.jsonl", lines(event(2)))
        source.acknowledge(batch)
        assert drained(source) == ["crm-2"]


# ── What is refused ──────────────────────────────────────────────────────────────────────────


def test_refused_lines_are_put_aside_with_the_reason(folder: Path) -> None:
    """The good lines are events; the bad ones lie in a closed file, others' eyes kept out."""
    bad = event(2, row={"last_name": "Соколова"})
    drop(folder, "crm.jsonl", lines(event(1), bad, "{", event(4)))
    with opened(folder) as source:
        batch = source.wait(0)
        assert ids(batch.events) == ["crm-1", "crm-4"]
        assert [(one.path, one.line) for one in batch.refused] == [
            ("crm.jsonl", 2),
            ("crm.jsonl", 3),
        ]
        assert list(left(folder)) == ["taken/000000000001.000000000.crm.jsonl"]
        source.acknowledge(batch)
    assert left(folder) == {
        "refused/000000000001.crm.jsonl": lines(bad, "{").decode(),
        "refused/000000000001.crm.jsonl.txt": "".join(f"{one}\n" for one in batch.refused),
    }
    for path in (folder / "refused").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for place in ("refused", "taken"):
        assert stat.S_IMODE((folder / place).stat().st_mode) == 0o700


def test_a_refused_line_never_takes_the_place_of_another(folder: Path) -> None:
    """The same name in another run is another file there too."""
    for number in (1, 2):
        drop(folder, "crm.jsonl", lines(event(number), "{" * number))
        with opened(folder) as source:
            assert drained(source) == [f"crm-{number}"]
    found = left(folder)
    assert found["refused/000000000001.crm.jsonl"] == "{\n"
    assert found["refused/000000000002.crm.jsonl"] == "{{\n"


def test_a_link_is_refused(folder: Path, tmp_path: Path) -> None:
    """It could point to any file of ours: it is moved away, what it points to is not read."""
    (tmp_path / "ring.jsonl").write_bytes(lines(event(1)))
    (folder / "a.jsonl").symlink_to(tmp_path / "ring.jsonl")
    with opened(folder) as source:
        assert refused(source) == ["a.jsonl: the file is a link — hint: write the file itself"]
    assert (folder / "refused/000000000001.a.jsonl").is_symlink()
    assert (tmp_path / "ring.jsonl").read_bytes() == lines(event(1))


def test_a_pipe_is_refused(folder: Path) -> None:
    """Nobody waits for its writer."""
    os.mkfifo(folder / "a.jsonl")
    with opened(folder) as source:
        told = ["a.jsonl: this is no file — hint: write a file of JSON lines"]
        assert refused(source) == told


def test_a_file_that_is_too_large_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is moved as it is, and closed."""
    monkeypatch.setattr(taken_module, "LARGEST", 10)
    drop(folder, "a.jsonl", lines(event(1)))
    with opened(folder) as source:
        hint = "give so much to the tables of the night"
        assert refused(source) == [f"a.jsonl: the file is too large — hint: {hint}"]
    aside = folder / "refused/000000000001.a.jsonl"
    assert aside.read_bytes() == lines(event(1))
    assert stat.S_IMODE(aside.stat().st_mode) == 0o600


def test_a_name_that_would_break_a_log_is_not_shown(folder: Path) -> None:
    """Nor is one too long for a number before it lost."""
    drop(folder, "a\n\udcff.jsonl", lines("{"))
    drop(folder, f"{'x' * 240}.jsonl", lines(event(2)))
    with opened(folder) as source:
        batch = source.wait(0)
        assert [problem.path for problem in batch.refused] == ["file 1"]
        assert ids(batch.events) == ["crm-2"]
        source.acknowledge(batch)
        assert source.wait(0) == Batch()


# ── Who may watch ────────────────────────────────────────────────────────────────────────────


def test_a_second_watcher_is_sent_away(folder: Path) -> None:
    """Two would tear a client's events apart; when the first one is gone it may."""
    with opened(folder), pytest.raises(OutsideError, match="another process watches it"):
        opened(folder)
    opened(folder).close()


def test_a_folder_must_be_there_and_closed(folder: Path) -> None:
    """Whoever may write there changes clients' pages."""
    with pytest.raises(InputError, match="there is no such folder"):
        opened(folder / "missing")
    folder.chmod(0o777)
    with pytest.raises(InputError, match="everybody may write to this folder"):
        opened(folder)


def test_our_own_folders_are_no_links(folder: Path, tmp_path: Path) -> None:
    """Nobody who may write there leads our moves elsewhere."""
    (folder / "refused").symlink_to(tmp_path)
    with pytest.raises(InputError, match="the folder is a link"):
        opened(folder)


def test_a_folder_that_is_gone_is_told(folder: Path) -> None:
    """As a drive that was unplugged."""
    with opened(folder) as source:
        folder.rename(folder.with_name("elsewhere"))
        with pytest.raises(OutsideError, match="events: cannot be read or written"):
            source.wait(1)


# ── Crashes ──────────────────────────────────────────────────────────────────────────────────


def test_what_was_not_acknowledged_comes_again_after_a_kill(folder: Path) -> None:
    """In the same order, though a file of an earlier name came meanwhile."""
    drop(folder, "b.jsonl", lines(event(1), event(2)))
    drop(folder, "c.jsonl", lines(event(3)))
    with watcher(WATCH, str(folder)) as process:
        assert process.stdout is not None
        assert process.stdout.readline().split() == ["crm-1", "crm-2", "crm-3"]
        process.kill()
        process.wait()
    drop(folder, "a.jsonl", lines(event(4)))
    with opened(folder) as source:
        assert drained(source) == ["crm-1", "crm-2", "crm-3", "crm-4"]


def test_what_comes_again_comes_in_the_order_in_which_it_was_taken(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that came in the middle of the burst stays behind the one before it."""
    drop(folder, "b.jsonl", lines(event(2)))
    with opened(folder, most=2) as source:
        dropping(source, monkeypatch, folder)
        batch = source.wait(0)
        assert ids(batch.events) == ["crm-2", "crm-1"]
    with opened(folder) as source:
        assert source.wait(0) == batch


def test_what_was_acknowledged_never_comes_again_after_a_kill(folder: Path) -> None:
    """Nothing of it is left."""
    drop(folder, "a.jsonl", lines(event(1), event(2)))
    with watcher(WATCH, str(folder), "acknowledge") as process:
        assert process.stdout is not None
        assert process.stdout.readline().split() == ["crm-1", "crm-2"]
        process.kill()
        process.wait()
    with opened(folder) as source:
        assert source.wait(0) == Batch()
    assert left(folder) == {}


def test_a_file_larger_than_a_batch_is_deleted_with_its_last_line(folder: Path) -> None:
    """A new process goes on behind the last line that was acknowledged."""
    drop(folder, "a.jsonl", lines(event(1), "{", event(3), event(4), event(5)))
    with opened(folder, most=2) as source:
        batch = source.wait(0)
        assert ids(batch.events) == ["crm-1"]
        source.acknowledge(batch)
        assert ids(source.wait(0).events) == ["crm-3", "crm-4"]
    assert list(left(folder)) == ["taken/000000000001.000000002.a.jsonl"]
    with opened(folder) as source:
        batch = source.wait(0)
        assert (ids(batch.events), batch.refused) == (["crm-3", "crm-4", "crm-5"], ())
        source.acknowledge(batch)
    assert left(folder)["refused/000000000001.a.jsonl"] == "{\n"
    assert len(left(folder)) == 2


@pytest.mark.parametrize("step", ["write_closed", "sync"])
@pytest.mark.parametrize("fail_at", [1, 2, 3])
def test_an_acknowledgement_that_broke_off_is_done_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch, step: str, fail_at: int
) -> None:
    """Whatever step fails, nothing is lost and no refused line lies there twice."""
    for name in ("a", "b"):
        drop(folder, f"{name}.jsonl", lines(event(1), "{"))
    (folder / "c.jsonl").symlink_to(folder / "nowhere")
    real, calls = getattr(taken_module, step), [0]

    def failing(*args: Any) -> None:  # noqa: ANN401 - of either function
        calls[0] += 1
        if calls[0] == fail_at:
            raise OSError(28, "No space left on device")
        real(*args)

    monkeypatch.setattr(taken_module, step, failing)
    with opened(folder) as source:
        batch = source.wait(0)
        with pytest.raises(OutsideError, match="No space left on device"):
            source.acknowledge(batch)
        if fail_at % 2:
            source.acknowledge(batch)
    with opened(folder) as source:
        drained(source)
    aside = sorted(path.name for path in (folder / "refused").iterdir())
    names = [f"00000000000{k}.{name}.jsonl" for k, name in enumerate("abc", start=1)]
    assert aside == sorted([*names, *(f"{name}.txt" for name in names)])
    assert list((folder / "taken").glob("*")) == [folder / "taken/.lock"]


def test_a_taken_file_that_somebody_removed_is_no_trouble(folder: Path) -> None:
    """Its events are in memory; a new process does not know of them."""
    drop(folder, "a.jsonl", lines(event(1), event(2), event(3)))
    with opened(folder, most=1) as source:
        batch = source.wait(0)
        (folder / "taken/000000000001.000000000.a.jsonl").unlink()
        source.acknowledge(batch)
        assert drained(source) == ["crm-2", "crm-3"]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("drop"), st.sampled_from("abc"), st.lists(st.integers(0, 3), max_size=5)),
        st.tuples(st.just("wait"), st.none(), st.none()),
        st.tuples(st.just("acknowledge"), st.none(), st.none()),
        st.tuples(st.just("restart"), st.none(), st.none()),
    ),
    max_size=25,
)


class Story:
    """A folder, its source, and what was acknowledged so far."""

    def __init__(self, folder: Path, most: int) -> None:
        self.folder, self.most = folder, most
        self.files = self.count = 0
        self.source = opened(folder, most)
        self.open = Batch()
        self.done: list[str] = []
        self.bad = 0

    def drop(self, name: str, clients: list[int]) -> None:
        """A file in which client 0 is none: its line is refused. Names grow, as in use."""
        self.files += 1
        events = []
        for client in clients:
            self.count += 1
            one = event(self.count, client=f"A-{client}" if client else "")
            self.bad += not client
            events.append(one)
        drop(self.folder, f"{self.files:04}{name}.jsonl", lines(*events))

    def wait(self) -> None:
        """What is there; an open batch is the same again."""
        earlier, self.open = self.open, self.source.wait(0)
        assert not earlier or self.open is earlier

    def acknowledge(self) -> None:
        """Count what was acknowledged."""
        self.source.acknowledge(self.open)
        self.done += [f"{one.client} {one.id}" for one in self.open.events]
        self.open = Batch()

    def restart(self) -> None:
        """As after a crash: what was open begins again with the same events."""
        earlier, self.open = self.open.events, Batch()
        self.source.close()
        self.source = opened(self.folder, self.most)
        if earlier:
            self.wait()
            assert self.open.events[: len(earlier)] == earlier


@given(STEPS, st.integers(1, 4))
def test_each_event_is_acknowledged_once_and_in_order(
    steps: list[tuple[str, str, list[int]]], most: int
) -> None:
    """Whatever is dropped, waited for, acknowledged and restarted, in whatever order."""
    with TemporaryDirectory() as name:
        story = Story(Path(name), most)
        for step, file, clients in steps:
            getattr(story, step)(*([file, clients] if step == "drop" else []))
        while True:
            story.wait()
            if not story.open:
                break
            story.acknowledge()
        story.source.close()
        aside = [path for path in Path(name, "refused").iterdir() if path.suffix == ".jsonl"]
        texts = [text for path in aside for text in path.read_text(encoding="utf-8").splitlines()]
    numbers = [int(one.rpartition("-")[2]) for one in story.done]
    assert numbers == sorted(numbers)
    put_aside = [int(json.loads(text)["id"].removeprefix("crm-")) for text in texts]
    assert sorted(numbers + put_aside) == list(range(1, story.count + 1))
    assert len(put_aside) == story.bad
