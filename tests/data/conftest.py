"""What the tests of tables share: what tables may refer to, and a way to read three of them."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from generator.base.config import Tables
from generator.base.errors import Problem
from generator.data import Base, Known, read_base
from generator.data.records import CLIENTS, POLICIES, SITUATIONS
from tests.builders import client_row, csv_text, make_vault, policy_row, situation_row, write

KNOWN = Known(
    locales=("ru", "en"),
    banks=frozenset({"shore"}),
    places={"duo": 2, "yen": 0, "dinar": 3, "unit": 4},
    stages={("cards", "M-1"): "cards/ordered", ("cards", "M-2"): "cards/ordered/delayed"},
)
GOOD = {
    "clients": csv_text(CLIENTS, [client_row()]),
    "policies": csv_text(POLICIES, [policy_row()]),
    "situations": csv_text(SITUATIONS, [situation_row()]),
}
Reader = Callable[..., tuple[Base, list[Problem]]]


def read_tables(
    root: Path, tables: Mapping[str, str | bytes], known: Known = KNOWN
) -> tuple[Base, list[Problem]]:
    """The base of the given tables, the others being right, and the problems of whole tables."""
    write(root, {f"data/{name}.csv": content for name, content in {**GOOD, **tables}.items()})
    problems = list[Problem]()
    return read_base(root, Tables(), lambda: known, problems, make_vault(root)), problems


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Read tables given as text or bytes: ``read(clients=…, policies=…, situations=…)``."""

    def reader(**tables: str | bytes) -> tuple[Base, list[Problem]]:
        return read_tables(tmp_path, tables)

    return reader
