"""Entries of manifests for tests: invented people, and a reason of each kind."""

from collections.abc import Sequence
from typing import Any

from generator.send.values import Entry

LINK = "https://clients.example.org/#111111111111111111111A"


def entry_of(*reasons: dict[str, Any], **fields: object) -> Entry:
    """An entry with these reasons; ``fields`` stand for others than the usual ones."""
    usual: dict[str, Any] = {
        "client": "C-1",
        "name": {"full": "Иванов Иван", "polite": "Иван", "short": "Иванов И."},
        "locale": "ru",
        "time_zone": "Europe/Moscow",
        "addresses": {"phone": "+79990001234", "email": "c-1@example.org"},
        "consents": ["sms", "email", "push"],
        "bank": "shore",
        "segment": "mass",
        "link": LINK,
        "page": {"path": "p/11/11111111111111111111", "sha256": "0" * 64},
        "reasons": reasons or (coupon(),),
    }
    return Entry(**{**usual, **fields})


def coupon(
    policy: str = "P-1", date: str = "2026-03-10", outcome: str = "accrued", **fields: str
) -> dict[str, str]:
    """A coupon of a policy."""
    usual = {
        "kind": "coupon",
        "series": "duo",
        "series_name": "Дуэт",
        "policy": policy,
        "date": date,
        "date_text": "10 марта 2026 г.",
        "outcome": outcome,
        "amount": "30000.00",
        "amount_text": "30 000,00 ₽",
        "income": "90000.00",
        "income_text": "90 000,00 ₽",
        "currency": "RUB",
    }
    return {**usual, **fields}


def stage(path: str = "cards/ordered/delayed", since: str = "2026-03-09") -> dict[str, str]:
    """A stage that was entered."""
    product, _, below = path.partition("/")
    return {
        "kind": "stage",
        "product": product,
        "stage": below,
        "stage_name": "Задержка",
        "since": since,
        "link": "https://clients.example.org/q/111111111111111111111A",
    }


def strategy(series: str = "duo", band: str = "below", date: str = "2026-03-10") -> dict[str, str]:
    """A series that moved."""
    return {
        "kind": "strategy",
        "series": series,
        "series_name": "Дуэт",
        "date": date,
        "was": "above",
        "band": band,
    }


def digest(month: str = "2026-03") -> dict[str, Any]:
    """The digest of a month."""
    policy = {
        "series": "duo",
        "series_name": "Дуэт",
        "policy": "P-1",
        "income": "90000.00",
        "income_text": "90 000,00 ₽",
        "currency": "RUB",
    }
    return {"kind": "digest", "month": month, "policies": [policy]}


ALL: Sequence[dict[str, Any]] = (coupon(), stage(), strategy(), digest())
