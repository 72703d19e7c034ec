"""The leak gate of a night: which values are looked for in the site, and who may say them.

What editors wrote is public, so a threshold in an answer is no leak although it may equal
someone's premium. Everything else of a client, and every secret, must not be found.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path

from generator.base.config import CONFIG, Site
from generator.content import Content
from generator.data import Base, Client
from generator.pages.figures import SeriesFigures
from generator.pages.theme import Theme
from generator.partition import CLIENT
from generator.sealing import Generations, KeyRing
from generator.site.audit import AuditReport, Progress, audit
from generator.site.needles import Amount, Needle, client_needles, ring_needles, secret_needles
from generator.site.shared import part_names
from generator.strategy import Course

BATCH = 500


@dataclass(frozen=True, slots=True)
class Gate:
    """All that has a value to look for, and all that may say one."""

    as_of: date
    site: Site
    theme: Theme
    content: Content
    courses: Mapping[str, Course]
    base: Base
    ring: KeyRing
    generations: Generations

    def audit(self, folder: Path, most: int | None, progress: Progress) -> AuditReport:
        """Look through ``folder`` for the values of all clients, or of a sample of ``most``.

        A sample is of others every day; it looks into as many sealed files and into every other
        file. Keys and the secrets of shared parts are always looked for.
        """
        everyone = (client for batch in self.base.batches(BATCH) for client in batch)
        turn = self.as_of.toordinal()
        numbered = self.base.sample(most, turn) if most else enumerate(everyone, start=1)
        needles = chain(self._shared_needles(), self._client_needles(numbered))
        sources = public_sources(self.theme)
        return audit(folder, needles, sources, sealed=most, progress=progress)

    def _shared_needles(self) -> Iterator[Needle]:
        yield from ring_needles(self.ring)
        for epoch in self.ring.live:
            maker = epoch.secrets()
            for part in part_names(self.content, self.site.locales):
                yield from secret_needles(maker.secret(part.kind, part.subject))

    def _client_needles(self, numbered: Iterable[tuple[int, Client]]) -> Iterator[Needle]:
        locale = self.site.locales[0]
        figures = {
            name: SeriesFigures(self.content.series[name], course, locale)
            for name, course in self.courses.items()
        }
        makers = [epoch.secrets() for epoch in self.ring.live]
        for row, client in numbered:
            yield from client_needles(row, client, _amounts(client, figures), self.site.locales)
            generation = self.generations.of(client.id)
            for maker in makers:
                yield from secret_needles(maker.secret(CLIENT, client.id, generation), row)


def public_sources(theme: Theme) -> Iterator[bytes]:
    """Everything editors and designers wrote: the site's content and its theme's files."""
    folders = [theme.root / Path(CONFIG).parent, *theme.folders]
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                yield path.read_bytes()


def _amounts(client: Client, figures: Mapping[str, SeriesFigures]) -> Iterator[Amount]:
    """Premiums, coupons, incomes, and the totals of each currency."""
    totals: dict[str, list[int]] = {}
    for policy in client.policies:
        if policy.series in figures:
            one = figures[policy.series]
            currency, income = one.series.currency, one.income(policy)
            yield Amount(policy.premium, currency)
            yield Amount(income, currency)
            yield from (Amount(amount, currency) for _, _, amount in one.credited(policy))
            total = totals.setdefault(currency, [0, 0])
            total[0] += policy.premium
            total[1] += income
    for currency, sums in totals.items():
        yield from (Amount(minor, currency) for minor in sums)
