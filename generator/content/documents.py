"""Markdown files with front matter, each in every locale it must be written in.

``how-to-pay.md`` is in the first locale, ``how-to-pay.en.md`` is its English translation.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from generator.base.errors import Problem
from generator.base.front import read_fronted
from generator.base.ids import SLUG_HINT, is_slug
from generator.base.model import Strict, checked
from generator.base.text import read_text
from generator.base.yamldoc import Document, parse_yaml

M = TypeVar("M", bound=Strict)
MARKDOWN = ".md"
TEXTS = {MARKDOWN, ".markdown", ".txt", ".doc", ".docx", ".odt", ".rtf"}


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """One file: its name below the site, its front matter as a model, its Markdown."""

    name: str
    document: Document
    meta: M
    body: str


def read_yaml(path: Path, root: Path, model: type[M], problems: list[Problem]) -> "Page[M] | None":
    """A YAML file as ``model``, or None with its problems added."""
    name = path.relative_to(root).as_posix()
    text = read_text(path, name, problems)
    document = parse_yaml(text, name, problems) if text is not None else None
    meta = checked(model, document, problems) if document else None
    return Page(name, document, meta, "") if document and meta else None


def read_pages(
    folder: Path, root: Path, locales: tuple[str, ...], model: type[M], problems: list[Problem]
) -> dict[str, dict[str, Page[M]]]:
    """Every Markdown file of ``folder`` by its slug and locale; what is missing is a problem."""
    found: dict[str, dict[str, Page[M]]] = {}
    seen: dict[str, set[str]] = {}
    paths = _paths_in(folder, root, problems)
    problems.extend(_no_markdown(paths, root))
    for path in (path for path in paths if path.name.endswith(MARKDOWN)):
        slug, locale = _slug_and_locale(path, locales)
        name = path.relative_to(root).as_posix()
        if locale not in locales or not is_slug(slug):
            hint = _name_hint(slug, locale, locales)
            problems.append(Problem(name, "the file's name is not usable", hint))
            continue
        seen.setdefault(slug, set()).add(locale)
        page = _read_page(path, name, model, problems)
        if page:
            found.setdefault(slug, {})[locale] = page
    problems.extend(_untranslated(folder.relative_to(root).as_posix(), seen, locales))
    return found


def _paths_in(folder: Path, root: Path, problems: list[Problem]) -> list[Path]:
    """What lies in a folder, in order; nothing where there is none."""
    try:
        return sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        name = folder.relative_to(root).as_posix()
        problems.append(Problem(name, f"cannot be read: {error.strerror}"))
        return []


def _no_markdown(paths: Iterable[Path], root: Path) -> Iterable[Problem]:
    """Texts that an editor took for Markdown, and that would be passed over without a word."""
    for path in paths:
        is_text = path.suffix.lower() in TEXTS and path.suffix != MARKDOWN
        if is_text and not path.name.startswith((".", "~")):
            name = path.relative_to(root).as_posix()
            hint = "save it as plain text under a name that ends with .md"
            yield Problem(name, "this is no Markdown file", hint)


def _name_hint(slug: str, locale: str, locales: tuple[str, ...]) -> str:
    others = " or ".join(f"name.{other}.md" for other in locales[1:])
    forms = "write name.md" + (f", and {others} for a translation" if others else "")
    if not is_slug(slug):
        return f"{SLUG_HINT}; {forms}"
    return f"{locale} is not one of the locales; {forms}" if locale else forms


def _slug_and_locale(path: Path, locales: tuple[str, ...]) -> tuple[str, str]:
    slug, dot, locale = path.name.removesuffix(MARKDOWN).partition(".")
    if not dot:
        return slug, locales[0]
    return slug, locale if locale != locales[0] else ""  # else two files could claim one text


def _untranslated(
    folder: str, seen: dict[str, set[str]], locales: tuple[str, ...]
) -> Iterable[Problem]:
    for slug, written in seen.items():
        for locale in set(locales) - written:
            suffix = "" if locale == locales[0] else f".{locale}"
            path = f"{folder}/{slug}{suffix}.md"
            yield Problem(path, f"the translation into {locale} is missing", "add this file")


def _read_page(path: Path, name: str, model: type[M], problems: list[Problem]) -> Page[M] | None:
    found = read_fronted(path, name, model, problems)
    return Page(name, found.document, found.meta, found.body) if found else None
