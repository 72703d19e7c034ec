"""Peers that write plain pages: Hugo, Eleventy, Pelican. None of them encrypts."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.peers.cost import Command, Cost, measured
from bench.peers.pages import LOCALES, count_of, folded, write_array
from bench.peers.tools import HEAP, HERE, NodeTool, PythonTool, counted, place, project


@dataclass(slots=True)
class Hugo(PythonTool):
    """Hugo: a content adapter over one JSON array, a template for each language.

    It runs on all cores and holds all pages in memory.
    """

    package: str = "hugo"
    name: str = "Hugo"
    seals: bool = False

    def build(self, pages: Path, out: Path) -> Cost:
        """Have Hugo write the pages."""
        with project(self.home) as site:
            count = _hugo_site(pages, site)
            quiet = ("--quiet", "--noBuildLock", "--noTimes", "--noChmod")
            command: Command = [self._binary(), *quiet, "--destination", out.resolve()]
            return counted(measured(command, site), out, count)

    def _binary(self) -> Path:
        """The program itself; the command in ``bin`` starts Python to start it."""
        [found] = self.home.glob("lib/python*/site-packages/hugo/binaries/hugo")
        return found

    def text(self, out: Path, page: Mapping[str, Any]) -> str:
        """The page as it lies there."""
        return place(out, page["address"], ".html").read_text(encoding="utf-8")


def _hugo_site(pages: Path, site: Path) -> int:
    """Lay out a project of Hugo's in ``site``, and answer how many pages it has."""
    for name in ("assets", "content", "layouts"):
        (site / name).mkdir()
    shutil.copy(HERE / "hugo" / "hugo.toml", site)
    shutil.copy(HERE / "hugo" / "_content.gotmpl", site / "content")
    _lay("hugo/client.html", site / "layouts", ".html")
    return write_array(pages, site / "assets" / "pages.json")


@dataclass(slots=True)
class Eleventy(NodeTool):
    """Eleventy: pagination over all pages, rendered by a JavaScript template (its fastest).

    It runs on one core and holds all pages in memory.
    """

    package: str = "@11ty/eleventy"
    name: str = "Eleventy"
    seals: bool = False

    def build(self, pages: Path, out: Path) -> Cost:
        """Have Eleventy write the pages."""
        with project(self.home) as site:
            shutil.copytree(HERE / "eleventy", site, dirs_exist_ok=True)
            _lay("eleventy/client.js", site, ".js")
            program = self.home / "node_modules/@11ty/eleventy/cmd.cjs"
            command: Command = ["node", program, "--output", out.resolve()]
            cost = measured(command, site, {"PAGES": f"{pages.resolve()}", **HEAP})
            return counted(cost, out, count_of(pages))

    def text(self, out: Path, page: Mapping[str, Any]) -> str:
        """The page as it lies there."""
        return place(out, page["address"], ".html").read_text(encoding="utf-8")


@dataclass(slots=True)
class Pelican(PythonTool):
    """Pelican: a plugin that reads a page at a time and renders it with Pelican's Jinja.

    It runs on one core.
    """

    package: str = "pelican"
    name: str = "Pelican"
    seals: bool = False

    def build(self, pages: Path, out: Path) -> Cost:
        """Have Pelican write the pages."""
        with project(self.home) as site:
            shutil.copytree(HERE / "pelican", site, dirs_exist_ok=True)
            (site / "content").mkdir()
            _lay("pelican/client.html", site / "theme" / "templates", ".html")
            quiet = ("-m", "pelican", "--quiet", "--settings", "settings.py")
            command: Command = [self.home / "bin/python", *quiet, "--output", out.resolve()]
            cost = measured(command, site, {"PAGES": f"{pages.resolve()}"})
            return counted(cost, out, count_of(pages))

    def text(self, out: Path, page: Mapping[str, Any]) -> str:
        """The page as it lies there."""
        return place(out, page["address"], "").read_text(encoding="utf-8")


def _lay(template: str, folder: Path, suffix: str) -> None:
    """Write a template into ``folder``, once for each language with its words."""
    folder.mkdir(parents=True, exist_ok=True)
    for locale in LOCALES:
        text = folded(HERE / template, locale)
        (folder / f"{locale}{suffix}").write_text(text, encoding="utf-8")
