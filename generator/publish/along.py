"""What goes along with an object: the digest of its bytes, and headers as S3 takes them."""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import md5
from typing import NamedTuple

KEPT = frozenset({"Content-Type", "Cache-Control"})


class Sent(NamedTuple):
    """Headers of an object by what becomes of them."""

    kept: Mapping[str, str]
    """S3 serves them as they are."""
    metadata: Mapping[str, str]
    """S3 does not know them, and keeps them as metadata."""


def sent(headers: Mapping[str, str]) -> Sent:
    """Headers, parted."""
    kept = {name: value for name, value in headers.items() if name in KEPT}
    return Sent(kept, {name: value for name, value in headers.items() if name not in KEPT})


def content_md5(content: bytes) -> str:
    """The value of ``Content-MD5`` (RFC 1864)."""
    return b64encode(md5(content, usedforsecurity=False).digest()).decode()
