"""Which source a setting means."""

from collections.abc import Sequence
from pathlib import Path

from generator.base.config import CONFIG, Query
from generator.data.sources.csvfile import CsvFile
from generator.data.sources.database import Database
from generator.data.sources.parquet import ParquetFile
from generator.data.sources.source import Source


def open_source(where: Path | Query, root: Path, columns: Sequence[str], field: str) -> Source:
    """The table at ``where``, as ``tables`` in the settings of the site in ``root`` has it.

    ``field`` is its key there (``clients``). Nothing is read yet, and nothing is wrong yet.
    """
    if isinstance(where, Query):
        return Database(where, root, f"{CONFIG} tables.{field}", tuple(columns))
    path = root / where
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
    kind = ParquetFile if path.suffix == ".parquet" else CsvFile
    return kind(path, name, tuple(columns))
