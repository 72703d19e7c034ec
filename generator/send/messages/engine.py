"""Jinja in a sandbox: no files, no functions but ours, and a missing value is an error."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from babel.dates import format_date, format_skeleton
from jinja2 import StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

DAY = "yMd"


@lru_cache(maxsize=4096)
def month_text(month: str, locale: str) -> str:
    """``2011-11`` as ``ноябрь 2011`` or ``November 2011``."""
    day = date.fromisoformat(f"{month}-01")
    return format_date(day, "LLLL y", locale=locale)


@lru_cache(maxsize=4096)
def day_text(day: str, locale: str) -> str:
    """``2011-12-02`` as short as the locale writes it: ``02.12.2011``."""
    return format_skeleton(DAY, date.fromisoformat(day), locale=locale)


class Sandbox(ImmutableSandboxedEnvironment):
    """The sandbox of messages, whose values are plain mappings.

    Jinja asks an object for its attribute before it asks a mapping for its key; that costs a third
    of a letter, and ``reason.items`` would be a method.
    """

    def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401 - jinja's own signature
        """The value under ``attribute``."""
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


def sandbox(locale: str, *, html: bool) -> Sandbox:
    """An environment for the messages of ``locale``; in HTML every value is escaped."""
    environment = Sandbox(
        autoescape=html, undefined=StrictUndefined, auto_reload=False, cache_size=0
    )
    environment.globals.clear()
    environment.filters["month"] = lambda value: month_text(value, locale)
    environment.filters["day"] = lambda value: day_text(value, locale)
    return environment


def compiled(source: str, constants: Mapping[str, Any], locale: str, *, html: bool) -> Template:
    """A template of ``source`` that knows ``constants``."""
    template = sandbox(locale, html=html).from_string(source)
    # a chain of mappings until now, which each rendering copies item by item
    template.globals = dict(constants)
    return template
