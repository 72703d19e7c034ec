"""One run over all channels: where one stops or fails, the others go on."""

import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from secrets import token_hex

from generator.base.errors import InputError, OutsideError, Problem, SealpressError
from generator.base.progress import Progress
from generator.send.answers import collect
from generator.send.fetching import published
from generator.send.handing import Hand, Run, never
from generator.send.messages.look import look_of
from generator.send.proof import Prover
from generator.send.sender import Sender
from generator.send.witness import Witness


@dataclass(frozen=True, slots=True)
class Done:
    """What a run did: on each channel, and what stopped some of them."""

    channels: Mapping[str, Run]
    errors: Mapping[str, SealpressError]

    def raise_errors(self) -> None:
        """Raise what went wrong, of all channels at once.

        Raises:
            InputError: something has to be mended.
            OutsideError: something outside failed; a rerun may help.
        """
        wrong = [
            it for one in self.errors.values() if isinstance(one, InputError) for it in one.problems
        ]
        wrong += [
            Problem(name, f"stopped: {one.stopped}", RESUME)
            for name, one in self.channels.items()
            if one.stopped
        ]
        outside = {
            name: one for name, one in self.errors.items() if not isinstance(one, InputError)
        }
        if wrong:
            raise InputError([*wrong, *(Problem(name, str(it)) for name, it in outside.items())])
        if outside:
            raise OutsideError("\n".join(f"{name}: {one}" for name, one in outside.items()))


RECEIPTS = 1.0  # seconds for which an SMSC is asked for them
RESUME = "find out why; then: sealpress send resume CHANNEL"


def run(
    sender: Sender,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
    progress: Progress,
    is_over: Callable[[], bool] = never,
) -> Done:
    """Hand over everything that was approved and is due, until somebody asks to stop."""
    witness = Witness(
        Prover(published(sender.root, sender.site)),
        look_of(sender.root, sender.site.theme),
        sender.settings.proof,
    )
    channels, errors = dict[str, Run](), dict[str, SealpressError]()
    me = holder()
    for number, name in enumerate(sender.settings.channels, 1):
        if is_over():
            break
        hand = Hand(sender, name, me, witness, clock, sleep, is_over)
        for work in (hand.hand_over, partial(collect, sender, name, RECEIPTS, clock())):
            try:
                work()
            except SealpressError as error:
                errors.setdefault(name, error)
        channels[name] = hand.run
        progress("channels", number, len(sender.settings.channels))
    return Done(channels, errors)


def holder() -> str:
    """Who holds a claim: this process, on this machine, this time."""
    return f"{socket.gethostname()}:{os.getpid()}:{token_hex(4)}"
