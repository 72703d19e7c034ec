"""The store of a site: opened as its settings say, and told the headers of each kind of file."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from generator.base.config import CONFIG, Publish
from generator.base.errors import InputError, OutsideError, Problem
from generator.cdn import cache_tag
from generator.publish import Deletable, DirectoryStore, FolderPapers, Headers, Keeping, Papers
from generator.publish.directory import beside
from generator.site.headers import stored_headers

TAG = "cache-tag"
"""Of an object's metadata; S3 answers with it as ``x-amz-meta-cache-tag``."""

if TYPE_CHECKING:
    from generator.publish.netlify.site import Netlify


def open_store(root: Path, settings: Publish) -> Keeping:
    """The store in which the site in ``root`` is published.

    Raises:
        InputError: what it needs is not installed, or it takes no single files.
    """
    must_take_files(settings)
    if settings.store == "directory":
        return DirectoryStore(root / settings.path)
    from generator.publish.s3 import S3Store  # noqa: PLC0415 - takes a third of a second

    return S3Store(settings, headers_kept(settings))


def headers_kept(settings: Publish) -> Headers:
    """The headers that the store of a site keeps with each file, by its path; a folder keeps none.

    What CloudFront reads as the tag of a file is among them where its distribution does.
    """
    if settings.store != "s3":
        return lambda _: {}
    if settings.cdn and settings.cdn.tags:
        return lambda path: {**stored_headers(path), TAG: cache_tag(path)}
    return stored_headers


def open_papers(root: Path, settings: Publish) -> Papers:
    """The papers of the store in which the site in ``root`` is published, to be used for a run.

    Raises:
        InputError: it takes no single files, or nothing can lie beside it.
        OutsideError: the store failed: what it can is found by asking it.
    """
    must_take_files(settings)
    if settings.store == "directory":
        return FolderPapers(_beside(root / settings.path))
    from generator.publish.control import Control  # noqa: PLC0415 - takes a third of a second
    from generator.publish.papers_s3 import papers_of  # noqa: PLC0415

    return papers_of(Control(settings))


def open_to_withdraw(root: Path, settings: Publish) -> Deletable:
    """The store of a site for looking for files of a client in it, and for deleting them.

    Raises:
        InputError, OutsideError: what it needs is not there.
    """
    if settings.store != "netlify":
        return open_store(root, settings)
    from generator.publish.netlify.pages import NetlifyPages  # noqa: PLC0415 - only where it is used

    return NetlifyPages(open_netlify(settings))


def must_take_files(settings: Publish) -> None:
    """Refuse a place that takes whole sites only.

    Raises:
        InputError: it is one.
    """
    if settings.store == "netlify":
        sentence = (
            "Netlify takes a whole site at once and keeps what it got: this needs single files"
        )
        hint = "publish to a directory or to s3 for it; to Netlify with: sealpress publish"
        raise InputError([Problem(CONFIG, sentence, hint, "publish.store")])


def open_netlify(settings: Publish, environment: Mapping[str, str] = os.environ) -> "Netlify":
    """The site at Netlify that the settings name.

    Raises:
        OutsideError: there is no token in the environment.
    """
    from generator.publish.netlify.api import TOKEN, Api  # noqa: PLC0415
    from generator.publish.netlify.site import Netlify  # noqa: PLC0415 - only where it is used

    token = environment.get(TOKEN, "").strip()
    if not token:
        hint = f"put one into the environment as {TOKEN}"
        raise OutsideError(f"Netlify needs a token — hint: {hint}")
    return Netlify(settings.site, Api(token, settings.endpoint))


def _beside(folder: Path) -> Path:
    """The folder beside a published one, on the same disk: publishers on other machines look there.

    Raises:
        InputError: the published folder is a disk by itself.
    """
    if folder.is_mount():
        sentence = "this folder is a disk by itself, and something has to lie beside it"
        raise InputError([Problem(CONFIG, sentence, "name a folder of that disk", "publish.path")])
    return beside(folder)
