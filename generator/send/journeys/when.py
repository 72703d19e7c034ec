"""What begins a journey: reasons of a kind, all of them or some."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from generator.base.model import Slug, Strict, wrong

KINDS = ("coupon", "stage", "strategy", "digest")
"""Those of ``docs/manifest.schema.json``; ``event`` stands for any other."""
PIECE = r"[a-z0-9]+(?:-[a-z0-9]+)*"
PATTERN = re.compile(rf"{PIECE}(?:/{PIECE}){{0,2}}(?:/\*)?|\*")
STAGE_HINT = "write product/stage, product/stage/sub-stage, or end it with /* for all below it"


def _patterns(value: object) -> object:
    """One pattern, or a list."""
    return [value] if isinstance(value, str) else value


def _pattern(value: object) -> object:
    if not isinstance(value, str) or not PATTERN.fullmatch(value.strip()):
        raise wrong("is not a stage", STAGE_HINT)
    if "/" not in value and value.strip() != "*":
        raise wrong("is not a stage", f"a product has many; {STAGE_HINT}")
    return value


Pattern = Annotated[str, BeforeValidator(_pattern)]
Patterns = Annotated[tuple[Pattern, ...], BeforeValidator(_patterns), Field(min_length=1)]


class WhenText(Strict):
    """``when`` of a journey: one of these."""

    coupon: Literal["accrued", "saved"] | None = None
    stage: Patterns | None = None
    strategy: Literal["changed"] | None = None
    digest: Literal["monthly"] | None = None
    event: Slug | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.model_fields_set) != 1 or not any(dict(self).values()):
            raise wrong("expected one thing that begins the journey", "write coupon: accrued")
        if self.event in KINDS:
            raise wrong(f"{self.event} is no event", f"write the key {self.event} itself")
        return self

    def value(self) -> "When":
        """What it means."""
        (kind,) = self.model_fields_set
        if kind == "stage":
            return When(kind, stages=self.stage or ())
        if kind == "event":
            return When(self.event or "")
        return When(kind, outcome=self.coupon or "")


@dataclass(frozen=True, slots=True)
class When:
    """Reasons of ``kind``; of coupons those with this outcome, of stages those that match."""

    kind: str
    outcome: str = ""
    stages: tuple[str, ...] = ()

    def meets(self, reason: Mapping[str, Any]) -> bool:
        """Whether the reason begins the journey."""
        if reason["kind"] != self.kind:
            return False
        if self.kind == "coupon":
            return bool(reason["outcome"] == self.outcome)
        if self.kind == "stage":
            path = f"{reason['product']}/{reason['stage']}"
            return any(matches(path, pattern) for pattern in self.stages)
        return True

    def __str__(self) -> str:
        """As a person reads it."""
        what = self.outcome or ", ".join(self.stages)
        return f"{self.kind}: {what}" if what else self.kind


def matches(path: str, pattern: str) -> bool:
    """``a/b`` is itself alone, ``a/b/*`` all below it, ``*`` everything."""
    if pattern.endswith("*"):
        return path.startswith(pattern[:-1])
    return path == pattern
