"""Manifests that wait become clients in journeys.

A reason that began a journey for a client never begins it again, whatever manifest tells of it. A
run that breaks off leaves the manifest untaken, and the next one goes through it again: who is in
already does not enter twice.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from generator.send.journeys import Journey, Journeys, Trigger, entered
from generator.send.ledger import Enrolment, Ledger, Stage, Told
from generator.send.ledger.database import chunks
from generator.send.payload import about
from generator.send.values import Entry

CHUNK = 5_000  # entries that are looked at together
STAGE = "stage"
Entering = tuple[Entry, Journey, Trigger]


@dataclass(slots=True)
class Doorman:
    """Lets clients into journeys, on the version that stands today."""

    ledger: Ledger
    journeys: Journeys
    now: datetime

    @property
    def kinds(self) -> Collection[str]:
        """Of reasons that begin something here, or are noted: the others are nothing to it."""
        return {*self.journeys.by_kind, STAGE}

    def let_in(self, entries: Iterable[Entry]) -> int:
        """How many journeys were entered for the reasons of these entries."""
        versions = {
            name: self.ledger.journeys.version_of(name, one.text.decode())
            for name, one in self.journeys.by_id.items()
        }
        return sum(self._let_in(some, versions) for some in chunks(entries, CHUNK))

    def _let_in(self, entries: list[Entry], versions: dict[str, int]) -> int:
        self.ledger.journeys.note_stages(
            _stage(one.client, reason)
            for one in entries
            for reason in one.reasons
            if reason["kind"] == STAGE
        )
        wanted = [(one, *pair) for one in entries for pair in entered(one, self.journeys)]
        asked = {mark for one in wanted for mark in _marks(one)}
        fresh = self.ledger.enrolments.fresh(asked)
        rows = (
            self._enrolment(entry, journey, only, versions[journey.id])
            for entry, journey, trigger in wanted
            if (only := trigger.only(_taken(fresh, entry, journey, trigger)))
        )
        return self.ledger.enrolments.enrol(rows, self.now)

    def _enrolment(
        self, entry: Entry, journey: Journey, trigger: Trigger, version: int
    ) -> Enrolment:
        payload = about(entry, trigger.reasons).as_json()
        return Enrolment(
            entry.client,
            journey.id,
            version,
            trigger.key,
            self.now,
            0,
            self.now,
            payload=payload,
            reasons=trigger.ids,
        )


def _marks(one: Entering) -> Iterator[Told]:
    entry, journey, trigger = one
    return (Told(entry.client, journey.id, reason) for reason in trigger.ids)


def _taken(fresh: set[Told], entry: Entry, journey: Journey, trigger: Trigger) -> set[str]:
    """The reasons of a trigger that begin something; they are fresh no more for the next line."""
    marks = {Told(entry.client, journey.id, it) for it in trigger.ids} & fresh
    fresh -= marks
    return {mark.reason for mark in marks}


def _stage(client: str, reason: Mapping[str, Any]) -> Stage:
    return Stage(client, reason["product"], reason["stage"], date.fromisoformat(reason["since"]))
