"""The register: of each client, what their page was made of, where it lies, and its digest.

With it a night knows without rendering whose page would change, and without walking over the
site what there is to take away.
"""

from collections.abc import Iterator
from enum import IntFlag

import polars as pl

from generator.columns import DEAL, EXTRAS, OWN, PAGE, SERIES, SHARED, STAGES, WHO
from generator.sealing import path_of
from generator.site.shelf import Shelf

KEYS, EPOCHS, ADDRESSES, FILES, BUILT, WHY, GONE = (
    "keys",
    "epochs",
    "addresses",
    "files",
    "built",
    "why",
    "gone",
)
ADDRESS, DIGEST = 16, 32  # bytes

REGISTER = {
    DEAL: pl.UInt16,
    WHO: pl.Binary,
    OWN: pl.Binary,
    **dict.fromkeys(SHARED, pl.UInt64),
    KEYS: pl.UInt64,  # the generation of the client's links and the live epochs
    EPOCHS: pl.String,  # the numbers of these epochs, oldest first
    ADDRESSES: pl.Binary,  # 16 bytes for each of them
    FILES: pl.Binary,  # SHA-256 of the sealed files, likewise
    BUILT: pl.Date,
    WHY: pl.UInt16,
    GONE: pl.Date,  # since when the client is in no table
}


class Why(IntFlag):
    """Why a client's page was built when it was built last."""

    NEW = 1
    ROWS = 2
    STRATEGIES = 4
    STAGES = 8
    EXTRAS = 16
    PAGE = 32
    KEYS = 64
    ASKED = 128

    @property
    def reasons(self) -> list[str]:
        """Each reason in words for an operator."""
        return [words for one, words in WORDS.items() if one in self]


WORDS = {
    Why.NEW: "the client is new to this site",
    Why.ROWS: "the client's own row, policies or situations changed",
    Why.STRATEGIES: "the series they hold, or their terms or observations, changed",
    Why.STAGES: "the name or title of their stage changed",
    Why.EXTRAS: "their bank's contacts or the offers for them changed",
    Why.PAGE: "the theme, its texts, the settings or the program changed",
    Why.KEYS: "their link was revoked, or keys were rotated or retired",
    Why.ASKED: "everything was to be built anew",
}

COMPARED = {
    OWN: Why.ROWS,
    SERIES: Why.STRATEGIES,
    STAGES: Why.STAGES,
    EXTRAS: Why.EXTRAS,
    PAGE: Why.PAGE,
    KEYS: Why.KEYS,
}
"""The columns in which a client's page may differ from what it was, and what each tells."""


def addresses_of(column: pl.Series) -> Iterator[bytes]:
    """Each address in a column of ``ADDRESSES``."""
    for addresses in column.to_list():
        for start in range(0, len(addresses), ADDRESS):
            yield addresses[start : start + ADDRESS]


def addresses_in(register: Shelf) -> Iterator[str]:
    """The path of every page on record."""
    for _, rows in register.frames():
        yield from map(path_of, addresses_of(rows[ADDRESSES]))
