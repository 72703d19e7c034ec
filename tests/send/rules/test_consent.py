"""Consent: by kind and purpose, and a withdrawal stands."""

import pytest

from generator.base.sending import Kind
from generator.send.rules import Said, consent_to
from generator.send.values import Purpose, Reason

NO = Reason.NO_CONSENT


@pytest.mark.parametrize(
    ("kind", "purpose", "consents", "expected"),
    [
        ("sms", "service", ["sms"], None),
        ("sms", "service", ["email", " SMS "], None),
        ("sms", "service", ["email"], NO),
        ("sms", "service", [], NO),
        ("sms", "promotion", ["sms"], NO),
        ("sms", "promotion", ["sms/promotion"], None),
        ("sms", "promotion", ["sms:promotion"], None),
        ("sms", "service", ["sms/promotion"], NO),
        ("email", "promotion", ["sms/promotion", "email"], NO),
    ],
)
def test_each_is_agreed_to_by_itself(
    kind: Kind, purpose: Purpose, consents: list[str], expected: Reason | None
) -> None:
    """A consent to one kind or purpose is none to another."""
    assert consent_to(kind, purpose, consents, {}) == expected


def test_a_withdrawal_stands_against_the_table() -> None:
    """A manifest alone does not undo it; a client who agrees again does."""
    assert consent_to("sms", "service", ["sms"], {("sms", "service"): False}) is NO
    assert consent_to("sms", "service", ["sms"], {("sms", "service"): True}) is None


def test_it_concerns_what_was_withdrawn_only() -> None:
    """No more promotions, and service messages as before."""
    said: Said = {("sms", "promotion"): False}
    consents = ["sms", "sms/promotion"]
    assert consent_to("sms", "promotion", consents, said) is NO
    assert consent_to("sms", "service", consents, said) is None


def test_nothing_is_agreed_to_with_us_alone() -> None:
    """What the table of clients does not say (any more) is no consent."""
    assert consent_to("sms", "service", [], {("sms", "service"): True}) is NO
