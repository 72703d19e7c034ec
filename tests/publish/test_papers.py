"""Papers: in every kind of store, of two who replace the same one succeeds."""

import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from threading import Barrier, Thread
from time import sleep

import pytest

from generator.base.errors import OutsideError
from generator.publish import FolderPapers, Papers, TakenError
from generator.publish.control import Control
from generator.publish.papers_folder import TRIES
from generator.publish.papers_s3 import (
    MARK,
    RACERS,
    ConditionalPapers,
    knows_conditions,
    papers_of,
)
from generator.publish.papers_versioned import VersionedPapers
from tests.keeper import CONFLICT, LOST, UNKNOWN, Keeper, keeper
from tests.s3 import Server
from tests.sink import BUSY, CUT, refusal

Make = Callable[[], Papers]
"""Makes another publisher's papers of one and the same store."""

KINDS = ("folder", "seaweedfs", "seaweedfs-versioned", "keeper", "keeper-versioned")
NONE = frozenset({"if-none-match", "if-match"})
NUMBERS = count()  # no two writers write the same


@pytest.fixture
def kept() -> Iterator[Keeper]:
    """A store of the tests' own."""
    with keeper() as made:
        yield made


@pytest.fixture(params=KINDS)
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """A store of each kind."""
    if request.param == "folder":
        return lambda: FolderPapers(tmp_path / "published.sealpress")
    if request.param.startswith("seaweedfs"):
        server: Server = request.getfixturevalue("s3_server")
        settings = server.new_bucket().settings(prefix="clients/pages")
        kind = VersionedPapers if request.param.endswith("versioned") else ConditionalPapers
        return lambda: kind(Control(settings))
    kept: Keeper = request.getfixturevalue("kept")
    if request.param.endswith("versioned"):
        kept.ignores = NONE
        return lambda: VersionedPapers(kept.control(), sleep=lambda _: sleep(0.001))
    return lambda: ConditionalPapers(kept.control())


# ── What all of them promise ─────────────────────────────────────────────────────────────────


def test_where_nothing_lies(make: Make) -> None:
    """Nothing is read, and nothing is replaced."""
    papers = make()
    assert papers.read("lease") is None
    with pytest.raises(TakenError):
        papers.write("lease", b"mine", "a-tag")
    assert papers.read("lease") is None


def test_what_was_written_is_read_by_all(make: Make) -> None:
    """With its tag, and an age that is that of something just written."""
    tag = make().write("lease", b"mine", None)
    there = make().read("lease")
    assert there
    assert (there.content, there.tag) == (b"mine", tag)
    assert 0 <= there.age < 60
    assert make().read("pointer") is None


def test_what_lies_there_is_not_written_over_by_who_wants_nothing_there(make: Make) -> None:
    """It stays as it is."""
    one, other = make(), make()
    tag = one.write("lease", b"mine", None)
    with pytest.raises(TakenError):
        other.write("lease", b"theirs", None)
    there = other.read("lease")
    assert there
    assert (there.content, there.tag) == (b"mine", tag)


def test_only_who_knows_what_lies_there_replaces_it(make: Make) -> None:
    """A tag is good once; each content has another."""
    one, other = make(), make()
    first = one.write("lease", b"1", None)
    second = other.write("lease", b"2", first)
    with pytest.raises(TakenError):
        one.write("lease", b"3", first)
    third = other.write("lease", b"4", second)
    assert len({first, second, third}) == 3
    there = one.read("lease")
    assert there
    assert (there.content, there.tag) == (b"4", third)


def at_once(make: Make, name: str, tags: list[str | None]) -> list[str]:
    """The tags of those who wrote, of one writer for each of ``tags``, all of them at once."""
    barrier, won = Barrier(len(tags)), list[str]()

    def write(papers: Papers, tag: str | None) -> None:
        content = b"%d" % next(NUMBERS)
        barrier.wait()
        try:
            won.append(papers.write(name, content, tag))
        except TakenError:
            return

    threads = [Thread(target=write, args=(make(), tag)) for tag in tags]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return won


def test_of_two_at_once_one_writes(make: Make) -> None:
    """Over and over: one of two makes a paper, then one of two replaces it."""
    for number in range(5):
        created = at_once(make, f"paper-{'x' * number}", [None] * 2)
        assert len(created) == 1
        assert len(at_once(make, f"paper-{'x' * number}", [*created, *created])) == 1


# ── The folder ───────────────────────────────────────────────────────────────────────────────


def test_a_folder_is_its_owners_and_holds_nothing_else(tmp_path: Path) -> None:
    """Nobody else looks into it; no draft stays."""
    FolderPapers(tmp_path / "p.sealpress").write("lease", b"mine", None)
    assert (tmp_path / "p.sealpress").stat().st_mode & 0o777 == 0o700
    assert {path.name for path in (tmp_path / "p.sealpress").iterdir()} == {"lease", ".lock"}


def test_a_paper_of_a_folder_ages_by_the_disks_clock(tmp_path: Path) -> None:
    """What was written an hour ago by that clock is an hour old, and nothing is from tomorrow."""
    papers = FolderPapers(tmp_path)
    papers.write("lease", b"mine", None)
    for ahead, age in ((-3600, 3600), (3600, 0)):
        (tmp_path / "now").touch()
        written = (tmp_path / "now").stat().st_mtime
        os.utime(tmp_path / "lease", (written + ahead, written + ahead))
        there = papers.read("lease")
        assert there
        assert there.age == pytest.approx(age, abs=30)


def test_a_publisher_that_is_stopped_while_it_writes_is_told(tmp_path: Path) -> None:
    """Others do not wait for it forever."""
    waits: list[float] = []
    papers = FolderPapers(tmp_path, waits.append)
    papers.write("lease", b"mine", None)
    with papers._alone(), pytest.raises(OutsideError, match="does not stop writing"):  # noqa: SLF001
        FolderPapers(tmp_path, waits.append).write("lease", b"theirs", "x")
    assert len(waits) == TRIES


@pytest.mark.parametrize(
    ("number", "told"),
    [(errno.ENOLCK, "hint: mount it with locks"), (errno.EIO, "Input/output error — hint: see to")],
)
def test_a_folder_that_has_no_locks(
    number: int, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is written where it cannot be written alone."""

    def none(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", none)
    with pytest.raises(OutsideError, match=told):
        FolderPapers(tmp_path).write("lease", b"mine", None)
    assert not (tmp_path / "lease").exists()


def test_a_folder_that_cannot_be_read(tmp_path: Path) -> None:
    """It is told without its path."""
    (tmp_path / "lease").mkdir()
    with pytest.raises(OutsideError, match="cannot be used: Is a directory") as caught:
        FolderPapers(tmp_path).read("lease")
    assert str(tmp_path) not in str(caught.value)


# ── The bucket ───────────────────────────────────────────────────────────────────────────────


def test_seaweedfs_knows_conditions(s3_server: Server) -> None:
    """So papers are written under them, below the prefix; the probe leaves nothing."""
    bucket = s3_server.new_bucket()
    papers = papers_of(Control(bucket.settings(prefix="clients")))
    assert isinstance(papers, ConditionalPapers)
    papers.write("lease", b"mine", None)
    assert bucket.files(papers=True) == {"clients/.sealpress/lease": b"mine"}


@pytest.mark.parametrize("ignored", [{"if-none-match"}, {"if-match"}, NONE])
def test_a_server_that_ignores_a_condition_is_found_out(ignored: set[str], kept: Keeper) -> None:
    """It says nothing of it; papers get names of their own, and later publishers know at once."""
    kept.ignores = frozenset(ignored)
    assert isinstance(papers_of(kept.control()), VersionedPapers)
    assert list(kept.objects) == [f".sealpress/{MARK}"]
    kept.asked.clear()
    kept.ignores = frozenset()
    assert isinstance(papers_of(kept.control()), VersionedPapers)
    assert kept.asked == [("GET", f".sealpress/{MARK}")]


@pytest.mark.parametrize("answer", [UNKNOWN, refusal(400, "InvalidArgument")])
def test_a_server_that_says_that_it_knows_none(
    answer: tuple[int, dict[str, str], bytes], kept: Keeper
) -> None:
    """It is believed."""
    kept.answers.extend([None, *[answer] * RACERS])
    assert isinstance(papers_of(kept.control()), VersionedPapers)


def test_a_server_that_looks_and_then_writes_is_found_out(kept: Keeper) -> None:
    """One by one it keeps conditions; of some at once all succeed."""
    barrier, calls = Barrier(RACERS), count()

    def together() -> None:
        if next(calls) < RACERS:
            barrier.wait()

    kept.between = together
    assert not knows_conditions(kept.control())
    assert next(calls) >= RACERS
    assert knows_conditions(kept.control())
    assert kept.objects == {}


def test_a_probe_of_which_all_conflict(kept: Keeper) -> None:
    """A server that refuses all who come at once (409) keeps its conditions all the same."""
    tries = 4
    kept.answers.extend([CONFLICT] * RACERS * tries)
    assert knows_conditions(kept.control())
    assert not kept.answers


@pytest.mark.parametrize(
    "answers", [[CONFLICT] * 2, [BUSY], [CUT], [refusal(500, "InternalError")]]
)
def test_what_may_go_well_is_tried_again(
    answers: list[tuple[int, dict[str, str], bytes]], kept: Keeper
) -> None:
    """A conflict with somebody who gave up, and a server that is busy or gone for a moment."""
    papers = ConditionalPapers(kept.control())
    kept.answers.extend(answers)
    tag = papers.write("lease", b"mine", None)
    kept.answers.extend(answers)
    papers.write("lease", b"mine again", tag)
    assert kept.objects[".sealpress/lease"].content == b"mine again"


def test_a_write_whose_answer_was_lost_is_known_as_ours(kept: Keeper) -> None:
    """It is done, the next try is refused, and what lies there is what we wrote."""
    papers = ConditionalPapers(kept.control())
    kept.answers.append(LOST)
    tag = papers.write("lease", b"mine", None)
    kept.answers.append(LOST)
    papers.write("lease", b"mine again", tag)
    assert kept.objects[".sealpress/lease"].content == b"mine again"


def test_a_write_that_was_lost_before_another_one_is_not_ours(kept: Keeper) -> None:
    """Our connection was cut, somebody else wrote: what lies there is theirs."""
    papers, theirs = ConditionalPapers(kept.control()), ConditionalPapers(kept.control())
    theirs.write("lease", b"theirs", None)
    kept.answers.append(CUT)
    with pytest.raises(TakenError):
        papers.write("lease", b"mine", None)
    assert kept.objects[".sealpress/lease"].content == b"theirs"


def test_a_conflict_that_does_not_end(kept: Keeper) -> None:
    """Somebody else is at it, and it is theirs."""
    kept.answers.extend([CONFLICT] * 10)
    with pytest.raises(TakenError):
        ConditionalPapers(kept.control()).write("lease", b"mine", None)


@pytest.mark.parametrize("years", [-30, 0, 30])
def test_a_paper_of_a_bucket_ages_by_its_servers_clock(years: int, kept: Keeper) -> None:
    """Whatever time it is there, and whatever it is here."""
    kept.now += years * 365 * 86_400
    papers = papers_of(kept.control())
    papers.write("lease", b"mine", None)
    for passed, age in ((0, 0), (100, 100), (-500, 0)):
        kept.now += passed
        there = papers.read("lease")
        assert there
        assert there.age == age


def test_a_server_that_tells_no_time(kept: Keeper) -> None:
    """No lease would ever end: it is told."""
    papers = papers_of(kept.control())
    papers.write("lease", b"mine", None)
    kept.tells_time = False
    with pytest.raises(OutsideError, match="does not tell what time it is"):
        papers.read("lease")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (refusal(403, "AccessDenied"), "the credentials are missing, expired or not allowed"),
        (refusal(400, "ExpiredToken"), "the credentials are expired"),
        (refusal(404, "NoSuchBucket"), "there is no such bucket"),
        (refusal(507, "XMinioStorageFull"), "the store is full"),
        (BUSY, "it cannot be reached"),
    ],
)
def test_a_store_that_fails_is_told_in_our_words(
    answer: tuple[int, dict[str, str], bytes], told: str, kept: Keeper
) -> None:
    """Whatever it is asked; its own words are not shown."""
    control = kept.control()
    for request in (
        lambda: control.get("lease"),
        lambda: control.put("lease", b"x"),
        lambda: ConditionalPapers(control).write("lease", b"x", None),
        lambda: control.names("lease"),
        lambda: control.delete("lease"),
    ):
        kept.answers.extend([answer] * 4)
        with pytest.raises(OutsideError, match=f"the store failed: {told}") as caught:
            request()
        assert "lease" not in str(caught.value)
        kept.answers.clear()


@pytest.mark.parametrize("name", ["AWS_CONFIG_FILE", "AWS_PROFILE"])
def test_a_machine_without_credentials(
    name: str, kept: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There are none, or no such profile: it is told at once, and nothing is asked."""
    for word in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(word, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv(name, "/nowhere")
    waits: list[float] = []
    with pytest.raises(OutsideError, match="the credentials are missing"):
        Control(kept.settings(), waits.append).get("lease")
    assert (waits, kept.asked) == ([], [])


# ── Names of their own ───────────────────────────────────────────────────────────────────────


def versions(kept: Keeper) -> dict[str, bytes]:
    """What lies there, by number and name."""
    return {key.removeprefix(".sealpress/"): it.content for key, it in kept.objects.items()}


def test_a_version_takes_the_place_of_earlier_ones(kept: Keeper) -> None:
    """They are taken away; one that is older and came back counts for nothing."""
    papers = VersionedPapers(kept.control())
    first = papers.write("lease", b"1", None)
    second = papers.write("lease", b"2", first)
    assert versions(kept) == {second: b"2"}
    kept.control().put(first, b"1")
    there = papers.read("lease")
    assert there
    assert (there.content, there.tag) == (b"2", second)


def test_a_paper_that_was_written_under_conditions_counts(kept: Keeper) -> None:
    """One publisher believed in them: the next one sees what it wrote, and replaces it."""
    ConditionalPapers(kept.control()).write("lease", b"theirs", None)
    papers = VersionedPapers(kept.control())
    with pytest.raises(TakenError):
        papers.write("lease", b"mine", None)
    there = papers.read("lease")
    assert there
    assert (there.content, there.tag) == (b"theirs", "lease")
    tag = papers.write("lease", b"mine", there.tag)
    assert versions(kept) == {tag: b"mine"}


def test_a_rival_that_came_first_by_name_wins(kept: Keeper) -> None:
    """The other one withdraws at once, and takes away nothing but its own."""
    rival = f"lease/{1:012}-"
    kept.control().put(f"{rival}0", b"theirs")
    papers = VersionedPapers(kept.control())
    real = papers._versions  # noqa: SLF001 - what is listed before the rival came
    papers._versions = lambda name: [] if not kept.asked[2:] else real(name)  # type: ignore[method-assign] # noqa: SLF001
    with pytest.raises(TakenError):
        papers.write("lease", b"mine", None)
    assert versions(kept) == {f"{rival}0": b"theirs"}


def test_a_rival_that_withdraws_is_waited_for(kept: Keeper) -> None:
    """Who is first by name has won as soon as nobody else is there."""
    rival, control = f"lease/{1:012}-z", kept.control()
    papers = VersionedPapers(control, sleep=lambda _: control.delete(rival))
    put = control.put

    def put_both(name: str, content: bytes) -> str:
        put(rival, b"theirs")
        return put(name, content)

    control.put = put_both  # type: ignore[method-assign, assignment]
    tag = papers.write("lease", b"mine", None)
    assert versions(kept) == {tag: b"mine"}


def test_a_rival_that_died_is_not_waited_for_without_end(kept: Keeper) -> None:
    """Then it is theirs, until its reader sees that it is too old; then it is replaced."""
    rival, control = f"lease/{1:012}-z", kept.control()
    waits: list[float] = []
    papers, put = VersionedPapers(control, sleep=waits.append), control.put

    def put_both(name: str, content: bytes) -> str:
        put(rival, b"theirs")
        return put(name, content)

    control.put = put_both  # type: ignore[method-assign, assignment]
    with pytest.raises(TakenError):
        papers.write("lease", b"mine", None)
    assert len(waits) == 4
    assert versions(kept) == {rival: b"theirs"}
    control.put = put  # type: ignore[method-assign]
    tag = papers.write("lease", b"mine", rival)
    assert versions(kept) == {tag: b"mine"}


def test_what_was_replaced_or_let_go_meanwhile_is_not_replaced_again(kept: Keeper) -> None:
    """A publisher that stood still between its look and its put finds others' later versions."""
    control = kept.control()
    papers, put = VersionedPapers(control), control.put
    first = papers.write("lease", b"1", None)
    later = f"lease/{7:012}-0"

    def put_late(name: str, content: bytes) -> str:
        put(later, b"theirs")
        control.delete(first)
        return put(name, content)

    control.put = put_late  # type: ignore[method-assign, assignment]
    with pytest.raises(TakenError):
        papers.write("lease", b"mine", first)
    assert versions(kept) == {later: b"theirs"}


@pytest.mark.parametrize("is_first", [True, False])
def test_what_lay_there_must_still_lie_there(kept: Keeper, *, is_first: bool) -> None:
    """A publisher that believes in conditions came between, or somebody emptied the bucket."""
    control = kept.control()
    papers, put = VersionedPapers(control), control.put
    tag = None if is_first else papers.write("lease", b"1", None)

    def put_late(name: str, content: bytes) -> str:
        kept.objects.clear()
        if is_first:
            put("lease", b"theirs")
        return put(name, content)

    control.put = put_late  # type: ignore[method-assign, assignment]
    with pytest.raises(TakenError):
        papers.write("lease", b"mine", tag)
    assert versions(kept) == ({"lease": b"theirs"} if is_first else {})
