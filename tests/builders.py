"""Small things for tests: everything in them is right, and a test spoils exactly one.

``small_site(tmp_path)`` writes a whole site that loads without a problem; give it the files to
change (None takes one away). ``csv_text`` writes a table of rows made by ``client_row`` and its
sisters. ``make_series``, ``quotes_of``, ``make_client``, ``make_ring`` and ``make_vault`` make
values directly.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from tempfile import mkdtemp
from typing import Literal

from generator.base.yamldoc import Document
from generator.content import Band, Outcome, Payout, Schedule, Series, Terms, Underlying
from generator.data import Client, Quotes, Vault
from generator.data.quotes import COLUMNS as QUOTES
from generator.data.records import CLIENTS, POLICIES, SITUATIONS
from generator.sealing import Epoch, KeyRing, throwaway_box

ROOT = Path(__file__).resolve().parents[1]
VECTORS = ROOT / "tests/vectors"
LOCALES = ("ru", "en")
AS_OF = date(2026, 3, 10)
"""The day for which the small site is built."""


# ── Tables ───────────────────────────────────────────────────────────────────────────────────


def client_row(**cells: str) -> dict[str, str]:
    """A right row of the clients."""
    row = dict.fromkeys(CLIENTS, "")
    names = {"last_name": "Иванов", "first_name": "Иван", "middle_name": "Иванович"}
    return {**row, "client_id": "C-1", **names, "locale": "ru", "bank": "shore", **cells}


def policy_row(**cells: str) -> dict[str, str]:
    """A right row of the policies."""
    row = {"policy_number": "P-1", "client_id": "C-1", "series": "duo"}
    return {**row, "premium": "1000000.00", "start_date": "2025-12-10", **cells}


def situation_row(**cells: str) -> dict[str, str]:
    """A right row of the situations."""
    return {"client_id": "C-1", "product": "cards", "marker": "M-1", "since": "2026-03-09", **cells}


def quote_rows(ticker: str, closes: Mapping[date, str]) -> list[dict[str, str]]:
    """Rows of the quotes of one ticker."""
    return [{"ticker": ticker, "date": f"{day}", "close": close} for day, close in closes.items()]


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> str:
    """A table as its file: header, rows, Unix line ends."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def days(first: date, last: date) -> list[date]:
    """Every day from ``first`` to ``last``, both included."""
    return [first + timedelta(days=k) for k in range((last - first).days + 1)]


# ── A whole site ─────────────────────────────────────────────────────────────────────────────

SITE_YAML = """\
name: {ru: Северный берег, en: North Shore}
contacts: {ru: Звоните 8 800, en: Call 8 800}
base_url: https://clients.example.org
locales: [ru, en]
clock: 2026-03-10
"""
BANKS_YAML = """\
banks:
  - id: shore
    names: {ru: Берег, en: Shore}
    phone: 8 800 000-00-00
"""
SERIES_YAML = """\
id: duo
names: {ru: Дуэт, en: Duo}
summary: {ru: О двух акциях., en: Of two shares.}
currency: RUB
underlyings:
  - {ticker: AAA, initial: "100", name: Alpha}
  - {ticker: BBB, initial: "50", name: Beta}
basket: worst-of
observations: {first: 2026-01-10, every_months: 1, count: 6, if_closed: preceding}
coupon_rate: "3.00"
barrier: "100"
floor: "70"
outcomes:
  above: {outcome: accrued, share: "1"}
  corridor: {outcome: saved, share: "0"}
  below: {outcome: saved, share: "0"}
memory: false
"""
PRODUCT_YAML = """\
id: cards
names: {en: Cards}
locales: [en]
stages:
  - id: ordered
    names: {en: Ordered}
    markers: [M-1, M-2]
  - id: delayed
    names: {en: Delayed}
    parent: ordered
    markers: [M-3]
"""
QUESTION_MD = """\
---
title: Where is my card?
review_by: 2026-12-31
tags: [card]
---
On its *way*.
"""
STAGE_MD = """\
---
title: Your card
questions: [where]
---
We have your order.
"""
OFFER_MD = """\
---
title: "{title}"
starts: 2026-03-01
ends: 2026-03-31
audience: {{banks: [shore], series: [duo], segments: [mass]}}
action: {{label: "Look", url: "https://offers.example.org/{title}"}}
---
An offer.
"""
NEWS_MD = """\
---
title: "{title}"
date: 2026-03-02
effect: up
---
It **rose**.
"""
SITE: dict[str, str] = {
    "content/site.yaml": SITE_YAML,
    "content/banks.yaml": BANKS_YAML,
    "content/strategies/duo.yaml": SERIES_YAML,
    "content/strategies/duo/rise.md": NEWS_MD.format(title="Рост"),
    "content/strategies/duo/rise.en.md": NEWS_MD.format(title="Rise"),
    "content/products/cards/product.yaml": PRODUCT_YAML,
    "content/products/cards/questions/where.md": QUESTION_MD,
    "content/products/cards/stages/ordered.md": STAGE_MD,
    "content/products/cards/stages/delayed.md": STAGE_MD,
    "content/offers/deposit.md": OFFER_MD.format(title="Вклад"),
    "content/offers/deposit.en.md": OFFER_MD.format(title="Deposit"),
    "data/clients.csv": csv_text(CLIENTS, [client_row(), client_row(client_id="C-2")]),
    "data/policies.csv": csv_text(POLICIES, [policy_row()]),
    "data/situations.csv": csv_text(SITUATIONS, [situation_row(client_id="C-2")]),
    "data/quotes.csv": csv_text(
        QUOTES,
        [
            *quote_rows("AAA", dict.fromkeys(days(date(2025, 12, 10), AS_OF), "110.0")),
            *quote_rows("BBB", dict.fromkeys(days(date(2025, 12, 10), AS_OF), "55.5")),
        ],
    ),
}
"""Every file of the small site by its path."""


def write(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files below ``root``; text as UTF-8, with the line ends it has."""
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        raw = content.encode() if isinstance(content, str) else content
        (root / path).write_bytes(raw)
    return root


def small_site(root: Path, changes: Mapping[str, str | bytes | None] | None = None) -> Path:
    """Write the small site with some files changed, added, or (None) left out."""
    files = {**SITE, **(changes or {})}
    return write(root, {path: content for path, content in files.items() if content is not None})


def place_of(text: str, piece: str) -> tuple[int, int]:
    """Line and column, from 1, of the only place where ``piece`` stands in ``text``."""
    assert text.count(piece) == 1, "the piece must stand once"
    before = text[: text.index(piece)]
    return before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1


# ── Values ───────────────────────────────────────────────────────────────────────────────────

ACCRUED, SAVED = Payout(Outcome.ACCRUED, Fraction(1)), Payout(Outcome.SAVED, Fraction(0))


def make_series(  # noqa: PLR0913 - each is one term of a contract
    *,
    initials: Mapping[str, str] | None = None,
    basket: Literal["worst-of", "average"] = "worst-of",
    schedule: Schedule | None = None,
    rate: str = "3",
    levels: tuple[str, str] = ("100", "70"),
    payouts: tuple[Payout, Payout, Payout] = (ACCRUED, SAVED, SAVED),
    memory: bool = False,
    currency: str = "RUB",
) -> Series:
    """A series ``duo`` on AAA (initial 100), monthly from 10 January 2026, six observations.

    ``levels`` are barrier and floor; ``payouts`` those above, in the corridor and below.
    """
    terms = Terms(
        id="duo",
        underlyings=tuple(
            Underlying(ticker, Fraction(initial), ticker)
            for ticker, initial in (initials or {"AAA": "100"}).items()
        ),
        basket=basket,
        schedule=schedule or Schedule(date(2026, 1, 10), 1, 6),
        rate=Fraction(rate),
        barrier=Decimal(levels[0]),
        floor=Decimal(levels[1]),
        payouts=dict(zip(Band, payouts, strict=True)),
        memory=memory,
    )
    names = {"ru": "Дуэт", "en": "Duo"}
    return Series(terms, currency, names, names, {}, {"id": "duo"}, Document("duo.yaml", {}))


def quotes_of(closes: Mapping[str, Mapping[date, str]]) -> Quotes:
    """Quotes by ticker and day."""
    return Quotes(
        {ticker: sorted(by_day) for ticker, by_day in closes.items()},
        {ticker: [by_day[day] for day in sorted(by_day)] for ticker, by_day in closes.items()},
    )


def make_client(**fields: object) -> Client:
    """A client without policies and situations."""
    texts = client_row()
    blank = Client._make([*(texts[name] for name in CLIENTS[:-1]), (), (), ()])
    return blank._replace(**fields)  # type: ignore[arg-type]


def make_vault(folder: Path, naming: str = "a name for nobody") -> Vault:
    """An empty vault in a new folder below ``folder``, which only this process can open."""
    return Vault(Path(mkdtemp(prefix="vault-", dir=folder)), throwaway_box(), naming)


def make_ring(*masters: bytes) -> KeyRing:
    """A ring with known keys: an epoch for each master key, one when none is given."""
    keys = masters or (bytes(range(32)),)
    epochs = (Epoch(number, date(2026, 1, 1), key) for number, key in enumerate(keys, start=1))
    return KeyRing(tuple(epochs), bytes(range(32, 64)))
