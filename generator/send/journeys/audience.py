"""Whom a journey is for: an expression over what is known of a client without knowing them.

Jinja's sandbox compiles it once. What it may name is fixed, and is checked when it is read; a
million clients have few combinations of it, so that an answer is worked out once for each.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from generator.base.model import suggestion, wrong
from generator.send.values import Entry

Reasons = Sequence[Mapping[str, Any]]
Values = tuple[str | tuple[str, ...], ...]
COMBINATIONS = 65536


def _each(name: str) -> Callable[[Entry, Reasons], tuple[str, ...]]:
    """The values of a field in the reasons that have it: each once, sorted."""

    def values(entry: Entry, reasons: Reasons) -> tuple[str, ...]:
        del entry
        return tuple(sorted({reason[name] for reason in reasons if name in reason}))

    return values


def _series(entry: Entry, reasons: Reasons) -> tuple[str, ...]:
    """Those that the reasons are about; of a digest those of all policies."""
    del entry
    held = (one["series"] for it in reasons for one in it.get("policies", ()))
    return tuple(sorted({*held, *(it["series"] for it in reasons if "series" in it)}))


def _stages(entry: Entry, reasons: Reasons) -> tuple[str, ...]:
    """Their paths, as editors write them."""
    del entry
    paths = {f"{it['product']}/{it['stage']}" for it in reasons if it["kind"] == "stage"}
    return tuple(sorted(paths))


NAMES: dict[str, Callable[[Entry, Reasons], str | tuple[str, ...]]] = {
    "segment": lambda entry, _: entry.segment,
    "bank": lambda entry, _: entry.bank,
    "locale": lambda entry, _: entry.locale,
    "time_zone": lambda entry, _: entry.time_zone,
    "kinds": lambda entry, _: tuple(sorted({reason["kind"] for reason in entry.reasons})),
    "series": _series,
    "products": _each("product"),
    "stages": _stages,
    "bands": _each("band"),
    "outcomes": _each("outcome"),
}
"""What an expression may name. ``kinds`` are of all that the client is told that night, the
others in the plural of the reasons that begin the journey."""
TEXTS = ("segment", "bank", "locale", "time_zone")


@dataclass(frozen=True, slots=True)
class Audience:
    """Everybody, or those for whom the expression holds."""

    text: str = ""
    names: tuple[str, ...] = ()
    _holds: Callable[[Values], bool] = field(default=lambda _: True, repr=False, compare=False)

    def has(self, entry: Entry, reasons: Reasons) -> bool:
        """Whether the client belongs to it for these reasons."""
        if not self.names:
            return self._holds(())
        return self._holds(tuple([NAMES[name](entry, reasons) for name in self.names]))


def audience_of(text: str) -> Audience:
    """The audience that the expression describes; everybody without one.

    Raises:
        PydanticCustomError: it cannot be understood, names what it may not, or does not work out.
    """
    if not text.strip():
        return Audience()
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    environment.globals.clear()
    names, expression = _compiled(environment, text)

    @lru_cache(COMBINATIONS)
    def holds(values: Values) -> bool:
        return bool(expression(dict(zip(names, values, strict=True))))

    _try(names, holds)
    return Audience(text, names, holds)


def _compiled(
    environment: ImmutableSandboxedEnvironment, text: str
) -> tuple[tuple[str, ...], Callable[..., Any]]:
    try:
        expression = environment.compile_expression(text, undefined_to_none=False)
        tree = environment.parse("{{ (" + text + ") }}")
    except TemplateSyntaxError as error:
        hint = "write it as in segment == 'premium' and 'tech' in series"
        raise wrong(f"cannot be understood: {_plain(error)}", hint) from None
    used = {node.name for node in tree.find_all(nodes.Name)}
    for name in sorted(used - NAMES.keys()):
        near = suggestion(name, NAMES)
        quoted = "" if near.startswith("did") else f"write {name!r} if it is a text; "
        raise wrong(f"there is no {name}", f"{quoted}{near}")
    return tuple(name for name in NAMES if name in used), expression


def _plain(error: TemplateSyntaxError) -> str:
    return (error.message or "a mistake").rstrip(".").lower()


def _try(names: Iterable[str], holds: Callable[[Values], bool]) -> None:
    """Work it out for made-up clients: a mistake shows here and not at night."""
    samples: list[tuple[str | tuple[str, ...], ...]] = [
        ("", "a") if name in TEXTS else ((), ("a",), ("a", "b")) for name in names
    ]
    try:
        for values in product(*samples):
            holds(values)
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        hint = "compare texts with == and in, and look into lists with in"
        raise wrong(f"does not work out ({type(error).__name__})", hint) from None
