"""How letters look: layouts, styles, colours and words of the theme.

A site's own theme lies over the default one, file by file, as it does for pages.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from generator.base.errors import InputError, Problem
from generator.base.model import Strict, checked
from generator.base.shipped import shipped
from generator.base.yamldoc import parse_yaml

DEFAULT = "default"
ENGLISH = "en"
LETTERS = "letters"
ROOT = re.compile(r"(@media[^{]*\{\s*)?:root\s*\{([^}]*)\}")
VARIABLE = re.compile(r"--sp-([a-z-]+)\s*:\s*([^;]+)")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


class Words(Strict):
    """What a letter's frame says, in one language."""

    page: str
    why: str
    stage: str
    account: str
    vote: str
    vote_low: str
    vote_high: str
    like: str
    liked: str
    disliked: str
    unsubscribe: str
    reply: str
    chart: str


@dataclass(frozen=True, slots=True)
class Look:
    """The folders of a theme, the nearest first."""

    folders: tuple[Path, ...]

    def source(self, name: str) -> str:
        """The text of the nearest file ``name``.

        Raises:
            InputError: no folder has it.
        """
        path = self._find(name)
        if path is None:
            raise InputError([Problem(f"themes/{name}", "the theme lacks this file")])
        return path.read_text(encoding="utf-8")

    def words(self, locale: str) -> Words:
        """The words of ``locale``, or of its language.

        Raises:
            InputError: the theme has none, or one is missing.
        """
        language = locale.partition("_")[0]
        names = [f"{LETTERS}/{one}.yaml" for one in dict.fromkeys((locale, language))]
        name = next((one for one in names if self._find(one)), "")
        if not name:
            sentence, hint = f"letters have no words in {locale}", f"add {names[0]} to the theme"
            raise InputError([Problem("themes", sentence, hint)])
        problems: list[Problem] = []
        document = parse_yaml(self.source(name), f"themes/{name}", problems)
        words = checked(Words, document, problems) if document else None
        if words is None:
            raise InputError(problems)
        return words

    def colours(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """The theme's variables by name (``accent``), by day and in the dark."""
        light: dict[str, str] = {}
        dark: dict[str, str] = {}
        for name in ("page.css", "brand.css"):
            path = self._find(f"styles/{name}")
            text = COMMENT.sub("", path.read_text(encoding="utf-8")) if path else ""
            for media, block in ROOT.findall(text):
                found = {key: value.strip() for key, value in VARIABLE.findall(block)}
                (dark if "dark" in media else light).update(found)
        return light, light | dark

    def _find(self, name: str) -> Path | None:
        paths = (folder / name for folder in self.folders)
        return next((path for path in paths if path.is_file()), None)


def look_of(root: Path, theme: str) -> Look:
    """How the letters of the site in ``root`` look."""
    own, default = root / "themes" / theme, shipped("themes") / DEFAULT
    return Look((own, default))
