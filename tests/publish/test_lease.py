"""Leases: one publisher at a time, who knows whether it still is the one."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Barrier, Event, Thread

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from generator.base.errors import OutsideError
from generator.publish import FolderPapers, HeldError, Lease, LostError, Papers, TakenError, leased
from generator.publish import holder as holder_module
from generator.publish.control import Control
from generator.publish.holder import FORMAT, here, owner_of
from generator.publish.lease import NAME, RENEWAL, SURE, TERM, TRIES, keep, taken
from generator.publish.papers import Paper
from generator.publish.papers_s3 import ConditionalPapers
from generator.publish.papers_versioned import VersionedPapers
from tests.depth import examples
from tests.s3 import Server

ROUNDS = 50
PUBLISHER = """
import sys
from pathlib import Path
from generator.publish import FolderPapers, HeldError, LostError, leased, owner_of

for line in sys.stdin:
    folder = Path(line.strip())
    clock = folder / "clock"
    seconds = (lambda: float(clock.read_text())) if clock.exists() else (lambda: 0.0)
    owner = owner_of(folder / "site.lock")
    try:
        with leased(FolderPapers(folder), "sealpress publish", owner, clock=seconds) as lease:
            print("won", flush=True)
            sys.stdin.readline()
            lease.must_hold()
            print("held", flush=True)
    except HeldError:
        print("refused", flush=True)
        sys.stdin.readline()
        print("ended", flush=True)
    except LostError:
        print("lost", flush=True)
"""


@dataclass
class Memory:
    """Papers of a store in this process, with a clock that a test moves."""

    now: float = 1e9
    files: dict[str, tuple[bytes, float]] = field(default_factory=dict)
    fails: Callable[[], bool] = lambda: False
    """Whether the store fails at the next write, before it is done."""
    loses: Callable[[], bool] = lambda: False
    """Whether it fails after it is done."""

    def read(self, name: str) -> Paper | None:
        """What lies there."""
        if name not in self.files:
            return None
        content, written = self.files[name]
        return Paper(content, content.decode(), max(0.0, self.now - written))

    def write(self, name: str, content: bytes, tag: str | None) -> str:
        """Replace it."""
        if self.fails():
            raise OutsideError("the network is gone")
        there = self.read(name)
        if (there.tag if there else None) != tag:
            raise TakenError("it is taken")
        self.files[name] = content, self.now
        if self.loses():
            raise OutsideError("the answer is lost")
        return content.decode()


class Time:
    """A publisher's own clock, which starts anywhere."""

    def __init__(self, now: float = 50.0) -> None:
        self.now = now

    def __call__(self) -> float:
        """The seconds."""
        return self.now


def never(event: Event, _: float) -> bool:
    """Wait until the end: nothing is renewed."""
    return event.wait()


def take(papers: Papers, clock: Callable[[], float], owner: str = "") -> Lease:
    """The lease, which nothing renews."""
    return taken(papers, here("sealpress publish", owner), 0.0, clock, lambda _: None)


def held_by(papers: Papers) -> str:
    """The command of the holder, or nothing."""
    there = papers.read(NAME)
    return str(json.loads(there.content).get("command", "")) if there else ""


# ── One at a time ────────────────────────────────────────────────────────────────────────────


def test_a_second_publisher_is_told_who_the_first_is() -> None:
    """Its machine and command, since when, and how long it may take when it died."""
    papers = Memory()
    with leased(papers, "sealpress nightly", wait=never) as lease:
        assert lease.held()
        papers.now += 40
        told = (
            r"another publisher is at work: sealpress nightly on \S+, since \S+ \S+ UTC by its"
            r" clock — hint: wait until it ends; if it died, it stops nobody after 80 seconds"
        )
        with pytest.raises(HeldError, match=told), leased(papers, "sealpress publish", wait=never):
            raise AssertionError
        assert lease.held()


def test_the_next_one_follows_at_once() -> None:
    """A lease is let go of at the end, also after an error; they all write one object."""
    papers, leases = Memory(), list[Lease]()

    def publish(command: str) -> None:
        with leased(papers, command, wait=never) as lease:
            leases.append(lease)
            assert held_by(papers) == command
            raise KeyError

    for number in range(3):
        with pytest.raises(KeyError):
            publish(f"command {number}")
        assert not leases[number].held()
        assert held_by(papers) == ""
    assert list(papers.files) == [NAME]


def test_a_lease_of_one_who_died_is_taken_over_after_its_term() -> None:
    """Not before, and by one only."""
    papers = Memory()
    dead = take(papers, Time())
    papers.now += TERM
    with pytest.raises(HeldError):
        take(papers, Time())
    papers.now += 1
    assert take(papers, Time(7e7)).held()
    with pytest.raises(HeldError):
        take(papers, Time())
    with pytest.raises(LostError):
        dead.renew()


def test_a_lease_is_waited_for() -> None:
    """As long as it was said, with a look every two seconds; then it is ours, or was told whose."""
    papers, clock = Memory(), Time()
    first = take(papers, clock)

    def pass_(event: Event, seconds: float) -> bool:
        if seconds == RENEWAL:
            return event.wait()
        clock.now += seconds
        if clock.now > 90:
            first.release()
        return False

    with pytest.raises(HeldError), leased(papers, "sealpress watch", "", 30.0, clock, pass_):
        raise AssertionError
    assert 80 <= clock.now <= 84
    with leased(papers, "sealpress watch", "", 30.0, clock, pass_) as lease:
        assert lease.held()
    assert 90 < clock.now < 96


def test_the_next_run_on_the_same_site_need_not_wait() -> None:
    """It has the site's lock, so the one before is dead; nobody else may believe that."""
    papers = Memory()
    dead = take(papers, Time(), "one")
    for other in ("", "two"):
        with pytest.raises(HeldError):
            take(papers, Time(), other)
    lease = take(papers, Time(), "one")
    with pytest.raises(LostError):
        dead.renew()
    lease.renew()


def test_an_unknown_owner_is_nobodys() -> None:
    """Two who cannot say who they are are two."""
    papers = Memory()
    take(papers, Time())
    with pytest.raises(HeldError):
        take(papers, Time())


def test_an_owner_is_one_lock_of_one_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same for whoever opens it; another for a copy, or when the machine was started anew."""
    for name in ("lock", "copy"):
        (tmp_path / name).touch()

    def owner(name: str) -> str:
        return owner_of(tmp_path / name)

    first = owner("lock")
    assert len(first) == 64
    assert owner("lock") == first != owner("copy")
    (tmp_path / "boot").write_text("another\n", encoding="ascii")
    monkeypatch.setattr(holder_module, "BOOT", tmp_path / "boot")
    assert owner("lock") not in {first, ""}
    monkeypatch.setattr(holder_module, "BOOT", tmp_path / "absent")
    assert owner("lock") == ""


def test_those_who_take_it_again_and_again_are_told() -> None:
    """Each time it is free when we look, and taken when we write."""

    class Busy(Memory):
        def write(self, name: str, content: bytes, tag: str | None) -> str:
            self.files[name] = content, self.now
            raise TakenError(f"{tag}")

        def read(self, name: str) -> None:
            tried.append(name)

    tried: list[str] = []
    with pytest.raises(HeldError, match="others are publishing"):
        take(Busy(), Time())
    assert tried == [NAME] * TRIES


@pytest.mark.parametrize("content", [b"", b"[]", b'{"format": "sealpress lease 9", "token": "x"}'])
def test_a_lease_that_cannot_be_read_is_somebodys(content: bytes) -> None:
    """Of another release, say; it ends with its term all the same."""
    papers = Memory()
    papers.write(NAME, content, None)
    with pytest.raises(HeldError, match="one of another release"):
        take(papers, Time())
    papers.now += TERM + 1
    assert take(papers, Time()).held()


def test_what_others_say_of_themselves_does_nothing_to_a_terminal() -> None:
    """Whoever may write to the store writes what they like."""
    papers, evil = Memory(), "\x1b[2J" + "x" * 1000
    data = {
        "format": FORMAT,
        "token": "x",
        "host": evil,
        "command": "a\nb",
        "since": "now",
        "owner": "",
    }
    papers.write(NAME, json.dumps(data).encode(), None)
    with pytest.raises(HeldError) as caught:
        take(papers, Time())
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


# ── Whether it still is ours ─────────────────────────────────────────────────────────────────


def test_a_lease_that_is_renewed_lasts() -> None:
    """Every 30 seconds a thread of its own does it, until the end."""
    papers, clock, turns = Memory(), Time(), count()
    done = Event()

    def wait(event: Event, seconds: float) -> bool:
        assert seconds == RENEWAL
        if next(turns) == 20:
            done.set()
            return event.wait()
        clock.now += seconds
        papers.now += seconds
        return False

    with leased(papers, "sealpress publish", clock=clock, wait=wait) as lease:
        assert done.wait(60)
        assert lease.held()
        assert clock.now == 50 + 20 * RENEWAL
        with pytest.raises(HeldError):
            take(papers, clock)


def test_a_holder_doubts_before_others_take_over() -> None:
    """From a renewal's beginning on it counts less than the term; then it asks the store."""
    papers, clock = Memory(), Time()
    lease = take(papers, clock)
    for seconds, is_held in ((SURE - 1, True), (1, False)):
        clock.now += seconds
        papers.now += seconds
        assert lease.held() == is_held
    with pytest.raises(HeldError):
        take(papers, clock)
    lease.must_hold()
    assert lease.held()


def test_a_holder_counts_from_before_it_asked() -> None:
    """The store has noted the time at any moment of a request that took long."""
    papers, clock = Memory(), Time()

    def slowly() -> bool:
        clock.now += 20
        return False

    papers.loses = slowly
    lease = take(papers, clock)
    for _ in range(2):
        clock.now += SURE - 21
        assert lease.held()
        clock.now += 1
        assert not lease.held()
        lease.renew()


def test_what_was_let_go_of_is_not_taken_again() -> None:
    """Not by its former holder, who asks too late."""
    papers = Memory()
    lease = take(papers, Time())
    lease.release()
    with pytest.raises(LostError):
        lease.renew()
    assert held_by(papers) == ""
    assert take(papers, Time()).held()
    lease.release()
    assert held_by(papers) == "sealpress publish"


def test_a_holder_that_stood_still_and_was_alone_goes_on() -> None:
    """A machine that slept for a day, while nobody else published, still has its lease."""
    papers, clock = Memory(), Time()
    lease = take(papers, clock)
    clock.now, papers.now = clock.now + 86_400, papers.now + 86_400
    assert not lease.held()
    lease.must_hold()
    assert lease.held()


def test_a_holder_that_stood_still_finds_that_it_lost() -> None:
    """Somebody else published and ended meanwhile; what it lets go of is nobody's."""
    papers, clock = Memory(), Time()
    lease = take(papers, clock)
    clock.now, papers.now = clock.now + TERM + 1, papers.now + TERM + 1
    with leased(papers, "sealpress publish", clock=clock, wait=never):
        pass
    with pytest.raises(LostError, match="another publisher has taken over — hint: run it again"):
        lease.must_hold()
    assert (lease.held(), lease.lost()) == (False, True)
    before = dict(papers.files)
    lease.release()
    assert papers.files == before


def test_a_store_that_fails_for_a_while_takes_no_lease_away() -> None:
    """Renewals fail, before or after they are done; the next one that goes well is ours."""
    papers, clock = Memory(), Time()
    lease = take(papers, clock)
    for failing in ("fails", "loses"):
        setattr(papers, failing, lambda: True)
        with pytest.raises(OutsideError, match=r"is gone|is lost"):
            lease.renew()
        assert not lease.lost()
        setattr(papers, failing, lambda: False)
        lease.renew()
        assert lease.held()
    papers.loses = lambda: True
    with pytest.raises(OutsideError, match="is lost"):
        lease.renew()
    papers.loses = lambda: False
    lease.release()
    assert held_by(papers) == ""
    assert take(papers, clock).held()


def test_a_store_that_fails_at_the_end_hides_no_error() -> None:
    """What fails is the lease's end, which its term takes care of."""
    papers = Memory()

    def publish() -> None:
        with leased(papers, "sealpress publish", wait=never):
            papers.fails = lambda: True
            raise KeyError

    with pytest.raises(KeyError):
        publish()
    assert held_by(papers) == "sealpress publish"


def test_a_lost_lease_is_not_renewed_any_more() -> None:
    """Whoever renews it ends by themselves; the publisher is told when it asks."""
    papers, turns = Memory(), list[float]()
    lease = take(papers, Time())

    def wait(_: Event, seconds: float) -> bool:
        turns.append(seconds)
        papers.files[NAME] = b'{"format": "sealpress lease 1", "token": "theirs"}', papers.now
        return False

    keep(lease, Event(), wait)
    assert turns == [RENEWAL]
    with pytest.raises(LostError):
        lease.must_hold()
    assert b"theirs" in papers.files[NAME][0]


class Publishers(RuleBasedStateMachine):
    """Some publishers with clocks of their own, a store that fails at times, and time that goes."""

    def __init__(self) -> None:
        super().__init__()
        self.papers = Memory()
        self.clocks = [Time(1000.0 * number) for number in range(3)]
        self.leases: dict[int, Lease] = {}
        self.next_fails = self.next_is_lost = False
        self.papers.fails, self.papers.loses = self._fails, self._loses

    def _fails(self) -> bool:
        found, self.next_fails = self.next_fails, False
        return found

    def _loses(self) -> bool:
        found, self.next_is_lost = self.next_is_lost, False
        return found

    @initialize(at=st.floats(0, 1e10))
    def start(self, at: float) -> None:
        """The store's clock stands anywhere."""
        self.papers.now = at

    @rule(seconds=st.sampled_from([1, 29, 31, 59, 89, 91, 119, 121, 3600]))
    def time_goes(self, seconds: float) -> None:
        """For all of them alike."""
        self.papers.now += seconds
        for clock in self.clocks:
            clock.now += seconds

    @rule(is_done=st.booleans())
    def next_write_fails(self, *, is_done: bool) -> None:
        """Before it is done, or after."""
        self.next_fails, self.next_is_lost = not is_done, is_done

    @rule(who=st.integers(0, 2))
    def takes(self, who: int) -> None:
        """One begins to publish, if it can."""
        before = {number for number, lease in self.leases.items() if lease.held()} - {who}
        try:
            self.leases[who] = take(self.papers, self.clocks[who])
        except OutsideError:
            return
        assert not before

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), what=st.sampled_from(["renew", "release", "must_hold"]))
    def uses(self, data: st.DataObject, what: str) -> None:
        """One goes on, or ends; an old lease too may do that, when its process stood still."""
        lease = self.leases[data.draw(st.sampled_from(sorted(self.leases)))]
        theirs = [other for other in self.leases.values() if other is not lease and other.held()]
        try:
            getattr(lease, what)()
        except OutsideError:
            assert not lease.held() or what == "renew"
        else:
            assert lease.held() == (what != "release")
            assert not (theirs and lease.held())
        assert all(other.held() for other in theirs)

    @invariant()
    def one_holds_it(self) -> None:
        """Never two believe that it is theirs."""
        assert sum(lease.held() for lease in self.leases.values()) <= 1


TestPublishers = Publishers.TestCase
TestPublishers.settings = settings(max_examples=examples(25), stateful_step_count=40)


# ── Races ────────────────────────────────────────────────────────────────────────────────────


def raced(papers: list[Papers]) -> int:
    """How many of some who begin at once get the lease."""
    barrier, won, ended = Barrier(len(papers)), list[Lease](), Barrier(len(papers))

    def publish(mine: Papers) -> None:
        barrier.wait()
        try:
            with leased(mine, "sealpress publish", wait=never) as lease:
                won.append(lease)
                ended.wait()
        except HeldError:
            ended.wait()

    threads = [Thread(target=publish, args=(mine,)) for mine in papers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(won)


def test_of_two_threads_one_publishes(tmp_path: Path) -> None:
    """Fifty times over, in one folder: the lease is free again each time."""
    papers: list[Papers] = [FolderPapers(tmp_path), FolderPapers(tmp_path)]
    assert [raced(papers) for _ in range(ROUNDS)] == [1] * ROUNDS


@pytest.mark.parametrize(("kind", "rounds"), [(ConditionalPapers, ROUNDS), (VersionedPapers, 10)])
def test_of_two_at_an_object_store_one_publishes(
    kind: type[ConditionalPapers | VersionedPapers], rounds: int, s3_server: Server
) -> None:
    """A real one, in both ways in which papers are kept there."""
    published = s3_server.new_bucket().settings()
    papers: list[Papers] = [kind(Control(published)) for _ in range(2)]
    assert [raced(papers) for _ in range(rounds)] == [1] * rounds


@dataclass(frozen=True)
class Publisher:
    """A process of its own, which publishes to the folder that it is told."""

    process: subprocess.Popen[str]

    def tell(self, line: str | Path) -> None:
        """A folder, or that it may end."""
        assert self.process.stdin
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def says(self) -> str:
        """What became of it."""
        assert self.process.stdout
        return self.process.stdout.readline().strip()


@contextmanager
def publisher() -> Iterator[Publisher]:
    """A running one."""
    with subprocess.Popen(
        [sys.executable, "-c", PUBLISHER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Publisher(process)
        finally:
            process.kill()


def test_of_two_processes_one_publishes(tmp_path: Path) -> None:
    """Fifty times over, in one folder."""
    with publisher() as one, publisher() as other:
        for _ in range(ROUNDS):
            for process in (one, other):
                process.tell(tmp_path)
            assert sorted((one.says(), other.says())) == ["refused", "won"]
            for process in (one, other):
                process.tell("end")
            assert sorted((one.says(), other.says())) == ["ended", "held"]


def test_a_process_that_was_stopped_finds_that_it_lost(tmp_path: Path) -> None:
    """Another one takes over while it stands still, and keeps what it took."""
    (tmp_path / "clock").write_text("50", encoding="utf-8")
    papers = FolderPapers(tmp_path)
    with publisher() as stopped:
        stopped.tell(tmp_path)
        assert stopped.says() == "won"
        stopped.process.send_signal(signal.SIGSTOP)
        os.waitpid(stopped.process.pid, os.WUNTRACED)
        with pytest.raises(HeldError):
            take(papers, Time())
        there = (tmp_path / NAME).stat()
        os.utime(tmp_path / NAME, (there.st_atime, there.st_mtime - TERM - 1))
        (tmp_path / "clock").write_text(f"{50 + TERM + 1}", encoding="utf-8")
        lease = take(papers, Time())
        stopped.process.send_signal(signal.SIGCONT)
        stopped.tell("end")
        assert stopped.says() == "lost"
        lease.renew()
        assert lease.held()


def test_a_process_that_was_killed_stops_nobody_for_long(tmp_path: Path) -> None:
    """It cannot let go; its term ends all the same, and no lock of it stays."""
    papers = FolderPapers(tmp_path)
    killed(tmp_path)
    with pytest.raises(HeldError):
        take(papers, Time())
    there = (tmp_path / NAME).stat()
    os.utime(tmp_path / NAME, (there.st_atime, there.st_mtime - TERM - 1))
    assert take(papers, Time()).held()


def test_a_process_that_was_killed_stops_not_its_next_run(tmp_path: Path) -> None:
    """On the same site, whose lock is free again, it begins at once."""
    (tmp_path / "site.lock").touch()
    killed(tmp_path)
    with publisher() as again:
        again.tell(tmp_path)
        assert again.says() == "won"
    with pytest.raises(HeldError):
        take(FolderPapers(tmp_path), Time())


def killed(folder: Path) -> None:
    """Have a publisher killed while it has the lease."""
    with publisher() as one:
        one.tell(folder)
        assert one.says() == "won"
