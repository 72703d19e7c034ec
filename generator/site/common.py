"""The files that are the same for everyone, some hundreds: what they are and what they were."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from generator.base.errors import OutsideError
from generator.site.tree import Changes, Stage

FORMAT = "sealpress common files 1"


@dataclass(slots=True)
class Common:
    """Stages common files and remembers them with their digests, as the night before did."""

    stage: Stage
    earlier: dict[str, str] = field(default_factory=dict)
    """Digests of the files that the site has, by path; empty when that is not known."""
    earlier_recipes: dict[str, str] = field(default_factory=dict)
    is_known: bool = False
    """Whether it is known what the site has."""
    is_believed: bool = True
    """Whether those digests and recipes are taken for granted; else files are compared."""
    files: dict[str, str] = field(default_factory=dict)
    recipes: dict[str, str] = field(default_factory=dict)
    """By path: what a file was made of, where making it anew is dear."""

    @property
    def changes(self) -> Changes:
        """What happened to the common files."""
        return self.stage.changes

    def write(self, path: str, content: bytes) -> None:
        """Stage a file unless the site has the very same."""
        earlier = bytes.fromhex(self.earlier.get(path, "") if self.is_believed else "")
        self.files[path] = self.stage.write(path, content, earlier).hex()

    def keep(self, paths: Iterable[str]) -> None:
        """Keep those of the files that the site has."""
        for path in paths:
            there = self.earlier.get(path) or self.stage.earlier(path).hex()
            if there:
                self.files[path] = there
                self.stage.changes.unchanged += 1
                if path in self.earlier_recipes:
                    self.recipes.setdefault(path, self.earlier_recipes[path])

    def is_made_of(self, path: str, recipe: str) -> bool:
        """Whether the site has a file of this very recipe; from now on it is said to be of it."""
        self.recipes[path] = recipe
        is_there = path in self.earlier and self.is_believed
        return is_there and self.earlier_recipes.get(path) == recipe

    def gone(self) -> list[str]:
        """The files that the site has and that are no longer wanted."""
        return sorted(self.earlier.keys() - self.files.keys())

    def as_json(self) -> bytes:
        """The file of these files."""
        recipes = {path: recipe for path, recipe in self.recipes.items() if path in self.files}
        data = {"format": FORMAT, "files": self.files, "recipes": recipes}
        return json.dumps(data, indent=0, sort_keys=True).encode()


def common_of(path: Path, stage: Stage) -> Common:
    """What the file ``path`` says of the common files of the last build.

    Raises:
        OutsideError: it is damaged.
    """
    if not path.exists():
        return Common(stage)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] != FORMAT:
            raise ValueError
        return Common(stage, dict(data["files"]), dict(data["recipes"]), is_known=True)
    except (ValueError, KeyError, TypeError):
        hint = "remove build/private/register.json, and everything is built anew"
        raise OutsideError(f"{path.name}: the file is damaged — hint: {hint}") from None
