"""What the gate looks for: which ways of writing a value, and which are left out."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.money import money_format
from generator.data import Client, Policy
from generator.sealing import Secret, new_key_ring
from generator.site.needles import (
    AMOUNT,
    CLIENT_ID,
    EMAIL,
    KEY,
    NAME,
    PHONE,
    POLICY,
    SECRET,
    Amount,
    Needle,
    client_needles,
    ring_needles,
    secret_needles,
    spellings,
    weakness,
)

LOCALES = ("ru", "en")
POLICIES = (Policy("ILI-00012345", "tech", 100_000_000, date(2009, 3, 2)),)
CLIENT = Client(
    "A-100017",
    "Юдина",
    "Жанна",
    "Ильинична",
    "ru",
    "",
    "",
    "",
    "+79990000001",
    "Yudina@example.org",
    (),
    POLICIES,
    (),
)


def texts(kind: str, client: Client = CLIENT, *amounts: Amount) -> list[str]:
    """The strong needles of ``kind``, as texts."""
    needles = client_needles(17, client, amounts, LOCALES)
    return [n.value.decode() for n in needles if n.kind == kind and not weakness(n)]


def covers(needles: list[str], text: str) -> bool:
    """Whether someone who looks for ``needles`` finds ``text``."""
    return any(needle in text for needle in needles)


@pytest.mark.parametrize(
    "written",
    [
        "Юдина Жанна Ильинична",
        "Жанна Ильинична Юдина",
        "Юдина Жанна",
        "Жанна Юдина",
        "Юдина Ж. И.",
        "Юдина Ж.И.",
        "Ж. И. Юдина",
        "ЮДИНА ЖАННА ИЛЬИНИЧНА",
        "ЮДИНА Ж.И.",
    ],
)
def test_full_name_is_known_in_every_order(written: str) -> None:
    """Last name first or last, with the others whole or as initials, in capitals too."""
    assert covers(texts(NAME), written)


@pytest.mark.parametrize("written", ["Юдина", "Жанна", "Ильинична", "Жанна Ильинична"])
def test_part_of_a_name_is_no_needle(written: str) -> None:
    """An editor may write of a Жанна, and of a Юдина; who they are takes both."""
    assert not covers(texts(NAME), written)


@pytest.mark.parametrize("client", [CLIENT._replace(first_name=""), CLIENT._replace(last_name="")])
def test_client_with_half_a_name_gives_no_name_needles(client: Client) -> None:
    """There is nothing that could be told from an editor's text."""
    assert texts(NAME, client) == []


@pytest.mark.parametrize(
    "written",
    [
        "+79990000001",
        "89990000001",
        "79990000001",
        "+7 999 000-00-01",
        "+7\N{NO-BREAK SPACE}999\N{NO-BREAK SPACE}000-00-01",
        "8 (999) 000-00-01",
        "8(999)000-00-01",
        "+7 999 000 00 01",
        "8-999-000-00-01",
    ],
)
def test_phone_is_known_in_national_and_international_forms(written: str) -> None:
    """As written in the table, as digits, and as people group them."""
    assert covers(texts(PHONE), written)


@pytest.mark.parametrize("written", ["+12125550100", "(212) 555-0100", "212-555-0100"])
def test_foreign_phone_is_known(written: str) -> None:
    """Grouped as in America where the country is not one of those that group in pairs."""
    assert covers(texts(PHONE, CLIENT._replace(phone="+12125550100")), written)


def test_phone_written_in_groups_is_looked_for_as_written() -> None:
    """A table's own grouping is a needle too."""
    assert "+7.999.000.00.01" in texts(PHONE, CLIENT._replace(phone="+7.999.000.00.01"))


def test_other_identifiers_are_known_as_written() -> None:
    """E-mail (in small letters too), policy number and client id."""
    assert texts(EMAIL) == ["Yudina@example.org", "yudina@example.org"]
    assert texts(POLICY) == ["ILI-00012345"]
    assert texts(CLIENT_ID) == ["A-100017"]


def test_empty_values_are_no_needles() -> None:
    """A client without phone, mail and policies has only an id."""
    bare = Client("A-100017", "Юдина", "", "", "ru", "", "", "", "", "", (), (), ())
    assert {needle.kind for needle in client_needles(1, bare, [], LOCALES)} == {CLIENT_ID}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("currency", ["RUB", "USD", "EUR", "JPY", "KWD"])
@given(minor=st.integers(1, 10**13))
def test_amount_is_known_as_our_pages_write_it(locale: str, currency: str, minor: int) -> None:
    """Whatever ``money_format`` gives is found, for currencies with 0, 2 and 3 decimals."""
    amount = Amount(minor, currency)
    needles = list(client_needles(1, CLIENT, [amount], LOCALES))
    strong = [n.value.decode() for n in needles if n.kind == AMOUNT and not weakness(n)]
    written = money_format(locale, currency)(minor)
    assert covers(strong, written) or len(written.encode()) < 6


@pytest.mark.parametrize(
    "written",
    [
        "1000000.00",
        "1000000,00",
        "1\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}000,00",
        "1\N{NARROW NO-BREAK SPACE}000\N{NARROW NO-BREAK SPACE}000,00",
        "1 000 000,00",
        "1,000,000.00",
        "1\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}000,00\N{NO-BREAK SPACE}₽",
        "1 000 000 ₽",
        "RUB 1,000,000.00",
        "RUB 1,000,000",
    ],
)
def test_amount_is_known_in_the_forms_of_exports_and_templates(written: str) -> None:
    """With and without thousands, kopecks and the currency."""
    assert covers(texts(AMOUNT, CLIENT, Amount(100_000_000, "RUB")), written)


def test_small_amount_is_known_only_with_its_currency() -> None:
    """3 000,00 alone may be anything; 3 000,00 ₽ is money."""
    needles = texts(AMOUNT, CLIENT, Amount(300_000, "RUB"))
    assert covers(needles, "3 000,00 ₽")
    assert covers(needles, "RUB 3,000.00")
    assert not covers(needles, "3 000,00")
    assert not covers(needles, "3000.00")


def test_renderings_of_an_amount_have_one_subject() -> None:
    """So that an editor's 500 000 ₽ also excuses 500 000,00 ₽."""
    amounts = [Amount(50_000_000, "RUB"), Amount(50_000_000, "USD"), Amount(7, "RUB")]
    needles = client_needles(1, CLIENT, amounts, LOCALES)
    assert {n.subject for n in needles if n.kind == AMOUNT} == {b"500000.00", b"0.07"}


def test_secret_is_known_raw_and_as_in_the_link_with_its_keys() -> None:
    """The address is public by design and is no needle."""
    secret = Secret(bytes(range(16)))
    keys = secret.keys()
    values = {needle.value: needle.kind for needle in secret_needles(secret, 4)}
    assert values == {
        secret.value: SECRET,
        secret.text.encode(): SECRET,
        keys.nonce_key: KEY,
        keys.seal_key: KEY,
    }


def test_every_key_of_the_ring_is_known() -> None:
    """Master keys of retired epochs too: what they sealed may still be out there."""
    ring = new_key_ring(date(2026, 1, 1)).rotated(date(2026, 2, 1))
    values = {needle.value for needle in ring_needles(ring)}
    assert {ring.pseudonym_key, *(epoch.master for epoch in ring.epochs)} <= values
    assert len(values) == 5


@pytest.mark.parametrize(
    ("kind", "value", "why"),
    [
        (NAME, "Li Xu", "shorter than 6 bytes"),
        (CLIENT_ID, "10017", "shorter than 6 bytes"),
        (CLIENT_ID, "1000170", "fewer than 8 digits"),
        (POLICY, "0012345", "fewer than 8 digits"),
        (PHONE, "+7 99 90", "fewer than 8 digits"),
        (AMOUNT, "0,00\N{NO-BREAK SPACE}₽", "zero says nothing of anyone"),
        (AMOUNT, "999,00", "fewer than 7 digits, or without a separator, and no currency"),
        (AMOUNT, "10000000", "fewer than 7 digits, or without a separator, and no currency"),
    ],
)
def test_weak_needle_is_left_out_with_its_reason(kind: str, value: str, why: str) -> None:
    """What stands in any script by chance would only teach people to ignore the gate."""
    assert weakness(Needle(kind, value.encode())) == why


@pytest.mark.parametrize(
    ("kind", "value"),
    [(NAME, "Ли Ян"), (CLIENT_ID, "A-1001"), (POLICY, "00123456"), (AMOUNT, "10000.00")],
)
def test_strong_needle_is_not_left_out(kind: str, value: str) -> None:
    """The shortest of each kind that the gate takes."""
    assert weakness(Needle(kind, value.encode())) == ""


def test_text_is_also_spelled_in_cp1251_and_with_other_spaces() -> None:
    """An old export, a form's plus, a typesetter's no-break space."""
    found = dict(spellings(Needle(NAME, "Жанна Юдина".encode())))
    assert found["Жанна Юдина".encode("cp1251")] == "cp1251"
    assert found["Жанна+Юдина".encode()] == "plus"
    assert found["Жанна\N{NO-BREAK SPACE}Юдина".encode()] == ""


def test_no_spelling_is_shorter_than_a_needle_may_be() -> None:
    """Five letters are ten bytes of UTF-8, but only five of cp1251."""
    spelled = [spelling for spelling, _ in spellings(Needle(NAME, "Ли Ян".encode()))]
    assert "Ли Ян".encode("cp1251") not in spelled
    assert "Ли Ян".encode() in spelled


def test_needle_does_not_show_its_value() -> None:
    """A needle may stand in a traceback."""
    needle = Needle(EMAIL, b"yudina@example.org", 17)
    assert repr(needle) == str(needle) == "Needle(e-mail, row=17)"
