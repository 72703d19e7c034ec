"""The hold-out group: stable, evenly drawn, and known to nobody without the key."""

from decimal import Decimal

import pytest

from generator.send.rules import is_held_out

CLIENTS = [f"A-{number}" for number in range(100_000, 120_000)]
KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
CHI_SQUARE_19 = 43.82
"""A thousandth of even draws into 20 groups are more uneven than this."""


def group(percent: str, key: bytes = KEY) -> set[str]:
    """The clients who are held out."""
    return {client for client in CLIENTS if is_held_out(client, key, Decimal(percent))}


@pytest.mark.parametrize(
    ("percent", "deviation"), [("1", 43), ("5", 93), ("12.5", 141), ("50", 213)]
)
def test_the_share_is_as_set(percent: str, deviation: int) -> None:
    """Within three standard deviations of what chance gives."""
    expected = len(CLIENTS) * float(percent) / 100
    assert abs(len(group(percent)) - expected) < deviation


def test_nobody_at_none() -> None:
    """Without a percentage nobody is held out; with all of it everybody is."""
    assert group("0") == set()
    assert group("100") == set(CLIENTS)


def test_a_larger_group_holds_the_smaller() -> None:
    """Raising the share adds clients and lets none out."""
    assert group("1") < group("5") < group("50")


@pytest.mark.parametrize("key", [KEY, OTHER])
def test_it_is_even_along_the_ids(key: bytes) -> None:
    """Ids that follow each other belong together: each stretch loses alike (chi-square)."""
    held = group("10", key)
    size = len(CLIENTS) // 20
    counts = [
        sum(client in held for client in CLIENTS[start : start + size])
        for start in range(0, len(CLIENTS), size)
    ]
    mean = sum(counts) / len(counts)
    assert sum((count - mean) ** 2 for count in counts) / mean < CHI_SQUARE_19


def test_another_key_draws_another_group() -> None:
    """What two groups share is what chance gives: a fourth of all at a half each."""
    both = group("50") & group("50", OTHER)
    assert abs(len(both) - len(CLIENTS) / 4) < 184


def test_it_is_the_same_on_every_machine() -> None:
    """A known answer: a change would let people in and out in the middle of a measurement."""
    assert sorted(group("0.02")) == [
        "A-103806",
        "A-108470",
        "A-109185",
        "A-109408",
        "A-111428",
        "A-113434",
        "A-117277",
        "A-117704",
    ]
