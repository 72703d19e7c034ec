"""Addresses: one digest of each, blocked for good, and pushes' own."""

import pytest

from generator.base.sending import Kind
from generator.send.ledger import Address, Ledger
from generator.send.values import Reason
from tests.send.ledger.samples import HOUR, NOW

SAME: list[tuple[Kind, str, str]] = [
    ("sms", "+7 (900) 000-00-01", "89000000001"),
    ("sms", "+7 900 000 00 01", "79000000001"),
    ("email", "Anna@Example.ORG", " Anna@example.org"),
]
OTHER: list[tuple[Kind, str, str]] = [
    ("sms", "+79000000001", "+79000000002"),
    ("sms", "+81234567890", "81234567890"),
    ("email", "Anna@example.org", "anna@example.org"),
    ("push", "token", "TOKEN"),
]


@pytest.mark.parametrize(("kind", "one", "other"), SAME)
def test_two_spellings_are_one_address(ledger: Ledger, kind: Kind, one: str, other: str) -> None:
    """A phone as it is written at home and abroad, a domain in any letters."""
    assert ledger.addresses.digest(kind, one) == ledger.addresses.digest(kind, other) != b""


@pytest.mark.parametrize(("kind", "one", "other"), OTHER)
def test_two_addresses_are_two(ledger: Ledger, kind: Kind, one: str, other: str) -> None:
    """Also where only a server knows whether they are one."""
    assert ledger.addresses.digest(kind, one) != ledger.addresses.digest(kind, other)


def test_no_address_has_no_digest(ledger: Ledger) -> None:
    """Else all who have none would share one that is blocked."""
    assert ledger.addresses.digest("email", " ") == ledger.addresses.digest("sms", "none") == b""
    ledger.addresses.suppress(b"", NOW, "nothing")
    assert not ledger.addresses.blocked([b""])


def test_a_blocked_address_has_its_reason(ledger: Ledger) -> None:
    """The wish of a person comes first, and can be taken back alone."""
    one = ledger.addresses.digest("email", "anna@example.org")
    ledger.addresses.bury(one, NOW)
    ledger.addresses.bury(one, NOW + HOUR)
    assert ledger.addresses.blocked([one, b"other"]) == {one: Reason.DEAD_ADDRESS}
    ledger.addresses.suppress(one, NOW, "a call")
    assert ledger.addresses.blocked([one]) == {one: Reason.SUPPRESSED}
    assert ledger.addresses.release(one, Reason.SUPPRESSED)
    assert not ledger.addresses.release(one, Reason.SUPPRESSED)
    assert ledger.addresses.blocked([one]) == {one: Reason.DEAD_ADDRESS}


def test_pushes_go_where_clients_said(ledger: Ledger) -> None:
    """To all of their phones, the newest first, until one is gone."""
    rows = [
        Address("A-1", "push", "old", NOW),
        Address("A-1", "push", "new", NOW + HOUR),
        Address("A-2", "push", "shared", NOW),
        Address("A-1", "push", "shared", NOW - HOUR),
    ]
    ledger.addresses.add(rows)
    ledger.addresses.add([Address("A-1", "push", "old", NOW + 2 * HOUR)])
    found = ledger.addresses.of(["A-1", "A-2", "A-3"], "push")
    assert found == {"A-1": ["old", "new", "shared"], "A-2": ["shared"]}
    ledger.addresses.bury(ledger.addresses.digest("push", "old"), NOW)
    assert ledger.addresses.remove("push", "shared") == 2
    assert ledger.addresses.of(["A-1", "A-2"], "push") == {"A-1": ["new"]}
    assert not ledger.addresses.of(["A-1"], "sms")
    assert "old" not in repr(rows[0])
