"""A theme: a folder of templates, styles, scripts, assets and texts.

A site's own theme lies over the default one: each file it has takes the place of the default's.
"""

import re
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, NewType

import rcssmin
import rjsmin
from babel.support import NullTranslations
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateError
from jinja2.exceptions import TemplateNotFound, TemplateRuntimeError, TemplateSyntaxError
from markupsafe import escape

from generator.base.errors import InputError, Problem
from generator.base.shipped import shipped
from generator.pages.catalog import Folded, load_catalog

DEFAULT = "default"
PAGE_STYLES = ("page.css", "chart.css", "brand.css")
MARK = "\ud800"  # half a character, which no text read as UTF-8 can hold
HOLE = re.compile(f"{MARK}([0-9]+){MARK}")
ONLY_SHOWN = (
    "a value that differs from page to page can only be shown here, not compared or changed"
)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that never changes under its name: ``assets/page.3f2a91c4.css``."""

    path: str
    content: bytes


class Hole:
    """Stands in a template for a text that is put in later: it is true, and it can be shown."""

    __slots__ = ("_mark",)

    def __init__(self, number: int) -> None:
        self._mark = f"{MARK}{number}{MARK}"

    def __html__(self) -> str:
        """The mark at which the page is cut."""
        return self._mark

    def __str__(self) -> str:
        """Refused: what a filter made of the mark would stand on every page."""
        raise TemplateRuntimeError(ONLY_SHOWN)

    def __eq__(self, other: object) -> bool:
        """Refused: one answer would hold for all pages."""
        raise TemplateRuntimeError(ONLY_SHOWN)

    __hash__ = None  # type: ignore[assignment]


Safe = NewType("Safe", bytes)
"""HTML that may stand in a page: what a template gave, or an escaped text; in UTF-8."""


def escaped(text: str) -> Safe:
    """A text as it stands in HTML."""
    return Safe(escape(text).encode())


@dataclass(frozen=True, slots=True)
class Block:
    """HTML that many pages share but for the texts in its holes."""

    pieces: tuple[bytes, ...]
    """What stands between the holes, and nothing where they are."""
    holes: tuple[int, ...]
    """Which text comes into each."""

    def filled(self, texts: Sequence[Safe]) -> Safe:
        """The block with ``texts`` in its holes."""
        pieces = [*self.pieces]
        pieces[1::2] = [texts[number] for number in self.holes]
        return Safe(b"".join(pieces))


@dataclass(frozen=True)
class Theme:
    """The folders of a theme, the default's first."""

    folders: tuple[Path, ...]
    root: Path = field(default_factory=Path)

    def find(self, name: str) -> Path | None:
        """The file ``name`` of the nearest folder that has it."""
        for folder in reversed(self.folders):
            if (folder / name).is_file():
                return folder / name
        return None

    def source(self, name: str) -> str:
        """The text of a file that every theme has."""
        path = self.find(name)
        if path is None:
            raise InputError([Problem(f"themes/{name}", "the theme lacks this file")])
        return path.read_text(encoding="utf-8")

    @cached_property
    def assets(self) -> Mapping[str, Asset]:
        """Styles, scripts and pictures by their plain names, under names with their digest."""
        names = {path.name for folder in self.folders for path in folder.glob("assets/*")}
        found = {name: self._asset(name) for name in sorted(names)}
        return {"page.css": _hashed("page.css", self._page_css().encode()), **found}

    def _asset(self, name: str) -> Asset:
        path = self.find(f"assets/{name}")
        content = path.read_bytes() if path else b""
        if name.endswith(".js"):
            content = str(rjsmin.jsmin(content.decode(), keep_bang_comments=True)).encode()
        return _hashed(name, content)

    def _page_css(self) -> str:
        found = [self.find(f"styles/{name}") for name in PAGE_STYLES]
        texts = [path.read_text(encoding="utf-8") for path in found if path]
        return str(rcssmin.cssmin("\n".join(texts)))

    def environment(self, locale: str, shared: Mapping[str, Any]) -> Environment:
        """The theme's templates in ``locale``; ``shared`` values are known to all of them.

        Raises:
            InputError: the theme has no texts in this locale, or they are damaged.
        """
        problems: list[Problem] = []
        catalog = load_catalog(self.folders, locale, problems)
        if problems:
            raise InputError(problems)
        environment = Environment(
            loader=FileSystemLoader([folder / "templates" for folder in reversed(self.folders)]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=[Folded],
            auto_reload=False,
        )
        words = catalog or NullTranslations()
        environment.extend(words=words)
        installer: Any = environment  # the extension's methods are added when it is loaded
        installer.install_gettext_translations(words, newstyle=True)
        urls = {name: f"/{asset.path}" for name, asset in self.assets.items()}
        environment.globals.update(shared, lang=locale, assets=urls)
        return environment

    def check(self, locales: Sequence[str]) -> None:
        """Compile every template in every locale.

        Raises:
            InputError: every mistake in a template or a catalog.
        """
        problems: list[Problem] = []
        paths = (path for folder in self.folders for path in folder.glob("templates/*.html"))
        names = sorted({path.name for path in paths})
        for locale in locales:
            try:
                environment = self.environment(locale, {})
            except InputError as error:
                problems.extend(error.problems)
                continue
            for name in names:
                try:
                    self.template(environment, name)
                except InputError as error:
                    problems.extend(error.problems)
        if problems:
            raise InputError(problems)

    def words(self, locale: str) -> NullTranslations:
        """The catalog of ``locale``, for texts that stand in no template."""
        return load_catalog(self.folders, locale, []) or NullTranslations()

    def template(self, environment: Environment, name: str) -> Template:
        """A compiled template.

        Raises:
            InputError: it is missing, or has a mistake; with file and line.
        """
        try:
            template = environment.get_template(name)
        except TemplateNotFound as error:
            raise InputError([Problem(f"templates/{error.name}", "no such template")]) from None
        except TemplateSyntaxError as error:
            sentence = f"the template has a mistake: {error.message}"
            raise InputError([self._problem(error.filename, error.lineno, sentence)]) from None
        # a chain of mappings until now, which each rendering copies item by item
        template.globals = dict(template.globals)
        return template

    def block(self, template: Template, values: Mapping[str, Any]) -> Block:
        """The template rendered once for many pages; ``values`` has a ``Hole`` for what differs.

        Raises:
            InputError: as ``render``, or the template does more with a hole than show it.
        """
        found = HOLE.split(self.render(template, values))
        holes = tuple(map(int, found[1::2]))
        found[1::2] = [""] * len(holes)
        return Block(tuple(piece.encode() for piece in found), holes)

    def render(self, template: Template, values: Mapping[str, Any]) -> str:
        """The rendered template.

        Raises:
            InputError: the template asks for what is not there; with file and line.
        """
        try:
            return template.render(values)
        except (TemplateError, TypeError, ValueError, LookupError, ArithmeticError) as error:
            raise self.mistake(error) from None

    def mistake(self, error: BaseException) -> InputError:
        """An error of a template's rendering as a problem with file and line.

        What the template asked for is told as far as it is written there; all other words of an
        error may hold a client's value (``{{ rates[name] }}``) and are not.
        """
        frames = traceback.extract_tb(error.__traceback__)
        inside = [frame for frame in frames if self._owns(frame.filename)]
        place = inside[-1] if inside else frames[-1]
        told = _told(error, Path(place.filename).read_text(encoding="utf-8") if inside else "")
        return InputError(
            [self._problem(place.filename, place.lineno, f"cannot be rendered: {told}")]
        )

    def _owns(self, filename: str) -> bool:
        return any(Path(filename).is_relative_to(folder) for folder in self.folders)

    def _problem(self, filename: str | None, line: int | None, sentence: str) -> Problem:
        path = Path(filename or "")
        near = path.relative_to(self.root) if path.is_relative_to(self.root) else None
        name = near.as_posix() if near else "/".join(path.parts[-4:])
        return Problem(name, sentence, "mend the template", line=line or 0, column=1)


def load_theme(root: Path, name: str) -> Theme:
    """The theme ``name`` of the site in ``root``, over the default theme.

    Raises:
        InputError: the site has no theme of this name.
    """
    default, own = shipped("themes") / DEFAULT, root / "themes" / name
    if name != DEFAULT and not own.is_dir():
        hint = f"make the folder, or set theme: {DEFAULT}"
        raise InputError([Problem(f"themes/{name}", "there is no such theme", hint)])
    layers = (default, own) if own.is_dir() and own.resolve() != default else (default,)
    return Theme(layers, root)


def _told(error: BaseException, source: str) -> str:
    """The words of ``error`` where the name it complains of stands in the template."""
    told = f"{error}"
    if told == ONLY_SHOWN:
        return told
    if isinstance(error, TemplateNotFound):
        told = f"no template {error.name!r}"
    name = re.sub(r"^no template |^.* has no (attribute|element) | is undefined$", "", told)
    is_written = isinstance(error, TemplateError) and name.strip("'\"") in source
    return told if is_written else type(error).__name__


def _hashed(name: str, content: bytes) -> Asset:
    stem, _, suffix = name.rpartition(".")
    return Asset(f"assets/{stem}.{sha256(content).hexdigest()[:12]}.{suffix}", content)
