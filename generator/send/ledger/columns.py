"""Kinds of columns that are the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from sqlalchemy import BigInteger, Dialect, Integer, Text
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

Number = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up only what is called an integer."""
Word = Text().with_variant(Text(collation="C"), "postgresql")
"""Text in the order of its bytes, wherever the server stands: a plan's hash depends on it."""


@lru_cache(4096)
def micros(moment: datetime) -> int:
    """Microseconds since 1970; a moment without a zone is nobody's."""
    if moment.tzinfo is None:
        raise ValueError("the moment has no zone")
    return (moment - EPOCH) // MICROSECOND


@lru_cache(4096)
def moment_of(number: int) -> datetime:
    """The moment in UTC."""
    return EPOCH + timedelta(microseconds=number)


class Moment(TypeDecorator[datetime]):
    """A moment in UTC, as microseconds: SQLite has no zones, and both compare numbers alike."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _: Dialect) -> int | None:
        """To the database."""
        return None if value is None else micros(value)

    def process_result_value(self, value: int | None, _: Dialect) -> datetime | None:
        """From the database."""
        return None if value is None else moment_of(value)


class Choice(TypeDecorator[StrEnum]):
    """A word of an enumeration; PostgreSQL's driver would write its name instead."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: StrEnum | None, _: Dialect) -> str | None:
        """To the database."""
        return None if value is None else str(self.words(value))

    def process_result_value(self, value: str | None, _: Dialect) -> StrEnum | None:
        """From the database."""
        return None if value is None else self.words(value)
