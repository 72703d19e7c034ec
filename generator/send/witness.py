"""What is published stands witness to what is sent: every message of a batch, or some by lot.

The same pages give letters their charts.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from random import Random
from typing import Literal

from generator.send.messages.chart import chart_of, chart_png, chart_styles
from generator.send.messages.look import Look
from generator.send.payload import Payload
from generator.send.proof import Mismatch, Prover, sample

LANES = 8  # pages that are fetched at once
WIDTH = 536  # pixels of a letter's text


@dataclass(frozen=True, slots=True, repr=False)
class Statement:
    """A message that is about to go: what it says, and about whom."""

    id: str
    payload: Payload
    texts: Sequence[str]

    def __repr__(self) -> str:
        """Nothing of the client."""
        return f"Statement({self.id})"


@dataclass(frozen=True, slots=True)
class Wrong:
    """A message that the published page does not bear out."""

    id: str
    what: str
    is_absent: bool
    is_newer: bool = False


@dataclass
class Witness:
    """Asks the published pages."""

    prover: Prover
    look: Look
    most: int | Literal["all"] = "all"
    draw: Random = field(default_factory=Random)
    _charts: dict[str, bytes] = field(default_factory=dict, repr=False)

    def wrong(self, batch: Sequence[Statement]) -> list[Wrong]:
        """The messages of a batch of which the page shows something else, or that have none.

        Raises:
            OutsideError: what is published cannot be asked for.
        """
        chosen = sample(batch, self.most, self.draw)
        self.prover.turn()
        with ThreadPoolExecutor(LANES) as lanes:
            found = zip(chosen, lanes.map(self._asked, chosen), strict=True)
            return [Wrong(one.id, it.what, it.is_absent, it.is_newer) for one, it in found if it]

    def charts(self, payload: Payload) -> Mapping[str, bytes]:
        """PNGs of the charts of the series that the message is about, as far as they have one."""
        found = {}
        for series, part in self.prover.parts(payload.entry).items():
            if svg := chart_of(part):
                found[series] = self._drawn(svg)
        return found

    def _asked(self, one: Statement) -> Mismatch | None:
        return self.prover.prove(one.payload.entry, one.texts)

    def _drawn(self, svg: str) -> bytes:
        """A strategy's chart is drawn once, for all its clients."""
        key = sha256(svg.encode()).hexdigest()
        if key not in self._charts:
            self._charts[key] = chart_png(svg, WIDTH, chart_styles(self.look))
        return self._charts[key]
