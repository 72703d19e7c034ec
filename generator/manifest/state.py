"""What the nights that were published have told, so that no night tells it again.

A mark is a keyed digest of a client and a reason: the state names nobody.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

from generator.base.errors import OutsideError

FORMAT = "sealpress told 1"


@dataclass(frozen=True, slots=True)
class Told:
    """The last published day, the marks of what was told by the day it happened, the bands."""

    as_of: date | None = None
    marks: Mapping[str, date] = field(default_factory=dict)
    bands: Mapping[str, str] = field(default_factory=dict)
    kept_since: date | None = None
    """The day up to which marks were dropped: older events are never looked at again."""

    def since(self, as_of: date, days: int) -> date:
        """The day after which events are told: ``days`` back, or further after lost nights."""
        first = as_of - timedelta(days=days)
        if self.as_of:
            first = min(first, self.as_of)
        return max(first, self.kept_since) if self.kept_since else first

    def extended(
        self, as_of: date, marks: Mapping[str, date], bands: Mapping[str, str], keep: int
    ) -> "Told":
        """With another night; marks of events that can never come up again are dropped."""
        oldest = max(as_of - timedelta(days=2 * keep), self.kept_since or date.min)
        merged = {**self.marks, **marks}
        kept = {mark: day for mark, day in sorted(merged.items()) if day > oldest}
        return Told(as_of, kept, {**self.bands, **bands}, oldest)

    def with_marks(self, marks: Mapping[str, date]) -> "Told":
        """The same with other marks."""
        return replace(self, marks=marks)

    def as_json(self) -> bytes:
        """The file of this state."""
        data = {
            "format": FORMAT,
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "marks": {mark: day.isoformat() for mark, day in self.marks.items()},
            "bands": dict(self.bands),
            "kept_since": self.kept_since.isoformat() if self.kept_since else None,
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
            {mark: date.fromisoformat(day) for mark, day in data["marks"].items()},
            dict(data["bands"]),
            date.fromisoformat(data["kept_since"]) if data["kept_since"] else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise OutsideError(f"{path.name}: the state is damaged — hint: restore it") from None
