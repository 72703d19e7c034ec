"""What must not be found in a site: the values of clients and the secrets of links, as bytes.

A needle is one way of writing one value. Only the ways that differ are here, and only the
shortest of those that contain one another: who finds ``9990000001`` has found ``+79990000001``
too, and with ``Иванов Иван`` the full name. Encodings (percent, base64, ...) are no needles: the
gate undoes them in what it reads (``layers``).

A first name or a surname alone is no needle: an editor may well write of an Ivan. What is too
short or too plain to be told from chance is left out, and ``weakness`` says why.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from ahocorasick_rs import BytesAhoCorasick
from babel.numbers import get_currency_symbol

from generator.base.money import NBSP, decimals, money_format, to_text
from generator.data import Client
from generator.sealing import KeyRing, Secret
from generator.sealing.secret import SALT, extract
from generator.site.layers import Layer

NAME, PHONE, EMAIL = "name", "phone", "e-mail"
POLICY, CLIENT_ID, AMOUNT = "policy number", "client id", "amount"
SECRET, KEY = "link secret", "key"
RAW = frozenset({SECRET, KEY})
"""Kinds whose values are bytes rather than text; no one may write them, editors included."""

NARROW = "\N{NARROW NO-BREAK SPACE}"
# (between thousands, before the minor units): what our formats, CSV exports and templates write
STYLES = ((NBSP, ","), (NARROW, ","), (" ", ","), ("", ","), (",", "."), ("", "."))

SHORTEST = 6  # bytes: five can stand by chance in a site of 10 GB (2^33 places, 2^-40 each)
FEWEST_DIGITS = 8  # scripts and charts are full of shorter numbers
BARE_DIGITS = 7  # of an amount without its currency; a point or a space inside tells the rest
NATIONAL = 10  # digits of a phone without its country or trunk prefix
CACHED = 16384  # amounts: many clients hold the same round premium

_SIGN = re.compile(r"[^\d.,\s]")


class Amount(NamedTuple):
    """Minor units of a currency (ISO 4217)."""

    minor: int
    currency: str


class Needle(NamedTuple):
    """A value of a ``kind`` as bytes (UTF-8, or raw for secrets); a tuple, there are millions.

    ``row`` is the client's number in the sorted base, from 1; None for what is no client's.
    ``subject`` ties the renderings of one amount together; empty where the value is its own.
    """

    kind: str
    value: bytes
    row: int | None = None
    subject: bytes = b""

    def __repr__(self) -> str:
        """The needle without its value: this may stand in a log."""
        return f"Needle({self.kind}, row={self.row})"


def client_needles(
    row: int, client: Client, amounts: Iterable[Amount], locales: tuple[str, ...]
) -> Iterator[Needle]:
    """All needles of one client; ``amounts`` are premiums, coupons and incomes, as many as known.

    ``locales`` are those of the site: amounts are also written as they write them.
    """
    texts = {
        NAME: _names(client),
        PHONE: _phones(client.phone),
        EMAIL: (client.email, client.email.lower()),
        POLICY: (policy.number for policy in client.policies),
        CLIENT_ID: (client.id,),
    }
    for kind, forms in texts.items():
        for text in dict.fromkeys(filter(None, forms)):
            yield Needle(kind, text.encode(), row)
    for amount in dict.fromkeys(amounts):
        subject = to_text(amount.minor, decimals(amount.currency)).encode()
        for value in _amounts(amount, locales):
            yield Needle(AMOUNT, value, row, subject)


def secret_needles(secret: Secret, row: int | None = None) -> Iterator[Needle]:
    """The secret of a link, raw and as in the link, and its keys; its address is public."""
    keys = secret.keys()
    yield Needle(SECRET, secret.value, row)
    yield Needle(SECRET, secret.text.encode(), row)
    yield Needle(KEY, keys.nonce_key, row)
    yield Needle(KEY, keys.seal_key, row)


def ring_needles(ring: KeyRing) -> Iterator[Needle]:
    """Master keys of every epoch, what HKDF makes of them first, and the pseudonym key."""
    for epoch in ring.epochs:
        yield Needle(KEY, epoch.master)
        yield Needle(KEY, extract(SALT, epoch.master))
    yield Needle(KEY, ring.pseudonym_key)


def weakness(needle: Needle) -> str:
    """Why the gate cannot look for ``needle``, or nothing: it would be found by chance."""
    if len(needle.value) < SHORTEST:
        return f"shorter than {SHORTEST} bytes"
    if needle.kind in RAW or needle.kind in {NAME, EMAIL}:
        return ""
    text = needle.value.decode()
    if needle.kind == AMOUNT:
        return _weak_amount(text)
    digits = sum(map(str.isdigit, text))
    if digits < FEWEST_DIGITS and (needle.kind == PHONE or digits == len(text)):
        return f"fewer than {FEWEST_DIGITS} digits"
    return ""


def spellings(needle: Needle) -> Iterator[tuple[bytes, str]]:
    """The bytes under which the needle may stand in a decoded text, each with its form's name."""
    yield needle.value, ""
    if needle.kind in RAW:
        # a binary secret that went through a text is each byte as a character
        yield needle.value.decode("latin-1").encode(), "latin-1"
    elif not needle.value.isascii() or b" " in needle.value:
        yield from _other_texts(needle.value.decode())


def _other_texts(text: str) -> Iterator[tuple[bytes, str]]:
    joined = {text: "", text.replace(" ", NBSP): "", text.replace(" ", "+"): "plus"}
    for written, form in joined.items():
        yield written.encode(), form
        legacy = written.encode("cp1251", "ignore")
        if legacy.decode("cp1251") == written and len(legacy) >= SHORTEST:
            yield legacy, "cp1251" if not written.isascii() else form


class Matcher:
    """Finds any of its spellings, wherever and however often: one pass for all of them."""

    __slots__ = ("_automaton", "_owners")

    def __init__(self, spelled: dict[bytes, tuple[Needle, str]]) -> None:
        self._automaton = BytesAhoCorasick(spelled)
        self._owners = list(spelled.values())

    def __len__(self) -> int:
        """How many spellings it looks for."""
        return len(self._owners)

    def find(self, layer: Layer) -> Iterator[tuple[Needle, str, int, int]]:
        """Each needle in ``layer``, its spelling's form, and from where to where it stands."""
        found = self._automaton.find_matches_as_indexes(layer.data, overlapping=True)
        for index, start, end in found:
            if layer.is_new(start, end):
                yield (*self._owners[index], start, end)


def matchers(needles: Iterable[Needle], size: int, left_out: Counter[str]) -> Iterator[Matcher]:
    """Matchers of ``size`` spellings or a few more; weak needles are counted by their reason."""
    spelled: dict[bytes, tuple[Needle, str]] = {}
    for needle in needles:
        if needle.value in spelled:  # another client's too: the one with the lower row is told
            continue
        if why := weakness(needle):
            left_out[f"{needle.kind}: {why}"] += 1
            continue
        for spelling, form in spellings(needle):
            spelled.setdefault(spelling, (needle, form))
        if len(spelled) >= size:
            yield Matcher(spelled)
            spelled = {}
    if spelled:
        yield Matcher(spelled)


def _names(client: Client) -> Iterator[str]:
    last, first, middle = client.last_name, client.first_name, client.middle_name
    if not (last and first):
        return
    letters = [f"{name[0]}." for name in (first, middle) if name]
    orders = [f"{last} {first}", f"{first} {last}"]
    orders += [f"{first} {middle} {last}"] if middle else []
    for initials in (" ".join(letters), "".join(letters)):
        orders += [f"{last} {initials}", f"{initials} {last}"]
    for name in orders:
        yield name
        yield name.upper()


def _phones(phone: str) -> Iterator[str]:
    digits = "".join(filter(str.isdigit, phone))
    national = digits[-NATIONAL:]
    if len(national) < NATIONAL:
        yield from (phone, digits)
        return
    if national not in phone:  # it is written in groups
        yield phone
    yield national
    area, first, rest = national[:3], national[3:6], national[6:]
    pairs = f"{rest[:2]}-{rest[2:]}" if digits[0] in "78" else rest
    for text in (f"{first}-{pairs}", f"{first} {pairs.replace('-', ' ')}"):
        for between in (" ", NBSP, "-", ") ", f"){NBSP}", ")"):
            yield f"{area}{between}{text}"


@lru_cache(maxsize=CACHED)
def _amounts(amount: Amount, locales: tuple[str, ...]) -> tuple[bytes, ...]:
    """Every rendering of ``amount``; with the currency only where the number alone is weak."""
    places = decimals(amount.currency)
    whole, part = divmod(amount.minor, 10**places)
    symbols = [get_currency_symbol(amount.currency, locale) for locale in locales]
    signs = dict.fromkeys((*symbols, amount.currency))
    texts: list[str] = []
    signed = [money_format(locale, amount.currency)(amount.minor) for locale in locales]
    for group, point in STYLES:
        thousands = f"{whole:,}".replace(",", group)
        number = f"{thousands}{point}{part:0{places}d}" if places else thousands
        texts.append(number)
        if _weak_amount(number):
            signed += _signed(number, point, signs)
        if places and not part and thousands != str(whole):
            signed += _signed(thousands, point, signs)  # 37 500 ₽, as a template may shorten it
    strong = [text for text in texts if not _weak_amount(text)]
    texts += [text for text in signed if not any(number in text for number in strong)]
    return tuple(text.encode() for text in dict.fromkeys(texts))


def _signed(number: str, point: str, signs: Iterable[str]) -> Iterator[str]:
    """``number`` with each sign where writers of this decimal point put it."""
    for sign in signs:
        if point == ",":
            yield from (f"{number}{NBSP}{sign}", f"{number} {sign}")
        elif sign.isalpha():
            yield from (f"{number} {sign}", f"{sign}{NBSP}{number}", f"{sign} {number}")
        else:
            yield f"{sign}{number}"


def _weak_amount(text: str) -> str:
    if not re.search(r"[1-9]", text):
        return "zero says nothing of anyone"
    if _SIGN.search(text):
        return ""
    digits = sum(map(str.isdigit, text))
    if digits < BARE_DIGITS or digits == len(text):
        return f"fewer than {BARE_DIGITS} digits, or without a separator, and no currency"
    return ""
