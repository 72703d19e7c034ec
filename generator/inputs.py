"""Everything a night reads, checked and worked out: nothing is rendered or written yet."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from generator.base.config import Site, load_site
from generator.base.errors import InputError, Problem
from generator.base.money import decimals
from generator.content import Content, load_content
from generator.data import Base, Known, Quotes, read_base, read_quotes
from generator.pages.theme import Theme, load_theme
from generator.sealing import Generations, KeyRing, load_generations, load_key_ring
from generator.site.layout import Layout
from generator.strategy import Course, observe

REFERRING = {"banks": ("bank",), "products": ("product", "marker"), "series": ("series",)}
"""The columns of the tables that name what editors wrote."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """The input of a site as it stands on ``as_of``."""

    root: Path
    site: Site
    as_of: date
    content: Content
    quotes: Quotes
    base: Base
    courses: Mapping[str, Course]
    held: Mapping[str, tuple[Problem, ...]]
    """Series that cannot be worked out tonight, and why."""
    theme: Theme

    @property
    def layout(self) -> Layout:
        """Where this site's build lies."""
        return Layout(self.root)

    def reminders(self) -> list[Problem]:
        """What an editor should look at again; it stops nothing."""
        return [overdue for product in self.content.products for overdue in product.overdue]

    def failings(self) -> list[Problem]:
        """What does not stop a night, yet makes it less than whole: refused rows, held series."""
        return [*self.base.refused, *(why for reasons in self.held.values() for why in reasons)]


def read_inputs(root: Path, clock: date | None, today: date) -> Inputs:
    """Read and check the whole input of the site in ``root``.

    Bad quotes hold their series and refused rows stay below the configured share: these do not
    stop the night and are its failings.

    Raises:
        InputError: everything else that is wrong, all at once.
    """
    site, _ = load_site(root)
    as_of = site.as_of(clock, today)
    problems: list[Problem] = []
    content = load_content(root, site, as_of, problems)
    quotes = read_quotes(root / site.tables.quotes, root, problems)
    base = read_base(root, site.tables, _known(site, content), problems)
    theme = _theme(root, site, problems)
    if base.refused_percent > site.tables.refused_percent:
        problems.extend(base.refused)
    courses, held = _courses(content, quotes, as_of, site.tables.stale_after_days)
    if problems or theme is None:
        # without a table of quotes no series has any, which is not the fault of each
        waiting = held.values() if quotes.days else ()
        raise InputError([*problems, *(why for reasons in waiting for why in reasons)])
    return Inputs(root, site, as_of, content, quotes, base, courses, held, theme)


def keys_of(root: Path, site: Site) -> tuple[KeyRing, Generations]:
    """The key ring of the site and the journal beside it.

    Raises:
        KeyRingError: it is missing, unsafe or damaged.
    """
    ring = load_key_ring(root / site.keys, os.environ)
    return ring, load_generations(ring, root / site.keys)


def _known(site: Site, content: Content) -> Known:
    places = {name: decimals(series.currency) for name, series in content.series.items()}
    unread = frozenset(column for kind in content.unread for column in REFERRING[kind])
    return Known(site.locales, frozenset(content.banks), places, content.markers(), unread)


def _theme(root: Path, site: Site, problems: list[Problem]) -> Theme | None:
    try:
        theme = load_theme(root, site.theme)
        theme.check(site.locales)
    except InputError as error:
        problems.extend(error.problems)
        return None
    return theme


def _courses(
    content: Content, quotes: Quotes, as_of: date, stale_after: int
) -> tuple[dict[str, Course], dict[str, tuple[Problem, ...]]]:
    courses: dict[str, Course] = {}
    held: dict[str, tuple[Problem, ...]] = {}
    for name, series in content.series.items():
        try:
            courses[name] = observe(series, quotes, as_of, stale_after)
        except InputError as error:
            held[name] = error.problems
    return courses, held
