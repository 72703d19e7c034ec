"""The files of a site as a deploy lists them: paths, SHA-1, and a title that stands for all."""

import json
from collections.abc import Iterable, Mapping
from functools import partial
from hashlib import file_digest, sha1, sha256
from pathlib import Path

from generator.base.errors import InputError, Problem
from generator.publish.built import unread

MOST_FILES = 50_000
"""In one deploy. Netlify names no number; its own client was seen to fail at 64,000."""
OURS, WITH_SEALED = "sealpress ", " with sealed files"
"""The title of a deploy of ours begins with the one, and may end with the other."""
NAMED = 16  # digits of a site's digest in the title of its deploy

Digests = Mapping[str, str]
"""Paths with the SHA-1 of their files."""
sha_1 = partial(sha1, usedforsecurity=False)


def digests_of(site: Path, paths: Iterable[str]) -> dict[str, str]:
    """The SHA-1 of each file.

    Raises:
        InputError: one is missing.
        OutsideError: one cannot be read.
    """
    return {path: _digest(site, path) for path in paths}


def title_of(digests: Digests) -> str:
    """The title of the deploy of exactly these files: by it they are known again."""
    listed = json.dumps(dict(digests), sort_keys=True).encode()
    sealed = WITH_SEALED if any(path.startswith("p/") for path in digests) else ""
    return f"{OURS}{sha256(listed).hexdigest()[:NAMED]}{sealed}"


def refuse_many(paths: Iterable[str]) -> None:
    """Refuse more files than one deploy may have.

    Raises:
        InputError: there are more.
    """
    number = len(list(paths))
    if number > MOST_FILES:
        sentence = f"Netlify takes {MOST_FILES:,} files in one deploy, and these are {number:,}"
        hint = "publish to an object store instead, see docs/operators.md"
        raise InputError([Problem("build/site", sentence, hint)])


def _digest(site: Path, path: str) -> str:
    try:
        with (site / path).open("rb") as file:
            return file_digest(file, sha_1).hexdigest()
    except OSError as error:
        raise unread(error) from None
