"""Everything a night reads, checked and worked out: nothing is rendered or written yet."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import date
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from generator.base.config import Site, load_site
from generator.base.errors import InputError, Problem
from generator.base.money import decimals
from generator.content import Content, load_content
from generator.data import Base, Earlier, Known, Quotes, Vault, read_base, read_quotes
from generator.pages.theme import Theme, load_theme
from generator.pages.versions import program
from generator.sealing import (
    Box,
    KeyRing,
    throwaway_box,
)
from generator.site.layout import Layout
from generator.strategy import Course, observe

REFERRING = {"banks": ("bank",), "products": ("product", "marker"), "series": ("series",)}
"""The columns of the tables that name what editors wrote."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What all clients of a site share, as it stands on ``as_of``."""

    root: Path
    site: Site
    as_of: date
    content: Content
    quotes: Quotes
    courses: Mapping[str, Course]
    held: Mapping[str, tuple[Problem, ...]]
    """Series that cannot be worked out tonight, and why."""
    theme: Theme

    @property
    def layout(self) -> Layout:
        """Where this site's build lies."""
        return Layout(self.root)

    @property
    def known(self) -> Known:
        """What the tables may refer to."""
        return _known(self.site, self.content)


@dataclass(frozen=True, slots=True)
class Inputs(Terms):
    """The whole input of a site, its clients included."""

    base: Base

    def reminders(self) -> list[Problem]:
        """What an editor should look at again; it stops nothing."""
        return [overdue for product in self.content.products for overdue in product.overdue]

    def failings(self) -> list[Problem]:
        """What does not stop a night, yet makes it less than whole: refused rows, held series."""
        return [*self.base.refused, *(why for reasons in self.held.values() for why in reasons)]


@contextmanager
def inputs_to_look_at(root: Path, clock: date | None, today: date) -> Iterator[Inputs]:
    """The whole input of the site in ``root``, for as long as it is looked at; no key is needed.

    Raises:
        InputError: anything stops a night.
        OutsideError: a source cannot be read now.
    """
    with TemporaryDirectory(prefix="sealpress-") as folder:
        yield read_inputs(root, clock, today, Vault(Path(folder), throwaway_box(), "nobody"))


def read_inputs(
    root: Path,
    clock: date | None,
    today: date,
    vault: Vault,
    last: Vault | None = None,
    put_aside: Callable[[Iterable[Problem]], None] = lambda _: None,
) -> Inputs:
    """Read and check the whole input of the site in ``root``; the base is put into ``vault``.

    ``last`` has the base of the last build, which is taken over where the tables are the same.
    ``put_aside`` is given the refused rows, also where they stop the night.

    Bad quotes hold their series and refused rows stay below the configured share: these do not
    stop the night and are its failings.

    Raises:
        InputError: everything else that is wrong, all at once.
        OutsideError: a source cannot be read now.
    """
    site, problems, wrong = load_site(root)[0], list[Problem](), list[Problem]()
    earlier = Earlier(last, f"{program()} {version('polars')}")
    with ThreadPoolExecutor(1) as beside:  # the engine of tables leaves Python's lock alone
        coming = beside.submit(_terms, root, site, site.as_of(clock, today), problems)
        base = read_base(root, site.tables, lambda: coming.result().known, wrong, vault, earlier)
    terms = coming.result()
    problems += wrong
    put_aside(base.refused)
    if base.refused_percent > site.tables.refused_percent:
        problems.extend(base.refused)
    _refuse(problems, terms)
    parts = {one.name: getattr(terms, one.name) for one in fields(terms)}
    return Inputs(**parts, base=base)


def read_terms(root: Path, clock: date | None, today: date) -> Terms:
    """Read and check what all clients of the site in ``root`` share; no table but the quotes.

    Raises:
        InputError: anything of it is wrong.
        OutsideError: the quotes cannot be read now.
    """
    site, problems = load_site(root)[0], list[Problem]()
    terms = _terms(root, site, site.as_of(clock, today), problems)
    _refuse(problems, terms)
    return terms


def _terms(root: Path, site: Site, as_of: date, problems: list[Problem]) -> Terms:
    """As far as they are right; whether they may be used is told by ``problems``."""
    content = load_content(root, site, as_of, problems)
    quotes = read_quotes(site.tables.quotes, root, problems)
    courses, held = _courses(content, quotes, as_of, site.tables.stale_after_days)
    theme = _theme(root, site, problems)
    return Terms(root, site, as_of, content, quotes, courses, held, theme)


def _refuse(problems: list[Problem], terms: Terms) -> None:
    if problems:
        # without a table of quotes no series has any, which is not the fault of each
        waiting = terms.held.values() if terms.quotes.days else ()
        raise InputError([*problems, *(why for reasons in waiting for why in reasons)])


def vault_of(ring: KeyRing, folder: Path) -> Vault:
    """A vault in ``folder`` that whoever has the key ring can open."""
    return Vault(folder, Box(ring.working_key), ring.naming)


def _known(site: Site, content: Content) -> Known:
    places = {name: decimals(series.currency) for name, series in content.series.items()}
    unread = frozenset(column for kind in content.unread for column in REFERRING[kind])
    return Known(site.locales, frozenset(content.banks), places, content.markers(), unread)


def _theme(root: Path, site: Site, problems: list[Problem]) -> Theme:
    try:
        theme = load_theme(root, site.theme)
        theme.check(site.locales)
    except InputError as error:
        problems.extend(error.problems)
        return Theme(())  # nothing is rendered with it
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
