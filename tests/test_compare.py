"""Whom a night compares: only whom the day concerns, with the answer that all would give."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.columns import DEAL, WHO
from generator.compare import Compared, Links, Tonight, compare, register_rows
from generator.data import Shard
from generator.data.digests import Versions
from generator.data.records import CLIENTS
from generator.site.register import ADDRESSES, EPOCHS, FILES, REGISTER, WHY, Why
from tests.builders import client_row

DAY = date(2026, 3, 10)
SERIES = ("duo", "trio")
STAGES = ("filed", "closed")
VERSIONS = Versions(
    {"ru": "page"},
    {("ru", name): f"version of {name}" for name in SERIES},
    {("ru", name): f"version of {name}" for name in STAGES},
    {},
    [],
)
EPOCH = "1"
NAMES = st.sampled_from(["Ivanova", "Petrova"])


@dataclass(frozen=True)
class Person:
    """A client of these tests."""

    number: int
    name: str = "Ivanova"
    series: tuple[str, ...] = ("duo",)
    stays: tuple[int, ...] = ()
    """Days from ``DAY`` on which a stage begins."""
    is_held: bool = False


def who(number: int) -> bytes:
    """The pseudonym of a client."""
    return b"%016d" % number


def whose(*numbers: int) -> pl.DataFrame:
    """The pseudonyms of clients."""
    return pl.DataFrame({WHO: [who(number) for number in numbers]}, {WHO: pl.Binary})


def shard(people: list[Person]) -> Shard:
    """The rows of some clients."""
    own = {name: client_row()[name] for name in CLIENTS[:-1]}
    rows = [
        {DEAL: one.number, WHO: who(one.number), **own, "last_name": one.name, "consents": []}
        for one in people
    ]
    texts = dict.fromkeys(CLIENTS[:-1], pl.String)
    person: dict[str, pl.DataType | type[pl.DataType]] = {DEAL: pl.UInt16, WHO: pl.Binary, **texts}
    person["consents"] = pl.List(pl.String)
    policy = {"policy_number": pl.String, "series": pl.String, "premium": pl.Int64}
    policies = [
        (one.number, who(one.number), f"P-{one.number}-{k}", series, 100, date(2025, 12, 10))
        for one in people
        for k, series in enumerate(one.series)
    ]
    stays = [
        (one.number, who(one.number), STAGES[k % 2], DAY + timedelta(days))
        for one in people
        for k, days in enumerate(one.stays)
    ]
    key = {DEAL: pl.UInt16, WHO: pl.Binary}
    return Shard(
        pl.DataFrame(rows, person),
        pl.DataFrame(policies, {**key, **policy, "start_date": pl.Date}, orient="row"),
        pl.DataFrame(stays, {**key, "stage": pl.String, "since": pl.Date}, orient="row"),
        whose(*(one.number for one in people if one.is_held)),
    ).sorted()


def tonight(as_of: date = DAY, since: date | None = None) -> Tonight:
    """A night on which nobody is revoked, forgotten or held."""
    return Tonight(
        as_of=as_of,
        versions=VERSIONS,
        key="key",
        links=Links.of({}, EPOCH, "key"),
        live=(1,),
        forgotten=whose(),
        held_series=frozenset(),
        retention=timedelta(days=3),
        same_since=since,
    )


def recorded(compared: Compared, night: Tonight) -> pl.DataFrame:
    """The register after a night whose pages were all built."""
    pages = compared.todo.select(
        WHO,
        pl.col(WHO).alias(ADDRESSES),
        pl.concat_list(WHO, WHO)
        .list.eval(pl.element().bin.encode("hex"))
        .list.join("")
        .str.decode("hex")
        .alias(FILES),
    )
    rows = register_rows(compared.todo, pages, night)
    return pl.concat([compared.kept, rows]).sort(DEAL, WHO)


def first_night(people: list[Person], gone: list[Person] | None = None) -> pl.DataFrame:
    """The register after a night; of ``gone`` the rows were there the night before only."""
    empty = pl.DataFrame(schema=REGISTER)
    before = shard([*people, *(gone or [])])
    register = recorded(compare(before, empty, tonight(DAY - timedelta(1))), tonight())
    return recorded(compare(shard(people), register, tonight()), tonight())


def answers(compared: Compared) -> tuple[object, ...]:
    """All that a comparison says, without the order of pseudonyms."""
    return (
        compared.todo.sort(DEAL, WHO).rows(),
        compared.kept.sort(DEAL, WHO).rows(),
        sorted(compared.settled[WHO].to_list()),
        compared.removed.sort(DEAL, WHO).rows(),
        compared.is_same,
        compared.forgotten,
    )


PERSON = st.builds(
    Person,
    number=st.integers(0, 9),
    name=NAMES,
    series=st.lists(st.sampled_from(SERIES), max_size=2).map(tuple),
    stays=st.lists(st.integers(-3, 4), max_size=2).map(tuple),
    is_held=st.sampled_from([False, False, True]),
)
PEOPLE = st.lists(PERSON, min_size=2, max_size=8, unique_by=lambda one: one.number)


@st.composite
def two_days(draw: st.DrawFn) -> tuple[list[Person], list[Person]]:
    """The people of two days: most are on both as they were."""
    before = draw(PEOPLE)
    fates = draw(st.lists(st.integers(0, 5), min_size=len(before), max_size=len(before)))
    pairs = list(zip(before, fates, strict=True))
    after = [one for one, fate in pairs if fate > 1]
    after += [replace(one, name="Smirnova") for one, fate in pairs if fate == 1]
    new = draw(st.lists(PERSON, max_size=2, unique_by=lambda one: one.number))
    return before, [*after, *(one for one in new if one.number not in {o.number for o in before})]


@given(
    days=two_days(),
    gone=st.lists(PERSON, max_size=2, unique_by=lambda one: one.number),
    later=st.integers(-2, 5),
    revoked=st.sets(st.integers(0, 9), max_size=2),
    forgotten=st.sets(st.integers(0, 9), max_size=2),
    held=st.sets(st.sampled_from(SERIES)),
    more=st.sets(st.integers(0, 12), max_size=3),
)
def test_whom_the_day_concerns(
    *,
    days: tuple[list[Person], list[Person]],
    gone: list[Person],
    later: int,
    revoked: set[int],
    forgotten: set[int],
    held: set[str],
    more: set[int],
) -> None:
    """Whatever a day brings, to compare these clients is to compare all of them."""
    before, after = days
    numbers = {one.number for one in before}
    register = first_night(before, [one for one in gone if one.number not in numbers])
    night = replace(
        tonight(DAY + timedelta(later)),
        links=Links.of({who(number): 1 for number in revoked}, EPOCH, "key"),
        forgotten=whose(*forgotten),
        held_series=frozenset(held),
    )
    old, new = ({one.number: one for one in people} for people in (before, after))
    touched = {number for number in old.keys() | new.keys() if old.get(number) != new.get(number)}
    held_then = {one.number for one in (*before, *after) if one.is_held}
    mine = whose(*(touched | held_then | more))
    part = compare(shard(after), register, replace(night, same_since=DAY), mine)
    assert answers(part) == answers(compare(shard(after), register, night))


REVOKED = Links.of({who(1): 1}, EPOCH, "key")
FOUR = [Person(0), Person(1), Person(2, stays=(2,)), Person(3, series=("trio",))]
EVENTS: dict[str, tuple[list[Person], list[Person], Tonight]] = {
    "somebody is forgotten": (FOUR, [], replace(tonight(), forgotten=whose(1))),
    "a link is revoked": (FOUR, [], replace(tonight(), links=REVOKED)),
    "a stage begins": (FOUR, [], tonight(DAY + timedelta(2))),
    "a page was kept long enough": (FOUR, [Person(9)], tonight(DAY + timedelta(3))),
    "who was gone is back": ([*FOUR, Person(9)], [Person(9)], tonight()),
    "somebody is new": ([*FOUR, Person(8)], [], tonight()),
    "somebody is gone": (FOUR[1:], [], tonight()),
    "a row is refused": ([*FOUR[:3], replace(FOUR[3], is_held=True)], [], tonight()),
    "a series is held": (FOUR, [], replace(tonight(), held_series=frozenset({"trio"}))),
}
"""Who is there, of whom there was a page before the last night, and the night."""


@pytest.mark.parametrize("event", EVENTS)
def test_whomever_the_day_concerns_is_looked_at(event: str) -> None:
    """Without a row that is known to be touched: what the day itself brings is seen."""
    people, gone, night = EVENTS[event]
    register = first_night(FOUR, gone)
    quiet = compare(shard(FOUR), register, replace(tonight(), same_since=DAY), whose())
    part = compare(shard(people), register, replace(night, same_since=DAY), whose())
    assert answers(part) == answers(compare(shard(people), register, night))
    assert answers(part) != answers(quiet)


def test_a_quiet_night() -> None:
    """Where the day concerns nobody the register stays, and everyone's page is theirs."""
    people = [Person(number) for number in range(4)]
    register = first_night(people)
    compared = compare(shard(people), register, tonight(since=DAY), whose())
    assert (compared.is_same, compared.todo.height, compared.forgotten) == (True, 0, 0)
    assert compared.kept.equals(register)
    assert set(compared.settled[WHO]) == {who(number) for number in range(4)}


def test_who_was_touched_is_built_and_nobody_else() -> None:
    """One changed: one is to be built, and why is told."""
    people = [Person(number) for number in range(4)]
    register = first_night(people)
    after = [*people[:3], replace(people[3], name="Petrova")]
    compared = compare(shard(after), register, tonight(since=DAY), whose(3))
    assert compared.todo.select(WHO, WHY).rows() == [(who(3), int(Why.ROWS))]
    assert compared.kept.equals(register.head(3))


def test_whoever_is_not_known_to_be_touched_is_not_looked_at() -> None:
    """Rows are believed to be as they were: that is what makes a night short."""
    people = [Person(number) for number in range(4)]
    after = [replace(one, name="Petrova") for one in people]
    compared = compare(shard(after), first_night(people), tonight(since=DAY), whose(1))
    assert compared.todo[WHO].to_list() == [who(1)]


def test_pages_under_a_retired_epoch_go() -> None:
    """Where another epoch lives than did, everything is looked at, and its pages are removed."""
    people = [Person(number) for number in range(2)]
    register = first_night(people)
    night = replace(tonight(since=DAY), live=(2,), links=Links.of({}, "2", "key"))
    compared = compare(shard(people), register, night, whose())
    assert compared.removed[EPOCHS].unique().to_list() == [EPOCH]
    assert compared.todo.height == 2
