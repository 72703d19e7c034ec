"""A plan: what would be sent and deleted, by kind, what it costs, and nothing that is secret."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from generator.base.errors import OutsideError
from generator.publish import Amount, Files, Grace, Plan, planned
from generator.publish.plan import Forecast, forecast
from tests.publish.conftest import SITE, inventory_of, silent, site_of

STORE = {**inventory_of(SITE), "404.html": "another", "p/zz/old": "1", "assets/old": "1"}


def test_every_kind_is_counted(tmp_path: Path) -> None:
    """New, changed, other headers, deleted now and later; sealed files as their lot calls them."""
    files = {**SITE, "p/zz/more": b"12345", "p/zz/most": b"1234567"}
    grace = Grace(date(2011, 12, 5), 7, for_sealed=False)
    lot = Files(inventory_of(files), STORE, grace=grace, sealed="shared parts")
    plan = planned(site_of(tmp_path, files), [lambda: lot], silent, lambda path: path[0] == "p")
    assert plan.added == {"shared parts": Amount(2, 12)}
    assert plan.changed == {"public pages": Amount(1, len(SITE["404.html"]))}
    assert plan.headers == {"shared parts": 2}
    assert (plan.deleted, plan.kept) == ({"shared parts": 1}, {"assets": 1})
    assert plan.unchanged == len(SITE) - 1
    assert plan.sent == Amount(3, 12 + len(SITE["404.html"]))


def test_samples_tell_no_address(tmp_path: Path) -> None:
    """Some assets and public files are named; sealed files and stage pages never are."""
    lot = Files(inventory_of(SITE), {"robots.txt": "another"})
    plan = planned(site_of(tmp_path, SITE), [lambda: lot], silent)
    assert plan.samples == [
        *("assets/page.0a.css: new", "404.html: new", "index.html: new", "robots.txt: changed"),
    ]


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Without its address, with a remedy."""
    (tmp_path / "site").mkdir()
    with pytest.raises(
        OutsideError, match=r"^build/site: No such file or directory — hint: run: s"
    ):
        planned(tmp_path / "site", [lambda: Files({"p/ab/cd": "1"}, {})], silent)


PLAN = Plan(added={"assets": Amount(999, 1)}, changed={"assets": Amount(1, 1)})


@pytest.mark.parametrize(
    ("plan", "price", "rate", "wanted"),
    [
        (PLAN, Decimal("0.005"), 500.0, Forecast(1000, 0, Decimal("0.01"), 2.0)),
        (PLAN, None, 0.0, Forecast(1000, 0, None, None)),
        (Plan(), Decimal("0.005"), 500.0, Forecast(0, 0, Decimal("0.00"), 0.0)),
    ],
)
def test_what_it_costs(plan: Plan, price: Decimal | None, rate: float, wanted: Forecast) -> None:
    """Each file is a request; a price is rounded up, and a time is not guessed."""
    assert forecast(plan, price, rate) == wanted


def test_headers_are_requests_and_deletions_cost_nothing() -> None:
    """Other headers are a copy within the store, which is charged like a put."""
    plan = replace(PLAN)
    plan.headers["clients' pages"] = 1_000_000
    plan.deleted["assets"] = 7
    assert forecast(plan, Decimal(5), 0) == Forecast(1_001_000, 7, Decimal("5005.00"), None)
