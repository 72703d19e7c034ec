"""The floor of the benchmarks: its bare loop makes whole pages, and every one of them."""

import json
import sys
import zlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench import floor
from bench.peers import every_page, fields_of, plain
from generator.inputs import inputs_to_look_at
from tests.nights import EVERYONE, FRIDAY, clients_pages, ring_of, secret_of
from tests.sites import copy_site, files, with_keys

START = floor.HEADER + floor.NONCE


@pytest.mark.parametrize("parts", [1, 2])
def test_the_floor_writes_the_page_of_every_client(
    parts: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Opened with the client's key each file is the page that peers are to make, byte for byte."""
    site, out = with_keys(copy_site(tmp_path / "site")), tmp_path / "out"
    monkeypatch.setattr(floor, "keep_memory", lambda: None)  # of a process that ends soon
    for part in range(parts):
        words = [str(site), str(out), "--part", f"{part}", "--of", f"{parts}"]
        monkeypatch.setattr(sys, "argv", ["floor", *words])
        floor.main()
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["pages"] for one in told] == [len(EVERYONE) // parts] * parts
    with inputs_to_look_at(site, None, FRIDAY) as inputs:
        clients = [client for client in map(inputs.base.find, EVERYONE) if client]
        pages = [*every_page(fields_of(inputs), clients, ring_of(site).current.secrets())]
    written = files(out)
    assert written.keys() == clients_pages(site)
    for client, page in zip(EVERYONE, pages, strict=True):
        keys = secret_of(client, site).keys()
        assert opened(written[keys.path], keys.seal_key) == plain(page)


def opened(file: bytes, key: bytes) -> str:
    """The page in a file of the floor, which binds no address and tells no length."""
    start, sealed = file[: len(START)], file[len(START) :]
    assert start == START
    packed = AESGCM(key).decrypt(floor.NONCE, sealed, floor.HEADER)
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed).decode()
