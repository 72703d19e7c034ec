"""The guard: a publication that concerns very many clients is stopped, and says of how many."""

from decimal import Decimal

import pytest

from generator.base.config import Guard
from generator.publish.guard import FEWEST, Share, objections

GUARD = Guard()


@pytest.mark.parametrize(
    ("share", "fields"),
    [
        (Share(1000, 500, 100), []),
        (Share(1000, 501, 100), ["publish.guard.changed_percent"]),
        (Share(1000, 500, 101), ["publish.guard.deleted_percent"]),
        (Share(1000, 1000, 0), ["publish.guard.changed_percent"]),
        (Share(1000, 501, 101), ["publish.guard.changed_percent", "publish.guard.deleted_percent"]),
        (Share(FEWEST, FEWEST, 0), ["publish.guard.changed_percent"]),
        (Share(FEWEST - 1, FEWEST - 1, FEWEST - 1), []),
        (Share(), []),
    ],
)
def test_what_looks_wrong(share: Share, fields: list[str]) -> None:
    """More than the set shares, of a store with enough clients to tell; exactly them is right."""
    assert [problem.field for problem in objections(share, GUARD)] == fields


def test_shares_can_be_set() -> None:
    """To all, and nothing is stopped; to none, and anything is."""
    everything = Share(1000, 1000, 1000)
    lax = Guard(changed_percent=Decimal(100), deleted_percent=Decimal(100))
    strict = Guard(changed_percent=Decimal(0), deleted_percent=Decimal(0))
    assert objections(everything, lax) == []
    assert len(objections(Share(1000, 1, 1), strict)) == 2


def test_what_is_told() -> None:
    """Counts, the setting, where to look and how to go on."""
    (problem,) = objections(Share(20_000, 0, 9_876), GUARD)
    assert str(problem) == (
        "content/site.yaml: publish.guard.deleted_percent: "
        "this publication would delete all pages of 9,876 of 20,000 clients in the store"
        " — hint: look at sealpress publish --dry-run; if it is right, run it again with --allow"
    )


def test_shares_add_up() -> None:
    """Those of all buckets are that of the store."""
    assert Share(1, 2, 3, 4).plus(Share(10, 20, 30, 40)) == Share(11, 22, 33, 44)
