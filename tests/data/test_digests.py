"""Digests: what reaches a client's page changes the right one, and nothing else changes any."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.columns import DEAL, EXTRAS, OWN, PAGE, SERIES, SHARED, SIZE, STAGES, WHO
from generator.content import Offer
from generator.data import Shard
from generator.data.dealing import COLUMNS
from generator.data.digests import Versions, digests
from tests.builders import AS_OF, LOCALES, client_row, policy_row, situation_row
from tests.data.tables import Row, Rows, dealt, right_tables, shard_of, sources_of

ALL = {OWN, *SHARED}
KEY = "a key"
Changed = dict[str, set[str]]


def offer(name: str, **audience: Sequence[str]) -> Offer:
    """An offer for the given banks, series, segments and locales."""
    fields = ("banks", "series", "segments", "locales")
    banks, series, segments, locales = (frozenset(audience.get(field, ())) for field in fields)
    return Offer(name, banks, series, segments, locales, {})


def by_locale(*names: str) -> dict[tuple[str, str], str]:
    """A version of each thing in each locale."""
    return {(locale, name): f"{name} {locale}" for locale in LOCALES for name in names}


def texts(name: str) -> Mapping[str, str]:
    """The text of an offer by locale."""
    return MappingProxyType({locale: f"{name} {locale}" for locale in LOCALES})


SHORE, RICH, YEN = (
    offer("shore", banks=["shore"]),
    offer("rich", segments=["rich"]),
    offer("yen", series=["yen"]),
)
VERSIONS = Versions(
    page={locale: f"page {locale}" for locale in LOCALES},
    series=by_locale("duo", "yen", "unit"),
    stages=by_locale("cards/ordered", "cards/ordered/delayed"),
    banks=by_locale("shore"),
    offers=[(one, texts(one.id)) for one in (SHORE, RICH, YEN)],
)
ROWS = Rows(
    [
        client_row(client_id="A", segment="mass", consents="sms"),
        client_row(client_id="B", locale="en", bank=""),
        client_row(client_id="C", segment="rich", bank=""),
    ],
    [
        policy_row(client_id="A", policy_number="1", series="duo"),
        policy_row(client_id="A", policy_number="2", series="unit"),
        policy_row(client_id="B", policy_number="3", series="duo"),
        policy_row(client_id="B", policy_number="4", series="yen", premium="5"),
    ],
    [
        situation_row(client_id="A", marker="M-1", since=f"{AS_OF}"),
        situation_row(client_id="B", marker="M-2", since="2026-01-01"),
        situation_row(client_id="B", marker="M-1", since=f"{AS_OF + timedelta(days=1)}"),
    ],
)
"""A and B have something, C has nothing; the last situation is yet to come."""


def digested(shard: Shard, versions: Versions = VERSIONS, as_of: date = AS_OF) -> pl.DataFrame:
    """The digests of a shard, each client's under their id."""
    found = digests(shard, versions, as_of, KEY)
    assert found.columns == [DEAL, WHO, OWN, *SHARED]
    assert found[WHO].to_list() == shard.people[WHO].to_list()
    return found.insert_column(0, shard.people["client_id"])


def by_client(rows: Rows, versions: Versions = VERSIONS, as_of: date = AS_OF) -> dict[str, Row]:
    """The digests of every client of a base, by id."""
    with tempfile.TemporaryDirectory() as folder:
        found = digested(shard_of(Path(folder), rows), versions, as_of)
    return {str(row["client_id"]): row for row in found.iter_rows(named=True)}


@cache
def before() -> dict[str, Row]:
    """The digests of the rows as they are."""
    return by_client(ROWS)


def changed(after: Mapping[str, Row]) -> Changed:
    """Which digests of which clients are not what they were."""
    pairs = ((name, row, after[name]) for name, row in before().items())
    found = {name: {one for one in ALL if old[one] != new[one]} for name, old, new in pairs}
    return {name: which for name, which in found.items() if which}


def with_cells(table: str, number: int, **cells: str) -> Rows:
    """The rows with other cells in one of them."""
    rows = list(getattr(ROWS, table))
    rows[number] = {**rows[number], **cells}
    return ROWS._replace(**{table: rows})


# ── The client's own rows ────────────────────────────────────────────────────────────────────


def test_equal_rows_have_equal_digests() -> None:
    """In whatever order the tables have them, and however their ids are spelled."""
    other = Rows(*(rows[::-1] for rows in ROWS))
    assert by_client(other) == before()
    composed = Rows([client_row(client_id="é")], [policy_row(client_id="é")], [])
    apart = Rows([client_row(client_id=" e\u0301")], [policy_row(client_id="e\u0301 ")], [])
    assert by_client(composed) == by_client(apart)


def test_digests_have_one_form() -> None:
    """Sixteen bytes of a client's own rows, unlike another's, and numbers of what is shared."""
    owns = [row[OWN] for row in before().values()]
    assert {len(own) for own in owns} == {SIZE}
    assert len(set(owns)) == len(owns) == 3
    assert all(isinstance(row[name], int) for row in before().values() for name in SHARED)


CELLS: dict[str, tuple[str, set[str]]] = {
    "last_name": ("Петров", {OWN}),
    "first_name": ("Пётр", {OWN}),
    "middle_name": ("", {OWN}),
    "locale": ("en", {OWN, PAGE, SERIES, STAGES, EXTRAS}),
    "time_zone": ("Asia/Omsk", {OWN}),
    "bank": ("", {OWN, EXTRAS}),
    "segment": ("rich", {OWN, EXTRAS}),
    "phone": ("+79990001234", {OWN}),
    "email": ("a@example.org", {OWN}),
    "consents": ("sms;email", {OWN}),
}


@pytest.mark.parametrize("column", CELLS)
def test_a_cell_of_the_client(column: str) -> None:
    """Every cell of the row counts; a language, a bank or a segment also for what is shared."""
    cell, which = CELLS[column]
    assert changed(by_client(with_cells("clients", 0, **{column: cell}))) == {"A": which}


def test_no_cell_of_a_client_is_left_out() -> None:
    """The cells above are all that there are."""
    assert set(CELLS) == set(COLUMNS["clients"]) - {"client_id"}


@pytest.mark.parametrize(
    ("cells", "which"),
    [
        ({"policy_number": "9"}, {OWN}),
        ({"premium": "1000000.01"}, {OWN}),
        ({"start_date": "2025-12-11"}, {OWN}),
        ({"series": "unit"}, {OWN, SERIES}),
        ({"series": "yen", "premium": "1"}, {OWN, SERIES, EXTRAS}),  # an offer is for its clients
    ],
    ids=["number", "premium", "start", "series", "series-with-offer"],
)
def test_a_cell_of_a_policy(cells: Row, which: set[str]) -> None:
    """Every cell of a policy counts, for its own client."""
    assert changed(by_client(with_cells("policies", 0, **cells))) == {"A": which}


def test_a_policy_that_comes_or_goes() -> None:
    """It is one more thing on a page, or one less."""
    more = [*ROWS.policies, policy_row(client_id="C", policy_number="9")]
    assert changed(by_client(ROWS._replace(policies=more))) == {"C": {OWN, SERIES}}
    assert changed(by_client(ROWS._replace(policies=ROWS.policies[1:]))) == {"A": {OWN, SERIES}}


def test_a_policy_that_goes_to_another_client() -> None:
    """Both are not what they were."""
    after = by_client(with_cells("policies", 0, client_id="C"))
    assert changed(after) == {"A": {OWN, SERIES}, "C": {OWN, SERIES}}


@pytest.mark.parametrize(
    ("cells", "which"),
    [({"since": "2026-03-08"}, {OWN}), ({"marker": "M-2"}, {OWN, STAGES})],
    ids=["since", "marker"],
)
def test_a_cell_of_a_situation(cells: Row, which: set[str]) -> None:
    """Every cell of a situation that has begun counts."""
    assert changed(by_client(with_cells("situations", 0, **cells))) == {"A": which}


def test_a_situation_that_is_yet_to_come_changes_nothing() -> None:
    """Until its day, whatever it is; from then on it is as any other."""
    coming = situation_row(client_id="C", marker="M-1", since=f"{AS_OF + timedelta(days=2)}")
    rows = ROWS._replace(situations=[*ROWS.situations, coming])
    assert changed(by_client(rows)) == {}
    assert changed(by_client(ROWS._replace(situations=ROWS.situations[:2]))) == {}
    nights = [by_client(rows, as_of=AS_OF + timedelta(days=k)) for k in (1, 2)]
    assert [changed(night) for night in nights] == [
        {"B": {OWN, STAGES}},
        {"B": {OWN, STAGES}, "C": {OWN, STAGES}},
    ]


# ── What is shared ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("page", "ru", {"A": {PAGE}, "C": {PAGE}}),
        ("page", "en", {"B": {PAGE}}),
        ("series", ("ru", "duo"), {"A": {SERIES}}),
        ("series", ("en", "duo"), {"B": {SERIES}}),
        ("series", ("ru", "yen"), {}),
        ("stages", ("ru", "cards/ordered"), {"A": {STAGES}}),
        ("stages", ("en", "cards/ordered"), {}),
        ("stages", ("en", "cards/ordered/delayed"), {"B": {STAGES}}),
        ("banks", ("ru", "shore"), {"A": {EXTRAS}}),
        ("banks", ("en", "shore"), {}),
    ],
)
def test_a_version_reaches_those_who_have_the_thing(
    kind: str, name: object, expected: Changed
) -> None:
    """Those to whose page it belongs, in their language."""
    other: Any = {kind: {**getattr(VERSIONS, kind), name: "another"}}
    assert changed(by_client(ROWS, replace(VERSIONS, **other))) == expected


@pytest.mark.parametrize(
    ("offers", "expected"),
    [
        ([(SHORE, {"ru": "another"}), *VERSIONS.offers[1:]], {"A"}),
        ([(SHORE, {**texts("shore"), "en": "another"}), *VERSIONS.offers[1:]], set()),
        (VERSIONS.offers[1:], {"A"}),
        (VERSIONS.offers[:2], {"B"}),
        ([VERSIONS.offers[k] for k in (2, 0, 1)], set()),
        ([*VERSIONS.offers, (offer("en", locales=["en"]), texts("en"))], {"B"}),
        ([(offer("all"), texts("all")), *VERSIONS.offers], {"A", "B", "C"}),
        ([(offer("nobody", banks=["none"]), texts("x")), *VERSIONS.offers], set()),
        ([(offer("other", banks=["shore"]), texts("shore")), *VERSIONS.offers[1:]], {"A"}),
    ],
    ids=[
        *("text", "other-language", "over", "last-over", "order", "begun", "for-all"),
        *("for-nobody", "another-of-one-text"),
    ],
)
def test_an_offer_reaches_those_whom_it_is_for(
    offers: Sequence[tuple[Offer, Mapping[str, str]]], expected: set[str]
) -> None:
    """Offers come and go on the pages of those alone whom they are for."""
    assert changed(by_client(ROWS, replace(VERSIONS, offers=offers))) == {
        name: {EXTRAS} for name in expected
    }


def test_offers_for_one_client_have_an_order() -> None:
    """A page shows them one after the other."""
    pair = [(offer(name), texts(name)) for name in "ab"]
    there, back = (by_client(ROWS, replace(VERSIONS, offers=some)) for some in (pair, pair[::-1]))
    assert all(there[name][EXTRAS] != back[name][EXTRAS] for name in before())


NAMES = ("x", "y", "")
SETS = st.frozensets(st.sampled_from(NAMES[:2]))
SERIES_SETS = st.frozensets(st.sampled_from(["duo", "yen", "unit"]))
OFFERS = st.builds(
    Offer, st.just("one"), SETS, SERIES_SETS, SETS, st.frozensets(st.sampled_from(LOCALES)),
    st.just(dict[str, object]()),
)  # fmt: skip


@given(data=st.data(), offers=st.lists(OFFERS, min_size=1, max_size=6))
def test_an_offer_is_for_the_same_clients_in_columns(
    data: st.DataObject, offers: list[Offer]
) -> None:
    """As ``Offer.is_for`` says of each client, so it changes their digest or not."""
    shard = data.draw(st.sampled_from([people(), people().cut(0, 0)]))
    none = digested(shard, replace(VERSIONS, offers=[]))
    for one in offers:
        found = digested(shard, replace(VERSIONS, offers=[(one, texts("one"))]))
        is_for = [
            one.is_for(
                client.bank,
                {policy.series for policy in client.policies},
                client.segment,
                client.locale,
            )
            for batch in shard.batches(10)
            for client in batch
        ]
        assert (found[EXTRAS] != none[EXTRAS]).to_list() == is_for


@cache
def people() -> Shard:
    """A client of each bank, segment and language, with different policies."""
    kinds = [(b, s, locale) for b in NAMES for s in NAMES for locale in LOCALES]
    series: tuple[tuple[str, ...], ...] = (("duo",), ("yen",), ("duo", "yen"), ())
    rows = Rows(
        [
            client_row(client_id=f"{k}", bank="", segment=segment, locale=locale)
            for k, (_, segment, locale) in enumerate(kinds)
        ],
        [
            policy_row(client_id=f"{k}", policy_number=f"{k} {name}", series=name, premium="1")
            for k in range(len(kinds))
            for name in series[k % 4]
        ],
        [],
    )
    with tempfile.TemporaryDirectory() as folder:
        shard = shard_of(Path(folder), rows)
    banks = [kinds[int(name)][0] for name in shard.people["client_id"]]
    return replace(shard, people=shard.people.with_columns(pl.Series("bank", banks)))


# ── No two things are taken for one ──────────────────────────────────────────────────────────

NEIGHBOURS = ("last_name", "first_name", "middle_name", "segment", "phone", "email")
TEXTS = st.text("a1:;я", min_size=2, max_size=9)


@given(data=st.data(), text=TEXTS, first=st.sampled_from(range(len(NEIGHBOURS) - 1)))
def test_letters_do_not_move_between_cells(data: st.DataObject, text: str, first: int) -> None:
    """What stands in two cells is told from the same letters cut elsewhere."""
    cuts = st.integers(1, len(text) - 1) if first == 0 else st.integers(0, len(text))
    one, other = data.draw(cuts), data.draw(cuts)
    pair = NEIGHBOURS[first : first + 2]
    owns = [
        by_client(
            with_cells("clients", 0, **dict(zip(pair, (text[:cut], text[cut:]), strict=True)))
        )
        for cut in (one, other)
    ]
    assert (owns[0]["A"][OWN] == owns[1]["A"][OWN]) == (one == other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"policy_number": "13"}, {"policy_number": "1", "series": "duo"}),
        ({"policy_number": "1", "premium": "23"}, {"policy_number": "1", "premium": "2.3"}),
    ],
)
def test_policies_are_told_apart(one: Row, other: Row) -> None:
    """Cells of policies are kept apart as well, and a policy from the next."""
    pair = [by_client(with_cells("policies", 0, **cells)) for cells in (one, other)]
    assert pair[0]["A"][OWN] != pair[1]["A"][OWN]


def test_a_policy_is_no_situation() -> None:
    """Rows of one table are never taken for those of another."""
    nothing = Rows(ROWS.clients[:1], [], [])
    kinds = [
        nothing,
        nothing._replace(policies=ROWS.policies[:1]),
        nothing._replace(situations=ROWS.situations[:1]),
        nothing._replace(policies=ROWS.policies[:2]),
    ]
    assert len({by_client(rows)["A"][OWN] for rows in kinds}) == 4


def test_versions_are_kept_apart() -> None:
    """The end of one version and the beginning of the next are no third."""
    cut = [("ab", "c"), ("a", "bc"), ("abc", ""), ("", "abc")]
    found = [
        by_client(
            ROWS,
            replace(VERSIONS, series={("ru", "duo"): first, ("ru", "unit"): second}),
        )
        for first, second in cut
    ]
    assert len({one["A"][SERIES] for one in found}) == len(cut)
    bank_and_offer = [
        replace(VERSIONS, banks={("ru", "shore"): first}, offers=[(SHORE, {"ru": second})])
        for first, second in cut
    ]
    assert len({by_client(ROWS, one)["A"][EXTRAS] for one in bank_and_offer}) == len(cut)


# ── Wherever a client is ─────────────────────────────────────────────────────────────────────


@given(rows=right_tables(), bits=st.sampled_from([0, 1, 3]), size=st.integers(1, 5))
def test_digests_do_not_hang_on_the_share(rows: Rows, bits: int, size: int) -> None:
    """A client's digests are the same in any bucket, and in any part of it."""
    with tempfile.TemporaryDirectory() as folder:
        sources = sources_of(Path(folder), rows)
        (whole,) = dealt(Path(folder), sources, 0).shards
        parts = dealt(Path(folder), sources, bits).shards
    cuts = [whole.cut(start, size) for start in range(0, len(whole), size)]
    expected = digested(whole).rows()
    assert [row for part in parts for row in digested(part).rows()] == expected
    assert [row for cut in cuts for row in digested(cut).rows()] == expected


def test_a_share_of_nobody_has_digests_of_the_same_types() -> None:
    """So that the digests of all buckets can be put together."""
    nobody = digested(people().cut(0, 0))
    assert nobody.is_empty()
    assert nobody.schema == digested(people()).schema


@pytest.mark.parametrize(
    "spoil",
    [
        lambda shard: shard,
        lambda shard: replace(shard, policies=shard.policies.clear()),
        lambda shard: replace(shard, situations=shard.situations.clear()),
    ],
    ids=["nothing-known", "no-policies", "no-situations"],
)
def test_a_site_may_have_nothing_to_share(tmp_path: Path, spoil: Callable[[Shard], Shard]) -> None:
    """Without series, stages, banks and offers every client still has digests."""
    nothing = Versions({"ru": "page"}, {}, {}, {}, [])
    found = digested(spoil(shard_of(tmp_path, ROWS)), nothing)
    assert found.height == 3
    assert found.null_count().sum_horizontal().item() == 0


def test_under_another_key_every_digest_is_another(tmp_path: Path) -> None:
    """Whoever has the digests and guesses the rows learns nothing."""
    shard = shard_of(tmp_path, ROWS)
    one, other = (digests(shard, VERSIONS, AS_OF, key) for key in (KEY, "another key"))
    assert all((one[name] != other[name]).all() for name in ALL)
    assert one.select(DEAL, WHO).equals(other.select(DEAL, WHO))
