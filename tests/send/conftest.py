"""An empty ledger on each database: a file of SQLite, and a real PostgreSQL."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import cast

import pytest

from generator.send.ledger import Ledger, open_ledger
from tests.postgres import postgres, psql

Opened = Callable[[], AbstractContextManager[Ledger]]
SQLITE = "sqlite:build/private/ledger.sqlite"
EMPTY = "drop schema public cascade; create schema public"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URI of a PostgreSQL."""
    with postgres(tmp_path_factory.mktemp("postgres")) as uri:
        yield uri


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest) -> str:
    """The setting of an empty database."""
    if request.param == "sqlite":
        return SQLITE
    uri = cast("str", request.getfixturevalue("server"))
    psql(uri, EMPTY)
    return uri


@pytest.fixture
def opened(tmp_path: Path, where: str) -> Opened:
    """Opens the ledger, again and again if a test wants that."""
    return partial(open_ledger, tmp_path, where)


@pytest.fixture
def ledger(opened: Opened) -> Iterator[Ledger]:
    """An open ledger with nothing in it."""
    with opened() as it:
        yield it
