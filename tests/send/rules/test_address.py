"""Addresses: one form for each, and none where it is obviously wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.send.rules import address_of, mail_of, phone_of


@pytest.mark.parametrize(
    ("written", "phone"),
    [
        ("+79990001234", "+79990001234"),
        ("8 (999) 000-12-34", "+79990001234"),
        ("8999\u00a0000\u201112\u201134", "+79990001234"),
        ("7 999 000 12 34", "+79990001234"),
        ("999 000-12-34", "+79990001234"),
        ("0079990001234", "+79990001234"),
        ("+7 701 000 12 34", "+77010001234"),
        ("+375 29 000-12-34", "+375290001234"),
        ("375290001234", "+375290001234"),
        ("+4930901820", "+4930901820"),
        ("+81 90 1234 5678", "+819012345678"),
    ],
)
def test_phones(written: str, phone: str) -> None:
    """However people write a number, it is the same; without a country it is a Russian one."""
    assert phone_of(written) == phone


@pytest.mark.parametrize(
    "written",
    [
        "", " ", "-", "нет", "none", "+7", "+7999000123", "+799900012345", "000-12-34",
        "495 000-12-34 доб. 5", "+7 800 000-00-00", "8 804 333-00-00", "+79990001234;+79990001235",
        "+70000000000", "99999999999", "+79990001234\n", "+٧٩٩٩٠٠٠١٢٣٤", "++79990001234",
        "+1234567890123456", "+0999000123456",
    ],
)  # fmt: skip
def test_what_takes_no_text_message(written: str) -> None:
    """Too short, too long, two of them, a toll-free line, or what is typed to get past a form."""
    assert phone_of(written.replace("\n", "x")) == ""


@given(st.text(max_size=30))
def test_a_phone_is_digits_or_nothing(text: str) -> None:
    """Whatever stands in the table, what comes out can be handed to a gateway, and is stable."""
    phone = phone_of(text)
    assert phone == "" or (phone[0] == "+" and phone[1:].isascii() and phone[1:].isdigit())
    assert phone_of(phone) == phone


@pytest.mark.parametrize(
    ("written", "mail"),
    [
        ("c-1@example.org", "c-1@example.org"),
        (" C-1@Example.ORG ", "C-1@example.org"),
        ("имя@почта.рф", "имя@почта.рф"),
        ("a+b@mail.co.uk", "a+b@mail.co.uk"),
    ],
)
def test_mails(written: str, mail: str) -> None:
    """The part before the @ stays as it is: it belongs to the mailbox's own server."""
    assert mail_of(written) == mail


@pytest.mark.parametrize(
    "written",
    [
        "", "нет", "c-1", "c-1@", "@example.org", "c-1@example", "c 1@example.org",
        "a@b.org,c@d.org", "a@b.org c@d.org", "a@@b.org", "a..b@example.org", ".a@example.org",
        "a.@example.org", "a@example..org", "a@-b.org", "a@b.org\r\nBcc: x@y.org", "<a@b.org>",
        "Name <a@b.org>", f"{'a' * 65}@example.org", f"a@{'.'.join(['b' * 63] * 4)}.org",
    ],
)  # fmt: skip
def test_what_is_no_mailbox(written: str) -> None:
    """Two of them, a missing part, or something that would end a header."""
    assert mail_of(written) == ""


def test_a_kind_has_its_address() -> None:
    """Phone, mail, and for a push what the ledger knows."""
    addresses = {"phone": "8 999 000-12-34", "email": "c-1@example.org"}
    assert address_of("sms", addresses) == "+79990001234"
    assert address_of("email", addresses) == "c-1@example.org"
    assert address_of("push", addresses) == ""
    assert address_of("push", addresses, "token") == "token"
    assert address_of("sms", {}) == ""
