"""A site's own theme as a value, for workers whose machine does not have the site's folder."""

import shutil
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from generator.base.shipped import shipped
from generator.pages.theme import DEFAULT, Theme, load_theme


@dataclass(frozen=True, slots=True)
class PackedTheme:
    """The files that lie over the default theme, which every worker has with the program."""

    name: str
    files: Mapping[str, bytes]
    """By their path below the theme's folder; none where the site has no theme of its own."""

    def unpacked(self) -> Theme:
        """The theme; its files lie in a folder of this process for as long as it is used.

        Raises:
            OSError: the disk is full.
        """
        if not self.files:
            return Theme((shipped("themes") / DEFAULT,))
        root = Path(mkdtemp(prefix="sealpress-theme-"))
        for path, content in self.files.items():
            place = root / "themes" / self.name / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        theme = load_theme(root, self.name)
        weakref.finalize(theme, shutil.rmtree, root, ignore_errors=True)
        return theme


def packed(theme: Theme, name: str) -> PackedTheme:
    """The site's own part of a theme."""
    _, *own = theme.folders
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for folder in own
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    return PackedTheme(name, files)
