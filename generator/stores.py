"""The store of a site: opened as its settings say, and told the headers of each kind of file."""

from pathlib import Path

from generator.base.config import Publish
from generator.publish import DirectoryStore, Store
from generator.site.headers import stored_headers


def open_store(root: Path, settings: Publish) -> Store:
    """The store in which the site in ``root`` is published.

    Raises:
        InputError: what it needs is not installed.
    """
    if settings.store == "directory":
        return DirectoryStore(root / settings.path)
    from generator.publish.s3 import S3Store  # noqa: PLC0415 - takes a third of a second

    return S3Store(settings, stored_headers)
