"""Who is due to be told though their page stays: in columns as one client after the other."""

from collections.abc import Mapping
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.columns import DEAL, WHO
from generator.content import Content
from generator.data import Client, Shard
from generator.data.records import CLIENTS
from generator.manifest import Night, Window, digest_due, due
from generator.pages.figures import SeriesFigures
from generator.strategy import observe
from generator.told import MARK, MARKS
from tests.builders import client_row, make_ring, make_series, quotes_of

TODAY = date(2026, 3, 10)
SERIES = ("duo", "trio", "held")
KNOWN = SERIES[:2]
"""Series that are worked out tonight; only these can have moved."""
CONTENT = Content((), {}, {}, ())
RING = make_ring()

Holdings = list[list[str]]
"""Of each client the series of their policies."""


def marking(key: tuple[str, ...]) -> bytes:
    """The mark of a reason's key."""
    return RING.digest("told", *key)


def who(client: int) -> bytes:
    """The pseudonym of a client."""
    return b"%016d" % client


def shard(holdings: Holdings) -> Shard:
    """The shard of clients who hold policies of these series."""
    clients = range(len(holdings))
    own = {name: client_row()[name] for name in CLIENTS[:-1]}
    rows = [{**own, "client_id": f"C-{n}", DEAL: n, WHO: who(n), "consents": []} for n in clients]
    schema = {name: pl.List(pl.String) if name == "consents" else pl.String for name in CLIENTS}
    policies = [
        (n, who(n), f"P-{n}-{k}", series, 100_000, date(2025, 12, 10))
        for n in clients
        for k, series in enumerate(holdings[n])
    ]
    columns = {DEAL: pl.UInt16, WHO: pl.Binary, "policy_number": pl.String, "series": pl.String}
    return Shard(
        pl.DataFrame(rows, {**schema, DEAL: pl.UInt16, WHO: pl.Binary}),
        pl.DataFrame(
            policies, {**columns, "premium": pl.Int64, "start_date": pl.Date}, orient="row"
        ),
        pl.DataFrame(
            schema={DEAL: pl.UInt16, WHO: pl.Binary, "stage": pl.String, "since": pl.Date}
        ),
        pl.DataFrame(schema={WHO: pl.Binary}),
    )


def night(moved: Mapping[str, tuple[str, str]], digest_day: int) -> Night:
    """A night whose window is the last week; the series were observed in it."""
    window = Window(TODAY - timedelta(days=7), TODAY)
    return Night(window, moved, frozenset(KNOWN), {}, digest_due(window, digest_day))


def figures() -> dict[str, SeriesFigures]:
    """The figures of the series that are worked out."""
    series = make_series()
    closes = {TODAY - timedelta(days=back): "120" for back in range(90)}
    one = SeriesFigures(series, observe(series, quotes_of({"AAA": closes}), TODAY, 7), "ru")
    return dict.fromkeys(KNOWN, one)


FIGURES = figures()


def keys_of(client: Client, tonight: Night) -> list[tuple[str, ...]]:
    """The reasons of one client that a page does not tell: the digest, and strategies."""
    found = tonight.reasons(client, FIGURES, CONTENT)
    return [reason.key for reason in found if reason.told["kind"] in {"digest", "strategy"}]


def marks(told: set[tuple[int, tuple[str, ...]]]) -> pl.DataFrame:
    """What earlier nights told, client by client."""
    rows = [(client, who(client), marking(key), TODAY) for client, key in sorted(told)]
    return pl.DataFrame(rows, MARKS, orient="row")


MOVED = ("strategy", "duo", "2026-03-10", "below")
DIGEST = ("digest", "2026-03")
KEYS = [MOVED, ("strategy", "trio", "2026-03-10", "above"), DIGEST, ("digest", "2026-02")]


@given(
    holdings=st.lists(st.lists(st.sampled_from(SERIES), max_size=3), max_size=6),
    moved=st.dictionaries(
        st.sampled_from(KNOWN), st.sampled_from([("above", "below"), ("below", "above")])
    ),
    digest_day=st.sampled_from([1, 5, 10, 28]),
    told=st.sets(st.tuples(st.integers(0, 5), st.sampled_from(KEYS))),
)
def test_columns_find_whom_reasons_find_one_by_one(
    holdings: Holdings,
    moved: dict[str, tuple[str, str]],
    digest_day: int,
    told: set[tuple[int, tuple[str, ...]]],
) -> None:
    """Exactly those who have a digest or a strategy to be told of that they were not told of."""
    tonight, some = night(moved, digest_day), shard(holdings)
    clients = [client for batch in some.batches(4) for client in batch]
    expected = {
        who(number)
        for number, client in enumerate(clients)
        if any((number, key) not in told for key in keys_of(client, tonight))
    }
    found = due(some, marks(told), tonight, marking)
    assert found.columns == [WHO]
    assert set(found[WHO]) == expected
    assert found.height == len(expected)


def test_the_reasons_of_the_test_above_come_up() -> None:
    """Its nights have strategies and digests to tell, and its marks are of such reasons."""
    (client,) = (one for batch in shard([["duo"]]).batches(1) for one in batch)
    assert keys_of(client, night({"duo": ("above", "below")}, 5)) == [MOVED, DIGEST]


HOLDERS: Holdings = [["duo"], ["trio", "duo"], ["held"], [], ["duo", "duo"]]


@pytest.mark.parametrize(
    ("moved", "digest_day", "told", "found"),
    [
        ({}, 28, set(), []),
        ({"duo": ("above", "below")}, 28, set(), [0, 1, 4]),
        ({"duo": ("above", "below")}, 28, {(1, MOVED)}, [0, 4]),
        ({"duo": ("above", "below")}, 28, {(1, DIGEST)}, [0, 1, 4]),
        ({}, 5, set(), [0, 1, 2, 4]),
        ({}, 5, {(n, DIGEST) for n in range(5)}, []),
        ({"duo": ("above", "below")}, 5, {(n, DIGEST) for n in range(5)}, [0, 1, 4]),
    ],
)
def test_who_is_due(
    moved: dict[str, tuple[str, str]],
    digest_day: int,
    told: set[tuple[int, tuple[str, ...]]],
    found: list[int],
) -> None:
    """Holders of what moved, everybody with a policy for the digest; nobody who was told."""
    some = due(shard(HOLDERS), marks(told), night(moved, digest_day), marking)
    assert sorted(some[WHO]) == [who(number) for number in found]


def test_a_share_of_nobody_has_nobody_due() -> None:
    """Without clients, or without policies, nobody is due."""
    tonight = night({"duo": ("above", "below")}, 5)
    nobody: list[Holdings] = [[], [[], []]]
    for holdings in nobody:
        found = due(shard(holdings), marks(set()), tonight, marking)
        assert found.is_empty()
        assert found.schema == {WHO: pl.Binary}


def test_marks_are_looked_for_by_their_client() -> None:
    """That one client was told is no reason not to tell another."""
    told = marks({(0, MOVED)}).with_columns(pl.lit(who(1)).alias(WHO))
    assert told[MARK].to_list() == [marking(MOVED)]
    found = due(shard(HOLDERS), told, night({"duo": ("above", "below")}, 28), marking)
    assert sorted(found[WHO]) == [who(0), who(4)]
