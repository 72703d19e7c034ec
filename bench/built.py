"""Sites as a build leaves them, of so many random files: only publishing is measured on them."""

import shutil
from collections.abc import Iterator, Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path
from random import Random

import polars as pl
import yaml

from bench.s3 import SIZE
from generator.buckets import dealt
from generator.columns import DEAL, WHO, WORD
from generator.columns import SIZE as WHO_SIZE
from generator.data.base import FULL
from generator.sealing import new_key_ring, path_of, save_key_ring
from generator.site.common import Common
from generator.site.layout import Layout
from generator.site.private import close_folder, write_private
from generator.site.register import ADDRESS, ADDRESSES, FILES, REGISTER
from generator.site.shelf import Shelf
from generator.site.tree import Stage
from generator.told import Told

COMMON = ("assets/page.css", "404.html", "index.html", "robots.txt")
DAY = date(2011, 12, 2)
CHUNK = 100_000  # files that are made at a time
SITE = {
    "name": {"en": "Bench"},
    "contacts": {"en": "Bench"},
    "base_url": "http://127.0.0.1:8080",
    "locales": ["en"],
}


def built_site(root: Path, number: int, seed: int = 0) -> None:
    """A site below ``root`` that has been built: ``number`` files, nearly all of clients.

    The same number and seed make the same addresses and files.
    """
    layout, draw = Layout(root), Random(seed)  # noqa: S311 - nobody's page is to be guessed
    layout.site.mkdir(parents=True)
    close_folder(layout.register)
    common = {path: draw.randbytes(SIZE) for path in COMMON[:number]}
    for path, content in common.items():
        _write(layout.site / path, content)
    digests = {path: sha256(content).hexdigest() for path, content in common.items()}
    write_private(layout.common, Common(Stage(layout), files=digests).as_json())
    write_private(layout.about, b"{}")
    write_private(layout.night, Told(DAY).as_json())
    register = pl.concat(
        [pl.DataFrame(schema=REGISTER), *_clients(layout, number - len(common), draw)]
    )
    bits = (number // FULL).bit_length()
    for bucket, rows in dealt(register, bits):
        Shelf(layout.register, REGISTER).write(bucket, rows)
    (root / "keys").mkdir()
    save_key_ring(new_key_ring(DAY), root / "keys" / "ring.json")


def site_for(store: Mapping[str, str], built: Path, root: Path) -> Path:
    """A new folder ``root`` of the site ``built``, not published yet; ``store`` is its setting."""
    ours, theirs = Layout(root), Layout(built)
    (root / "content").mkdir(parents=True)
    settings = yaml.safe_dump({**SITE, "publish": dict(store)})
    (root / "content" / "site.yaml").write_text(settings, encoding="utf-8")
    (root / "keys").symlink_to(built / "keys")
    ours.site.parent.mkdir()
    ours.site.symlink_to(theirs.site)
    shutil.copytree(theirs.private, ours.private)
    return root


def _clients(layout: Layout, number: int, draw: Random) -> Iterator[pl.DataFrame]:
    """Write pages of so many clients, and yield their rows of the register."""
    for begin in range(0, number, CHUNK):
        rows = [_client(layout, draw) for _ in range(begin, min(begin + CHUNK, number))]
        yield pl.DataFrame(rows, REGISTER)


def _client(layout: Layout, draw: Random) -> dict[str, object]:
    address, content = draw.randbytes(ADDRESS), draw.randbytes(SIZE)
    _write(layout.site / path_of(address), content)
    return {
        **dict.fromkeys(REGISTER),
        DEAL: draw.getrandbits(WORD),
        WHO: draw.randbytes(WHO_SIZE),
        ADDRESSES: address,
        FILES: sha256(content).digest(),
    }


def _write(place: Path, content: bytes) -> None:
    try:
        place.write_bytes(content)
    except FileNotFoundError:  # the first file of its folder
        place.parent.mkdir(parents=True)
        place.write_bytes(content)
