"""Which address serves a kind of messages, in one form; none where it is obviously wrong."""

import re
from collections.abc import Mapping
from functools import lru_cache

from generator.base.sending import Kind

BETWEEN = re.compile(r"[\s().\-–‑/]+")
PHONE = re.compile(r"(\+|00)?([1-9][0-9]{7,14})", re.ASCII)
RUSSIA = 11
"""Digits of a number with the 7 before it."""
RUSSIAN_TEN = re.compile(r"9[0-9]{9}")
"""A mobile number without the country."""
NO_SMS = re.compile(r"780[0-9]{8}|7?([0-9])\1{9,}")
"""Toll-free lines, and what people type to get past a form."""
MAIL = re.compile(
    r"[^\s@,;:<>()\[\]\\\"\x00-\x1f\x7f]{1,64}@((?!-)[\w-]{1,63}(?<!-)\.)+(?!-)[\w-]{2,63}(?<!-)"
)
LONGEST_MAIL = 254
REMEMBERED = 10_000
"""Of the clients whose messages are planned together, each address is asked for again and again."""


@lru_cache(REMEMBERED)
def phone_of(text: str) -> str:
    """A phone number as ``+79990001234``; empty where it cannot be one that takes an SMS.

    Numbers without a country are read as Russian ones: 8 999… and 999….
    """
    found = PHONE.fullmatch(BETWEEN.sub("", text))
    if not found:
        return ""
    digits = found[2]
    if not found[1]:
        digits = _with_country(digits)
    is_short = not digits or (digits.startswith("7") and len(digits) != RUSSIA)
    return "" if is_short or NO_SMS.fullmatch(digits) else f"+{digits}"


def _with_country(digits: str) -> str:
    if RUSSIAN_TEN.fullmatch(digits):
        return f"7{digits}"
    if len(digits) == RUSSIA and digits.startswith("8"):
        return f"7{digits[1:]}"
    return digits if len(digits) >= RUSSIA else ""  # a number within a town


@lru_cache(REMEMBERED)
def mail_of(text: str) -> str:
    """An e-mail address with its domain in small letters; empty where it cannot be one."""
    address = text.strip()
    local, _, domain = address.rpartition("@")
    is_wrong = (
        len(address) > LONGEST_MAIL
        or not MAIL.fullmatch(address)
        or ".." in address
        or local.startswith(".")
        or local.endswith(".")
    )
    return "" if is_wrong else f"{local}@{domain.lower()}"


def address_of(kind: Kind, addresses: Mapping[str, str], push: str = "") -> str:
    """Where a message of this kind goes, empty where it cannot; ``push`` is the ledger's."""
    if kind == "sms":
        return phone_of(addresses.get("phone", ""))
    if kind == "email":
        return mail_of(addresses.get("email", ""))
    return push
