"""The whole folder ``content/`` in one value."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from generator.base.config import Site
from generator.base.errors import Problem
from generator.content.organisations import Bank, Offer, read_banks, read_offers
from generator.content.products import Product, Stage, folders_of_products, read_products
from generator.content.series import Series, read_all_series


@dataclass(frozen=True, slots=True)
class Content:
    """Everything editors wrote, as it stands on the day of the build."""

    products: tuple[Product, ...]
    series: dict[str, Series]
    banks: dict[str, Bank]
    offers: tuple[Offer, ...]
    unread: frozenset[str] = frozenset()
    """Of ``banks``, ``products`` and ``series`` those of which a file itself is wrong: a row that
    names one cannot be judged before it is mended."""

    def stages(self) -> list[tuple[Product, Stage]]:
        """Every stage and sub-stage with its product."""
        return [(product, stage) for product in self.products for stage in product.stages]

    def stage(self, path: str) -> tuple[Product, Stage]:
        """The stage at ``path`` with its product."""
        return next(found for found in self.stages() if found[1].path == path)

    def markers(self) -> dict[tuple[str, str], str]:
        """(product, marker) to the path of the stage it leads into; a stage's path marks itself."""
        bindings = {}
        for product, stage in self.stages():
            own = stage.path.removeprefix(f"{product.id}/")
            for marker in (own, stage.id, *stage.markers):
                bindings[product.id, marker] = stage.path
        return bindings


def load_content(root: Path, site: Site, as_of: date, problems: list[Problem]) -> Content:
    """The content of the site in ``root`` on ``as_of``; what is wrong is added to ``problems``."""
    series = read_all_series(root, site.locales, as_of, problems)
    # a file that is wrong is told once; that others refer to it is no second mistake
    known = {"series": {path.stem for path in root.glob("content/strategies/*.y*ml")}}
    before = len(problems)
    banks = read_banks(root, site.locales, problems)
    are_right = len(problems) == before
    if are_right:
        known["banks"] = {bank.id for bank in banks}
    known["locales"] = set(site.locales)
    products = read_products(root, as_of, problems)
    return Content(
        products=products,
        series={one.id: one for one in series},
        banks={bank.id: bank for bank in banks},
        offers=read_offers(root, site.locales, as_of, known, problems),
        unread=frozenset(
            [*_unread(root, series, products), *([] if banks or are_right else ["banks"])]
        ),
    )


def _unread(root: Path, series: Iterable[Series], products: Iterable[Product]) -> Iterator[str]:
    if {path.name for path in folders_of_products(root)} - {product.id for product in products}:
        yield "products"
    if {path.stem for path in root.glob("content/strategies/*.y*ml")} - {one.id for one in series}:
        yield "series"
