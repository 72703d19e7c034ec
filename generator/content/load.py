"""The whole folder ``content/`` in one value."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from generator.base.config import Site
from generator.base.errors import Problem
from generator.content.organisations import Bank, Offer, read_banks, read_offers
from generator.content.products import Product, Stage, read_products
from generator.content.series import Series, read_all_series


@dataclass(frozen=True, slots=True)
class Content:
    """Everything editors wrote, as it stands on the day of the build."""

    products: tuple[Product, ...]
    series: dict[str, Series]
    banks: dict[str, Bank]
    offers: tuple[Offer, ...]

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
    banks = read_banks(root, site.locales, problems)
    known = {"banks": {bank.id for bank in banks}, "series": {one.id for one in series}}
    return Content(
        products=read_products(root, as_of, problems),
        series={one.id: one for one in series},
        banks={bank.id: bank for bank in banks},
        offers=read_offers(root, site.locales, as_of, known, problems),
    )
