"""The rules: every row is judged, what is wrong is told once at its place, and does not arrive."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from generator.data import Known
from generator.data.dealing import COLUMNS
from generator.data.records import CLIENTS, POLICIES, SITUATIONS
from tests.builders import client_row, csv_text, policy_row, situation_row
from tests.data.conftest import KNOWN, Reader, read_tables
from tests.data.tables import Row, everyone, told

UNREAD = frozenset({"series"})


@pytest.mark.parametrize(
    ("table", "cells", "column", "sentence"),
    [
        ("clients", {"client_id": ""}, "client_id", "is required"),
        ("clients", {"last_name": " "}, "last_name", "is required"),
        ("clients", {"locale": "de"}, "locale", "is not a locale of the site"),
        ("clients", {"locale": ""}, "locale", "is not a locale of the site"),
        ("clients", {"time_zone": "Moscow"}, "time_zone", "is not a time zone"),
        ("clients", {"bank": "bridge"}, "bank", "there is no such bank"),
        ("policies", {"policy_number": ""}, "policy_number", "is required"),
        ("policies", {"policy_number": "P-1"}, "policy_number", "the policy stands twice"),
        ("policies", {"client_id": ""}, "client_id", "is required"),
        ("policies", {"client_id": "C-2"}, "client_id", "there is no such client"),
        ("policies", {"series": "trio"}, "series", "there is no such series"),
        ("policies", {"series": ""}, "series", "there is no such series"),
        ("policies", {"start_date": "10.12.2025"}, "start_date", "expected a date"),
        ("policies", {"start_date": "2025-02-30"}, "start_date", "expected a date"),
        ("policies", {"start_date": "2025-2-3"}, "start_date", "expected a date"),
        ("policies", {"start_date": "2025-12-10T00:00"}, "start_date", "expected a date"),
        ("policies", {"start_date": "٢٠٢٥-12-10"}, "start_date", "expected a date"),
        ("policies", {"start_date": "0000-01-01"}, "start_date", "expected a date"),
        ("policies", {"start_date": ""}, "start_date", "expected a date"),
        ("situations", {"client_id": ""}, "client_id", "is required"),
        ("situations", {"client_id": "c-1"}, "client_id", "there is no such client"),
        ("situations", {"marker": "M-9"}, "marker", "no stage of this product has this marker"),
        ("situations", {"marker": ""}, "marker", "no stage of this product has this marker"),
        ("situations", {"product": "loans"}, "product", "there is no such product"),
        ("situations", {"since": "yesterday"}, "since", "expected a date"),
    ],
)
def test_a_bad_row_is_refused(
    read: Reader, table: str, cells: Row, column: str, sentence: str
) -> None:
    """Each mistake is told once, at its line and column, and the row does not arrive."""
    makers = {
        "clients": lambda **cells: client_row(**{"client_id": "C-8", **cells}),
        "policies": lambda **cells: policy_row(**{"policy_number": "P-8", **cells}),
        "situations": situation_row,
    }
    good = {"clients": client_row(), "policies": policy_row(), "situations": situation_row()}
    columns = COLUMNS[table]
    base, problems = read(**{table: csv_text(columns, [good[table], makers[table](**cells)])})
    assert problems == []
    assert told(base) == [(table, 3, column, sentence)]
    assert base.refused[0].column == columns.index(column) + 1
    assert base.refused_percent == pytest.approx(100 / 4)
    (client,) = everyone(base)
    assert (len(client.policies), len(client.situations)) == (1, 1)


PREMIUMS = {
    ("duo", "1000000.00"): 100_000_000,
    ("duo", "0.5"): 50,
    ("duo", "7"): 700,
    ("duo", "007.10"): 710,
    ("duo", "9999999999999.99"): 999_999_999_999_999,
    ("yen", "150000"): 150_000,
    ("dinar", "1.234"): 1234,
    ("unit", "9999999999999.9999"): 99_999_999_999_999_999,
}
NOT_AN_AMOUNT = [
    *("1e6", "1,5", "-1", "+1", "1_000", "1 000", "1\xa0000", ".5", "5.", "", "0x1", "NaN", "inf"),
    *("1.2.3", "99999999999999", "1.23456", "١٢", "１２", "1.５", "₽1"),
]


@pytest.mark.parametrize(("series", "premium"), PREMIUMS, ids="-".join)
def test_premiums_are_exact(read: Reader, series: str, premium: str) -> None:
    """A premium arrives in minor units of its series' currency, to the last one."""
    base, _ = read(policies=csv_text(POLICIES, [policy_row(series=series, premium=premium)]))
    assert base.refused == ()
    (client,) = everyone(base)
    assert client.policies[0].premium == PREMIUMS[series, premium]


@pytest.mark.parametrize("premium", NOT_AN_AMOUNT)
def test_premiums_that_are_no_amounts(read: Reader, premium: str) -> None:
    """No guess is made about a premium in another form."""
    base, _ = read(policies=csv_text(POLICIES, [policy_row(premium=premium)]))
    assert told(base) == [("policies", 2, "premium", "is not an amount")]


@pytest.mark.parametrize(
    ("series", "premium"), [("duo", "1.234"), ("yen", "1.5"), ("yen", "1.0"), ("dinar", "1.2345")]
)
def test_premiums_finer_than_their_currency(read: Reader, series: str, premium: str) -> None:
    """A premium with more digits than its currency has is refused, not rounded."""
    base, _ = read(policies=csv_text(POLICIES, [policy_row(series=series, premium=premium)]))
    assert told(base) == [("policies", 2, "premium", "is finer than the currency's smallest unit")]


@pytest.mark.parametrize(
    ("ids", "refused"),
    [
        (("C-1", "C-1"), [(3, "the client stands twice")]),
        (("C-1", " C-1"), [(3, "the client stands twice")]),
        (
            ("C-1", "C-2", "C-1", "C-1"),
            [(4, "the client stands twice"), (5, "the client stands twice")],
        ),
        (("é", "e\u0301"), [(3, "two clients have one address")]),
        (("\u2126", "\u03a9"), [(3, "two clients have one address")]),
        (("C-1", "c-1"), []),
        (("C-1", "С-1"), []),  # a Cyrillic letter is another letter
    ],
    ids=["same", "space", "many", "composed", "ohm", "case", "cyrillic"],
)
def test_no_two_clients_share_an_address(
    read: Reader, ids: Sequence[str], refused: list[tuple[int, str]]
) -> None:
    """The first row of an id stays; another row of it, or of its look-alike, is refused."""
    rows = [client_row(client_id=name) for name in ids]
    base, _ = read(
        clients=csv_text(CLIENTS, rows),
        policies=",".join(POLICIES),
        situations=",".join(SITUATIONS),
    )
    assert [(line, sentence) for _, line, _, sentence in told(base)] == refused
    assert len(base) == len(ids) - len(refused)


def test_rows_find_their_client_in_any_unicode_form(read: Reader) -> None:
    """What another system wrote with a combining accent is the same client's."""
    base, _ = read(
        clients=csv_text(CLIENTS, [client_row(client_id="é")]),
        policies=csv_text(POLICIES, [policy_row(client_id="e\u0301")]),
        situations=csv_text(SITUATIONS, [situation_row(client_id="é ")]),
    )
    assert base.refused == ()
    client = base.find("é")
    assert client
    assert (len(client.policies), len(client.situations)) == (1, 1)


def test_what_belongs_to_a_refused_client_is_not_told_again(read: Reader) -> None:
    """A client whose row is wrong is one mistake, not one for each of their policies."""
    base, _ = read(clients=csv_text(CLIENTS, [client_row(locale="de")]))
    assert told(base) == [("clients", 2, "locale", "is not a locale of the site")]
    assert everyone(base) == []


def test_refused_rows_are_counted_once(read: Reader) -> None:
    """A row with three mistakes is three problems and one refused row."""
    bad = policy_row(policy_number="P-2", series="x", premium="x", start_date="x")
    base, _ = read(policies=csv_text(POLICIES, [policy_row(), bad]))
    assert len(base.refused) == 3
    assert base.refused_percent == pytest.approx(100 / 4)


@pytest.mark.parametrize("column", ["bank", "series", "product", "marker"])
def test_rows_are_not_blamed_for_what_could_not_be_read(tmp_path: Path, column: str) -> None:
    """A row that names something of a broken file passes: the file's problem is told already."""
    nothing = Known(("ru",), frozenset(), {}, {}, frozenset({column}))
    blamed = {name for _, _, name, _ in told(read_tables(tmp_path, {}, nothing)[0])}
    assert column not in blamed
    assert {"bank", "series", "product"} - {column} <= blamed


def test_an_amount_is_not_judged_without_its_currency(tmp_path: Path) -> None:
    """A dinar has three places: whose series could not be read may be in dinars."""
    files = {"policies": csv_text(POLICIES, [policy_row(series="dinar", premium="1.234")])}
    places = {"duo": 2}
    known = [KNOWN, replace(KNOWN, places=places), replace(KNOWN, places=places, unread=UNREAD)]
    sentences = [
        [sentence for _, _, _, sentence in told(read_tables(tmp_path, files, one)[0])]
        for one in known
    ]
    fine = "is finer than the currency's smallest unit"
    assert sentences == [[], ["there is no such series", fine], []]


def test_a_site_may_know_nothing(tmp_path: Path) -> None:
    """Without banks, series and products the tables are judged, and their rows refused."""
    base, problems = read_tables(tmp_path, {}, Known(("ru",), frozenset(), {}, {}))
    assert problems == []
    assert [(table, column) for table, _, column, _ in told(base)] == [
        *(("clients", "bank"), ("policies", "series"), ("situations", "product")),
    ]
