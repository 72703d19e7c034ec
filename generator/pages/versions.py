"""What reaches a client's page besides the client's own rows, as digests that can be compared.

A page is rendered anew when the client's rows, or the version of anything that the page is made
of, is not what it was: its ``page``, and those of the client's own series, stages, bank and offers.
Of the client's rows a page shows the situations that have begun, so a day may change it as well.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib import metadata
from pathlib import Path

from jinja2 import Environment
from jinja2.ext import extract_from_ast
from jinja2.meta import find_referenced_templates
from jinja2.nodes import Name, Template

from generator.pages.client import (
    SHARED,
    TEMPLATES,
    ClientPages,
    Slot,
    clock_part,
    offer_part,
    stage_part,
    strategy_part,
)
from generator.pages.figures import SeriesFigures
from generator.pages.theme import Theme

LENGTH = 16
PROGRAMS = ("jinja2", "markupsafe", "babel", "deflate")
ROOMS = ("base", "content", "data", "strategy", "pages", "sealing")
"""The rooms of this program in which a page comes to be."""

ARGUMENTS = {"_": 1, "gettext": 1, "pgettext": 2, "ngettext": 2, "npgettext": 3}
"""How many words a function of gettext is given before its numbers and values."""
COUNTED = range(201)  # every plural form of every language has a number among them
CHANGED = {
    "page": "the theme's templates or texts, the settings, the keys or the program's version",
    "series": "the terms or observations of series {}",
    "stages": "the name or title of stage {}",
    "banks": "the contacts of bank {}",
    "offers": "the address of offer {}",
}
"""What to tell an operator of a version that is not what it was; the name of the thing goes in."""


@dataclass(frozen=True, slots=True)
class PageVersions:
    """The versions that decide the clients' pages of one locale, of 16 bytes each."""

    page: bytes
    """What all pages have in common."""
    series: Mapping[str, bytes]
    """By id; a held series has a version of its own, which comes and goes with its holding."""
    stages: Mapping[str, bytes]
    """By path."""
    banks: Mapping[str, bytes]
    """By id."""
    offers: Mapping[str, bytes]
    """By id; which clients an offer is for is not part of it."""


def page_versions(pages: ClientPages, slot: Slot) -> PageVersions:
    """The versions of everything that ``pages`` shows; ``slot`` as for the pages themselves."""
    content, locale = pages.content, pages.locale
    return PageVersions(
        page=digest(_common(pages), slot(*clock_part(locale).key)),
        series={
            name: digest(_figures(pages.figures[name]), slot(*strategy_part(name, locale).key))
            if name in pages.figures
            else digest("held", series.names[locale])
            for name, series in content.series.items()
        },
        stages={
            stage.path: digest(
                pages.stage_words(stage.path),
                slot(*stage_part(stage.path, product.locale_for(locale)).key),
            )
            for product, stage in content.stages()
        },
        banks={name: digest(pages.bank_words(name)) for name in content.banks},
        offers={one.id: digest(slot(*offer_part(one.id, locale).key)) for one in content.offers},
    )


@cache
def program() -> str:
    """What stands for the code that makes pages: an upgrade builds them all anew."""
    root = Path(__file__).parents[1]
    kinds = [(root / room).rglob(kind) for room in ROOMS for kind in ("*.py", "*.json")]
    files = [path for found in kinds for path in sorted(found)]
    return sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


@cache
def version(package: str) -> str:
    """The version of an installed package, whose papers take four milliseconds to read."""
    return metadata.version(package)


def digest(*values: object) -> bytes:
    """What stands for values: the same bytes for the same values."""
    written = json.dumps(values, sort_keys=True, default=str)
    return sha256(written.encode()).digest()[:LENGTH]


def _figures(figures: SeriesFigures) -> list[object]:
    """All of a series that a policy of any premium and start can show; the level is not."""
    course, terms = figures.course, figures.course.terms
    made = [(one.date, one.level.band, one.outcome, one.rate) for one in course.observations]
    payouts = {band: (payout.outcome, payout.share) for band, payout in terms.payouts.items()}
    shown = [figures.name, figures.series.currency, figures.next, made, course.missed]
    return [*shown, terms.rate, payouts, terms.memory]


def _common(pages: ClientPages) -> list[object]:
    shared = {name: pages.environment.globals[name] for name in SHARED}
    programs = [program(), *map(version, PROGRAMS)]
    sources = template_sources(pages.theme, pages.environment, pages.locale, TEMPLATES)
    return [sources, shared, programs]


def template_sources(
    theme: Theme, environment: Environment, locale: str, names: Iterable[str]
) -> object:
    """What the templates ``names`` are made of, with their texts; all of the theme where needed."""
    return _templates(theme, environment, names) or _everything(theme, environment, locale)


def _templates(
    theme: Theme, environment: Environment, names: Iterable[str]
) -> dict[str, list[object]]:
    """Each template that a page is made of, with its texts; none when that cannot be foreseen."""
    found: dict[str, list[object]] = {}
    waiting: list[str | None] = [*names]
    while waiting:
        name = waiting.pop()
        if name is None:
            return {}
        if name in found:
            continue
        path = theme.find(f"templates/{name}")
        tree = environment.parse(path.read_text(encoding="utf-8") if path else "", name)
        texts = [*_texts(environment, tree)]
        if None in texts:
            return {}
        links = any(one.name == "assets" for one in tree.find_all(Name))
        urls = environment.globals["assets"] if links else {}
        found[name] = [repr(tree), texts, urls]
        waiting.extend(find_referenced_templates(tree))
    return found


def _texts(environment: Environment, tree: Template) -> Iterator[list[str] | None]:
    """The translations that are looked up at each rendering; the others stand in the tree.

    None for one of a text that is not written in the template.
    """
    words = environment.words  # type: ignore[attr-defined]
    for _, function, message in extract_from_ast(tree):
        given = (message if isinstance(message, tuple) else (message,))[: ARGUMENTS[function]]
        look_up = getattr(words, "gettext" if function == "_" else function)
        if None in given:
            yield None
        elif function.startswith("n"):
            yield [look_up(*given, number) for number in COUNTED]
        else:
            yield [look_up(*given)]


def _everything(theme: Theme, environment: Environment, locale: str) -> list[object]:
    """Every template and catalog of the theme, where a template names others by values."""
    paths = [path for folder in theme.folders for path in sorted(folder.glob("templates/**/*"))]
    paths += [folder / f"locale/{locale}.po" for folder in theme.folders]
    files = [sha256(path.read_bytes()).hexdigest() for path in paths if path.is_file()]
    return [files, environment.globals["assets"]]
