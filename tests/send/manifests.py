"""Manifests as they come to a sender: made up here, signed, and sealed or not."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

from generator.receipts import SUFFIX, About, Vouched, publication_receipt, sums_of
from generator.sealing import Piece, SenderKey, Signer, link_fragment, seal_parcel
from generator.sealing.secret import Secret

SITE = "https://clients.example.org"
DAY = "2026-11-21"
SIGNER, KEY = Signer(b"s" * 32), SenderKey(b"k" * 32)
VOUCHED = Vouched("directory build/published", 11)
NUMBERS = count(1)


def coupon(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - of JSON
    """A reason: a coupon of a policy."""
    return {
        "kind": "coupon",
        "series": "duo-2011-06",
        "series_name": "Два флагмана",
        "policy": "QH-7000001",
        "date": "2011-12-02",
        "date_text": "2\u00a0декабря 2011\u00a0г.",
        "outcome": "accrued",
        "amount": "25000.00",
        "amount_text": "25\u00a0000,00\u00a0₽",
        "income": "50000.00",
        "income_text": "50\u00a0000,00\u00a0₽",
        "currency": "RUB",
        **fields,
    }


def stage(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - of JSON
    """A reason: a stage."""
    link = f"{SITE}/q/2s1mijiE1DqFPr9MD6SRNk"
    stage = {"kind": "stage", "product": "card", "stage": "ordered", "stage_name": "Заказана"}
    return {**stage, "since": "2011-11-28", "link": link, **fields}


def strategy(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - of JSON
    """A reason: a series that moved."""
    moved = {"kind": "strategy", "series": "duo-2011-06", "series_name": "Два флагмана"}
    return {**moved, "date": "2011-12-02", "was": "corridor", "band": "above", **fields}


def digest(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - of JSON
    """A reason: the digest."""
    return {"kind": "digest", "month": "2011-12", "policies": [held()], **fields}


def held(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - of JSON
    """A policy of a digest."""
    policy = {"series": "duo-2011-06", "series_name": "Два флагмана", "policy": "QH-7000001"}
    money = {"income": "50000.00", "income_text": "50\u00a0000,00\u00a0₽", "currency": "RUB"}
    return {**policy, **money, **fields}


def secret(client: str) -> Secret:
    """The secret of a client's link."""
    return Secret(sha256(client.encode()).digest()[:16])


def line(client: str = "C-001", **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - of JSON
    """A line of a manifest; it is right but for what ``fields`` change."""
    mine = secret(client)
    return {
        "format": 1,
        "client": client,
        "name": {"full": "Зимородкова Агния", "polite": "Агния", "short": "Зимородкова А."},
        "locale": "ru",
        "time_zone": "Europe/Moscow",
        "addresses": {"phone": "+79990000001", "email": "a@example.org"},
        "consents": ["sms", "email"],
        "bank": "harbour",
        "segment": "",
        "link": f"{SITE}/#{link_fragment(mine)}",
        "page": {"path": mine.keys().path, "sha256": "0" * 64},
        "reasons": [coupon()],
        **fields,
    }


def raw(entry: object) -> bytes:
    """A line as it stands in the file."""
    return json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def put(
    folder: Path,
    lines: Iterable[bytes],
    *,
    recipient: str = "",
    signer: Signer = SIGNER,
    site: str = SITE,
    number: int = 0,
    day: str = DAY,
) -> Path:
    """A manifest in a queue, its receipt beside it."""
    content = b"".join(
        seal_parcel((Piece(b"a note", one) for one in lines), recipient, site.encode())
        if recipient
        else lines
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{day}-{sha256(content).hexdigest()[:16]}.jsonl"
    path.write_bytes(content)
    about = About(site, day, number or next(NUMBERS), *sums_of(path))
    path.with_name(f"{path.name}{SUFFIX}").write_bytes(publication_receipt(signer, VOUCHED, about))
    return path


@dataclass(slots=True)
class Known:
    """A ledger's memory of manifests, in this process."""

    digests: set[str] = field(default_factory=set)
    ages: dict[str, tuple[date, int]] = field(default_factory=dict)

    def is_known(self, digest: str) -> bool:
        """Whether it was taken."""
        return digest in self.digests

    def newest(self, site: str) -> tuple[date, int] | None:
        """Day and number of the newest that was taken."""
        return self.ages.get(site)
