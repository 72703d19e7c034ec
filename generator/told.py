"""What the nights that were published have told, so that no night tells it again.

A mark is a keyed digest of a reason, and stands beside the pseudonym of its client: nobody is
named. Marks lie by bucket like all that grows with the base; here is what is the same for all.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from generator.base.errors import OutsideError
from generator.columns import DEAL, WHO

FORMAT = "sealpress told 2"
MARK, DAY = "mark", "day"
MARKS = {DEAL: pl.UInt16, WHO: pl.Binary, MARK: pl.Binary, DAY: pl.Date}
"""The columns of marks: whom, what, and the day on which it happened."""

NOTHING = b""
"""The mark of a client who waits to be looked at again: it tells nothing."""


IDENTITY = {
    "coupon": ("policy", "date", "outcome", "amount"),
    "stage": ("product", "stage", "since"),
    "strategy": ("series", "date", "band"),
    "digest": ("month",),
}
"""What makes a reason of each kind itself: told once, it is never told again."""


def reason_key(told: Mapping[str, Any]) -> tuple[str, ...]:
    """The identity of a reason as it stands in a manifest entry."""
    kind = told["kind"]
    return kind, *(told[field] for field in IDENTITY[kind])


@dataclass(frozen=True, slots=True)
class Told:
    """The last published day, and where each series stood on it."""

    as_of: date | None = None
    bands: Mapping[str, str] = field(default_factory=dict)
    kept_since: date | None = None
    """The day up to which marks were dropped: older events are never looked at again."""
    news_days: int = 0
    manifest: str = ""
    """The SHA-256 of the manifest: whether it was handed on is known by it."""

    def since(self, as_of: date, days: int) -> date:
        """The day after which events are told: ``days`` back, or further after lost nights."""
        first = as_of - timedelta(days=days)
        if self.as_of:
            first = min(first, self.as_of)
        return max(first, self.kept_since) if self.kept_since else first

    def extended(self, as_of: date, bands: Mapping[str, str], days: int, manifest: str) -> "Told":
        """With another night; marks of events that can never come up again may be dropped."""
        oldest = max(as_of - timedelta(days=2 * days), self.kept_since or date.min)
        return Told(as_of, {**self.bands, **bands}, oldest, days, manifest)

    def kept(self, marks: pl.DataFrame) -> pl.DataFrame:
        """The marks that may still be asked for, each once."""
        if self.kept_since is None:
            return marks
        recent = marks.filter(pl.col(DAY) > self.kept_since)
        return recent.unique([WHO, MARK], keep="last", maintain_order=True)

    def as_json(self) -> bytes:
        """The file of this state."""
        data = {
            "format": FORMAT,
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "bands": dict(self.bands),
            "kept_since": self.kept_since.isoformat() if self.kept_since else None,
            "news_days": self.news_days,
            "manifest": self.manifest,
        }
        return json.dumps(data, indent=0, sort_keys=True).encode()


def load_told(path: Path) -> Told:
    """The state in ``path``; empty before the first published night.

    Raises:
        OutsideError: the file is damaged; going on would tell everything again.
    """
    if not path.exists():
        return Told()
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] != FORMAT:
            raise ValueError
        return Told(
            date.fromisoformat(data["as_of"]) if data["as_of"] else None,
            dict(data["bands"]),
            date.fromisoformat(data["kept_since"]) if data["kept_since"] else None,
            int(data["news_days"]),
            str(data["manifest"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise OutsideError(f"{path.name}: the state is damaged — hint: restore it") from None
