"""What is the same for many: shared parts are sealed, stage pages stand plain at their address."""

from collections.abc import Iterable, Iterator, Mapping

from generator.content import Content
from generator.pages.client import PartName, clock_part, offer_part, stage_part, strategy_part
from generator.sealing import BEST, Epoch, KeyRing, seal
from generator.site.common import Common

STAGE_PAGE = "stage-page"


def write_parts(parts: Mapping[PartName, str], ring: KeyRing, common: Common) -> None:
    """Seal and stage shared parts under every live epoch."""
    for epoch in ring.live:
        maker = epoch.secrets()
        for name, html in parts.items():
            keys = maker.secret(name.kind, name.subject).keys()
            common.write(keys.path, seal(html.encode(), keys, deflate=True, level=BEST))


def write_stage_pages(pages: Mapping[tuple[str, str], str], ring: KeyRing, common: Common) -> None:
    """Stage the plain page of each (stage, locale), at its address under every live epoch."""
    for epoch in ring.live:
        for (path, locale), html in pages.items():
            common.write(stage_address(epoch, path, locale), html.encode())


def part_paths(part: PartName, ring: KeyRing) -> list[str]:
    """Where a shared part lies, under every live epoch."""
    makers = (epoch.secrets() for epoch in ring.live)
    return [maker.secret(part.kind, part.subject).keys().path for maker in makers]


def stage_address(epoch: Epoch, path: str, locale: str) -> str:
    """Where a stage's plain page lies: ``q/`` and 22 characters that say nothing of the stage."""
    return f"q/{epoch.secrets().secret(STAGE_PAGE, f'{path}/{locale}').keys().name}"


def stage_links(content: Content, ring: KeyRing, base_url: str) -> dict[tuple[str, str], str]:
    """The address of each stage's page in each of its locales, under the newest epoch."""
    return {
        (stage.path, locale): f"{base_url}/{stage_address(ring.current, stage.path, locale)}"
        for product, stage in content.stages()
        for locale in product.locales
    }


def part_names(content: Content, locales: Iterable[str]) -> Iterator[PartName]:
    """The name of every shared part that the site may have."""
    for product, stage in content.stages():
        yield from (stage_part(stage.path, locale) for locale in product.locales)
    for locale in locales:
        yield clock_part(locale)
        yield from (strategy_part(series, locale) for series in content.series)
        yield from (offer_part(offer.id, locale) for offer in content.offers)
