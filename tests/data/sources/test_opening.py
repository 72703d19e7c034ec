"""The source that a setting means, and how problems call it."""

import pickle
from pathlib import Path

import pytest

from generator.base.config import Query
from generator.data.sources import Source, open_source
from generator.data.sources.csvfile import CsvFile
from generator.data.sources.database import Database
from generator.data.sources.parquet import ParquetFile


@pytest.mark.parametrize(
    ("where", "kind", "name"),
    [
        (Path("data/clients.csv"), CsvFile, "data/clients.csv"),
        (Path("data/clients.csv.gz"), CsvFile, "data/clients.csv.gz"),
        (Path("data/clients.txt"), CsvFile, "data/clients.txt"),
        (Path("data/clients.parquet"), ParquetFile, "data/clients.parquet"),
        (Path("/elsewhere/clients.csv"), CsvFile, "clients.csv"),
        (
            Query(database="sqlite:base.db", query="select 1"),
            Database,
            "content/site.yaml tables.clients",
        ),
    ],
)
def test_a_setting_opens_a_source(
    tmp_path: Path, where: Path | Query, kind: type[Source], name: str
) -> None:
    """By its suffix, or as a query; nothing is read before its rows are wanted."""
    source = open_source(where, tmp_path, ["client_id"], "clients")
    assert type(source) is kind
    assert source.name == name
    assert pickle.loads(pickle.dumps(source)) == source  # noqa: S301 - it crosses processes
