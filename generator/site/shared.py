"""What is the same for many: shared parts are sealed, stage pages stand plain at their address."""

from collections.abc import Iterable, Iterator

from generator.content import Content
from generator.pages.client import PartName, clock_part, offer_part, stage_part, strategy_part
from generator.pages.shared import Shared
from generator.sealing import Epoch, KeyRing, seal
from generator.site.tree import Stage

STAGE_PAGE = "stage-page"


def write_shared(shared: Shared, names: Iterable[PartName], ring: KeyRing, stage: Stage) -> None:
    """Seal and stage every shared part and stage page, under every live epoch.

    A part in ``names`` that could not be rendered tonight stays as it was.
    """
    held = [name for name in names if name not in shared.parts]
    for epoch in ring.live:
        maker = epoch.secrets()
        for name, html in shared.parts.items():
            keys = maker.secret(name.kind, name.subject).keys()
            stage.write(keys.path, seal(html.encode(), keys, deflate=True))
        for name in held:
            stage.keep(maker.secret(name.kind, name.subject).keys().path)
        for (path, locale), html in shared.stage_pages.items():
            stage.write(stage_address(epoch, path, locale), html.encode())


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
