"""The sender of a site: settings, ledger, journeys and messages, open for one run."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from generator.base.config import CONFIG, Site, load_site
from generator.base.errors import InputError, Problem
from generator.base.sending import Send
from generator.send.journeys import Journey, Journeys, Spoken, journey_of, load_journeys
from generator.send.ledger import Ledger, open_ledger
from generator.send.messages import Messages, load_messages


@dataclass
class Sender:
    """What one run of the sender works with."""

    root: Path
    site: Site
    settings: Send
    ledger: Ledger
    environment: Mapping[str, str] = field(repr=False)
    _versions: dict[tuple[str, int], Journey] = field(default_factory=dict, repr=False)

    @cached_property
    def messages(self) -> Messages:
        """All messages of the site.

        Raises:
            InputError: some are wrong.
        """
        return load_messages(self.root, self.site, self.settings)

    @cached_property
    def journeys(self) -> Journeys:
        """All journeys of the site.

        Raises:
            InputError: some are wrong.
        """
        return journeys_with(self.root, self.site, self.messages)

    def must_have(self, channel: str) -> None:
        """Refuse a channel that the settings do not have.

        Raises:
            InputError: it is one.
        """
        if channel not in self.settings.channels:
            hint = f"write one of {', '.join(sorted(self.settings.channels))}"
            raise InputError([Problem("channel", "there is no such channel", hint)])

    def version(self, journey: str, number: int) -> Journey:
        """A journey as it was when somebody entered it.

        Raises:
            InputError: this release does not understand it any more.
        """
        key = journey, number
        if key not in self._versions:
            text = self.ledger.journeys.text_of(journey, number)
            if text is None:
                sentence = f"version {number} of this journey is not in the ledger"
                raise InputError([Problem(f"content/journeys/{journey}.yaml", sentence)])
            self._versions[key] = journey_of(text.encode())
        return self._versions[key]


def journeys_with(root: Path, site: Site, messages: Messages) -> Journeys:
    """All journeys of a site, held against its messages.

    Raises:
        InputError: some are wrong.
    """
    kinds = {name: messages.kinds(name) for name in messages.names}
    fronts = {name: messages.fronts(name) for name in messages.names}
    spoken = {
        name: Spoken(frozenset(it.reason for it in some), frozenset(it.purpose for it in some))
        for name, some in fronts.items()
    }
    return load_journeys(root, site, kinds, spoken)


def send_settings(site: Site) -> Send:
    """The settings of the sender.

    Raises:
        InputError: there are none.
    """
    if site.send is None:
        hint = "write send: and the channels below it"
        raise InputError([Problem(CONFIG, "lacks the key send", hint)])
    return site.send


@contextmanager
def open_sender(root: Path, environment: Mapping[str, str] = os.environ) -> Iterator[Sender]:
    """The sender of the site in ``root``.

    Raises:
        InputError: settings are wrong, or there are none for a sender.
        OutsideError: the ledger cannot be reached.
    """
    site = load_site(root)[0]
    send = send_settings(site)
    with open_ledger(root, send.ledger, environment) as ledger:
        yield Sender(root, site, send, ledger, environment)
