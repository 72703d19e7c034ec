"""Where the work of a night is done: here, in processes of this machine, or on a cluster.

Any ``concurrent.futures.Executor`` will do. Tasks are handed out a few ahead of those that are
done, so that memory stays flat, and answers come in the order of the tasks, so that a night's
bytes do not depend on who was quicker. Work whose worker died is done again.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import (
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
)
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from itertools import islice
from multiprocessing import get_context
from typing import Any, Protocol, TypeVar

from generator.base.errors import InputError, OutsideError, Problem

T = TypeVar("T")
R = TypeVar("R")

SMALL = 2000  # pages that are rendered sooner than processes start
STREAM = 12_000  # pages that come one by one: processes would still be learning what all share
AHEAD = 2  # tasks a worker that wait while it works
DEATHS = 3  # of workers in a row, without a task done between them, that end a night
RECYCLED = 2000  # tasks after which processes are started anew: four million clients
PATIENCE = 10  # seconds for a cluster's scheduler to answer
ENGINES = "use processes, or dask://host:port"
WORK = "generator.partition"
"""The room of what workers do; it takes them a second to import, and they need not be asked."""


class Engine(Protocol):
    """Runs a function over tasks; ``brief`` is given to each, and is what they share."""

    def expect(self, pages: int) -> None:
        """Be told that so many pages will be asked for: workers may start meanwhile."""

    def run(
        self,
        function: Callable[[bytes, T], R],
        brief: bytes,
        tasks: Iterable[T],
        weight: Callable[[T], int],
    ) -> Iterator[R]:
        """What the function answers to each task, in their order; ``weight`` is in pages.

        Raises:
            OutsideError: workers die again and again.
        """


class Here:
    """This very process; for small sites, and for tests."""

    def expect(self, pages: int) -> None:
        """Nothing starts."""

    def run(
        self,
        function: Callable[[bytes, T], R],
        brief: bytes,
        tasks: Iterable[T],
        weight: Callable[[T], int],
    ) -> Iterator[R]:
        """What the function answers to each task, in their order."""
        del weight
        return (function(brief, task) for task in tasks)


@dataclass(slots=True)
class Pool:
    """The workers of an executor, which is made when the first task comes and after deaths."""

    make: Callable[[], Executor]
    workers: int
    lost: tuple[type[BaseException], ...] = (CancelledError,)
    """What an executor that does work of dead workers again by itself raises when it gives up."""
    executor: Executor | None = None
    _deaths: int = 0
    _given: int = 0
    _waiting: deque[tuple[Any, Future[Any]]] = field(default_factory=deque)

    def run(
        self,
        function: Callable[[bytes, T], R],
        brief: bytes,
        tasks: Iterable[T],
        weight: Callable[[T], int],
    ) -> Iterator[R]:
        """What the function answers to each task, in their order.

        Until workers are worth their start, tasks are done here.

        Raises:
            OutsideError: workers die again and again.
        """
        source, light = iter(tasks), 0 if self.executor else STREAM
        if isinstance(tasks, Sequence) and sum(map(weight, tasks)) > SMALL:
            light = 0  # then all cores begin at once
        while light > 0 and (task := next(source, None)) is not None:
            light -= weight(task)
            yield function(brief, task)
        yield from self._spread(function, brief, source)

    def expect(self, pages: int) -> None:
        """Start the workers, if they are worth it: each imports for half a second."""
        if pages > SMALL and self.executor is None:
            self.executor = self.make()

    def close(self) -> None:
        """Let the workers go; what they have not begun is not begun any more."""
        for _, future in self._waiting:
            future.cancel()
        self._dismiss()

    def _spread(
        self, function: Callable[[bytes, T], R], brief: bytes, source: Iterator[T]
    ) -> Iterator[R]:
        waiting: deque[tuple[T, Future[R]]] = deque()
        self._waiting, self._deaths = waiting, 0
        while True:
            for task in islice(source, self.workers * (1 + AHEAD) - len(waiting)):
                waiting.append((task, self._given_out(function, brief, task)))
            if not waiting:
                return
            try:
                answer = waiting[0][1].result()
            except BrokenExecutor:
                self._bury()
                again = [task for task, _ in waiting]
                waiting.clear()
                waiting.extend((task, self._given_out(function, brief, task)) for task in again)
                continue
            except self.lost:
                raise _dead() from None
            waiting.popleft()
            self._deaths = 0
            yield answer

    def _given_out(self, function: Callable[[bytes, T], R], brief: bytes, task: T) -> Future[R]:
        """The answer to come; where a worker has died meanwhile, what tells of it."""
        if self._given and self._given % RECYCLED == 0:
            self._dismiss()
        if self.executor is None:
            self.executor = self.make()
        self._given += 1
        try:
            return self.executor.submit(function, brief, task)
        except BrokenExecutor as error:
            none: Future[R] = Future()
            none.set_exception(error)
            return none

    def _bury(self) -> None:
        self._deaths += 1
        self._dismiss()
        if self._deaths >= DEATHS:
            raise _dead() from None

    def _dismiss(self) -> None:
        if self.executor:
            self.executor.shutdown(wait=True)
            self.executor = None


def _dead() -> OutsideError:
    hint = "it may have lacked memory; the earlier site is whole: run it again"
    return OutsideError(f"worker processes died again and again — hint: {hint}")


@contextmanager
def engine(name: str, jobs: int) -> Iterator[Engine]:
    """The engine ``here``, ``processes`` or ``dask://host:port``; workers start when needed.

    Raises:
        InputError: there is no such engine, or what it needs is not installed.
        OutsideError: the cluster cannot be reached.
    """
    if name == "here" or (name == "processes" and jobs == 1):
        yield Here()
        return
    with _processes(jobs) if name == "processes" else _cluster(name) as pool:
        try:
            yield pool
        finally:
            pool.close()


@contextmanager
def _processes(jobs: int) -> Iterator[Pool]:
    context = get_context("spawn")  # vl-convert's threads do not survive a fork

    def start() -> Executor:
        """All processes, before any task.

        One that Python 3.11 starts for a later task, while another dies, is waited for in vain.
        """
        executor = ProcessPoolExecutor(jobs, context, _learn, (WORK,))
        for _ in range(jobs):
            executor.submit(int)
        return executor

    yield Pool(start, jobs)


def _learn(room: str) -> None:
    import_module(room)


@contextmanager
def _cluster(name: str) -> Iterator[Pool]:
    scheme, _, address = name.partition("://")
    if scheme != "dask" or not address:
        raise InputError([Problem("--engine", "there is no such engine", ENGINES)])
    try:
        from distributed import Client, KilledWorker  # noqa: PLC0415 - an extra, slow to import
    except ImportError:
        hint = "pip install 'sealpress[cluster]'"
        raise InputError([Problem("--engine", "dask is not installed", hint)]) from None
    try:
        connect: Any = Client  # its methods have no types
        client = connect(address, timeout=PATIENCE, set_as_default=False)
    except ValueError:
        raise InputError([Problem("--engine", "the address is not whole", ENGINES)]) from None
    except OSError:
        raise OutsideError("the cluster cannot be reached — hint: is its scheduler up?") from None
    with client:
        threads = client.nthreads().values()
        if max(threads, default=1) > 1:  # what a process prepares is used by one at a time
            hint = "start them with --nthreads 1 and --nworkers -1"
            raise InputError([Problem("--engine", "workers have several threads each", hint)])
        workers = len(threads)
        yield Pool(
            lambda: client.get_executor(pure=False), max(1, workers), (CancelledError, KilledWorker)
        )
