"""What a night decides before it builds: versions, reasons, and where everything is remembered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from generator.clients import Shelves
from generator.columns import WHO
from generator.compare import Links, Tonight
from generator.data.digests import Versions
from generator.inputs import Terms
from generator.manifest import Night, Window, digest_due, observed_in
from generator.pages.client import ClientPages
from generator.pages.packed import packed
from generator.pages.versions import page_versions
from generator.partition import Settings, SharedSecrets
from generator.sealing import Generations, KeyRing
from generator.site.about import about, is_true
from generator.site.layout import Layout
from generator.site.register import REGISTER
from generator.site.shared import stage_links
from generator.site.shelf import Shelf
from generator.site.tree import draft
from generator.told import MARKS, Told


@dataclass(frozen=True, slots=True)
class Keys:
    """The key ring and the journal beside it."""

    ring: KeyRing
    generations: Generations


def settings_of(terms: Terms, night: Night, *, direct: bool = False) -> Settings:
    """What every partition of the night needs."""
    return Settings(
        root=terms.root,
        site=terms.site,
        theme=packed(terms.theme, terms.site.theme),
        content=terms.content,
        courses=terms.courses,
        as_of=terms.as_of,
        night=night,
        direct=direct,
    )


def night_of(terms: Terms, told: Told, ring: KeyRing) -> Night:
    """What the night has to tell."""
    site, as_of = terms.site, terms.as_of
    moved = {
        name: (told.bands[name], band)
        for name, band in bands(terms).items()
        if told.bands.get(name, band) != band
    }
    window = Window(told.since(as_of, site.news_days), as_of)
    return Night(
        window,
        moved,
        observed_in(window, terms.courses),
        stage_links(terms.content, ring, site.base_url),
        digest_due(window, site.digest_day),
    )


def bands(terms: Terms) -> dict[str, str]:
    """Where each series that goes on stands today."""
    courses = terms.courses.items()
    return {name: course.level.band.value for name, course in courses if course.level}


def tonight_of(terms: Terms, keys: Keys, *, everything: bool, follows: bool = False) -> Tonight:
    """What decides whose page is built; ``follows`` tells that it is known whose rows changed."""
    versions = _versions(terms, keys.ring)
    built = about(terms.layout, keys.ring) if follows else None
    ring, numbers = keys.ring, keys.generations.by_pseudonym()
    return Tonight(
        as_of=terms.as_of,
        versions=versions,
        key=ring.naming,
        links=Links.of(numbers, ring.epochs_mark, ring.naming),
        live=tuple(epoch.number for epoch in ring.live),
        forgotten=pl.DataFrame({WHO: keys.generations.forgotten_pseudonyms()}, {WHO: pl.Binary}),
        held_series=frozenset(terms.held),
        retention=timedelta(terms.site.retention_days),
        everything=everything,
        same_since=built.day if built and built.made_of == versions.mark() else None,
    )


def shelves_of(layout: Layout, ring: KeyRing, store: str) -> Shelves:
    """Where the night before is remembered, and where this one will be."""
    folders = {name: draft(layout, name) for name in (layout.register.name, layout.telling.name)}
    for folder in folders.values():
        folder.mkdir(mode=0o700)
    # of a site that is not there any more nothing is true: all of it is built, and compared
    known = layout.register if is_true(layout, ring, store) else layout.private / "none"
    return Shelves(
        register=Shelf(known, REGISTER),
        next_register=Shelf(folders[layout.register.name], REGISTER),
        told=Shelf(layout.told, MARKS),
        telling=Shelf(layout.telling, MARKS),
        next_telling=Shelf(folders[layout.telling.name], MARKS),
    )


def _versions(terms: Terms, ring: KeyRing) -> Versions:
    slot = SharedSecrets(ring.current).text
    found = {locale: page_versions(_pages(terms, locale), slot) for locale in terms.site.locales}
    return Versions(
        page={locale: one.page.hex() for locale, one in found.items()},
        series=_by_locale({locale: one.series for locale, one in found.items()}),
        stages=_by_locale({locale: one.stages for locale, one in found.items()}),
        banks=_by_locale({locale: one.banks for locale, one in found.items()}),
        offers=[
            (offer, {locale: one.offers[offer.id].hex() for locale, one in found.items()})
            for offer in terms.content.offers
        ],
    )


def _by_locale(versions: Mapping[str, Mapping[str, bytes]]) -> dict[tuple[str, str], str]:
    return {
        (locale, name): version.hex()
        for locale, names in versions.items()
        for name, version in names.items()
    }


def _pages(terms: Terms, locale: str) -> ClientPages:
    return ClientPages(terms.theme, terms.site, terms.content, terms.courses, terms.as_of, locale)
