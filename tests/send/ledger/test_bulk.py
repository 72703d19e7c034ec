"""Many rows and many values: the same as one by one, on both databases."""

from pathlib import Path

import pytest
from sqlalchemy import LargeBinary, bindparam, delete, select, update

from generator.base.errors import OutsideError
from generator.send.ledger.bulk import among, each
from generator.send.ledger.database import Database, added, open_database
from generator.send.ledger.schema import blocked, consents, leases, prepare
from generator.send.values import Reason
from tests.send.conftest import SQLITE
from tests.send.ledger.samples import DAY, NOW

NAMES = ["plain", "Д'Артаньян", '"quoted" \\ [] {}', "a,b", "line\nfeed", "😀", "%s ? :name"]
DIGESTS = [bytes([one]) * 32 for one in (0, 10, 127, 128, 255)]


@pytest.fixture
def database(tmp_path: Path, where: str) -> Database:
    """A database with empty tables."""
    made = open_database(tmp_path, where)
    prepare(made)
    return made


def lease(name: str, number: int) -> dict[str, object]:
    """A row of a table."""
    return {"name": name, "holder": f"h{number}", "until": NOW + number * DAY}


def test_rows_come_back_as_they_went_in(database: Database) -> None:
    """Texts, moments; and how many are new is told."""
    rows = [lease(name, number) for number, name in enumerate(NAMES)]
    with database.write() as connection:
        assert added(connection, leases, rows[:3], ["name"]) == 3
        assert added(connection, leases, rows, ["name"]) == len(rows) - 3
        assert added(connection, leases, [], ["name"]) == 0
    with database.read() as connection:
        found = {row.name: row._asdict() for row in connection.execute(select(leases))}
    assert found == {row["name"]: row for row in rows}
    database.close()


def test_values_and_words_of_a_statement(database: Database) -> None:
    """What is in the statement itself counts for each row, wherever it stands in it."""
    change = (
        update(leases)
        .where(leases.c.holder != "h1", leases.c.name == bindparam("which"))
        .values(holder="new", until=bindparam("moment"))
    )
    rows = [lease(name, number) for number, name in enumerate(NAMES)]
    asked = [{"moment": NOW, "which": name} for name in [*NAMES[:3], "nobody"]]
    with database.write() as connection:
        added(connection, leases, rows, ["name"])
        assert each(connection, change, asked) == 2
        assert each(connection, change, []) == 0
        held = connection.execute(select(leases.c.name, leases.c.holder))
        holders = {row.name: row.holder for row in held}
        assert [holders[name] for name in NAMES[:4]] == ["new", "h1", "new", "h3"]
        gone = delete(leases).where(leases.c.name == bindparam("which"))
        assert each(connection, gone, [{"which": name} for name in NAMES]) == len(NAMES)
    database.close()


def test_rows_that_contradict_others_are_refused_without_a_word_of_them(
    database: Database,
) -> None:
    """As one by one: nothing of the lot is there, and no value is told."""
    row = {"client": "C-1", "kind": "sms", "purpose": "service", "given": True, "at": NOW}
    with pytest.raises(OutsideError) as caught, database.write() as connection:
        added(connection, consents, [{**row, "evidence": one} for one in ("secret", None)], ["id"])
    assert "secret" not in str(caught.value)
    with database.read() as connection:
        assert not connection.execute(select(consents)).all()
    database.close()


def test_one_of_many_values(database: Database) -> None:
    """Texts with whatever is in them, and bytes; none where there are none."""
    rows = [lease(name, number) for number, name in enumerate(NAMES)]
    marks = [
        {"address": one, "reason": Reason.DEAD_ADDRESS, "at": NOW, "evidence": ""}
        for one in DIGESTS
    ]
    with database.write() as connection:
        added(connection, leases, rows, ["name"])
        added(connection, blocked, marks, ["address", "reason"])
        for asked in (NAMES[::2], NAMES[1:2], [*NAMES, "nobody"], []):
            mine = select(leases.c.name).where(among(connection, leases.c.name, asked))
            assert set(connection.scalars(mine)) == set(asked) & set(NAMES)
        assert isinstance(blocked.c.address.type, LargeBinary)
        for some in (DIGESTS[::2], [*DIGESTS, b"x"], []):
            here = select(blocked.c.address).where(among(connection, blocked.c.address, some))
            assert set(map(bytes, connection.scalars(here))) == set(some) & set(DIGESTS)
    database.close()


def test_a_list_is_looked_up(tmp_path: Path) -> None:
    """The table is not read from end to end for it."""
    database = open_database(tmp_path, SQLITE)
    prepare(database)
    with database.read() as connection:
        mine = select(blocked.c.reason).where(among(connection, blocked.c.address, DIGESTS))
        text = mine.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
        steps = connection.exec_driver_sql(f"explain query plan {text}").all()
    assert any("SEARCH blocked" in row[-1] for row in steps)
    database.close()
