"""Many messages over one channel: in lanes, and no faster than is permitted.

The messages, the permits and the outcomes stay in the caller's thread, so that whatever keeps the
ledger need not know of others; only the channels work in threads, each with a channel of its own.
A message is taken from ``messages`` when it may go at once, and not before: what the caller notes
while it is taken is true.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from operator import length_hint
from queue import SimpleQueue
from threading import Thread
from typing import Self

from generator.base.errors import OutsideError, SealpressError
from generator.send.channels.channel import Handing
from generator.send.values import Outcome, Outgoing, Unknown

Permits = Callable[[int], tuple[int, float]]
"""How many of so many messages may go now, and the seconds until it is worth asking again."""
Factory = Callable[[], Handing]
Batch = Sequence[Outgoing]
Told = tuple[str, Outcome] | BaseException | None
"""An outcome; what a channel failed with; None when a lane has nothing to do."""


def hand_over_all(
    factory: Factory,
    messages: Iterable[Outgoing],
    permits: Permits,
    sleep: Callable[[float], None],
    lanes: int,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Iterator[tuple[str, Outcome]]:
    """The id and the outcome of each message, in any order, each once.

    ``is_stopped`` is asked before each batch: then no more is taken, and the outcomes of what is
    under way still come. A message of which a channel says nothing is ``Unknown``.

    Raises:
        SealpressError: a channel failed, after the outcomes of all that were taken; whatever it
            failed with, no word of it is told: it may hold an address.
    """
    with _Lanes(factory, lanes) as running:
        source = iter(messages)
        while not is_stopped() and not running.failed:
            yield from running.told()
            granted, wait = permits(_wanted(source, running.most, lanes))
            batch = list(islice(source, granted))
            if batch:
                running.begin(batch)
            elif granted:
                break
            else:
                sleep(wait)
        yield from running.rest()


def _wanted(source: Iterator[Outgoing], most: int, lanes: int) -> int:
    """The messages of the next batch: what is left is shared among the lanes, if it is known."""
    left = length_hint(source, most * lanes)
    return max(1, min(most, -(-left // lanes)))


class _Lanes:
    """Threads that each hand batches over one channel."""

    def __init__(self, factory: Factory, number: int) -> None:
        self._todo: SimpleQueue[Batch | None] = SimpleQueue()
        self._said: SimpleQueue[Told] = SimpleQueue()
        self._channels = [factory() for _ in range(number)]
        self._threads = [Thread(target=self._lane, args=(one,)) for one in self._channels]
        self._busy = 0
        self.most = min(one.most for one in self._channels)
        self.failed: BaseException | None = None

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """What is under way comes to its end; nothing new begins."""
        for _thread in self._threads:
            self._todo.put(None)
        for thread in self._threads:
            thread.join()
        for channel in self._channels:
            channel.close()

    def begin(self, batch: Batch) -> None:
        """Give a batch to the next lane."""
        self._busy += 1
        self._todo.put(batch)

    def told(self) -> Iterator[tuple[str, Outcome]]:
        """The outcomes so far, and those until a lane has nothing to do."""
        while self._busy == len(self._threads) or not self._said.empty():
            yield from self._next()

    def rest(self) -> Iterator[tuple[str, Outcome]]:
        """The outcomes of all that is under way; raises what a channel failed with."""
        while self._busy:
            yield from self._next()
        if self.failed:
            raise self.failed

    def _next(self) -> Iterator[tuple[str, Outcome]]:
        said = self._said.get()
        if said is None:
            self._busy -= 1
        elif isinstance(said, tuple):
            yield said
        else:
            self.failed = said

    def _lane(self, channel: Handing) -> None:
        while (batch := self._todo.get()) is not None:
            self._hand_over(channel, batch)
            self._said.put(None)

    def _hand_over(self, channel: Handing, batch: Batch) -> None:
        """Each message of the batch gets one outcome, whatever the channel does."""
        left = {one.id: None for one in batch}
        code = "no outcome"
        try:
            for id_, outcome in channel.hand_over(batch):
                if id_ in left:
                    del left[id_]
                    self._said.put((id_, outcome))
        except Exception as error:  # noqa: BLE001 - it is raised in the caller's thread
            code = type(error).__name__
            is_ours = isinstance(error, SealpressError)
            self._said.put(error if is_ours else OutsideError(f"the channel failed ({code})"))
        for id_ in left:
            self._said.put((id_, Unknown(code)))
