"""Databases as tables: real ones, read without a right to write, lost in the middle."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from generator.base.config import Query
from generator.base.errors import OutsideError
from generator.data.sources import adbc
from generator.data.sources.database import Database
from tests.postgres import holding, postgres, psql

from .conftest import rows, told

NAME = "content/site.yaml tables.clients"
SELECT = "select * from t"
UNREACHABLE = (
    f"{NAME}: the database does not answer"
    "{} — hint: see that it runs and lets this user in, then run this again"
)
HINT = " — hint: run it in a client of the database to see why"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URI of a PostgreSQL with a few tables."""
    with postgres(tmp_path_factory.mktemp("postgres")) as uri:
        psql(
            uri,
            """
            create table t (a text, b text);
            insert into t values (' x', 'я'), (null, ' '), ('"', E'1\n2');
            create table long as select 'C-' || i as a, repeat('y', 500) as b
            from generate_series(1, 100000) as i;
            create type mood as enum ('calm');
            create role stranger login;
            """,
        )
        yield uri


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A folder with an SQLite database in it."""
    with closing(sqlite3.connect(tmp_path / "base.db")) as base:
        base.execute("create table t (a, b)")
        base.executemany("insert into t values (?, ?)", [(" x", "я"), (None, " "), ('"', "1\n2")])
        base.commit()
    return tmp_path


def table(database: str, query: str = SELECT, root: Path = Path()) -> Database:
    """A table of the columns a and b."""
    return Database(Query(database=database, query=query), root, NAME, ("a", "b"))


EXPECTED = [(0, "x", "я"), (2, '"', "1\n2")]


def test_rows_of_postgresql(server: str) -> None:
    """As of any table: stripped, null as an empty text, empty rows counted and left out."""
    source = table(server)
    assert rows(source) == EXPECTED
    assert source.estimate() == 3
    assert source.places([2]) == ({2: 3}, ("a", "b"))


def test_rows_of_sqlite(file: Path) -> None:
    """The same; the path is below the site's folder."""
    source = table("sqlite:base.db", root=file)
    assert rows(source) == EXPECTED
    assert source.estimate() == 3
    assert source.places([2]) == ({2: 3}, ("a", "b"))


def test_the_environment_may_hold_the_uri(
    server: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may hold a password there, and is shown nowhere."""
    monkeypatch.setenv("SITE_DATABASE", server.replace("postgres@", "postgres:secret@"))
    assert rows(table("env:SITE_DATABASE")) == EXPECTED
    monkeypatch.setenv("SITE_DATABASE", "sqlite:base.db")
    assert rows(table("env:SITE_DATABASE", root=file)) == EXPECTED


@pytest.mark.parametrize("value", [None, "", "mysql://root:zq@db/x"])
def test_a_variable_without_a_uri_is_told(
    monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    """The variable is named, what stands in it is not."""
    monkeypatch.delenv("SITE_DATABASE", raising=False)
    if value is not None:
        monkeypatch.setenv("SITE_DATABASE", value)
    assert told(table("env:SITE_DATABASE")) == (
        f"{NAME}: the variable holds no URI of a database"
        " — hint: set SITE_DATABASE to postgresql://USER@HOST/NAME or sqlite:PATH"
    )
    assert table("env:SITE_DATABASE").estimate() == 0


@pytest.mark.parametrize(
    "query",
    [
        "select * from t where false",
        "select a, b, 1 as spare from t limit 0;",
        "with none as (select * from t limit 0) select * from none  -- and no more",
    ],
)
def test_no_rows_are_one_empty_block(server: str, file: Path, query: str) -> None:
    """There is always a block, whose columns are known."""
    assert rows(table(server, query)) == []
    assert rows(table("sqlite:base.db", query, file)) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("date '2026-11-21'", "2026-11-21"),
        ("1000000.00::numeric(15, 2)", "1000000.00"),
        ("1000000::bigint", "1000000"),
        ("'calm'::mood", "calm"),
        ("'10.0.0.1'::inet", "10.0.0.1/32"),
        ("interval '1 day'", "1 day"),
        ("'x'::char(5)", "x"),
        ("null::date", ""),
    ],
)
def test_values_of_postgresql_become_text(server: str, value: str, text: str) -> None:
    """Of any type, also of those that Arrow does not know; a date does not hang on settings."""
    psql(server, "alter role postgres set datestyle to 'German'")
    assert rows(table(server, f"select {value} as a, 'y' as b")) == [(0, text, "y")]


def test_sqlite_may_mix_types_in_a_column(file: Path) -> None:
    """A column that is empty or a number for long may hold a text at last."""
    query = """
        with recursive n (i) as (select 1 union all select i + 1 from n where i < 60000)
        select case when i = 60000 then 'word' when i > 50 then i end as a, 2.5 as b from n
    """
    found = rows(table("sqlite:base.db", query, file))
    assert [found[k] for k in (0, 50, 59_999)] == [
        *((0, "", "2.5"), (50, "51", "2.5"), (59_999, "word", "2.5")),
    ]
    assert len(found) == 60_000


def test_rows_come_in_blocks(server: str) -> None:
    """A long table is not held whole, and its rows are numbered through."""
    frames = list(table(server, "select * from long order by length(a), a").blocks())
    assert len(frames) > 2
    assert [frame.row(0)[:2] for frame in frames] == [
        (offset, f"C-{offset + 1}")
        for offset in [sum(frame.height for frame in frames[:k]) for k in range(len(frames))]
    ]
    assert sum(frame.height for frame in frames) == 100_000


# ── What is wrong ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("select a, b as bb from t", "b: the column is missing — hint: did you mean bb?"),
        ("select zq from t", "the query names a column that is not there{42703}" + HINT),
        ("select 'zq' from zq", "the query names a table that is not there{42P01}" + HINT),
        ("select 'zq' frm t", "the query is not well written{42601}" + HINT),
        ("select * from t; drop table t", "the query is not well written{42601}" + HINT),
        ("insert into t values ('zq')", "the query is not well written{42601}" + HINT),
    ],
)
def test_a_query_that_is_refused_is_told(
    server: str, file: Path, query: str, sentence: str
) -> None:
    """By what kind of mistake it is, in our words, and without what stands in the query."""
    left, _, rest = sentence.partition("{")
    code, _, right = rest.rpartition("}")
    numbered = f"{left} (SQLSTATE {code}){right}" if code else left
    assert told(table(server, query)) == f"{NAME}: {numbered}"
    assert told(table("sqlite:base.db", query, file)) == f"{NAME}: {left}{right}"
    assert table(server, "selec").estimate() == table("sqlite:base.db", "selec", file).estimate()
    assert rows(table(server)) == rows(table("sqlite:base.db", root=file)) == EXPECTED


def test_a_value_that_makes_a_query_fail_is_not_told(server: str, file: Path) -> None:
    """The database's own words quote the cell."""
    mixed = "select cast(a as integer) as a, b from (values ('1', ''), ('zq', '')) as t (a, b)"
    late = "select case when i > 90000 then cast(a as integer) end as a, '' as b from {}"
    numbered = late.format("(select *, row_number() over () as i from long) as numbered")
    for query in (mixed, numbered):
        assert told(table(server, query)) == f"{NAME}: the database refused the query{HINT}"
    json = "select json_extract(a, '$.x') as a, b from t"
    assert told(table("sqlite:base.db", json, file)).startswith(f"{NAME}: the database refused")


def test_lists_are_told(server: str) -> None:
    """As in Parquet: a column of lists has no one text."""
    assert told(table(server, "select array['zq'] as a, row(1, 2) as b")) == (
        f"{NAME}: a: a column holds neither texts, numbers nor dates"
        " — hint: export lists as text with semicolons between\n"
        f"{NAME}: b: a column holds neither texts, numbers nor dates"
        " — hint: export lists as text with semicolons between"
    )


def test_nothing_can_be_written(server: str, file: Path) -> None:
    """Not by a function that the query calls either."""
    psql(
        server,
        "create function spoil() returns text language sql as"
        " $$ insert into t values ('zq') returning a $$",
    )
    spoiled = table(server, "select spoil() as a, '' as b")
    assert told(spoiled) == f"{NAME}: the database refused the query{HINT}"
    assert rows(table(server)) == rows(table("sqlite:base.db", root=file)) == EXPECTED
    assert [path.name for path in file.iterdir()] == ["base.db"]


def test_a_table_of_others_is_told(server: str) -> None:
    """The reader's own rights are the limit."""
    source = table(server.replace("postgres@", "stranger@"))
    sentence = "the query reads what this user may not read (SQLSTATE 42501)"
    assert told(source) == f"{NAME}: {sentence}{HINT}"


def test_a_missing_file_is_told_and_not_made(tmp_path: Path) -> None:
    """SQLite by itself would make an empty database."""
    assert told(table("sqlite:base.db", root=tmp_path)) == (
        f"{NAME}: there is no such database"
        " — hint: export it there, or set its place under tables in content/site.yaml"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    """Whatever else it is."""
    (tmp_path / "base.db").write_text("a,b\n" * 300)
    sentence = told(table("sqlite:base.db", root=tmp_path))
    assert sentence == f"{NAME}: the file is not an SQLite database{HINT}"


def test_a_driver_that_is_not_installed_is_told(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The extra is named; whoever reads files only needs none of it."""
    monkeypatch.setitem(sys.modules, "adbc_driver_sqlite", None)
    assert told(table("sqlite:base.db", root=file)) == (
        f"{NAME}: the driver of the database is not installed"
        " — hint: install it with: pip install 'sealpress[database]'"
    )
    program = "import sys, generator.data; print([m for m in sys.modules if 'adbc' in m])"
    done = subprocess.check_output([sys.executable, "-c", program], text=True)
    assert done == "['generator.data.sources.adbc']\n"


# ── What a rerun may help ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("old", "new"),
    [("/postgres", "/zq"), ("postgres@", "zq@"), ("127.0.0.1", "zq.invalid")],
    ids=["database", "user", "host"],
)
def test_a_server_that_lets_nobody_in(server: str, old: str, new: str) -> None:
    """Neither the address nor the user is told."""
    host, _, name = server.rpartition("/")
    uri = f"{host}{new}" if old == f"/{name}" else server.replace(old, new)
    with pytest.raises(OutsideError) as caught:
        list(table(uri).blocks())
    assert str(caught.value) == UNREACHABLE.format("")
    assert table(uri).estimate() == 0


def test_a_server_that_is_not_there() -> None:
    """A refused connection may be there an hour later."""
    with pytest.raises(OutsideError) as caught:
        list(table("postgresql://postgres@127.0.0.1:1/postgres").blocks())
    assert str(caught.value) == UNREACHABLE.format("")


def test_a_connection_lost_between_the_rows(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came before was given, and nothing that looks like the end comes after."""
    monkeypatch.setattr(adbc, "BATCH", {})
    blocks = table(server, "select * from long").blocks()
    next(blocks)
    psql(
        server,
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where backend_type = 'client backend' and pid <> pg_backend_pid()",
    )
    with pytest.raises(OutsideError) as caught:
        list(blocks)
    assert str(caught.value) == UNREACHABLE.format("")
    assert rows(table(server)) == EXPECTED


def test_a_query_that_the_server_ends(server: str) -> None:
    """It took too long on a busy server."""
    psql(server, "grant select on t to stranger; alter role stranger set statement_timeout to 200")
    slow = table(
        server.replace("postgres@", "stranger@"), f"{SELECT} where pg_sleep(99)::text = ''"
    )
    with pytest.raises(OutsideError) as caught:
        list(slow.blocks())
    assert str(caught.value).startswith(UNREACHABLE.partition("{")[0])


def test_a_locked_table(server: str) -> None:
    """Another program is changing it just now; the server's number is told."""
    psql(server, "alter role postgres in database postgres set lock_timeout to 1")
    with holding(server, "begin; lock table t"), pytest.raises(OutsideError) as caught:
        list(table(server).blocks())
    assert str(caught.value) == UNREACHABLE.format(" (SQLSTATE 55P03)")


def test_a_locked_file(file: Path) -> None:
    """Another program is writing it just now."""
    program = (
        "import sqlite3, sys; base = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "base.execute('begin exclusive'); print('locked', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, os.fspath(file / "base.db")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        assert writer.stdout.readline()
        with pytest.raises(OutsideError) as caught:
            list(table("sqlite:base.db", root=file).blocks())
    assert str(caught.value) == UNREACHABLE.format("")
    assert rows(table("sqlite:base.db", root=file)) == EXPECTED


def test_a_reader_may_stop_early(server: str) -> None:
    """Whoever needs no more closes the stream; the connection is free at once."""
    blocks = table(server, "select * from long").blocks()
    next(blocks)
    blocks.close()  # type: ignore[attr-defined]
    count = "select count(*) from pg_stat_activity where query like '%long%' and state = 'active'"
    assert psql(server, f"{count} and pid <> pg_backend_pid()") == "0"
