"""Invented clients on whom every message is tried when it is loaded: a usual one, and the longest.

The lengths are those of real tables: of names in Russian nine in ten are under 34 characters.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from generator.base.config import Site
from generator.send.messages.fields import ReasonKind
from generator.send.messages.headers import Answers, answer_links

Size = Literal["median", "longest"]
SIZES: tuple[Size, ...] = ("median", "longest")
TAIL = "XXXXXXXXXXXXXXXXXXXXXXabc"
"""A secret and a tag as long as real ones are."""
ANSWERS = "https://answers.example"
ID = "0SAMPLE0SAMPLE0SAMPLE0SAMP"

Values = dict[str, Any]

NAMES: dict[str, dict[Size, Values]] = {
    "ru": {
        "median": {
            "full": "Смирнова Елена Алексеевна",
            "polite": "Елена Алексеевна",
            "short": "Смирнова Е. А.",
        },
        "longest": {
            "full": "Рождественская-Преображенская Александра Константиновна",
            "polite": "Александра Константиновна",
            "short": "Рождественская-Преображенская А. К.",
        },
    },
    "en": {
        "median": {"full": "Emily Jane Carter", "polite": "Emily", "short": "E. Carter"},
        "longest": {
            "full": "Alexandrina Wilhelmina Featherstonehaugh-Cholmondeley",
            "polite": "Alexandrina",
            "short": "A. Featherstonehaugh-Cholmondeley",
        },
    },
}
TEXTS: dict[str, dict[Size, Values]] = {
    "ru": {
        "median": {
            "series_name": "Технологии роста",
            "date_text": "2 декабря 2011\xa0г.",
            "amount_text": "37\xa0500,00\xa0₽",
            "income_text": "300\xa0000,00\xa0₽",
            "stage_name": "Сбор документов",
        },
        "longest": {
            "series_name": "Глобальные лидеры потребительского рынка",
            "date_text": "22\xa0сентября 2011\xa0г.",
            "amount_text": "12\xa0345\xa0678,90\xa0₽",
            "income_text": "123\xa0456\xa0789,00\xa0₽",
            "stage_name": "Урегулирование задолженности до обращения в суд",
        },
    },
    "en": {
        "median": {
            "series_name": "Growth Technologies",
            "date_text": "December\xa02,\xa02011",
            "amount_text": "RUB\xa037,500.00",
            "income_text": "RUB\xa0300,000.00",
            "stage_name": "Collecting the documents",
        },
        "longest": {
            "series_name": "Global Leaders of the Consumer Market",
            "date_text": "September\xa022,\xa02011",
            "amount_text": "RUB\xa012,345,678.90",
            "income_text": "RUB\xa0123,456,789.00",
            "stage_name": "Settling what is owed before it comes to court",
        },
    },
}
PLAIN: dict[Size, Values] = {
    "median": {"amount": "37500.00", "income": "300000.00", "policy": "NS-000123"},
    "longest": {"amount": "12345678.90", "income": "123456789.00", "policy": "NS-2009-00012345"},
}
CHOICES: dict[ReasonKind, tuple[Values, ...]] = {
    "coupon": ({"outcome": "accrued"}, {"outcome": "saved"}),
    "strategy": (
        {"was": "corridor", "band": "above"},
        {"was": "above", "band": "corridor"},
        {"was": "corridor", "band": "below"},
    ),
    "stage": ({},),
    "digest": ({}, {"policies": []}),  # of none while all their series are being checked
}
"""What a message may ask: each answer is tried."""
MANY = 3
"""Policies of the client with most."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The values of one invented client."""

    size: Size
    values: Values


def samples(site: Site, kind: ReasonKind, locale: str) -> Iterator[Sample]:
    """A client of each size for each thing that a reason of this kind can say."""
    language = locale.partition("_")[0]
    language = language if language in NAMES else "en"
    for size in SIZES:
        for choice in CHOICES[kind]:
            reason = {**_reason(site, kind, language, size), **choice}
            many = size == "longest" and kind != "digest"  # a digest has many policies instead
            reasons = [reason] * (MANY if many else 1)
            yield Sample(size, _values(site, NAMES[language][size], reasons))


def _values(site: Site, name: Values, reasons: list[Values]) -> Values:
    link = f"{site.base_url}/#{TAIL}"
    return {
        "name": name,
        "link": link,
        "why_link": link,
        "stage_link": reasons[0].get("link", ""),
        "reasons": reasons,
        "reason": reasons[0],
        "bank": "north-shore",
        "segment": "premium",
        **_answer_values(answer_links(ANSWERS, ID)),
    }


def _answer_values(answers: Answers) -> Values:
    return {
        "unsubscribe_link": answers.unsubscribe,
        "vote_links": list(answers.votes),
        "liked_link": answers.liked,
        "disliked_link": answers.disliked,
    }


def _reason(site: Site, kind: ReasonKind, language: str, size: Size) -> Values:
    texts: Mapping[str, Any] = TEXTS[language][size]
    series = {"series": "tech-2009-03", "series_name": texts["series_name"], "date": "2011-12-02"}
    amounts = {name: texts[name] for name in ("date_text", "amount_text", "income_text")}
    by_kind: dict[ReasonKind, Values] = {
        "coupon": {**series, **amounts, **PLAIN[size], "currency": "RUB"},
        "strategy": series,
        "stage": {
            "product": "card-delivery",
            "stage": "documents/collecting",
            "stage_name": texts["stage_name"],
            "since": "2011-12-02",
            "link": f"{site.base_url}/q/{TAIL[:22]}",
        },
        "digest": _digest(texts, size),
    }
    return {"kind": kind, **by_kind[kind]}


def _digest(texts: Mapping[str, Any], size: Size) -> Values:
    policy = {
        "series": "tech-2009-03",
        "series_name": texts["series_name"],
        "policy": PLAIN[size]["policy"],
        "income": PLAIN[size]["income"],
        "income_text": texts["income_text"],
        "currency": "RUB",
    }
    if size == "median":
        return {"month": "2011-11", "policies": [policy]}
    return {"month": "2011-09", "policies": [policy] * MANY}
