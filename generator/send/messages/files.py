"""Files of messages: ``stage.sms.md`` is in the first locale, ``stage.sms.en.md`` in English."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, get_args

from generator.base.errors import Problem
from generator.base.front import read_fronted
from generator.base.ids import is_slug
from generator.base.model import Slug, Strict
from generator.base.sending import Kind
from generator.base.yamldoc import Document
from generator.send.messages.fields import ReasonKind
from generator.send.values import Purpose

FOLDER = "content/messages"
KINDS: tuple[Kind, ...] = get_args(Kind)
FIELDS: dict[Kind, tuple[frozenset[str], frozenset[str]]] = {
    "sms": (frozenset(), frozenset({"subject", "preheader", "title", "button"})),
    "email": (frozenset({"subject", "preheader", "title", "button"}), frozenset()),
    "push": (frozenset({"title"}), frozenset({"subject", "preheader", "button"})),
}
"""Of each kind the texts that it needs above its body, and those that it has no place for."""


class Front(Strict):
    """What stands above a message."""

    reason: ReasonKind
    """Of which kind the reasons are that it tells: they decide which values it has."""
    purpose: Purpose = "service"
    products: tuple[Slug, ...] = ()
    """The products or series that it may be about, for their forbidden phrases; any without."""
    subject: str = ""
    preheader: str = ""
    """What a list of letters shows behind the subject."""
    title: str = ""
    """The heading of a letter, or the first line of a push."""
    button: str = ""
    """What the button says that leads to the client's page."""
    votes: bool = True
    """Whether a letter asks how it was liked."""
    allow: tuple[str, ...] = ()
    """Words of promotion that mean something else here: shares are акции in Russian."""


class Key(NamedTuple):
    """What names a message."""

    name: str
    kind: Kind
    locale: str


@dataclass(frozen=True, slots=True)
class Source:
    """A file of a message, read but not understood yet."""

    key: Key
    document: Document
    front: Front
    body: str
    line: int
    """On which the body begins."""

    @property
    def path(self) -> str:
        """The file below the site's folder."""
        return self.document.path

    def texts(self) -> Iterator[tuple[str, str, int]]:
        """Each template of the file: field (none for the body), text, line of its beginning."""
        for field in ("subject", "preheader", "title", "button"):
            text: str = getattr(self.front, field)
            if text:
                yield field, text, self.document.place((field,))[0]
        yield "", self.body, self.line


def read_sources(root: Path, locales: tuple[str, ...], problems: list[Problem]) -> list[Source]:
    """Every file of messages below ``root``; a site may have none."""
    found = []
    for path in sorted((root / FOLDER).glob("[!.~]*")):
        name = path.relative_to(root).as_posix()
        key = _key(path.name, locales)
        if key is None:
            problems.append(Problem(name, "the file's name is not usable", _forms(locales)))
            continue
        found.append((key, name))
    problems.extend(_untranslated([key for key, _ in found], locales))
    sources = (_read(key, root / name, name, problems) for key, name in found)
    return [source for source in sources if source]


def _key(file: str, locales: tuple[str, ...]) -> Key | None:
    name, _, rest = file.removesuffix(".md").partition(".")
    kind, dot, locale = rest.partition(".")
    is_known = is_slug(name) and file.endswith(".md") and kind in KINDS
    if not is_known or (locale not in locales[1:] if dot else False):
        return None
    # narrowed by the look into KINDS, which mypy does not follow
    return Key(name, kind, locale or locales[0])  # type: ignore[arg-type]


def _forms(locales: tuple[str, ...]) -> str:
    others = "".join(f", name.sms.{locale}.md for its translation" for locale in locales[1:])
    return f"write name.sms.md, name.email.md or name.push.md{others}"


def _untranslated(keys: list[Key], locales: tuple[str, ...]) -> Iterable[Problem]:
    for name, kind in sorted({(key.name, key.kind) for key in keys}):
        for locale in locales:
            if Key(name, kind, locale) not in keys:
                suffix = "" if locale == locales[0] else f".{locale}"
                path = f"{FOLDER}/{name}.{kind}{suffix}.md"
                yield Problem(path, f"the translation into {locale} is missing", "add this file")


def _read(key: Key, path: Path, name: str, problems: list[Problem]) -> Source | None:
    found = read_fronted(path, name, Front, problems)
    if found is None:
        return None
    problems.extend(_misplaced(key.kind, found.meta, found.document))
    return Source(key, found.document, found.meta, found.body, found.line)


def _misplaced(kind: Kind, front: Front, document: Document) -> Iterator[Problem]:
    needed, without = FIELDS[kind]
    for field in sorted(needed):
        if not getattr(front, field):
            yield document.problem((field,), "is required", f"write {field}: …")
    for field in sorted(without):
        if getattr(front, field):
            yield document.problem((field,), f"has no place here: of kind {kind}", "take it out")
