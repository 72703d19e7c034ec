"""Reasons: what happened to a client since the last night, and that a page shows."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from generator.content import Content, Product, Schedule, Stage
from generator.data import Client, Policy, Situation
from generator.manifest import Night, Reason, Window, digest_due, entry_line, observed_in
from generator.pages.figures import SeriesFigures
from generator.strategy import observe
from tests.builders import ROOT, make_client, make_series, quotes_of

TODAY = date(2026, 3, 10)
WEEK = Window(TODAY - timedelta(days=7), TODAY)
NBSP = "\xa0"


def stage(path: str, name: str) -> Stage:
    """A stage without texts."""
    steps = path.split("/")
    parent = steps[1] if len(steps) > 2 else None
    return Stage(steps[-1], path, {"en": name}, parent, (), {})


STAGES = (stage("cards/ordered", "Ordered"), stage("cards/ordered/delayed", "Delayed"))
LOANS = Product("loans", {"en": "Loans"}, ("en",), (stage("loans/asked", "Asked"),))
CONTENT = Content((Product("cards", {"en": "Cards"}, ("en",), STAGES), LOANS), {}, {}, ())
LINKS = {
    (each.path, "en"): f"https://clients.example.org/q/{letter * 22}"
    for letter, (_, each) in zip("abc", CONTENT.stages(), strict=True)
}


def figures(
    closes: Mapping[date, str],
    *,
    as_of: date = TODAY,
    locale: str = "ru",
    memory: bool = False,
    currency: str = "RUB",
) -> dict[str, SeriesFigures]:
    """The figures of the series ``duo``, worked out from these closes."""
    series = make_series(
        schedule=Schedule(date(2026, 1, 10), 1, 6), memory=memory, currency=currency
    )
    course = observe(series, quotes_of({"AAA": closes}), as_of, 7)
    return {"duo": SeriesFigures(series, course, locale)}


THREE = {date(2026, 1, 10): "120", date(2026, 2, 10): "80", date(2026, 3, 10): "100"}
DUO = Policy("P-1", "duo", 100_000_000, date(2025, 12, 10))


def reasons(
    client: Client,
    found: Mapping[str, SeriesFigures] | None = None,
    *,
    window: Window = WEEK,
    moved: Mapping[str, tuple[str, str]] | None = None,
    digest_day: int = 28,
) -> list[Reason]:
    """Every reason of a client tonight; no digest is due unless it is asked for."""
    courses = {name: each.course for name, each in (found or {}).items()}
    digest = digest_due(window, digest_day)
    night = Night(window, moved or {}, observed_in(window, courses), LINKS, digest)
    return list(night.reasons(client, found or {}, CONTENT))


def coupons(policy: Policy, since: date, closes: Mapping[date, str] | None = None) -> list[Reason]:
    """The reasons that are coupons of one policy, since a day."""
    client = make_client(policies=(policy,))
    found = reasons(client, figures(closes or THREE), window=Window(since, TODAY))
    return [reason for reason in found if reason.told["kind"] == "coupon"]


def kinds(found: list[Reason]) -> list[Any]:
    """What kind the reasons are of."""
    return [reason.told["kind"] for reason in found]


# ── Coupons ──────────────────────────────────────────────────────────────────────────────────


def test_an_accrued_coupon_is_told_with_its_amount() -> None:
    """The amount is this coupon's, the income all of them together, as figures and as text."""
    (reason,) = reasons(make_client(policies=(DUO,)), figures(THREE))
    assert reason.day == date(2026, 3, 10)
    assert reason.told == {
        "kind": "coupon",
        "series": "duo",
        "series_name": "Дуэт",
        "policy": "P-1",
        "date": "2026-03-10",
        "date_text": f"10{NBSP}марта{NBSP}2026\u202fг.",
        "outcome": "accrued",
        "amount": "30000.00",
        "amount_text": f"30{NBSP}000,00{NBSP}₽",
        "income": "60000.00",
        "income_text": f"60{NBSP}000,00{NBSP}₽",
        "currency": "RUB",
    }


def test_saved_income_is_told_too() -> None:
    """An observation without a coupon is a reason: the income is kept."""
    closes = {**THREE, date(2026, 3, 10): "60"}
    (reason,) = reasons(make_client(policies=(DUO,)), figures(closes))
    assert (reason.told["outcome"], reason.told["amount"], reason.told["income"]) == (
        *("saved", "0.00", "30000.00"),
    )


def test_memory_pays_what_was_missed() -> None:
    """With memory the amount has the missed coupons in it."""
    (reason,) = reasons(make_client(policies=(DUO,)), figures(THREE, memory=True))
    assert (reason.told["amount"], reason.told["income"]) == ("60000.00", "90000.00")


@pytest.mark.parametrize(
    ("locale", "currency", "amount", "text"),
    [
        ("en", "USD", "30000.00", "$30,000.00"),
        ("en", "JPY", "3000000", "¥3,000,000"),
        ("ru", "KWD", "3000.000", f"3{NBSP}000,000{NBSP}KWD"),
    ],
)
def test_amounts_in_other_currencies(locale: str, currency: str, amount: str, text: str) -> None:
    """An amount has its currency's decimals and its reader's form."""
    (reason,) = reasons(
        make_client(policies=(DUO,)), figures(THREE, locale=locale, currency=currency)
    )
    assert (reason.told["amount"], reason.told["amount_text"]) == (amount, text)


@pytest.mark.parametrize(
    ("since", "told"),
    [
        (date(2026, 3, 10), []),
        (date(2026, 3, 9), ["2026-03-10"]),
        (date(2026, 2, 10), ["2026-03-10"]),
        (date(2026, 2, 9), ["2026-02-10", "2026-03-10"]),
        (date(2025, 12, 1), ["2026-01-10", "2026-02-10", "2026-03-10"]),
    ],
)
def test_every_observation_since_the_last_night_is_told(since: date, told: list[str]) -> None:
    """After lost nights each observation is told, in its order, with the income of its own day."""
    found = coupons(DUO, since)
    assert [reason.told["date"] for reason in found] == told
    incomes = {"2026-01-10": "30000.00", "2026-02-10": "30000.00", "2026-03-10": "60000.00"}
    assert [reason.told["income"] for reason in found] == [incomes[day] for day in told]


def test_each_policy_is_told_apart() -> None:
    """Two policies of a series are two reasons with two keys."""
    other = DUO._replace(number="P-2", premium=5_000)
    found = reasons(make_client(policies=(DUO, other)), figures(THREE))
    assert [(r.told["policy"], r.told["amount"]) for r in found] == [
        *(("P-1", "30000.00"), ("P-2", "1.50")),
    ]
    assert len({reason.key for reason in found}) == 2


def test_a_policy_is_not_told_of_what_came_before_it() -> None:
    """A policy bought in the middle is told of observations since its own start only."""
    (reason,) = coupons(DUO._replace(start=date(2026, 3, 1)), date(2025, 12, 1))
    assert (reason.told["date"], reason.told["income"]) == ("2026-03-10", "30000.00")
    assert len(coupons(DUO._replace(start=date(2026, 3, 10)), date(2025, 12, 1))) == 1
    assert coupons(DUO._replace(start=date(2026, 3, 11)), date(2025, 12, 1)) == []


def test_a_series_that_could_not_be_worked_out_is_not_told() -> None:
    """No page shows its figures tonight, so no message tells them."""
    assert reasons(make_client(policies=(DUO,)), {}, moved={"duo": ("above", "below")}) == []


def test_a_corrected_amount_is_another_reason() -> None:
    """A coupon whose amount or outcome was put right is told anew, the same one is not."""
    client = make_client(policies=(DUO,))
    (first,) = reasons(client, figures(THREE))
    (again,) = reasons(client, figures(THREE))
    (other,) = reasons(client, figures({**THREE, date(2026, 3, 10): "60"}))
    assert first.key == again.key != other.key


@pytest.mark.parametrize("age", [0, 1, 7, 28, 29, 60])
def test_only_what_was_observed_is_worked_out(age: int) -> None:
    """Passing over series without an observation in the window leaves out no coupon."""
    found = figures(THREE)
    window = Window(TODAY - timedelta(days=age), TODAY)
    observed = observed_in(window, {name: each.course for name, each in found.items()})
    assert observed == ({"duo"} if age else set())
    every, some = (
        list(
            Night(window, {}, names, LINKS, None).reasons(
                make_client(policies=(DUO,)), found, CONTENT
            )
        )
        for names in (frozenset({"duo"}), observed)
    )
    assert every == some


# ── Strategies ───────────────────────────────────────────────────────────────────────────────


def test_a_strategy_that_moved_is_told_once_a_client() -> None:
    """Whoever holds it, with however many policies, hears once that it moved."""
    eve = TODAY - timedelta(days=1)
    closes = {**THREE, eve: "60"}
    found = reasons(
        make_client(policies=(DUO, DUO._replace(number="P-2"))),
        figures({day: close for day, close in closes.items() if day <= eve}, as_of=eve),
        window=Window(eve - timedelta(days=1), eve),
        moved={"duo": ("above", "below"), "trio": ("below", "above")},
    )
    assert [reason.told for reason in found] == [
        {
            "kind": "strategy",
            "series": "duo",
            "series_name": "Дуэт",
            "date": "2026-03-09",
            "was": "above",
            "band": "below",
        }
    ]
    assert found[0].day == eve


def test_who_does_not_hold_a_strategy_is_not_told() -> None:
    """A move is no news to others."""
    assert reasons(make_client(), figures(THREE), moved={"duo": ("above", "below")}) == []


# ── Stages ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("since", "is_told"),
    [
        (date(2026, 3, 3), False),
        (date(2026, 3, 4), True),
        (date(2026, 3, 10), True),
        (date(2026, 3, 11), False),
    ],
)
def test_entry_into_a_stage(since: date, *, is_told: bool) -> None:
    """Entering a stage is told with the link of its page, on the nights that may know of it."""
    client = make_client(situations=(Situation("cards/ordered/delayed", since),))
    found = reasons(client)
    assert kinds(found) == (["stage"] if is_told else [])
    if is_told:
        assert found[0].told == {
            "kind": "stage",
            "product": "cards",
            "stage": "ordered/delayed",
            "stage_name": "Delayed",
            "since": since.isoformat(),
            "link": "https://clients.example.org/q/" + "b" * 22,
        }
        assert found[0].day == since


def test_only_the_stage_where_a_client_is_now_is_told() -> None:
    """Of two stages of a product entered in one week the last is told; of each product its own."""
    client = make_client(
        situations=(
            Situation("cards/ordered", date(2026, 3, 5)),
            Situation("loans/asked", date(2026, 3, 6)),
            Situation("cards/ordered/delayed", date(2026, 3, 7)),
        )
    )
    found = reasons(client)
    assert {reason.told["stage_name"] for reason in found} == {"Delayed", "Asked"}


def test_coming_back_into_a_stage_is_another_reason() -> None:
    """The same stage entered on another day has another key."""
    keys = {
        reasons(make_client(situations=(Situation("cards/ordered", day),)))[0].key
        for day in (date(2026, 3, 5), date(2026, 3, 8))
    }
    assert len(keys) == 2


# ── The digest ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("as_of", "back", "day", "month"),
    [
        (date(2026, 3, 10), 7, 10, "2026-03"),
        (date(2026, 3, 10), 7, 5, "2026-03"),
        (date(2026, 3, 10), 7, 4, "2026-03"),
        (date(2026, 3, 10), 7, 3, None),
        (date(2026, 3, 10), 7, 11, None),
        (date(2026, 3, 2), 7, 28, "2026-02"),
        (date(2026, 1, 3), 7, 28, "2025-12"),
        (date(2026, 3, 10), 20, 28, "2026-02"),
        (date(2026, 3, 10), 60, 5, "2026-03"),
    ],
)
def test_the_digest_is_due_once_a_month(
    as_of: date, back: int, day: int, month: str | None
) -> None:
    """From its day on a digest is due, also after lost nights and over the end of a year."""
    window = Window(as_of - timedelta(days=back), as_of)
    client = make_client(policies=(DUO._replace(series="none"),))
    found = reasons(client, window=window, digest_day=day)
    assert [reason.told for reason in found] == (
        [{"kind": "digest", "month": month, "policies": []}] if month else []
    )
    if month:
        assert found[0].key == ("digest", month)


def test_a_digest_has_the_income_of_each_policy() -> None:
    """As the page writes it; a policy of a series that is being checked is left out."""
    later = Policy("P-2", "duo", 50_000_000, date(2026, 2, 20))
    client = make_client(policies=(DUO, later, DUO._replace(series="none", number="P-3")))
    found = reasons(client, figures(THREE), digest_day=10)
    (told,) = [reason.told for reason in found if reason.told["kind"] == "digest"]
    series = {"series": "duo", "series_name": figures(THREE)["duo"].name, "currency": "RUB"}
    first = {"policy": "P-1", "income": "60000.00", "income_text": f"60{NBSP}000,00{NBSP}₽"}
    second = {"policy": "P-2", "income": "15000.00", "income_text": f"15{NBSP}000,00{NBSP}₽"}
    assert told["policies"] == [{**series, **first}, {**series, **second}]


def test_without_a_policy_there_is_no_digest() -> None:
    """Who is not in the programme gets no digest of it."""
    client = make_client(situations=(Situation("cards/ordered", date(2026, 3, 9)),))
    assert kinds(reasons(client, digest_day=10)) == ["stage"]


def test_reasons_come_in_a_fixed_order() -> None:
    """Coupons, strategies, stages, digest: the same inputs give the same manifest."""
    client = make_client(
        policies=(DUO,), situations=(Situation("cards/ordered", date(2026, 3, 9)),)
    )
    found = reasons(client, figures(THREE), moved={"duo": ("below", "above")}, digest_day=10)
    assert kinds(found) == ["coupon", "strategy", "stage", "digest"]
    assert len({reason.key for reason in found}) == 4


def test_entries_of_every_kind_fit_the_schema() -> None:
    """What a sender is promised in the docs is what the line has, for each kind of reason."""
    schema = json.loads((ROOT / "docs/manifest.schema.json").read_text(encoding="utf-8"))
    client = make_client(
        policies=(DUO,), situations=(Situation("cards/ordered", date(2026, 3, 9)),)
    )
    found = reasons(client, figures(THREE), moved={"duo": ("below", "above")}, digest_day=10)
    assert len(found) == 4
    link = "https://clients.example.org/#G6wFjNehjs9Cih8UWvSWCL"
    page = ("p/R6/ni7a2UeCV3mMwTxs2KzC", "0" * 64)
    validator = Draft202012Validator(schema)
    entry = json.loads(entry_line(client, link, page, found))
    assert not [error.message for error in validator.iter_errors(entry)]
    assert list(validator.iter_errors({**entry, "format": 2}))
