"""What a stranger should find: files with their digests, and the headers of each kind.

Only what is the same for everyone is asked for: never a client's page.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import PurePosixPath

from generator.base.errors import InputError, OutsideError, Problem
from generator.inventory import common_lot
from generator.site.headers import TYPE, Headers, matching, media_type, parse_headers
from generator.site.layout import Layout
from generator.site.serve import INDEX, NOT_FOUND, RULES

SAMPLED = 3  # stage pages, and shared parts
ROBOTS = "robots.txt"

LOADER, LOST = "the loader", "404.html"
STAGE, PART = "a stage page", "a sealed part"
KINDS = {INDEX: LOADER, NOT_FOUND: LOST, ROBOTS: ROBOTS}
"""The files that stand at an address which everybody knows, and what they are called."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A file that is asked for."""

    kind: str
    path: str
    """The path that is asked for, with a leading slash."""
    digest: str
    """SHA-256 in hex; empty where it is not known what was published there."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What was published for everyone, and how it is to be served."""

    base_url: str
    rules: Mapping[str, Headers]
    """Those of the file ``_headers``, by their paths."""
    files: Mapping[str, str]
    """SHA-256 in hex by the path of each file; empty where a publication broke off."""

    def samples(self) -> list[Sample]:
        """Files of every kind: all that everybody knows, some of the others."""
        known = [
            Sample(kind, "/" if path == INDEX else f"/{path}", self.files[path])
            for path, kind in KINDS.items()
            if path in self.files
        ]
        return [*known, *self._some("q/", STAGE), *self._some("p/", PART), *self._assets()]

    def headers(self, path: str) -> dict[str, str]:
        """The headers with which ``path`` (with a leading slash) is to be answered."""
        return {TYPE: media_type(path), **matching(self.rules, path)}

    @property
    def lost(self) -> str:
        """The digest of the page for unknown addresses."""
        return self.files.get(NOT_FOUND, "")

    def _some(self, start: str, kind: str) -> Iterator[Sample]:
        found = ((path, digest) for path, digest in sorted(self.files.items()))
        mine = (
            Sample(kind, f"/{path}", digest) for path, digest in found if path.startswith(start)
        )
        return islice(mine, SAMPLED)

    def _assets(self) -> list[Sample]:
        """One asset of each ending."""
        found = {
            PurePosixPath(path).suffix: path for path in sorted(self.files, reverse=True)
            if path.startswith("assets/")
        }  # fmt: skip
        return [
            Sample(f"an asset ({ending})", f"/{path}", self.files[path])
            for ending, path in sorted(found.items())
        ]


def expected_of(layout: Layout, base_url: str) -> Expected:
    """What was published last, for everyone.

    Raises:
        InputError: nothing was published, or the site was built anew since.
        OutsideError: what is remembered of the publication is damaged.
    """
    files = {**common_lot(layout, first=True).store, **common_lot(layout).store}
    if not files:
        hint = "run: sealpress publish"
        raise InputError([Problem("build/private/published", "nothing is published yet", hint)])
    try:
        rules = (layout.site / RULES).read_bytes()
    except OSError as error:
        sentence = f"build/site/{RULES}: cannot be read: {error.strerror}"
        raise OutsideError(f"{sentence} — hint: run: sealpress build --full") from None
    if files.get(RULES) not in {"", sha256(rules).hexdigest()}:
        sentence = "was built anew and not published yet"
        raise InputError([Problem("build/site", sentence, "run: sealpress publish")])
    return Expected(base_url, parse_headers(rules.decode()), files)
