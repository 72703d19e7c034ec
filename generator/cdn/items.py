"""What a purge names: paths, whole folders, or the cache tag of a kind of file.

CloudFront charges for each item, the first 1,000 of a month excepted, and a folder or a tag is one
item like a single path. Naming a whole folder is never wrong, it forgets more than it must. What
that costs is requests to the store, and for sealed files and stage pages not even these, since
nobody's copy of them is used without asking the store. So a few paths are named and many
are not. What lies beside the folders is always named: its folder is the whole site.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import islice
from types import MappingProxyType
from urllib.parse import quote

MANY = 100
"""Paths in one folder above which the folder is named: half a dollar against half a cent."""
MOST_NAMED = 1000
"""Items of a request. 3,000 may be in progress, and the purge of a revocation must find room."""
MOST_FOLDERS = 15
"""Whole folders that may be in progress (CloudFront's own limit)."""

LOADER, ROOT = "index.html", "/"
TAGS = MappingProxyType({"assets": "asset", "p": "sealed", "q": "stage"})
"""By folder. A tag is sent to every reader with the file: it tells the kind, and nothing more."""


def cache_tag(path: str) -> str:
    """The cache tag of a file: that of its folder, ``loader``, or ``public`` for what is left."""
    return TAGS.get(_folder(path), "loader" if path == LOADER else "public")


def items_of(paths: Iterable[str], *, tags: bool) -> list[str]:
    """What to name so that every copy of the files at ``paths`` is forgotten, in a fixed order.

    There may be a million paths; no more than ``MANY`` of a folder are kept in mind.
    """
    named: dict[str, set[str]] = {}
    for path in paths:
        folder = _folder(path)
        some = named.setdefault(folder, set())
        if not folder or len(some) <= MANY:
            some.add(path)
    return sorted(
        item for folder, some in named.items() for item in _items(folder, some, tags=tags)
    )


def requests_of(items: Iterable[str]) -> Iterator[Sequence[str]]:
    """The items of each request, within the limits of what may be in progress."""
    single, folders = list[str](), list[str]()
    for item in items:
        (folders if item.endswith("*") else single).append(item)
    yield from _some(single, MOST_NAMED)
    yield from _some(folders, MOST_FOLDERS)


def reference(occasion: str, items: Sequence[str]) -> str:
    """What makes a request for ``items`` on ``occasion`` the same, however often it is sent."""
    return sha256("\0".join((occasion, *items)).encode()).hexdigest()


def is_tag(item: str) -> bool:
    """Whether an item names files by their tag."""
    return item.startswith("#")


def _items(folder: str, paths: set[str], *, tags: bool) -> Iterator[str]:
    if not folder or len(paths) <= MANY:
        yield from (f"/{quote(path)}" for path in paths)
        if LOADER in paths:
            yield ROOT
    elif tags and folder in TAGS:
        yield f"#{TAGS[folder]}"
    else:
        yield f"/{quote(folder)}/*"


def _some(items: Iterable[str], most: int) -> Iterator[Sequence[str]]:
    source = iter(items)
    while some := tuple(islice(source, most)):
        yield some


def _folder(path: str) -> str:
    """The first step of a path; empty for a file beside the folders."""
    folder, slash, _ = path.partition("/")
    return folder if slash else ""
