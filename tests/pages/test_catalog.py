"""The Russian texts: complete, with nothing left over, and right in number."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from babel import Locale
from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from jinja2 import Environment, StrictUndefined
from jinja2.ext import InternationalizationExtension

from generator.base.errors import Problem  # noqa: TC001 - imports look alike in all files
from generator.base.shipped import shipped
from generator.pages.catalog import Folded, load_catalog, plural_texts
from generator.pages.chart import WORDS
from generator.pages.shared import FOUND
from generator.pages.theme import load_theme
from tests.builders import write

DEFAULT = shipped("themes") / "default"
METHODS = [("**.html", "jinja2.ext.babel_extract")]
OPTIONS = {"**.html": {"trimmed": "false", "silent": "false"}}
PLACES = re.compile(r"%\(\w+\)\w|\{\w+\}")


def extracted() -> set[str]:
    """Every text of the default theme's templates that is to be translated."""
    found = list(extract_from_dir(DEFAULT / "templates", METHODS, OPTIONS))
    assert len(found) > 40, "the templates hold texts"
    singles = (text if isinstance(text, str) else text[0] for _, _, text, _, _ in found)
    return set(singles)


def used() -> set[str]:
    """Every text that is looked up: of templates, charts and scripts."""
    return extracted() | set(WORDS.values()) | {FOUND[0]}


def russian() -> Catalog:
    """The catalog of the default theme."""
    with (DEFAULT / "locale/ru.po").open("rb") as file:
        return read_po(file, locale="ru", abort_invalid=True)


def texts(message: Message, field: str) -> tuple[str, ...]:
    """The forms of a message's ``id`` or ``string``: one, or one for each number."""
    forms = getattr(message, field)
    return (forms,) if isinstance(forms, str) else tuple(forms)


def messages() -> list[Message]:
    """The messages of the catalog without its head."""
    return [message for message in russian() if message.id]


# ── The shipped catalog ──────────────────────────────────────────────────────────────────────


def test_every_text_is_translated() -> None:
    """No English word shows through on a Russian page."""
    known = {texts(message, "id")[0] for message in messages()}
    assert used() - known == set()


def test_nothing_is_left_over() -> None:
    """A text that no template asks for any more is gone from the catalog."""
    known = {texts(message, "id")[0] for message in messages()}
    assert known - used() == set()
    assert not russian().obsolete


def test_translations_are_whole() -> None:
    """No translation is empty, doubtful or the English text again."""
    for message in messages():
        assert not message.fuzzy, message.id
        for text in texts(message, "string"):
            assert re.search("[а-яё]", text, re.IGNORECASE), message.id


def test_translations_hold_the_same_values() -> None:
    """A place for a value is in every form of its translation, and no other is."""
    for message in messages():
        wanted = set(PLACES.findall(texts(message, "id")[0]))
        for text in texts(message, "string"):
            assert set(PLACES.findall(text)) == wanted, text


def test_translations_end_as_their_texts_do() -> None:
    """A sentence stays a sentence, and what leads to an amount leads to it in Russian too."""
    for message in messages():
        ends = {text[-1] if text[-1] in ".,:?" else "" for text in texts(message, "id")}
        for text in texts(message, "string"):
            end = text[-1] if text[-1] in ".,:?" else ""
            assert {end} == ends or {end, *ends} <= {",", ":"}, text


COUNTED = {
    0: "Найдено 0 вопросов",
    1: "Найден 1 вопрос",
    2: "Найдено 2 вопроса",
    4: "Найдено 4 вопроса",
    5: "Найдено 5 вопросов",
    11: "Найдено 11 вопросов",
    12: "Найдено 12 вопросов",
    21: "Найден 21 вопрос",
    22: "Найдено 22 вопроса",
    25: "Найдено 25 вопросов",
    101: "Найден 101 вопрос",
    111: "Найдено 111 вопросов",
}


@pytest.mark.parametrize("number", COUNTED)
def test_russian_numbers(number: int) -> None:
    """A noun follows its number: один вопрос, два вопроса, пять вопросов, 21 вопрос."""
    words = load_theme(Path("nowhere"), "default").words("ru")
    by_category = plural_texts(words, "ru", *FOUND)
    category = Locale.parse("ru").plural_form(number)
    assert by_category[category].format(n=number) == COUNTED[number]
    assert words.ngettext(*FOUND, number).format(n=number) == COUNTED[number]


@pytest.mark.parametrize("locale", ["ru", "en"])
def test_browser_and_catalog_agree_on_every_number(locale: str) -> None:
    """What Intl.PluralRules picks by category is what gettext picks by number."""
    words = load_theme(Path("nowhere"), "default").words(locale)
    by_category = plural_texts(words, locale, *FOUND)
    category = Locale.parse(locale).plural_form
    for number in range(1000):
        assert by_category[category(number)] == words.ngettext(*FOUND, number)
    assert set(by_category) == {*category.tags, "other"}


# ── Folding ──────────────────────────────────────────────────────────────────────────────────

PO = """\
msgid ""
msgstr ""
"Language: ru\\n"
"Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || "
"n%100>=20) ? 1 : 2);\\n"
"Content-Type: text/plain; charset=utf-8\\n"

msgid "Hello"
msgstr "Привет"

msgid "100%% sure"
msgstr "точно на 100%%"

msgid "<b>bold</b> & \\"quoted\\""
msgstr "<b>жирно</b> & «в кавычках»"

msgctxt "greeting"
msgid "Hello"
msgstr "Здравствуйте"

msgid "To %(name)s"
msgstr "Для %(name)s"

msgid "%(n)s cat"
msgid_plural "%(n)s cats"
msgstr[0] "%(n)s кот"
msgstr[1] "%(n)s кота"
msgstr[2] "%(n)s котов"
"""
SNIPPETS = [
    "{% trans %}Hello{% endtrans %}",
    "{% trans %}not in the catalog{% endtrans %}",
    "{% trans %}100% sure{% endtrans %}",
    '{% trans %}<b>bold</b> & "quoted"{% endtrans %}',
    '{% trans "greeting" %}Hello{% endtrans %}',
    "{% trans trimmed %}\n  Hello\n{% endtrans %}",
    "{% trans %}To {{ name }}{% endtrans %}",
    "{% trans name=name|upper %}To {{ name }}{% endtrans %}",
    "{% trans n=1 %}{{ n }} cat{% pluralize %}{{ n }} cats{% endtrans %}",
    "{% trans n=3 %}{{ n }} cat{% pluralize %}{{ n }} cats{% endtrans %}",
    "{% trans n=11 %}{{ n }} cat{% pluralize %}{{ n }} cats{% endtrans %}",
    "{{ _('Hello') }} {{ gettext('To %(name)s', name=name) }}",
]


def loaded(folders: Sequence[Path], locale: str = "ru") -> Translations:
    """The words of a locale that is there and without a problem."""
    problems: list[Problem] = []
    words = load_catalog(folders, locale, problems)
    assert problems == []
    assert words is not None
    return words


def rendered(
    extension: type[InternationalizationExtension], words: NullTranslations, text: str
) -> str:
    """The template ``text`` under one of the two ways to translate."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, extensions=[extension])
    environment.extend(words=words)
    installer: Any = environment
    installer.install_gettext_translations(words, newstyle=True)
    return environment.from_string(text).render(name="<Ёж> & «К»")


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_folding_changes_nothing_but_the_time(tmp_path: Path, snippet: str) -> None:
    """A text put in at compiling reads as one that is looked up at rendering."""
    write(tmp_path, {"locale/ru.po": PO})
    words = loaded([tmp_path])
    plain = rendered(InternationalizationExtension, words, snippet)
    assert rendered(Folded, words, snippet) == plain
    assert "%%" not in plain


def test_constant_texts_are_folded(tmp_path: Path) -> None:
    """A constant text costs no look-up when a page is rendered."""
    write(tmp_path, {"locale/ru.po": PO})
    words = loaded([tmp_path])
    environment = Environment(autoescape=True, extensions=[Folded])
    environment.extend(words=words)
    calls: list[str] = []

    def listen(text: str) -> str:
        calls.append(text)
        return text

    installer: Any = environment
    installer.install_gettext_callables(listen, words.ngettext, newstyle=True)
    template = environment.from_string("{% trans %}Hello{% endtrans %} {{ gettext('Hello') }}")
    assert template.render() == "Привет Hello"
    assert calls == ["Hello"]


# ── Layers and damage ────────────────────────────────────────────────────────────────────────

HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'


def complaints(folders: Sequence[Path], locale: str) -> list[str]:
    """The problems of loading a catalog."""
    problems: list[Problem] = []
    load_catalog(folders, locale, problems)
    return [str(problem) for problem in problems]


def test_own_texts_lie_over_the_defaults(tmp_path: Path) -> None:
    """A site rewords one text and keeps the others."""
    write(tmp_path, {"locale/ru.po": f'{HEAD}msgid "Print"\nmsgstr "На бумагу"\n'})
    words = loaded([DEFAULT, tmp_path])
    assert words.gettext("Print") == "На бумагу"
    assert words.gettext("Your bank") == "Ваш банк"
    assert words.ngettext(*FOUND, 5) == "Найдено {n} вопросов"


def test_another_language_is_a_file(tmp_path: Path) -> None:
    """A language is added by its catalog alone."""
    write(tmp_path, {"locale/kk.po": f'{HEAD}msgid "Print"\nmsgstr "Басып шығару"\n'})
    words = loaded([DEFAULT, tmp_path], "kk")
    assert words.gettext("Print") == "Басып шығару"


@pytest.mark.parametrize("locale", ["en", "en_GB"])
def test_english_needs_no_catalog(locale: str) -> None:
    """The templates themselves are English."""
    assert complaints([DEFAULT], locale) == []
    assert load_catalog([DEFAULT], locale, []) is None


NO_LINE = (
    'NAME:6:1: this is no line of a catalog — hint: each text is msgid "…" with its translation '
    'below it, msgstr "…"'
)
DAMAGED: Mapping[str, tuple[str | bytes, str]] = {
    "unknown word": (f'{HEAD}msgid "Print"\nmsgtsr "Печать"\n', NO_LINE),
    "no quotes": (f'{HEAD}msgid "Print"\nmsgstr Печать\n', NO_LINE),
    "quote not closed": (f'{HEAD}msgid "Print"\nmsgstr "Печать\n', NO_LINE),
    "no number": (f'{HEAD}msgid "Print"\nmsgstr[x] "Печать"\n', NO_LINE),
    "no translation": (
        f'{HEAD}msgid "Print"\n',
        NO_LINE.replace("6:1: this is no line of a catalog", "5:1: the catalog breaks off here"),
    ),
    "other value": (
        f'{HEAD}#, python-format\nmsgid "since %(day)s"\nmsgstr "с %(dya)s"\n',
        NO_LINE.replace(
            "this is no line of a catalog",
            "the translation does not fit its text: unknown named placeholder 'dya'",
        ),
    ),
    "encoding": (
        HEAD.encode() + 'msgid "Print"\nmsgstr "Печать"\n'.encode("cp1251"),
        "NAME:6:9: the file is not UTF-8 — hint: save it with the encoding UTF-8",
    ),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_damaged_catalog(tmp_path: Path, kind: str) -> None:
    """A catalog that cannot be read is told with its line; nothing of it is dropped quietly."""
    content, sentence = DAMAGED[kind]
    path = write(tmp_path / "themes/own", {"locale/ru.po": content}) / "locale/ru.po"
    assert complaints([path.parents[1]], "ru") == [
        sentence.replace("NAME", "themes/own/locale/ru.po")
    ]


def test_missing_catalog() -> None:
    """A locale without texts is told with the file to write."""
    assert complaints([DEFAULT], "de") == [
        "themes: the theme has no texts in de — hint: add locale/de.po to the theme"
    ]


def _unmarked() -> Iterator[tuple[str, str]]:
    """Words that stand in a template outside every mark and every value."""
    for path in sorted((DEFAULT / "templates").glob("*.html")):
        text = path.read_text(encoding="utf-8")
        bare = re.sub(r"(?s)\{#.*?#\}|\{% trans.*?endtrans %\}|\{%.*?%\}|\{\{.*?\}\}", "", text)
        shown = re.sub(r"(?s)<(script|style|!doctype)[^>]*>|<[^>]*>", "\n", bare)
        labels = re.findall(r'(?:aria-label|title|alt|placeholder)="([^"]*)"', bare)
        words = (line.strip() for line in [*shown.splitlines(), *labels])
        yield from ((path.name, line) for line in words if re.search("[A-Za-zА-я]{2}", line))


def test_no_text_stands_outside_the_catalog() -> None:
    """Every word that a template shows is marked for translation."""
    assert list(_unmarked()) == []
