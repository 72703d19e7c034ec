"""The base: every client with exactly what is theirs, however large it is, and no value told."""

import gzip
import os
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.config import Query, Tables
from generator.base.errors import Problem
from generator.base.ids import normalised
from generator.buckets import Bucket
from generator.data import Base, Client, Policy, Situation, is_newer, read_base, read_quotes
from generator.data import base as base_module
from generator.data.dealing import COLUMNS
from generator.data.quotes import COLUMNS as QUOTES
from generator.data.records import CLIENTS, POLICIES, SITUATIONS
from generator.data.shard import Shard
from tests.builders import client_row, csv_text, make_vault, policy_row, situation_row, write
from tests.data.conftest import GOOD, KNOWN, Reader, read_tables
from tests.data.tables import Rows, by_id, dealt, everyone, joined, right_tables, sources_of
from tests.postgres import postgres, psql

MARK = b"\xef\xbb\xbf"
FORTY = Rows(
    [client_row(client_id=f"C-{k}") for k in range(40)],
    [policy_row(client_id=f"C-{k}", policy_number=f"P-{k}") for k in range(0, 40, 2)],
    [situation_row(client_id=f"C-{k}") for k in range(0, 40, 3)],
)


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


@given(rows=right_tables(), size=st.integers(1, 10))
def test_batches_are_the_naive_join(rows: Rows, size: int) -> None:
    """Batches of any size give every client once, each with exactly their own rows."""
    with tempfile.TemporaryDirectory() as folder:
        base, problems = read_tables(Path(folder), rows.files())
        assert (problems, base.refused) == ([], ())
        batches = list(base.batches(size))
        assert [len(batch) for batch in batches[:-1]] == [size] * (len(batches) - 1)
        expected = joined(rows)
        assert by_id(client for batch in batches for client in batch) == expected
        assert [base.find(client.id) for client in expected] == expected
        assert base.find("nobody") is None


# ── Forms of a file ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw,
        lambda raw: MARK + raw.replace(b"\n", b"\r\n"),
        lambda raw: b"\n\n" + raw.replace(b"\n", b"\n\n").rstrip(),
        lambda raw: raw.replace(b"C-", b" C-").replace(b",ru,", b" , ru\t,"),
        gzip.compress,
    ],
    ids=["plain", "mark-windows", "blank-lines", "spaces", "gzip"],
)
def test_forms_of_a_file_make_no_difference(read: Reader, change: Callable[[bytes], bytes]) -> None:
    """Marks, line ends, blank lines and spaces around cells are no part of a table."""
    table = change(csv_text(CLIENTS, [client_row(), client_row(client_id="C-2")]).encode())
    base, problems = read(clients=table)
    assert (problems, base.refused) == ([], ())
    assert [client.id for client in by_id(everyone(base))] == ["C-1", "C-2"]
    assert base.rows == 4


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", ": the table has no header — hint: begin it with column names"),
        (
            MARK + GOOD["policies"].encode() + b'P-2,"C\nC",duo,1,2026-01-01\nP-3,a,b,c,d,e\n',
            ":5:1: the row has more cells than the header — hint: quote cells that hold a comma",
        ),
        (
            GOOD["policies"].replace("client_id", "clientid").encode(),
            ":1:1: client_id: the column is missing — hint: did you mean clientid?",
        ),
    ],
    ids=["empty", "long-row", "column"],
)
def test_a_broken_table_is_told_as_a_whole(read: Reader, content: bytes, expected: str) -> None:
    """A file that cannot be taken apart is one problem, and no row of it is refused besides."""
    base, problems = read(policies=content)
    assert [str(problem) for problem in problems] == [f"data/policies.csv{expected}"]
    assert base.refused == ()


@pytest.mark.parametrize("name", ["clients", "policies", "situations"])
def test_a_missing_table_says_where_to_set_it(read: Reader, tmp_path: Path, name: str) -> None:
    """A table that is not there is one problem, and blames nothing on the rows of the others."""
    read()
    (tmp_path / f"data/{name}.csv").unlink()
    problems = list[Problem]()
    base = read_base(tmp_path, Tables(), lambda: KNOWN, problems, make_vault(tmp_path))
    (problem,) = problems
    assert problem.sentence == "there is no such table"
    assert "content/site.yaml" in problem.hint
    assert base.refused == ()
    assert base.rows == 2


@pytest.mark.parametrize(("name", "columns"), [("policies", POLICIES), ("situations", SITUATIONS)])
def test_a_table_may_be_a_header_only(read: Reader, name: str, columns: tuple[str, ...]) -> None:
    """A bank without policies, or a site without situations, is a site."""
    base, problems = read(**{name: ",".join(columns) + "\n"})
    assert (problems, base.refused) == ([], ())
    client = base.find("C-1")
    assert client
    assert getattr(client, name) == ()


def test_no_clients_is_an_empty_base(read: Reader) -> None:
    """A site before its first client has an empty base."""
    base, problems = read(
        clients=",".join(CLIENTS), policies=",".join(POLICIES), situations=",".join(SITUATIONS)
    )
    assert (problems, base.refused, len(base), base.refused_percent) == ([], (), 0, 0.0)
    assert list(base.batches(10)) == []
    assert list(base.sample(10)) == []
    assert base.find("C-1") is None
    assert base.find("") is None


# ── How large it is ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("full", "bits"), [(40, 0), (39, 1), (20, 1), (19, 2), (10, 2), (1, 6), (16_000, 0)]
)
def test_a_base_has_as_many_buckets_as_it_needs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, full: int, bits: int
) -> None:
    """So many that each has about ``FULL`` clients; what is in them does not change."""
    whole, _ = read_tables(tmp_path, FORTY.files())
    monkeypatch.setattr(base_module, "FULL", full)
    base, problems = read_tables(tmp_path, FORTY.files())
    assert {bucket.bits for bucket in base.sizes} == {bits}
    assert [bucket.number for bucket in base.sizes] == list(range(1 << bits))
    assert (problems, base.refused, base.rows) == ([], (), 40 + 20 + 14)
    assert everyone(base, 7) == everyone(whole)
    assert {len(base.shard(bucket)) == size for bucket, size in base.sizes.items()} == {True}


def test_a_base_does_not_fall_to_dust(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """There is an end to the number of buckets, each of which is a file."""
    monkeypatch.setattr(base_module, "FULL", 1)
    monkeypatch.setattr(base_module, "MOST_BITS", 3)
    base, _ = read_tables(tmp_path, FORTY.files())
    assert len(base.sizes) == 8
    assert len(everyone(base)) == 40


def test_tables_that_seem_to_be_newer(tmp_path: Path) -> None:
    """Files tell by the time of their writing; a database may always have other rows."""
    files = Tables(**{name: Path(f"{name}.csv") for name in COLUMNS})
    other = tmp_path / "register.json"
    assert not is_newer(tmp_path, files, other)  # there is no table at all
    for place in (other, *(tmp_path / f"{name}.csv" for name in COLUMNS)):
        place.touch()
        os.utime(place, ns=(9, 9))
    assert not is_newer(tmp_path, files, other)
    os.utime(tmp_path / "policies.csv", ns=(9, 10))
    assert is_newer(tmp_path, files, other)
    asked = Tables(clients=Query(database="env:DB", query="select 1"))
    assert is_newer(tmp_path / "none", asked, other)


def base_of(folder: Path, rows: Rows, bits: int) -> Base:
    """The rows in so many buckets."""
    return dealt(folder, sources_of(folder, rows), bits).base


@pytest.mark.parametrize("bits", [0, 1, 3, 6])
@pytest.mark.parametrize("most", [1, 2, 3, 7, 13, 20, 39, 40, 41, 1000])
def test_everyone_has_a_turn(tmp_path: Path, most: int, bits: int) -> None:
    """A sample has no more than it may, with their numbers; after some turns all had theirs."""
    base = base_of(tmp_path, FORTY, bits)
    clients, seen = everyone(base), set[int]()
    turn = 0
    while len(seen) < len(clients):
        sample = list(base.sample(most, turn))
        assert sample == [(number, clients[number - 1]) for number, _ in sample]
        assert len(sample) <= most
        seen |= {number for number, _ in sample}
        turn += 1
        assert turn < 200


@pytest.mark.parametrize(("sampled", "read"), [(1, 8), (2, 8), (5, 4), (10, 2), (20, 1), (50, 1)])
def test_a_sample_reads_few_buckets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sampled: int, read: int
) -> None:
    """A bucket is read for many clients, not for each a bucket."""
    monkeypatch.setattr(base_module, "SAMPLED", sampled)
    base, opened = base_of(tmp_path, FORTY, 3), list[Bucket]()
    shard = Base.shard

    def listen(one: Base, bucket: Bucket) -> Shard:
        opened.append(bucket)
        return shard(one, bucket)

    monkeypatch.setattr(Base, "shard", listen)
    assert 0 < len(list(base.sample(20))) <= 20
    assert len(opened) == read


@pytest.mark.parametrize("bits", [0, 3])
def test_a_client_is_found_in_any_form(tmp_path: Path, bits: int) -> None:
    """An id is what an operator types, with spaces around it and accents of its own."""
    clients = [client_row(client_id=name) for name in ("é", "C-1", "c-1", "a b", "Ω")]
    rows = Rows(clients, [policy_row(client_id="e\u0301")], [])
    base = base_of(tmp_path, rows, bits)
    forms = {"e\u0301": "é", " C-1\n": "C-1", "c-1": "c-1", "a b": "a b", "\u2126": "Ω"}
    found = {typed: base.find(typed) for typed in forms}
    assert {typed: client and client.id for typed, client in found.items()} == forms
    assert found["e\u0301"] in everyone(base)
    assert [base.find(typed) for typed in ("C-2", "ab", "", "e")] == [None] * 4


def test_every_id_is_read_in_the_form_in_which_it_is_looked_for(tmp_path: Path) -> None:
    """Whatever Unicode has: spaces that are none elsewhere, and letters of two parts."""
    odd = [chr(code) for code in range(sys.maxunicode + 1) if _is_odd(chr(code))]
    ids = [
        form
        for number, one in enumerate(odd)
        for form in (f"{one}{number}{one}", f"{number}e{one}")
    ]
    rows = Rows([client_row(client_id=name) for name in ids], [], [])
    base = base_of(tmp_path, rows, 0)
    assert len(odd) > 1000
    assert len(base) == len(ids)
    assert {client.id for client in everyone(base)} == set(map(normalised, ids))


def _is_odd(letter: str) -> bool:
    """Whether a letter is not itself in an id, or may be joined to the one before it."""
    return letter not in '\r\n",' and (
        normalised(letter) != letter or normalised(f"e{letter}") != f"e{letter}"
    )


def test_a_refused_client_is_not_found(read: Reader) -> None:
    """Nor in a batch or a sample."""
    base, _ = read(clients=csv_text(CLIENTS, [client_row(locale="de")]))
    assert base.find("C-1") is None
    assert (list(base.sample(5)), everyone(base)) == ([], [])


# ── Parquet ──────────────────────────────────────────────────────────────────────────────────

PARQUET = Tables(
    clients=Path("data/clients.parquet"),
    policies=Path("data/policies.parquet"),
    situations=Path("data/situations.parquet"),
    quotes=Path("data/quotes.parquet"),
)


def as_parquet(root: Path, **typed: list[pl.Expr]) -> None:
    """Write each CSV table of ``root`` as Parquet too, with some of its columns typed."""
    for name, columns in COLUMNS.items():
        frame = pl.read_csv(root / f"data/{name}.csv", infer_schema=False).select(columns)
        typed_frame = frame.with_columns(typed.get(name, []))
        typed_frame.write_parquet(root / f"data/{name}.parquet")


def parquet_base(root: Path, problems: list[Problem]) -> Base:
    """The base of the Parquet tables of ``root``."""
    return read_base(root, PARQUET, lambda: KNOWN, problems, make_vault(root))


TYPED = {
    "policies": [pl.col("start_date").str.to_date(), pl.col("premium").cast(pl.Decimal(15, 0))],
    "situations": [pl.col("since").str.to_date()],
}


@given(rows=right_tables())
def test_parquet_gives_the_same_as_csv(rows: Rows) -> None:
    """A table says the same in either format, with its dates and amounts typed or not."""
    with tempfile.TemporaryDirectory() as folder:
        base, _ = read_tables(Path(folder), rows.files())
        for typed in (TYPED, dict[str, list[pl.Expr]]()):
            as_parquet(Path(folder), **typed)
            problems = list[Problem]()
            other = parquet_base(Path(folder), problems)
            assert (problems, other.refused, other.rows) == ([], (), base.rows)
            assert everyone(other) == everyone(base)


def test_a_bad_row_of_a_parquet_file_is_told_by_its_number(read: Reader, tmp_path: Path) -> None:
    """A Parquet file has no lines: rows are counted from 1, columns as they stand in the file."""
    read(clients=csv_text(CLIENTS, [client_row(), client_row(client_id="C-2", locale="de")]))
    as_parquet(tmp_path)
    base = parquet_base(tmp_path, [])
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
    parquet_base(tmp_path, problems)
    assert [(problem.path, problem.sentence) for problem in problems] == [
        ("data/policies.parquet", sentence)
    ]


def test_a_parquet_column_of_lists_is_told(read: Reader, tmp_path: Path) -> None:
    """A column that cannot be text is a problem of the table, and shows none of its values."""
    read(clients=csv_text(CLIENTS, [client_row(consents="zqmarker")]))
    as_parquet(tmp_path, clients=[pl.col("consents").str.split(";")])
    problems = list[Problem]()
    parquet_base(tmp_path, problems)
    (problem,) = problems
    assert "neither texts, numbers nor dates" in problem.sentence
    assert "zqmarker" not in repr(problem)


def test_amounts_of_a_parquet_file_are_exact(read: Reader, tmp_path: Path) -> None:
    """A decimal column arrives to the last digit."""
    read(policies=csv_text(POLICIES, [policy_row(premium="333333.33")]))
    as_parquet(tmp_path, policies=[pl.col("premium").cast(pl.Decimal(15, 2))])
    (client,) = everyone(parquet_base(tmp_path, []))
    assert client.policies[0].premium == int(Decimal("333333.33") * 100)


# ── Databases ────────────────────────────────────────────────────────────────────────────────

TYPES = {"premium": "numeric", "start_date": "date", "since": "date"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URI of a PostgreSQL."""
    with postgres(tmp_path_factory.mktemp("postgres")) as uri:
        yield uri


def statements(rows: Rows) -> str:
    """SQL that makes the tables anew, their dates and amounts typed, an empty cell as null."""
    made = list[str]()
    for (name, columns), table in zip(COLUMNS.items(), rows, strict=True):
        typed = ", ".join(f"{column} {TYPES.get(column, 'text')}" for column in columns)
        made += [f"drop table if exists {name}", f"create table {name} ({typed})"]
        for row in table:
            cells = [row[column].replace("'", "''") for column in columns]
            values = ", ".join(f"'{cell}'" if cell else "null" for cell in cells)
            made.append(f"insert into {name} values ({values})")  # noqa: S608 - our own
    return "; ".join(made)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@given(rows=right_tables())
def test_a_database_gives_the_same_as_csv(kind: str, server: str, rows: Rows) -> None:
    """A table says the same whether a file has it or a database gives it to a query."""
    with tempfile.TemporaryDirectory() as folder:
        root, uri = Path(folder), server if kind == "postgresql" else "sqlite:base.db"
        base, _ = read_tables(root, rows.files())
        if kind == "postgresql":
            psql(uri, statements(rows))
        else:
            with closing(sqlite3.connect(root / "base.db")) as made:
                made.executescript(statements(rows))
        asked = Tables(
            clients=Query(database=uri, query="select * from clients"),
            policies=Query(database=uri, query="select * from policies order by premium"),
            situations=Query(
                database=uri, query="select * from situations where since is not null"
            ),
        )
        problems = list[Problem]()
        other = read_base(root, asked, lambda: KNOWN, problems, make_vault(root))
        assert (problems, other.refused, other.rows) == ([], (), base.rows)
        assert everyone(other) == everyone(base)


# ── No value is told ─────────────────────────────────────────────────────────────────────────

MARKERS = st.from_regex(r"zq[A-Z0-9]{6}", fullmatch=True)
ROWS = {"clients": client_row(), "policies": policy_row(), "situations": situation_row()}
CELLS = [(name, column) for name, columns in COLUMNS.items() for column in columns]
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
    columns = {**COLUMNS, "quotes": QUOTES}[name]
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
