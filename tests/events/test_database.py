"""A table of events in a real PostgreSQL: order, waking, refused rows, and what a crash leaves."""

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from generator.base.errors import InputError, OutsideError
from generator.events import Batch, PostgresEvents, ddl
from tests import postgres as server
from tests.events.conftest import COLUMNS, event, ids, lines, watcher
from tests.postgres import postgres, psql

WATCH = """
import sys
from generator.events import PostgresEvents
from tests.events.conftest import COLUMNS
source = PostgresEvents(sys.argv[1], COLUMNS)
batch = source.wait(30)
if "acknowledge" in sys.argv:
    source.acknowledge(batch)
print(*[event.id for event in batch.events], flush=True)
sys.stdin.read()
"""
PASSWORD = "hidden-word"  # noqa: S105 - of a server of this test alone


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server for these tests."""
    with postgres(tmp_path_factory.mktemp("postgres")) as uri:
        yield uri


@pytest.fixture
def uri(cluster: str) -> str:
    """A database with the tables of events, and nothing in them."""
    psql(cluster, "drop schema public cascade; create schema public;" + ddl())
    return cluster


def insert(uri: str, *events: object) -> None:
    """Put events there, each in its own transaction; a text stands as it is."""
    for text in lines(*events).decode().splitlines():
        psql(uri, f"insert into sealpress_events (event) values ($e${text}$e$)")  # noqa: S608


def opened(uri: str, most: int = 500, patience: float = 60.0) -> PostgresEvents:
    """The source of a database."""
    return PostgresEvents(uri, COLUMNS, most, patience)


def count(uri: str, table: str = "sealpress_events") -> int:
    """How many rows a table has."""
    return int(psql(uri, f"select count(*) from {table}"))  # noqa: S608 - ours


def drained(source: PostgresEvents) -> list[str]:
    """All that is there, each batch acknowledged."""
    found = []
    while batch := source.wait(0):
        found += ids(batch.events)
        source.acknowledge(batch)
    return found


def control(uri: str, action: str) -> list[str]:
    """The command that stops or starts the server of ``uri``, on the port that it has."""
    port, data = psql(uri, "show port"), psql(uri, "show data_directory")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
    words = (action, "--pgdata", data, "--log", "/dev/null", "--wait", "--options", options)
    return server._command(server._binaries() / "pg_ctl", *words)  # noqa: SLF001 - of tests too


def run(command: list[str]) -> None:
    """Run a command that may leave a server behind, which must not hold our pipes."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")


# ── What comes ───────────────────────────────────────────────────────────────────────────────


def test_what_came_before_the_start_comes_first(uri: str) -> None:
    """The backlog, in the order of its numbers, a batch at a time."""
    insert(uri, *(event(number) for number in range(5)))
    with opened(uri, most=3) as source:
        batch = source.wait(0)
        assert ids(batch.events) == ["crm-0", "crm-1", "crm-2"]
        assert source.wait(0) is batch
        source.acknowledge(batch)
        assert count(uri) == 2
        assert drained(source) == ["crm-3", "crm-4"]
        assert source.wait(0) == Batch()
    assert count(uri) == 0


def asleep(monkeypatch: pytest.MonkeyPatch, before: Callable[[], None]) -> list[bool]:
    """Do something when the source has found nothing and goes to sleep; whether that woke it."""
    from generator.events.session import Session  # noqa: PLC0415 - a test removes the module

    real, todo, rang = Session.wait, [before], list[bool]()

    def wait(session: Session, seconds: float) -> bool:
        while todo:
            todo.pop()()
        rang.append(real(session, seconds))
        return rang[-1]

    monkeypatch.setattr(Session, "wait", wait)
    return rang


def test_a_sleeping_source_is_woken(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An event that is inserted while somebody waits is heard without any poll."""
    with opened(uri, most=1) as source:
        rang = asleep(monkeypatch, lambda: insert(uri, event(1)))
        assert ids(source.wait(5).events) == ["crm-1"]
    assert rang == [True]


def test_a_burst_is_complete_and_in_order(uri: str) -> None:
    """Five hundred events in one transaction."""
    event_of = "jsonb_build_object('id', 'crm-' || k, 'table', 'clients', 'row', row)"
    row = "jsonb_build_object('client_id', 'A-' || k % 7) as row"
    source_of = f"(select k, {row} from generate_series(0, 499) k) one order by k"  # noqa: S608
    psql(uri, f"insert into sealpress_events (event) select {event_of} from {source_of}")  # noqa: S608
    with opened(uri, most=200) as source:
        assert drained(source) == [f"crm-{number}" for number in range(500)]


def test_a_row_that_is_committed_late_is_not_passed_over(uri: str) -> None:
    """A smaller number may appear after a larger one was acknowledged."""
    with opened(uri) as source:
        psql(uri, "select setval('sealpress_events_number_seq', 10)")
        insert(uri, event(11))
        assert drained(source) == ["crm-11"]
        psql(uri, "select setval('sealpress_events_number_seq', 4)")
        insert(uri, event(5))
        assert drained(source) == ["crm-5"]


# ── What is refused ──────────────────────────────────────────────────────────────────────────


def test_refused_events_are_put_aside_with_the_reason(uri: str) -> None:
    """All of it in one transaction; the reason names no value."""
    insert(uri, event(1), event(2, row={"last_name": "Соколова"}), "[]", event(4))
    with opened(uri) as source:
        batch = source.wait(0)
        assert ids(batch.events) == ["crm-1", "crm-4"]
        found = [str(problem).partition(" — ")[0] for problem in batch.refused]
        assert found == [
            "sealpress_events:2:1: row.client_id: is required",
            "sealpress_events:3:1: expected an object",
        ]
        assert (count(uri), count(uri, "sealpress_events_refused")) == (4, 0)
        source.acknowledge(batch)
    assert count(uri) == 0
    aside = psql(uri, "select number, event->>'id', reason from sealpress_events_refused").split()
    assert aside[0].startswith("2|crm-2|sealpress_events:2:1:")
    assert "Соколова" not in " ".join(aside)


def test_an_event_that_is_too_long_is_not_fetched_whole(uri: str) -> None:
    """It is put aside as it is."""
    insert(uri, event(1, row={"client_id": "x" * 100_000}))
    with opened(uri) as source:
        batch = source.wait(0)
        assert ["too long" in str(problem) for problem in batch.refused] == [True]
        source.acknowledge(batch)
    told = psql(uri, "select length(event#>>'{row,client_id}') from sealpress_events_refused")
    assert told == "100000"


# ── Who may watch ────────────────────────────────────────────────────────────────────────────


def test_a_second_watcher_is_sent_away(uri: str) -> None:
    """Two would tear a client's events apart; when the first one is gone it may."""
    with opened(uri), pytest.raises(OutsideError, match="another process watches it"):
        opened(uri, patience=0)
    opened(uri).close()


def test_what_is_missing_is_told(uri: str) -> None:
    """Neither the table nor a right is something that waiting mends."""
    user = "create role reader login; grant usage on schema public to reader;"
    psql(uri, user + "grant select on sealpress_events to reader")
    with opened(uri.replace("postgres@", "reader@")) as source:
        insert(uri, event(1))
        with pytest.raises(InputError, match="the database does not let us"):
            source.acknowledge(source.wait(0))
    psql(uri, "drop owned by reader; drop role reader; drop table sealpress_events")
    with pytest.raises(InputError, match="the table of events is missing"):
        opened(uri)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        (f"postgresql://me:{PASSWORD}@127.0.0.1:1/events", "the database cannot be reached"),
        (f"postgresql://me:{PASSWORD}@host:port/events?x={PASSWORD}", "the URI of the database"),
        (f"host=127.0.0.1 password='{PASSWORD}", "the URI of the database"),
    ],
)
def test_no_message_has_the_password(address: str, told: str) -> None:
    """Whatever is wrong with a URI, its parts stay out of messages and of the source's repr."""
    with pytest.raises((InputError, OutsideError), match=told) as caught:
        opened(address, patience=0)
    assert PASSWORD not in str(caught.value)
    assert PASSWORD not in repr(caught.value)


def test_the_driver_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has not installed it is told how."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.delitem(sys.modules, "generator.events.session", raising=False)
    with pytest.raises(InputError, match=r"pip install 'sealpress\[database\]'"):
        opened("postgresql://127.0.0.1:1/events")


# ── Crashes ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("acknowledged", [False, True])
def test_what_a_killed_watcher_leaves(uri: str, acknowledged: bool) -> None:  # noqa: FBT001
    """What it had not acknowledged comes again in order, what it had never does."""
    insert(uri, event(1), event(2))
    words = ("acknowledge",) if acknowledged else ()
    with watcher(WATCH, uri, *words) as process:
        assert process.stdout is not None
        assert process.stdout.readline().split() == ["crm-1", "crm-2"]
        process.kill()
        process.wait()
    insert(uri, event(3))
    with opened(uri) as source:
        assert drained(source) == (["crm-3"] if acknowledged else ["crm-1", "crm-2", "crm-3"])


def test_a_server_that_restarts_loses_nothing(uri: str) -> None:
    """Before the wait, between wait and acknowledge, and while somebody waits."""
    restart, stop, start = (control(uri, action) for action in ("restart", "stop", "start"))
    with opened(uri) as source:
        insert(uri, event(1))
        run(restart)
        batch = source.wait(30)
        assert ids(batch.events) == ["crm-1"]
        run(restart)
        insert(uri, event(2))
        source.acknowledge(batch)
        assert drained(source) == ["crm-2"]
        run(stop)
        with subprocess.Popen(start, stdout=subprocess.DEVNULL, cwd="/") as starting:
            assert source.wait(0) == Batch()
        assert starting.returncode == 0
        insert(uri, event(3))
        assert ids(source.wait(30).events) == ["crm-3"]


def cut(uri: str) -> None:
    """End the watcher's connection on the server."""
    end = "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
    psql(uri, f"{end} where application_name = 'sealpress watch'")


def test_a_connection_that_is_lost_while_somebody_waits(
    uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is made again, and what came meanwhile is read."""

    def cut_and_insert() -> None:
        cut(uri)
        insert(uri, event(1))

    with opened(uri, most=1) as source:
        rang = asleep(monkeypatch, cut_and_insert)
        assert ids(source.wait(5).events) == ["crm-1"]
    assert rang == []


def test_an_outcome_that_nobody_heard_is_asked_for_again(
    uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection is lost after the commit: done again, it puts nothing aside twice."""
    from generator.events.session import Session  # noqa: PLC0415

    insert(uri, event(1), "{}")
    real, calls = Session.settle, list[Session]()

    def unheard(session: Session, numbers: list[int], reasons: dict[int, str]) -> None:
        real(session, numbers, reasons)
        calls.append(session)
        if len(calls) == 1:
            cut(uri)
            session.read(0, 1)

    with opened(uri) as source:
        monkeypatch.setattr(Session, "settle", unheard)
        source.acknowledge(source.wait(0))
    assert len(calls) == 2
    assert calls[0] is not calls[1]
    assert (count(uri), count(uri, "sealpress_events_refused")) == (0, 1)


def test_a_server_that_stays_away_is_told(uri: str) -> None:
    """After so long somebody must look; the batch stays open until then and after."""
    stop, start = control(uri, "stop"), control(uri, "start")
    insert(uri, event(1))
    with opened(uri, patience=0.2) as source:
        batch = source.wait(0)
        run(stop)
        with pytest.raises(OutsideError, match="the database cannot be reached"):
            source.acknowledge(batch)
        run(start)
        assert source.wait(0) is batch
        source.acknowledge(batch)
    assert count(uri) == 0
