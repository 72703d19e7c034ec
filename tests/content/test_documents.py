"""Markdown files with settings: by slug and locale, or a problem with a place."""

from pathlib import Path

import pytest

from generator.base.errors import Problem
from generator.base.model import Strict
from generator.content.documents import Page, read_pages
from tests.builders import write

LOCALES = ("ru", "en")


class Meta(Strict):
    """The settings of these files."""

    title: str


def read(
    root: Path, files: dict[str, str | bytes]
) -> tuple[dict[str, dict[str, Page[Meta]]], list[str]]:
    """The pages in ``content/x`` and their problems."""
    problems = list[Problem]()
    write(root, {f"content/x/{name}": text for name, text in files.items()})
    pages = read_pages(root / "content/x", root, LOCALES, Meta, problems)
    return pages, sorted(map(str, problems))


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("---\ntitle: a\n---\nBody\n", "Body\n"),
        ("---\r\ntitle: a\r\n---\r\nBody\r\n", "Body\n"),
        ("\ufeff---\ntitle: a\n---\nBody", "Body"),
        ("--- \ntitle: a\n---\t\nBody", "Body"),
        ("---\ntitle: a\n---", ""),
        ("---\ntitle: a\n---\n", ""),
        ("---\ntitle: a\n---\n\na\n\n---\n\nb\n", "\na\n\n---\n\nb\n"),
        ("---\ntitle: a\n---\n----\n", "----\n"),
    ],
)
def test_settings_and_body(tmp_path: Path, text: str, body: str) -> None:
    """The settings end at the second line of hyphens; later ones are the editor's own."""
    pages, problems = read(tmp_path, {"a.md": text, "a.en.md": text})
    assert problems == []
    assert {locale: (page.meta.title, page.body) for locale, page in pages["a"].items()} == {
        "ru": ("a", body),
        "en": ("a", body),
    }


@pytest.mark.parametrize(
    "text", ["", "Body", "title: a\n---\n", "---\ntitle: a\n", "----\na\n---\n"]
)
def test_without_settings(tmp_path: Path, text: str) -> None:
    """A file without settings says how they are written."""
    _, problems = read(tmp_path, {"a.md": text, "a.en.md": "---\ntitle: a\n---\n"})
    assert problems == [
        (
            "content/x/a.md:1:1: there is no front matter — hint: "
            "begin the file with --- and end its settings with another --- line"
        ),
    ]


@pytest.mark.parametrize("name", ["A.md", "a b.md", "a.de.md", "a.en.b.md", "a.ru.md", "a_b.md"])
def test_unusable_names(tmp_path: Path, name: str) -> None:
    """A name that is no slug, or names no translation, is told; no file is passed over."""
    pages, problems = read(tmp_path, {name: "---\ntitle: a\n---\n"})
    assert pages == {}
    assert len(problems) == 1
    assert problems[0].startswith(f"content/x/{name}: the file's name is not usable")
    assert "name.en.md for a translation" in problems[0]


@pytest.mark.parametrize(
    ("name", "missing", "locale"), [("a.md", "a.en.md", "en"), ("a.en.md", "a.md", "ru")]
)
def test_a_missing_translation(tmp_path: Path, name: str, missing: str, locale: str) -> None:
    """The file to be written is named."""
    _, problems = read(tmp_path, {name: "---\ntitle: a\n---\n"})
    assert problems == [
        f"content/x/{missing}: the translation into {locale} is missing — hint: add this file"
    ]


def test_a_damaged_translation_is_not_missing(tmp_path: Path) -> None:
    """A file that is there and wrong is told once, for what is wrong."""
    _, problems = read(
        tmp_path, {"a.md": "---\ntitle: a\n---\n", "a.en.md": "---\ntilte: a\n---\n"}
    )
    assert [problem.partition(" — ")[0] for problem in problems] == [
        "content/x/a.en.md:2:1: tilte: unknown key",
        "content/x/a.en.md:2:1: title: is required",
    ]


def test_a_folder_that_is_not_there_has_no_pages(tmp_path: Path) -> None:
    """A series without news needs no folder for them."""
    assert read_pages(tmp_path / "none", tmp_path, LOCALES, Meta, []) == {}
