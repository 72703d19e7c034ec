"""Where work is done: in order, a few tasks ahead, again where a worker died, on a cluster too."""

import os
import pickle
import shutil
import sys
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dask
import distributed
import pytest

from bench import sample
from generator import building, clients, engines, pipeline
from generator.base.errors import InputError, OutsideError, SealpressError
from generator.briefs import pickled
from generator.engines import AHEAD, DEATHS, Engine, Here, Pool, engine
from generator.partition import Result, Task
from tests import tasks
from tests.clusters import two_workers
from tests.nights import build, ring_of
from tests.sites import copy_site, files, private_values, with_keys
from tests.tasks import (
    ERRORS,
    deadly,
    done_before,
    dying,
    failing,
    whose,
    work_of_one_who_dies,
)

JOBS = 2


def imported(brief: bytes, _: int) -> bool:
    """Whether this process knows a module."""
    return brief.decode() in sys.modules


def light(_: object) -> int:
    """A task weighs nothing: it is done where the night runs."""
    return 0


def heavy(_: object) -> int:
    """A task weighs as much as is worth a process."""
    return engines.STREAM


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """Two processes, to which every task goes."""
    monkeypatch.setattr(engines, "SMALL", 0)
    monkeypatch.setattr(engines, "STREAM", 0)
    with engine("processes", JOBS) as made:
        yield made


# ── Here ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("name", "jobs"), [("here", 8), ("processes", 1)])
def test_here(name: str, jobs: int) -> None:
    """Without workers each task is done when its answer is asked for, in this process."""
    drawn: list[int] = []
    with engine(name, jobs) as made:
        assert isinstance(made, Here)
        answers = made.run(whose, b"brief", _noted(range(3), drawn), heavy)
        assert drawn == []
        assert next(answers) == (b"brief", 0, os.getpid())
        assert drawn == [0]
        assert [square for _, square, _ in answers] == [1, 4]


def test_small_work_is_done_here() -> None:
    """Until the tasks weigh as much as starting processes costs, none is started."""
    with engine("processes", JOBS) as made:
        answers = list(made.run(whose, b"", iter(range(20)), light))
        assert {process for _, _, process in answers} == {os.getpid()}
        assert [square for _, square, _ in answers] == [task * task for task in range(20)]


@pytest.mark.parametrize(("pages", "here"), [(engines.SMALL, True), (engines.SMALL + 1, False)])
def test_workers_that_are_expected_start_at_once(pages: int, here: bool) -> None:  # noqa: FBT001
    """Where much will be asked for, processes start before the first task, and get it."""
    with engine("processes", JOBS) as made:
        assert isinstance(made, Pool)
        made.expect(pages)
        assert (made.executor is None) is here
        (answer,) = made.run(whose, b"", iter(range(1)), light)
        assert (answer[2] == os.getpid()) is here


def test_workers_learn_what_they_will_do_before_they_are_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A process that waits has imported already what its tasks need."""
    monkeypatch.setattr(engines, "WORK", "colorsys")
    with engine("processes", JOBS) as made:
        made.expect(engines.SMALL + 1)
        answers = list(made.run(imported, b"colorsys", iter(range(20)), light))
    assert set(answers) == {True}


# ── Processes ────────────────────────────────────────────────────────────────────────────────


def test_answers_come_in_the_order_of_the_tasks(pool: Engine) -> None:
    """Whoever is quicker, the first task's answer is the first; the work is done elsewhere."""
    answers = list(pool.run(whose, b"brief", iter(range(40)), heavy))
    assert [square for _, square, _ in answers] == [task * task for task in range(40)]
    assert {brief for brief, _, _ in answers} == {b"brief"}
    processes = {process for _, _, process in answers}
    assert 1 <= len(processes) <= JOBS
    assert os.getpid() not in processes


def test_workers_begin_with_nothing(pool: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process is no copy of this one: locks, threads and secrets of a night stay here."""
    monkeypatch.setattr(tasks, "DONE", [1])
    assert done_before(b"", 0) == [1]
    assert list(pool.run(done_before, b"", iter(range(4)), heavy)) == [[]] * 4


def test_only_the_first_tasks_are_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of work that comes bit by bit the first is done here, and the rest goes to processes."""
    monkeypatch.setattr(engines, "STREAM", 3)
    with engine("processes", JOBS) as made:
        answers = list(made.run(whose, b"", iter(range(6)), lambda _: 1))
    assert [process == os.getpid() for _, _, process in answers] == [True] * 3 + [False] * 3


def test_a_list_of_much_work_begins_on_all_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is known beforehand that there is much to do, nothing of it is done here."""
    monkeypatch.setattr(engines, "SMALL", 3)
    with engine("processes", JOBS) as made:
        answers = list(made.run(whose, b"", [*range(6)], lambda _: 1))
    assert os.getpid() not in {process for _, _, process in answers}


def test_only_a_few_tasks_are_drawn_ahead(pool: Engine) -> None:
    """However many tasks there are, no more are in memory than workers soon need."""
    drawn: list[int] = []
    answers = pool.run(whose, b"", _noted(range(1000), drawn), heavy)
    for number in range(10):
        next(answers)
        assert len(drawn) <= number + JOBS * (1 + AHEAD)
    assert len(drawn) >= 10


def test_a_worker_that_is_killed(pool: Engine, tmp_path: Path) -> None:
    """What it was doing is done again; all answers are there, in order, and each once."""
    marker = tmp_path / "died"
    answers = list(pool.run(dying, str(marker).encode(), iter(range(30)), heavy))
    assert marker.exists()
    assert answers == [-task for task in range(30)]


def test_workers_that_die_again_and_again(pool: Engine, tmp_path: Path) -> None:
    """After some deaths in a row without a task done between them the night ends in plain words."""
    marker = tmp_path / "deaths"
    answers = pool.run(deadly, str(marker).encode(), iter(range(30)), heavy)
    assert [next(answers) for _ in range(5)] == [-task for task in range(5)]
    with pytest.raises(OutsideError, match="worker processes died again and again — hint: "):
        next(answers)
    assert len(marker.read_text(encoding="utf-8")) >= DEATHS
    # whoever goes on with the engine gets fresh workers
    assert list(pool.run(dying, str(marker).encode(), iter(range(3)), heavy)) == [0, -1, -2]


def test_a_death_that_is_noticed_when_a_task_is_given_out(pool: Engine, tmp_path: Path) -> None:
    """A pool that broke while nobody waited for an answer is replaced like any other."""
    marker = tmp_path / "died"
    answers = pool.run(dying, str(marker).encode(), iter(range(5, 40)), heavy)
    assert next(answers) == -5
    executor: Any = pool.executor  # type: ignore[attr-defined]
    for process in list(executor._processes.values()):  # noqa: SLF001 - there is no other way
        process.kill()
        process.join()
    assert list(answers) == [-task for task in range(6, 40)]


def test_processes_are_started_anew_now_and_then(
    pool: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After many tasks fresh processes take over, so that no memory piles up; no answer is lost."""
    monkeypatch.setattr(engines, "RECYCLED", 8)
    answers = list(pool.run(whose, b"", iter(range(24)), heavy))
    assert [square for _, square, _ in answers] == [task * task for task in range(24)]
    generations = [{process for _, _, process in answers[k : k + 8]} for k in (0, 8, 16)]
    assert generations[0].isdisjoint(generations[1])
    assert generations[1].isdisjoint(generations[2])


@pytest.mark.parametrize("number", range(len(ERRORS)), ids=lambda k: type(ERRORS[k]).__name__)
def test_our_errors_cross_the_border(number: int, pool: Engine) -> None:
    """An error of ours arrives as it was raised: its kind, its places, its words."""
    assert {type(error) for error in ERRORS} == set(SealpressError.__subclasses__())
    with pytest.raises(type(ERRORS[number])) as caught:
        list(pool.run(failing, b"", iter([number]), heavy))
    assert (caught.value.args, str(caught.value)) == (ERRORS[number].args, str(ERRORS[number]))
    assert vars(caught.value) == vars(ERRORS[number])


class Busy(Executor):
    """Answers the first task, and is busy with the others for ever."""

    def __init__(self) -> None:
        self.given: list[Future[Any]] = []

    def submit(self, *given: Any, **_: Any) -> Future[Any]:  # noqa: ANN401 - any task
        """An answer to come."""
        self.given.append(Future())
        if len(self.given) == 1:
            self.given[0].set_result(given[-1])
        return self.given[-1]


def test_what_is_not_begun_is_not_begun_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """When a night ends early, whatever was given out and waits is taken back."""
    monkeypatch.setattr(engines, "SMALL", 0)
    monkeypatch.setattr(engines, "STREAM", 0)
    busy = Busy()
    pool = Pool(lambda: busy, JOBS)
    answers: Iterator[Any] = pool.run(whose, b"", iter(range(1000)), heavy)
    assert next(answers) == 0
    assert [future.cancelled() for future in busy.given] == [False] * len(busy.given)
    pool.close()
    assert len(busy.given) == JOBS * (1 + AHEAD)
    assert [future.cancelled() for future in busy.given[1:]] == [True] * (len(busy.given) - 1)


# ── Clusters ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("clouds", "there is no such engine"),
        ("spark://127.0.0.1:1", "there is no such engine"),
        ("dask://", "there is no such engine"),
        ("dask", "there is no such engine"),
        ("dask://127.0.0.1", "the address is not whole"),
    ],
)
def test_engines_that_do_not_exist(name: str, told: str) -> None:
    """An engine nobody knows, or an address without a port, is told with what may be written."""
    with pytest.raises(InputError) as caught, engine(name, JOBS):
        pass
    hint = "use processes, or dask://host:port"
    assert str(caught.value) == f"--engine: {told} — hint: {hint}"


def test_without_dask(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the extra is not installed it is said how to install it."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError) as caught, engine("dask://127.0.0.1:8786", JOBS):
        pass
    hint = "pip install 'sealpress[cluster]'"
    assert str(caught.value) == f"--engine: dask is not installed — hint: {hint}"


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """Two workers that are processes of this machine; a death of one may happen to a task."""
    failures = {"distributed.scheduler.allowed-failures": 1}
    with dask.config.set(failures), two_workers() as address:
        yield address


@pytest.fixture
def far(cluster: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """The cluster as an engine to which every task goes."""
    monkeypatch.setattr(engines, "SMALL", 0)
    monkeypatch.setattr(engines, "STREAM", 0)
    with engine(cluster, 1) as made:
        yield made


def test_a_cluster_answers_in_order(far: Engine) -> None:
    """Work goes to both workers, and its answers come in the order of the tasks."""
    answers = list(far.run(whose, b"brief", iter(range(40)), heavy))
    assert [square for _, square, _ in answers] == [task * task for task in range(40)]
    assert {brief for brief, _, _ in answers} == {b"brief"}
    assert os.getpid() not in {process for _, _, process in answers}


def test_only_a_few_tasks_are_drawn_ahead_of_a_cluster(far: Engine) -> None:
    """A cluster is not given all tasks at once either."""
    drawn: list[int] = []
    answers = far.run(whose, b"", _noted(range(1000), drawn), heavy)
    for number in range(10):
        next(answers)
        assert len(drawn) <= number + JOBS * (1 + AHEAD)


@pytest.mark.parametrize("number", range(len(ERRORS)), ids=lambda k: type(ERRORS[k]).__name__)
def test_our_errors_come_back_from_a_cluster(number: int, far: Engine) -> None:
    """An error of ours arrives as it was raised."""
    with pytest.raises(type(ERRORS[number])) as caught:
        list(far.run(failing, b"", iter([number]), heavy))
    assert (caught.value.args, str(caught.value)) == (ERRORS[number].args, str(ERRORS[number]))


def test_a_cluster_whose_workers_die_again_and_again(far: Engine, tmp_path: Path) -> None:
    """A task that kills whoever does it ends the night in plain words; the cluster lives on."""
    answers = far.run(deadly, str(tmp_path / "deaths").encode(), iter(range(4, 7)), heavy)
    with pytest.raises(OutsideError, match="worker processes died again and again — hint: "):
        list(answers)
    assert list(far.run(dying, str(tmp_path / "deaths").encode(), iter([5, 6]), heavy)) == [-5, -6]


def test_a_cluster_that_is_not_there() -> None:
    """Where nobody answers it is told, and that a rerun may help."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines, "PATIENCE", 1)
        with (
            pytest.raises(OutsideError, match="cannot be reached"),
            engine("dask://127.0.0.1:9", 1),
        ):
            pass


def test_workers_with_several_threads_are_refused(
    cluster: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A partition is built by one thread at a time; it is said how workers are to be started."""
    monkeypatch.setattr(distributed.Client, "nthreads", lambda _: {"one": 1, "other": 8})
    with pytest.raises(InputError, match="start them with --nthreads 1"), engine(cluster, 1):
        pass


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of six hundred clients that was built in this process."""
    site = tmp_path_factory.mktemp("sample") / "here"
    sample.main(["--clients", "600", "--site", str(site)])
    assert build(with_keys(site), engine="here").pages == 600
    return site


@pytest.mark.parametrize("name", ["processes", "cluster"])
def test_workers_build_the_same_bytes(
    name: str, cluster: str, here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One is killed when its partition is staged and not yet answered: all is byte for byte."""
    far = shutil.copytree(here, tmp_path / "far", ignore=shutil.ignore_patterns("build"))
    monkeypatch.setattr(engines, "SMALL", 0)
    monkeypatch.setattr(engines, "STREAM", 0)
    monkeypatch.setattr(clients, "CLIENTS", 60)
    monkeypatch.setattr(building, "work", work_of_one_who_dies)
    done = build(far, engine=cluster if name == "cluster" else name, jobs=JOBS)
    assert (tmp_path / "died").exists()
    assert (done.pages, done.changes.added) == (600, len(files(here / "build/site")))
    assert files(far / "build/site") == files(here / "build/site")
    for path in ("manifest.jsonl", "night.json", "common.json"):
        mine, its = (site / "build/private" / path for site in (far, here))
        assert mine.read_bytes() == its.read_bytes()


@dataclass
class Watched:
    """An engine that does the work here and keeps what it would have sent."""

    sent: list[tuple[Callable[..., object], bytes, object]] = field(default_factory=list)
    answers: list[object] = field(default_factory=list)

    def expect(self, pages: int) -> None:
        """Nothing starts."""

    def run(
        self,
        function: Callable[[bytes, Any], Any],
        brief: bytes,
        tasks: Iterable[Any],
        weight: Callable[[Any], int],
    ) -> Iterator[Any]:
        """What the function answers, as any engine gives it."""
        del weight
        for task in tasks:
            self.sent.append((function, brief, task))
            self.answers.append(function(brief, task))
            yield self.answers[-1]


def test_nothing_that_is_sent_tells_a_key_or_a_client(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever goes to a worker holds no key, no secret and no client's value that can be read."""
    site, watched = with_keys(copy_site(tmp_path / "site")), Watched()

    @contextmanager
    def watching(*_: object) -> Iterator[Watched]:
        yield watched

    monkeypatch.setattr(pipeline, "engine", watching)
    assert build(site).pages == 6
    texts = list(_readable(watched))
    tasks = [task for _, _, task in watched.sent if isinstance(task, Task)]
    assert len(texts) > 2 * len(tasks) > 0
    hidden = [value.encode() for value in private_values(site)] + _keys(site)
    assert len(hidden) > 30
    assert [value for value in hidden if any(value in text for text in texts)] == []
    told = pickle.dumps([one._replace(manifest=b"") for one in _results(watched)])
    assert [value for value in hidden if value in told] == []


def _readable(watched: Watched) -> Iterator[bytes]:
    """Every message as it is pickled, and as it is when it is unpacked."""
    for message in watched.sent:
        yield pickle.dumps(message)
        yield pickled(message[1])


def _results(watched: Watched) -> list[Result]:
    return [one for one in watched.answers if isinstance(one, Result)]


def _keys(site: Path) -> list[bytes]:
    """The keys of the site's ring, as bytes and as they are written, and clients' secrets."""
    ring = ring_of(site)
    keys = [*(epoch.master for epoch in ring.epochs), ring.pseudonym_key, ring.working_key]
    written = [b64encode(key) for key in keys] + [key.hex().encode() for key in keys]
    maker = ring.current.secrets()
    secrets = [maker.secret("client", f"C-00{number}", 0) for number in range(1, 7)]
    links = [one.text.encode() for one in secrets] + [one.keys().seal_key for one in secrets]
    return [*keys, *written, *links, ring.naming.encode()]


def _noted(tasks: Iterable[int], drawn: list[int]) -> Iterator[int]:
    """The tasks, each noted when it is drawn."""
    for task in tasks:
        drawn.append(task)
        yield task
