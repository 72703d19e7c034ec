"""The floor: the same pages by a bare loop, which no build in Python can do without.

``python -m bench.floor SITE OUT --part 0 --of 2``

Every text, every key and every path is made beforehand, a chunk at a time, and is not counted.
Counted is the loop: the whole page rendered with autoescaping from one template, deflated,
encrypted, padded and written to a new file, no file compared, no digest, no manifest, no folder
made. It prints the seconds of the loop, by the clock and of the processor, and the pages.
"""

import argparse
import json
import os
import time
from collections.abc import Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench.peers import every_page, fields_of
from bench.peers.pages import reference
from generator.inputs import inputs_to_look_at
from generator.keys import keys_of
from generator.partition import keep_memory
from generator.sealing import padme
from generator.sealing.envelope import deflated
from generator.sealing.secret import SecretMaker

CHUNK = 2000
NONCE, HEADER = os.urandom(12), b"SP\x01\x01"


class Ready(NamedTuple):
    """All that is made before the loop sees a page."""

    page: dict[str, Any]
    cipher: AESGCM
    place: str


def main() -> None:
    """Write one part of the clients' pages and print what the loop took."""
    options = _options()
    keep_memory()
    wall = cpu = 0.0
    pages = 0
    for chunk in _chunks(options.site, options.out, options.part, options.of):
        began, used = time.perf_counter(), time.process_time()
        loop(chunk)
        wall += time.perf_counter() - began
        cpu += time.process_time() - used
        pages += len(chunk)
    print(json.dumps({"pages": pages, "wall": wall, "cpu": cpu}))


def loop(chunk: list[Ready]) -> None:
    """The floor itself."""
    templates = {locale: reference(locale) for locale in ("ru", "en")}
    for page, cipher, place in chunk:
        packed = deflated(templates[page["lang"]].render(page).encode())
        payload = packed + bytes(padme(max(4 + len(packed), 512)) - len(packed))
        with open(place, "wb") as file:  # noqa: PTH123 - the cheapest way there is
            file.write(HEADER + NONCE + cipher.encrypt(NONCE, payload, HEADER))


def _chunks(site: Path, out: Path, part: int, of: int) -> Iterator[list[Ready]]:
    with inputs_to_look_at(site, None, date(2011, 12, 2)) as inputs:
        ring, _ = keys_of(site, inputs.site)
        maker = ring.current.secrets()
        fields = fields_of(inputs)
        everyone = (client for batch in inputs.base.batches(CHUNK) for client in batch)
        mine = islice(everyone, part, None, of)
        while batch := list(islice(mine, CHUNK)):
            pages = every_page(fields, batch, maker)
            keys = (_ready(maker, client.id, out) for client in batch)
            yield [Ready(page, *found) for page, found in zip(pages, keys, strict=True)]


def _ready(maker: SecretMaker, client: str, out: Path) -> tuple[AESGCM, str]:
    keys = maker.secret("client", client).keys()
    place = out / keys.path
    place.parent.mkdir(parents=True, exist_ok=True)
    return AESGCM(keys.seal_key), str(place)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.floor", description=__doc__)
    parser.add_argument("site", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--part", type=int, default=0)
    parser.add_argument("--of", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
