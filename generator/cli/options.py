"""What many commands share: the site's folder, the day, who reads the answer, exit codes."""

import functools
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import click

from generator.base.config import CONFIG, Site, load_site
from generator.base.errors import InputError, OutsideError, Problem, SealpressError
from generator.cli.console import Voice, in_short
from generator.site.about import about
from generator.site.layout import Layout
from generator.site.reader import Fetch, fetch_from, fetch_with
from generator.stores import open_store

DONE, WRONG_INPUT, OUTSIDE = 0, 1, 3


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command: where, for which day, and how to speak."""

    root: Path
    clock: date | None
    voice: Voice

    @property
    def today(self) -> date:
        """The day on the wall."""
        return date.today()  # noqa: DTZ011 - the operator's own day is meant

    def shown(self, path: Path) -> str:
        """A path as it is shown: below the site's folder where it lies there."""
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)

    def site(self) -> Site:
        """The site's settings."""
        return load_site(self.root)[0]

    def site_folder(self, *, published: bool) -> Path:
        """The folder of the built site, or of the published one.

        Raises:
            InputError: it is published elsewhere.
        """
        if not self._is_in_store(published=published):
            return Layout(self.root).site
        settings = self.site().publish
        if settings.store != "directory":
            hint = "open it at its own address"
            sentence = "the site is published to an object store, or to Netlify"
            raise InputError([Problem(CONFIG, sentence, hint)])
        return self.root / settings.path

    def fetch(self, *, published: bool) -> Fetch:
        """What reads files of the built site, or of the published one."""
        if self._is_in_store(published=published):
            return fetch_with(open_store(self.root, self.site().publish).get)
        return fetch_from(Layout(self.root).site)

    def _is_in_store(self, *, published: bool) -> bool:
        """Whether the published site is meant, or alone has pages: they went straight there."""
        known = about(Layout(self.root))
        return published or bool(known and known.store)


class Day(click.ParamType[date]):
    """A day as 2026-11-21."""

    name = "YYYY-MM-DD"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        """The day, or a usage error."""
        if isinstance(value, date):
            return value
        try:
            return datetime.strptime(str(value), "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            self.fail("write the day as 2026-11-21", param, ctx)


def site_command(command: Callable[..., None]) -> Callable[..., None]:
    """A command on a site: it gets a ``Run`` first, and its errors become exit codes."""

    @click.option(
        "--site",
        "root",
        type=click.Path(file_okay=False, path_type=Path),
        default=".",
        help="The site's folder.  [default: this one]",
    )
    @click.option("--clock", type=Day(), help="Build as of this day instead of the site's own.")
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for machines.")
    @functools.wraps(command)
    def wrapped(root: Path, clock: date | None, *, as_json: bool, **arguments: object) -> None:
        voice = Voice(as_json=as_json)
        with_exit_codes(voice, lambda: command(Run(root.resolve(), clock, voice), **arguments))

    return wrapped


def with_exit_codes(voice: Voice, action: Callable[[], None]) -> None:
    """Run ``action``; an error of sealpress is told in plain words and ends with its code."""
    try:
        action()
    except InputError as error:
        for line in in_short(error.problems):
            voice.refuse(line)
        sys.exit(WRONG_INPUT)
    except SealpressError as error:
        voice.refuse(error)
        sys.exit(OUTSIDE if isinstance(error, OutsideError) else WRONG_INPUT)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        voice.refuse(f"the system refused: {reason}")
        sys.exit(OUTSIDE)
