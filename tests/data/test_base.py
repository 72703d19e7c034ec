"""The base: every row judged, every client with exactly what is theirs, and no value told."""

import tempfile
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.config import Tables
from generator.base.errors import Problem
from generator.data import Base, Client, Known, Policy, Situation, read_base, read_quotes
from generator.data.base import CLIENTS, POLICIES, SITUATIONS
from generator.data.quotes import COLUMNS as QUOTES
from tests.builders import client_row, csv_text, make_client, policy_row, situation_row, write
from tests.data.conftest import GOOD, KNOWN, Reader, read_tables

WRITERS = {"clients": CLIENTS, "policies": POLICIES, "situations": SITUATIONS}
Row = dict[str, str]


def told(base: Base) -> list[tuple[str, int, str, str]]:
    """What was refused: table, line, column, sentence."""
    return [
        (Path(bad.path).stem, bad.line, bad.field, bad.sentence)
        for bad in sorted(base.refused, key=lambda bad: bad.place)
    ]


def everyone(base: Base, size: int = 100) -> list[Client]:
    """All clients."""
    return [client for batch in base.batches(size) for client in batch]


def test_a_client_has_all_that_is_theirs(read: Reader) -> None:
    """Every cell arrives, with its type."""
    row = client_row(
        time_zone="Europe/Moscow",
        segment="mass",
        phone="+79990001234",
        email="a@example.org",
        consents="sms;email; push ;",
    )
    base, problems = read(clients=csv_text(CLIENTS, [row]))
    assert (problems, base.refused, base.rows, len(base)) == ([], (), 3, 1)
    client = base.find("C-1")
    assert client == Client(
        *("C-1", "Иванов", "Иван", "Иванович", "ru", "Europe/Moscow", "shore", "mass"),
        *("+79990001234", "a@example.org"),
        consents=("sms", "email", "push"),
        policies=(Policy("P-1", "duo", 100_000_000, date(2025, 12, 10)),),
        situations=(Situation("cards/ordered", date(2026, 3, 9)),),
    )
    assert isinstance(hash(client), int)  # a value, all the way down


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({}, "Иванов Иван Иванович"),
        ({"locale": "en"}, "Иван Иванович Иванов"),
        ({"middle_name": ""}, "Иванов Иван"),
        ({"middle_name": "", "locale": "en"}, "Иван Иванов"),
        ({"middle_name": "", "first_name": ""}, "Иванов"),
        ({"middle_name": "", "first_name": "", "locale": "en"}, "Иванов"),
    ],
)
def test_full_names(fields: dict[str, str], name: str) -> None:
    """A name stands in the order of its language, without gaps where it has fewer parts."""
    assert make_client(**fields).full_name == name


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
    columns = WRITERS[table]
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
    assert (len(base), base.policies.height, base.situations.height) == (0, 0, 0)


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


def test_a_site_may_know_nothing(tmp_path: Path) -> None:
    """Without banks, series and products the tables are judged, and their rows refused."""
    base, problems = read_tables(tmp_path, {}, Known(("ru",), frozenset(), {}, {}))
    assert problems == []
    assert [(table, column) for table, _, column, _ in told(base)] == [
        *(("clients", "bank"), ("policies", "series"), ("situations", "product")),
    ]


# ── The join ─────────────────────────────────────────────────────────────────────────────────

IDS = st.text("Aяe\u0301é 1-Ω", min_size=1, max_size=4).map(str.strip).filter(bool)
DATES = st.dates(date(2020, 1, 1), date(2020, 1, 5))


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[Row], list[Row], list[Row]]:
    """Rows of clients, policies and situations, the latter two of any of the clients."""
    ids = draw(st.lists(IDS, max_size=8, unique_by=lambda name: unicodedata.normalize("NFC", name)))
    owners = st.sampled_from(ids) if ids else st.nothing()
    forms = st.sampled_from(["NFC", "NFD"])
    owned = st.builds(unicodedata.normalize, forms, owners)
    policies = draw(
        st.lists(
            st.builds(
                policy_row,
                client_id=owned,
                series=st.sampled_from(["duo", "yen"]),
                premium=st.just("5"),
            ),
            max_size=12,
        )
    )
    numbers = draw(st.permutations(range(len(policies))))
    situations = draw(
        st.lists(
            st.builds(
                situation_row,
                client_id=owned,
                marker=st.sampled_from(["M-1", "M-2"]),
                since=DATES.map(str),
            ),
            max_size=12,
        )
    )
    return (
        [
            client_row(client_id=name, consents=draw(st.sampled_from(["", "sms", "sms;push"])))
            for name in ids
        ],
        [
            {**row, "policy_number": f"P-{number}"}
            for row, number in zip(policies, numbers, strict=True)
        ],
        situations,
    )


def naive(clients: list[Row], policies: list[Row], situations: list[Row]) -> list[Client]:
    """The join as anybody would write it."""

    def same(row: Row, client: str) -> bool:
        return unicodedata.normalize("NFC", row["client_id"]) == client

    found = []
    for row in clients:
        client = unicodedata.normalize("NFC", row["client_id"])
        own = [
            Policy(
                p["policy_number"],
                p["series"],
                500 if p["series"] == "duo" else 5,
                date(2025, 12, 10),
            )
            for p in policies
            if same(p, client)
        ]
        stays = [
            Situation(KNOWN.stages["cards", s["marker"]], date.fromisoformat(s["since"]))
            for s in situations
            if same(s, client)
        ]
        found.append(
            make_client(
                id=client,
                consents=tuple(filter(None, row["consents"].split(";"))),
                policies=tuple(sorted(own, key=lambda policy: (policy.series, policy.number))),
                situations=tuple(sorted(stays, key=lambda stay: (stay.since, stay.stage))),
            )
        )
    return sorted(found, key=lambda client: client.id)


@given(rows=tables(), size=st.integers(1, 10))
def test_batches_are_the_naive_join(
    rows: tuple[list[Row], list[Row], list[Row]], size: int
) -> None:
    """Batches of any size give every client once, in order, each with exactly their own rows."""
    files = {
        name: csv_text(columns, table)
        for (name, columns), table in zip(WRITERS.items(), rows, strict=True)
    }
    with tempfile.TemporaryDirectory() as folder:
        base, problems = read_tables(Path(folder), files)
    assert (problems, base.refused) == ([], ())
    batches = list(base.batches(size))
    assert [len(batch) for batch in batches[:-1]] == [size] * (len(batches) - 1)
    expected = naive(*rows)
    assert [client for batch in batches for client in batch] == expected
    assert [base.find(client.id) for client in expected] == expected
    assert base.find("nobody") is None


# ── Parquet ──────────────────────────────────────────────────────────────────────────────────

PARQUET = Tables(
    clients=Path("data/clients.parquet"),
    policies=Path("data/policies.parquet"),
    situations=Path("data/situations.parquet"),
    quotes=Path("data/quotes.parquet"),
)


def as_parquet(root: Path, **typed: list[pl.Expr]) -> None:
    """Write each CSV table of ``root`` as Parquet too, with some of its columns typed."""
    for name, columns in WRITERS.items():
        frame = pl.read_csv(root / f"data/{name}.csv", infer_schema=False).select(columns)
        typed_frame = frame.with_columns(typed.get(name, []))
        typed_frame.write_parquet(root / f"data/{name}.parquet")


TYPED = {
    "policies": [pl.col("start_date").str.to_date(), pl.col("premium").cast(pl.Decimal(15, 0))],
    "situations": [pl.col("since").str.to_date()],
}


@given(rows=tables())
def test_parquet_gives_the_same_as_csv(rows: tuple[list[Row], list[Row], list[Row]]) -> None:
    """A table says the same in either format, with its dates and amounts typed or not."""
    files = {
        name: csv_text(columns, table)
        for (name, columns), table in zip(WRITERS.items(), rows, strict=True)
    }
    with tempfile.TemporaryDirectory() as folder:
        base, _ = read_tables(Path(folder), files)
        for typed in (TYPED, dict[str, list[pl.Expr]]()):
            as_parquet(Path(folder), **typed)
            problems = list[Problem]()
            other = read_base(Path(folder), PARQUET, KNOWN, problems)
            assert (problems, other.refused, other.rows) == ([], (), base.rows)
            assert everyone(other) == everyone(base)


def test_a_bad_row_of_a_parquet_file_is_told_by_its_number(read: Reader, tmp_path: Path) -> None:
    """A Parquet file has no lines: rows are counted from 1, columns as they stand in the file."""
    read(clients=csv_text(CLIENTS, [client_row(), client_row(client_id="C-2", locale="de")]))
    as_parquet(tmp_path)
    base = read_base(tmp_path, PARQUET, KNOWN, [])
    (bad,) = base.refused
    assert str(bad).startswith("data/clients.parquet:2:5: locale: is not a locale of the site")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"PAR1 no such thing", "the table cannot be read"), (None, "there is no such table")],
)
def test_a_parquet_file_that_cannot_be_read(
    read: Reader, tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    """A damaged or missing file is one problem of the table."""
    read()
    as_parquet(tmp_path)
    (tmp_path / "data/policies.parquet").unlink()
    if content:
        write(tmp_path, {"data/policies.parquet": content})
    problems = list[Problem]()
    read_base(tmp_path, PARQUET, KNOWN, problems)
    assert [(problem.path, problem.sentence) for problem in problems] == [
        ("data/policies.parquet", sentence)
    ]


def test_a_parquet_column_of_lists_is_told(read: Reader, tmp_path: Path) -> None:
    """A column that cannot be text is a problem of the table, and shows none of its values."""
    read(clients=csv_text(CLIENTS, [client_row(consents="zqmarker")]))
    as_parquet(tmp_path, clients=[pl.col("consents").str.split(";")])
    problems = list[Problem]()
    read_base(tmp_path, PARQUET, KNOWN, problems)
    (problem,) = problems
    assert "neither texts, numbers nor dates" in problem.sentence
    assert "zqmarker" not in repr(problem)


def test_amounts_of_a_parquet_file_are_exact(read: Reader, tmp_path: Path) -> None:
    """A decimal column arrives to the last digit."""
    read(policies=csv_text(POLICIES, [policy_row(premium="333333.33")]))
    as_parquet(tmp_path, policies=[pl.col("premium").cast(pl.Decimal(15, 2))])
    (client,) = everyone(read_base(tmp_path, PARQUET, KNOWN, []))
    assert client.policies[0].premium == int(Decimal("333333.33") * 100)


# ── No value is told ─────────────────────────────────────────────────────────────────────────

MARKERS = st.from_regex(r"zq[A-Z0-9]{6}", fullmatch=True)
ROWS = {"clients": client_row(), "policies": policy_row(), "situations": situation_row()}
CELLS = [(name, column) for name, columns in WRITERS.items() for column in columns]
CELLS += [("quotes", column) for column in QUOTES]
SPOILERS: dict[str, Callable[[str], str | bytes]] = {
    "as it is": lambda text: text,
    "without a header": lambda text: text.partition("\n")[2] * 2,
    "a cell too many": lambda text: text + text.splitlines()[-1] + ",zz\n",
    "an open quote": lambda text: text + '"' + text.splitlines()[-1] + "\n",
    "another encoding": lambda text: text.encode() + b"\xcf\xee\n",
    "another separator": lambda text: text.replace(",", ";"),
    "utf-16": lambda text: text.encode("utf-16"),
    "a row twice": lambda text: text + text.splitlines()[-1] + "\n",
}


@pytest.mark.parametrize("spoil", SPOILERS.values(), ids=SPOILERS)
@given(
    cell=st.sampled_from(CELLS),
    marker=MARKERS,
    shape=st.sampled_from(["{}", "{}.5", "{}\n{}", '"{}"']),
)
def test_no_problem_tells_a_value(
    spoil: Callable[[str], str | bytes], cell: tuple[str, str], marker: str, shape: str
) -> None:
    """Whatever is wrong with a table, no problem repeats what stands in a cell."""
    name, column = cell
    rows = {**ROWS, "quotes": {"ticker": "AAA", "date": "2026-01-10", "close": "1"}}
    columns = {**WRITERS, "quotes": QUOTES}[name]
    row = {**rows[name], column: shape.format(marker, marker)}
    content = spoil(csv_text(columns, [row]))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        files = {name: content} if name != "quotes" else {}
        base, problems = read_tables(root, files)
        write(root, {"data/quotes.csv": content if name == "quotes" else ",".join(QUOTES)})
        quotes = read_quotes(root / "data/quotes.csv", root, problems)
    aside = [why for reasons in quotes.refused.values() for _, why in reasons]
    assert not [bad for bad in (*problems, *base.refused, *aside) if marker in repr(bad)]


def test_the_watchman_would_see(read: Reader) -> None:
    """The rows of the check above do make problems, of tables and of rows."""
    base, problems = read(policies="zqmarker\n", situations=GOOD["situations"].replace("M-1", "zq"))
    assert problems
    assert base.refused
