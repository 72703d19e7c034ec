"""What stands in a report, whoever writes it: ids that may be ours, and codes without a value."""

import re

OURS = re.compile(r"[0-9A-Za-z]{26}")
PROVIDER = re.compile(r"[\x21-\x7e]{1,100}")
CODE = re.compile(r"(?!.*[0-9]{7})[0-9A-Za-z._-]{1,40}")
NAMED = re.compile(r"(?<![0-9A-Za-z])([0-9A-Za-z]{26})@")
"""Of a letter of ours, its Message-ID from the beginning."""


def our_id(value: object) -> str:
    """An id that we may have given; empty for anything else."""
    return value if isinstance(value, str) and OURS.fullmatch(value) else ""


def provider_id(value: object) -> str:
    """An id that a gateway may have given, as text; empty for anything else."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if PROVIDER.fullmatch(text) else ""


def plain_code(value: object) -> str:
    """A code; empty for what may be a sentence or a number of a phone."""
    text = str(value) if isinstance(value, str | int) else ""
    return text if CODE.fullmatch(text) else ""
