"""The border: what editors and operators write becomes typed values, or problems with a place.

pydantic checks; this module words its findings as the house does, with a suggestion for a
mistyped key, and never with the offending value.
"""

import os
import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from generator.base.errors import Problem
from generator.base.ids import SLUG_HINT, is_slug
from generator.base.yamldoc import Document, Route

# a plugin of some other package would see all that is written; to look for one takes 30 ms
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

M = TypeVar("M", bound="Strict")

SHOWN = 12  # of a choice; a product may have a hundred questions
DATE_HINT = "write year-month-day, as in 2026-11-21"
SENTENCES = {
    "missing": ("is required", ""),
    "dict_type": ("expected a group of keys", "indent the keys below this one"),
    "model_type": ("expected a group of keys", "indent the keys below this one"),
    "list_type": ("expected a list", "start each item on a line of its own with a hyphen"),
    "tuple_type": ("expected a list", "start each item on a line of its own with a hyphen"),
    "string_type": ("expected a text", "write one, in quotes where it is a number"),
    "int_parsing": ("expected a whole number", ""),
    "int_type": ("expected a whole number", ""),
    "bool_parsing": ("expected true or false", ""),
    "bool_type": ("expected true or false", ""),
    "too_short": ("must not be empty", ""),
    "string_too_short": ("must not be empty", ""),
    "string_pattern_mismatch": ("is not written as expected", ""),
}


def wrong(sentence: str, hint: str = "") -> PydanticCustomError:
    """The error a validator raises: a sentence, and how to mend it."""
    return PydanticCustomError("sealpress", "{sentence}", {"sentence": sentence, "hint": hint})


class Strict(BaseModel):
    """A model of something a person writes: unknown keys are refused, values never change."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        str_strip_whitespace=True,
        defer_build=True,  # most commands need few of the models
    )


def _date(value: object) -> object:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise wrong("expected a date", DATE_HINT)
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise wrong("this day is not in the calendar", DATE_HINT) from None


def _decimal(value: object) -> object:
    if isinstance(value, float):
        raise wrong("a number with a point must be quoted", 'write "3.00", so that it stays exact')
    text = str(value).removesuffix("%").strip()
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        raise wrong("expected a plain number", 'write "3.00" or "65"')
    return Decimal(text)


def _percent(value: object) -> object:
    if isinstance(value, float) and value < 2:  # noqa: PLR2004 - no level stands at 2 percent
        raise wrong("expected a percentage", 'write "65", not 0.65')
    number = _decimal(value)
    if isinstance(number, Decimal) and 0 < number < 2:  # noqa: PLR2004
        raise wrong("expected a percentage", 'write "65", not "0.65"')
    return number


def _slug(value: object) -> object:
    if not isinstance(value, str) or not is_slug(value):
        raise wrong("is not a usable name", SLUG_HINT)
    return value


Day = Annotated[date, BeforeValidator(_date)]
Exact = Annotated[Decimal, BeforeValidator(_decimal)]
Percent = Annotated[Decimal, BeforeValidator(_percent)]
Slug = Annotated[str, BeforeValidator(_slug)]


def checked(model: type[M], document: Document, problems: list[Problem]) -> M | None:
    """``document`` as ``model``, or None with every finding added to ``problems``."""
    try:
        return model.model_validate({} if document.data is None else document.data)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        found = [detail for detail in details if not _is_echo(detail, details)]
        problems.extend(_problem(model, document, detail) for detail in found)
        return None


def _is_echo(detail: ErrorDetails, details: Iterable[ErrorDetails]) -> bool:
    """Whether a list only counts as empty because its items are wrong, which is told already."""
    place = detail["loc"]
    below = (other["loc"] for other in details if len(other["loc"]) > len(place))
    return detail["type"] == "too_short" and any(loc[: len(place)] == place for loc in below)


def _problem(model: type[BaseModel], document: Document, detail: ErrorDetails) -> Problem:
    route = _real_route(document, detail["loc"])
    if detail["type"] == "extra_forbidden":
        return _unknown_key(model, document, route)
    sentence, hint = _worded(detail)
    return document.problem(route, sentence, hint)


def _real_route(document: Document, location: tuple[int | str, ...]) -> Route:
    """Pydantic's location without its own marks (``[key]``, tags of unions)."""
    route = tuple(step for step in location if step != "[key]")
    while len(route) > 1 and route not in document.values and route[:-1] not in document.values:
        route = route[:-1]
    return route


def _worded(detail: ErrorDetails) -> tuple[str, str]:
    context = detail.get("ctx", {})
    if detail["type"] == "sealpress":
        return str(context["sentence"]), str(context["hint"])
    if detail["type"] in {"literal_error", "enum"}:
        return "is not one of the choices", f"choose {context['expected']}"
    if detail["type"] in {"greater_than", "greater_than_equal", "less_than", "less_than_equal"}:
        return f"must be {detail['msg'].split('should be ')[-1]}", ""
    return SENTENCES.get(detail["type"], ("is not as expected", ""))


def _unknown_key(model: type[BaseModel], document: Document, route: Route) -> Problem:
    known = sorted(_fields_at(model, route[:-1]))
    line, column = document.key_place(route)
    field = document.problem(route, "").field
    return Problem(
        document.path, "unknown key", suggestion(str(route[-1]), known), field, line, column
    )


def suggestion(word: str, known: Iterable[str]) -> str:
    """``did you mean barrier?``, or the choice where nothing is near."""
    choice = list(dict.fromkeys(known))
    near = get_close_matches(word, choice, n=1)
    if near:
        return f"did you mean {near[0]}?"
    more = f" and {len(choice) - SHOWN} more" if len(choice) > SHOWN else ""
    return f"known: {', '.join(choice[:SHOWN])}{more}" if choice else ""


def _fields_at(model: type[BaseModel], route: Route) -> set[str]:
    """The keys that ``model`` knows at ``route``."""
    kinds: list[Any] = [model]
    for step in route:
        kinds = [below for kind in kinds for below in _step(kind, step)]
    models = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
    return {it.alias or name for kind in models for name, it in kind.model_fields.items()}


def _step(kind: Any, step: str | int) -> list[Any]:  # noqa: ANN401 - any annotation may stand here
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        fields = {it.alias or name: it for name, it in kind.model_fields.items()}
        field = fields.get(str(step))
        return _unwrapped(field.annotation) if field else []
    arguments = [part for part in get_args(kind) if part is not Ellipsis]
    return _unwrapped(arguments[-1]) if arguments else []


def _unwrapped(kind: Any) -> list[Any]:  # noqa: ANN401
    if get_origin(kind) is Annotated:
        return _unwrapped(get_args(kind)[0])
    if get_origin(kind) in {Union, UnionType}:
        return [part for option in get_args(kind) for part in _unwrapped(option)]
    return [kind]
