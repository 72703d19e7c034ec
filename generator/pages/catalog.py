"""The words of a theme in each language: gettext catalogs beside its templates."""

import re
from collections.abc import Sequence
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.support import NullTranslations, Translations
from jinja2 import nodes
from jinja2.ext import InternationalizationExtension

from generator.base.errors import Problem
from generator.base.text import read_text

ENGLISH = "en"  # the language of the templates themselves
HINT = 'each text is msgid "…" with its translation below it, msgstr "…"'
LINE = re.compile(
    r"""\s*(?:\#.*|(?:(?:msgctxt|msgid|msgid_plural|msgstr(?:\[\d\])?)\s+)?"(?:\\.|[^"\\])*"\s*)?"""
)


class Folded(InternationalizationExtension):
    """gettext whose constant texts are put into the template when it is compiled.

    A client page has forty of them; looked up at each rendering they cost a third of it.
    """

    def _make_node(
        self,
        singular: str,
        plural: str | None,
        context: str | None,
        variables: dict[str, nodes.Expr],
        plural_expr: nodes.Expr | None,
        vars_referenced: bool,  # noqa: FBT001 - jinja's own signature
        num_called_num: bool,  # noqa: FBT001
    ) -> nodes.Output:
        if plural_expr is not None or vars_referenced:
            return super()._make_node(
                singular,
                plural,
                context,
                variables,
                plural_expr,
                vars_referenced,
                num_called_num,
            )
        words: NullTranslations = self.environment.words  # type: ignore[attr-defined]
        text = str(words.pgettext(context, singular) if context else words.gettext(singular))
        return nodes.Output([nodes.TemplateData(text.replace("%%", "%"))])


def plural_texts(
    words: NullTranslations, locale: str, singular: str, plural: str
) -> dict[str, str]:
    """The text for each plural category of ``locale`` (one, few, many, other).

    For scripts, which count in the browser: ``Intl.PluralRules`` names the same categories.
    """
    category = Locale.parse(locale).plural_form
    samples = {category(n): n for n in range(200, -1, -1)}  # the smallest number of each
    texts = {name: words.ngettext(singular, plural, n) for name, n in samples.items()}
    return {"other": words.ngettext(singular, plural, 200), **texts}


def load_catalog(
    folders: Sequence[Path], locale: str, problems: list[Problem]
) -> Translations | None:
    """The texts of ``locale``; a later folder overrides an earlier one. None for English."""
    merged: Translations | None = None
    for folder in folders:
        path = folder / "locale" / f"{locale}.po"
        if path.is_file():
            found = _read(path, locale, problems)
            merged = found if merged is None else merged.merge(found)
    if merged is None and locale.partition("_")[0] != ENGLISH:
        hint = f"add locale/{locale}.po to the theme"
        problems.append(Problem("themes", f"the theme has no texts in {locale}", hint))
    return merged


def _read(path: Path, locale: str, problems: list[Problem]) -> Translations:
    name = "/".join(path.parts[-4:])
    wrong, packed = _compiled(read_text(path, name, problems) or "", locale)
    problems.extend(Problem(name, told, HINT, line=line, column=1) for line, told in wrong)
    return Translations(None if wrong else BytesIO(packed))


@lru_cache(maxsize=16)
def _compiled(text: str, locale: str) -> tuple[list[tuple[int, str]], bytes]:
    """What is wrong in a catalog, by line, and the catalog as gettext reads it.

    A build asks for each catalog a dozen times; Babel takes ten milliseconds for one.
    """
    wrong, packed = _wrong_lines(text, locale), BytesIO()
    if not wrong:
        write_mo(packed, read_po(BytesIO(text.encode()), locale=locale))
    return wrong, packed.getvalue()


def _wrong_lines(text: str, locale: str) -> list[tuple[int, str]]:
    """What is wrong in a catalog, by line; Babel by itself drops what it does not understand."""
    lines = enumerate(text.splitlines(), start=1)
    unread = [(n, "this is no line of a catalog") for n, line in lines if not LINE.fullmatch(line)]
    if unread:
        return unread
    try:
        catalog = read_po(BytesIO(text.encode()), locale=locale, abort_invalid=True)
    except PoFileError as error:
        return [(error.lineno + 1, "the catalog breaks off here")]
    return [
        (message.lineno or 0, f"the translation does not fit its text: {error}")
        for message, errors in catalog.check()
        for error in errors
    ]
