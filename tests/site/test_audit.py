"""The leak gate: what is planted is found, and a site of noise and public texts is clean."""

import base64
import gzip
import html
import io
import json
import os
import random
import re
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from generator.base.errors import InputError, OutsideError
from generator.data import Client, Policy
from generator.sealing import Secret, SecretMaker, padme, seal
from generator.sealing.base58 import ALPHABET
from generator.sealing.envelope import deflated
from generator.site import audit as gate
from generator.site.audit import AuditReport, Finding, audit, seal_fault
from generator.site.needles import Amount, Needle, client_needles, secret_needles, weakness

MAKER = SecretMaker(bytes(range(32)))
SECRET = MAKER.secret("client", "A-100017")
KEYS = SECRET.keys()
ROW = 17
CLIENT = Client(
    "A-100017",
    "Юдина",
    "Жанна",
    "Ильинична",
    "ru",
    "",
    "",
    "",
    "+79990000001",
    "yudina@example.org",
    (),
    (Policy("ILI-00012345", "tech", 123_456_789, date(2009, 3, 2)),),
    (),
)
AMOUNTS = (Amount(123_456_789, "RUB"), Amount(3_703_704, "RUB"), Amount(0, "RUB"))
NEEDLES = (
    *client_needles(ROW, CLIENT, AMOUNTS, ("ru", "en")),
    *secret_needles(SECRET, ROW),
)
STAGE = f"q/{MAKER.secret('stage-page', 'property/ru').keys().name}"
ASSET = "assets/page.3f2a91c4bb07.css"
PLAIN_PAGE = "<p>Жанна, вот ответы на вопросы. Доход: 500 000,00 ₽.</p>\n".encode() * 20
DUMP = "Юдина Жанна Ильинична;+79990000001;1234567.89\n".encode()

TEXTS = {
    "name": ["Юдина Жанна Ильинична", "Жанна Ильинична Юдина", "Юдина Ж. И.", "ЖАННА ЮДИНА"],
    "phone": [
        "+79990000001",
        "8 (999) 000-00-01",
        "+7\N{NO-BREAK SPACE}999\N{NO-BREAK SPACE}000-00-01",
    ],
    "e-mail": ["yudina@example.org"],
    "policy number": ["ILI-00012345"],
    "client id": ["A-100017"],
    "amount": [
        "1234567.89",
        "1234567,89",
        "1\N{NO-BREAK SPACE}234\N{NO-BREAK SPACE}567,89\N{NO-BREAK SPACE}₽",
        "1\N{NARROW NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}567,89",
        "1 234 567,89",
        "RUB\N{NO-BREAK SPACE}1,234,567.89",
        "37\N{NO-BREAK SPACE}037,04\N{NO-BREAK SPACE}₽",
    ],
    "link secret": [SECRET.text],
}
RAW = {"link secret": SECRET.value, "key": KEYS.seal_key}


def every_byte(form: str) -> Callable[[bytes], bytes]:
    """Write each byte as ``form``."""
    return lambda data: "".join(form.format(byte) for byte in data).encode()


def base64_after(before: bytes, encode: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Base64 of the value where it stands behind ``before``."""
    return lambda data: encode(before + data + b"...")


def in_lines(data: bytes) -> bytes:
    """Base64 broken into lines as in mail, right inside the value."""
    return base64.encodebytes(bytes(50) + data + bytes(50))


BYTES: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "hex": lambda data: data.hex().encode(),
    "HEX": lambda data: data.hex().upper().encode(),
    "hex at an odd place": lambda data: b"f" + data.hex().encode() + b"0",
    "percent, everything": every_byte("%{:02x}"),
    "PERCENT, everything": every_byte("%{:02X}"),
    "percent": lambda data: quote(data, safe="").encode(),
    "escapes of Python": lambda data: repr(data)[2:-1].encode(),
    "base64": base64.b64encode,
    "base64 1": base64_after(b"?", base64.b64encode),
    "base64 2": base64_after(b"??", base64.b64encode),
    "base64 for URLs": base64_after(b"???>>>", base64.urlsafe_b64encode),
    "base64 behind a letter": lambda data: b"x" + base64.b64encode(data),
    "base64 behind two letters": lambda data: b"xy" + base64.b64encode(data),
    "base64 behind three letters": lambda data: b"xyz" + base64.b64encode(data),
    "base64 in lines": in_lines,
    "base64 of base64": lambda data: base64.b64encode(b"_" + base64.b64encode(data)),
}
LETTERS: dict[str, Callable[[str], bytes]] = {
    "utf-16-le": lambda text: text.encode("utf-16-le"),
    "utf-16-be": lambda text: text.encode("utf-16-be"),
    "utf-16 at an odd place": lambda text: b"." + text.encode("utf-16"),
    "html": lambda text: html.escape(text).encode("ascii", "xmlcharrefreplace"),
    "html, named": lambda text: text.replace("\N{NO-BREAK SPACE}", "&nbsp;").encode(),
    "html, everything": lambda text: "".join(f"&#x{ord(c):04X};" for c in text).encode(),
    "json": lambda text: json.dumps(text).encode(),
    "json, capitals": lambda text: re.sub(
        r"(?<=\\u)....", lambda m: m[0].upper(), json.dumps(text)
    ).encode(),
    "json in json": lambda text: json.dumps(json.dumps(text)).encode(),
    "json, everything": lambda text: "".join(f"\\u{ord(c):04x}" for c in text).encode(),
    "javascript": lambda text: "".join(f"\\u{{{ord(c):x}}}" for c in text).encode(),
    "quote": lambda text: quote(text).encode(),
    "quote, small": lambda text: re.sub("%..", lambda m: m[0].lower(), quote(text)).encode(),
    "quote_plus": lambda text: quote_plus(text).encode(),
    "only foreign letters": lambda text: quote(text, safe=" +,.()@-").encode(),
    "base64 of utf-16": lambda text: base64.b64encode(text.encode("utf-16")),
    "percent of json": lambda text: quote(json.dumps(text)).encode(),
}


def kinds_of(texts: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Each text with its kind."""
    return [(kind, text) for kind, group in texts.items() for text in group]


def png(image: bytes) -> bytes:
    """A PNG whose image data stand in chunks of 40 bytes; checksums are not looked at."""
    packed = zlib.compress(image)
    pieces = [packed[at : at + 40] for at in range(0, len(packed), 40)]
    chunks = [(b"IHDR", bytes(13)), *((b"IDAT", piece) for piece in pieces), (b"IEND", b"")]
    body = b"".join(len(data).to_bytes(4, "big") + name + data + bytes(4) for name, data in chunks)
    return b"\x89PNG\r\n\x1a\n" + body


def zipped(data: bytes) -> bytes:
    """A ZIP archive with one deflated entry."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("clients.csv", data)
    return out.getvalue()


def noise(size: int, seed: int = 1) -> bytes:
    """Random bytes, the same ones each time."""
    return random.Random(seed).randbytes(size)  # noqa: S311 - noise is no key


STREAMS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "gzip": (gzip.compress, "gzip"),
    "second member of gzip": (lambda data: gzip.compress(b"first") + gzip.compress(data), "gzip"),
    "zlib": (zlib.compress, "zlib"),
    "zlib, best": (lambda data: zlib.compress(data, 9), "zlib"),
    "zlib in a small window": (lambda data: zlib.compress(data, 6, 9), "zlib"),
    "zlib in the middle": (lambda data: noise(999) + zlib.compress(data) + noise(99), "zlib"),
    "zlib cut short": (lambda data: zlib.compress(data + noise(2000))[:-900], "zlib"),
    "zip": (zipped, "zip"),
    "png": (png, "png"),
    "deflate": (deflated, "deflate"),
    "deflate after the header": (lambda data: b"SP\x01\x01" + deflated(data), "deflate"),
    "deflate after the nonce": (lambda data: b"SP\x01\x01" + noise(12) + deflated(data), "deflate"),
    "deflate after the length": (
        lambda data: b"SP\x01\x01" + noise(12) + bytes(4) + deflated(data),
        "deflate",
    ),
    "zlib in gzip": (lambda data: gzip.compress(zlib.compress(data)), "gzip zlib"),
    "deflate in zip": (lambda data: zipped(deflated(data)), "zip deflate"),
    "base64 of zlib": (lambda data: base64.b64encode(zlib.compress(data)), "base64 zlib"),
    "base64 of deflate": (
        lambda data: b'<img src="data:text/plain;base64,' + base64.b64encode(deflated(data)),
        "base64 deflate",
    ),
    "base64 in lines of gzip": (
        lambda data: base64.encodebytes(gzip.compress(data)),
        "base64 gzip",
    ),
    "percent of zlib": (lambda data: quote(zlib.compress(data)).encode(), "escaped zlib"),
    "hex of zlib": (lambda data: zlib.compress(data).hex().encode(), "hex zlib"),
}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A small site in which nothing is wrong: 203 sealed files and one of each other kind."""
    folder = tmp_path / "site"
    put(folder, KEYS.path, seal(PLAIN_PAGE + DUMP, KEYS, deflate=True))
    stored = MAKER.secret("offer", "x").keys()
    put(folder, stored.path, seal(b"short", stored, deflate=False))
    large = MAKER.secret("strategy", "tech").keys()
    put(folder, large.path, seal(noise(40_000).hex().encode(), large, deflate=True))
    for _ in range(200):
        keys = Secret(os.urandom(16)).keys()
        put(folder, keys.path, seal(os.urandom(4096).hex().encode(), keys, deflate=True))
    put(folder, STAGE, PLAIN_PAGE)
    put(folder, ASSET, b"p { color: #0b57d0 }")
    for name in ("index.html", "404.html", "robots.txt", "_headers"):
        put(folder, name, b"<!doctype html><p>loading</p>")
    return folder


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A site of one stage page, for tests that look at one file."""
    put(tmp_path / "site", STAGE, PLAIN_PAGE)
    return tmp_path / "site"


def put(site: Path, path: str, data: bytes) -> None:
    """Write a file of the site."""
    (site / path).parent.mkdir(parents=True, exist_ok=True)
    (site / path).write_bytes(data)


def found(report: AuditReport) -> list[tuple[str, str, int | None]]:
    """Path, kind and row of each finding."""
    return [(one.path, one.kind, one.row) for one in report.findings]


def planted(site: Path, data: bytes, path: str = STAGE) -> Finding:
    """The one finding in a site with ``data`` in the middle of a page."""
    put(site, path, PLAIN_PAGE + b'"' + data + b'"' + PLAIN_PAGE)
    (one,) = audit(site, NEEDLES).findings
    return one


def test_clean_site_gives_no_finding(site: Path) -> None:
    """Sealed pages of this very client, 200 random ones, an editor's amounts and names."""
    report = audit(site, NEEDLES)
    assert report.findings == ()
    assert report.clean
    assert report.files == 209
    assert report.size == sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    assert report.spellings > len(NEEDLES) // 2


@pytest.mark.parametrize(("kind", "text"), kinds_of(TEXTS))
@pytest.mark.parametrize("encoding", [*BYTES, *LETTERS])
def test_value_is_found_in_every_encoding(bare: Path, kind: str, text: str, encoding: str) -> None:
    """Each kind, each of its forms, each encoding: at its path, with its client."""
    data = BYTES[encoding](text.encode()) if encoding in BYTES else LETTERS[encoding](text)
    one = planted(bare, data)
    assert (one.path, one.kind, one.row) == (STAGE, kind, ROW)


@pytest.mark.parametrize("kind", RAW)
@pytest.mark.parametrize("encoding", BYTES)
def test_raw_secret_is_found_in_every_encoding(bare: Path, kind: str, encoding: str) -> None:
    """16 bytes of a secret or 32 of a key, which are no text."""
    one = planted(bare, BYTES[encoding](RAW[kind]))
    assert (one.path, one.kind, one.row) == (STAGE, kind, ROW)


@pytest.mark.parametrize("encode", [str.encode, json.dumps], ids=["utf-8", "json"])
def test_raw_secret_that_went_through_a_text_is_found(
    bare: Path, encode: Callable[[str], bytes | str]
) -> None:
    """Bytes taken for Latin-1 and written as UTF-8 or JSON."""
    data = encode(SECRET.value.decode("latin-1"))
    one = planted(bare, data if isinstance(data, bytes) else data.encode())
    assert (one.kind, one.form.split()[-1]) == ("link secret", "latin-1")


@pytest.mark.parametrize("text", ["Юдина Жанна", "Жанна Ильинична Юдина", "1\xa0234\xa0567,89"])
@pytest.mark.parametrize("encoding", BYTES)
def test_cp1251_is_found_in_every_encoding(bare: Path, text: str, encoding: str) -> None:
    """What an old export writes, also percent-encoded as in old links."""
    one = planted(bare, BYTES[encoding](text.encode("cp1251")))
    assert one.form.split()[-1] == "cp1251"


@pytest.mark.parametrize(
    ("data", "form"),
    [
        ("Юдина Жанна".encode(), "plain"),
        ("Юдина Жанна".encode("cp1251"), "cp1251"),
        ("Юдина Жанна".encode("utf-16-le"), "utf-16"),
        (quote("Юдина Жанна").encode(), "percent"),
        (quote_plus("Юдина Жанна").encode(), "percent plus"),
        (quote("Юдина Жанна", encoding="cp1251").encode(), "percent cp1251"),
        (b"&#1070;%D0%B4\\u0438" + "на&nbsp;Жанна".encode(), "html+json+percent"),
        (base64.b64encode("Юдина Жанна".encode("utf-16-le")), "base64 utf-16"),
        (base64.b64encode(quote("Юдина Жанна").encode()), "base64 percent"),
        ("Юдина Жанна".encode().hex().encode(), "hex"),
    ],
)
def test_form_says_how_the_value_was_encoded(bare: Path, data: bytes, form: str) -> None:
    """So that an operator knows what to search for."""
    one = planted(bare, data)
    assert (one.form, one.inside) == (form, "")


@pytest.mark.parametrize("container", STREAMS)
@pytest.mark.parametrize("path", [ASSET, STAGE])
def test_value_is_found_in_every_stream(bare: Path, path: str, container: str) -> None:
    """Compressed, in containers, nested two deep, and as base64 of these."""
    pack, inside = STREAMS[container]
    put(bare, path, pack(PLAIN_PAGE + DUMP * 9 + noise(300)))
    report = audit(bare, NEEDLES)
    assert set(found(report)) == {(path, kind, ROW) for kind in ("name", "phone", "amount")}
    assert (inside, "plain") in {(one.inside, one.form) for one in report.findings}


def test_encoded_value_inside_a_stream_is_found(bare: Path) -> None:
    """A compressed script with an escaped name."""
    put(bare, ASSET, gzip.compress(PLAIN_PAGE + json.dumps("Юдина Жанна").encode()))
    (one,) = audit(bare, NEEDLES).findings
    assert (one.kind, one.inside, one.form) == ("name", "gzip", "json")


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"yudina@example.org", 100),
        (b"%79udina%40example.org", 100),
        (b"&#121;udina&commat;example.org", 100),
        (b"yudina@example.org".hex().encode(), 100),
        (base64.b64encode(b"yudina@example.org"), 100),
    ],
)
def test_offset_is_where_the_value_stands(bare: Path, data: bytes, place: int) -> None:
    """In the file as it lies there, whatever was decoded, also behind other escapes."""
    put(bare, ASSET, (b"a &lt; b, %41." + b"." * 400)[:place] + data + b"." * 400 + b"&gt;")
    (one,) = audit(bare, NEEDLES).findings
    assert one.offset == place


def test_offset_in_a_stream_is_where_the_stream_begins(bare: Path) -> None:
    """There is no better place to tell of what is compressed."""
    put(bare, ASSET, noise(1000) + gzip.compress(DUMP * 9))
    offsets = {one.offset for one in audit(bare, NEEDLES).findings}
    assert offsets == {1000}


@pytest.mark.parametrize("written", ["500 000,00 ₽", "500&nbsp;000,00", "500000.00", "500 000 ₽"])
def test_amount_of_the_editors_is_not_reported(bare: Path, written: str) -> None:
    """The threshold of a law is also some client's premium; in its other forms as well."""
    needles = [*NEEDLES, *client_needles(18, CLIENT, [Amount(50_000_000, "RUB")], ("ru", "en"))]
    assert ("amount", 18) in {(kind, row) for _, kind, row in found(audit(bare, needles))}
    report = audit(bare, needles, [b"title: x", f"От {written} долга".encode()])
    assert report.findings == ()
    assert report.excluded == 1


def test_public_sources_are_read_when_something_is_found(bare: Path) -> None:
    """A clean site needs no excuse: hundreds of texts are not looked through for nothing."""
    texts = iter([b"yudina@example.org"])
    assert audit(bare, NEEDLES, texts).clean
    put(bare, ASSET, b"yudina@example.org")
    assert audit(bare, NEEDLES, texts).clean  # it still had the text to give
    assert not audit(bare, NEEDLES, texts).clean


def test_public_text_may_come_as_bytes(bare: Path) -> None:
    """One text, or many."""
    put(bare, ASSET, b"yudina@example.org")
    assert audit(bare, NEEDLES, b"write to yudina@example.org").clean


def test_public_value_does_not_excuse_others(bare: Path) -> None:
    """A name in the sources says nothing of the phone beside it."""
    put(bare, ASSET, DUMP)
    report = audit(bare, NEEDLES, ["Автор: Юдина Жанна".encode()])
    assert [one.kind for one in report.findings] == ["phone", "amount"]


def test_public_amount_is_excused_whatever_the_order_of_its_renderings(bare: Path) -> None:
    """The page's form may be looked for before the form in which the editor wrote it."""
    put(bare, ASSET, "1\N{NO-BREAK SPACE}234\N{NO-BREAK SPACE}567,89".encode())
    for written in (b"1234567.89", b"1 234 567,89", b"1,234,567.89"):
        assert audit(bare, NEEDLES, [written], batch=1).clean


def test_public_values_do_not_crowd_out_others(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered is bounded; a public value in every page takes none of that room."""
    monkeypatch.setattr(gate, "MOST", 2)
    put(bare, ASSET, b"1234567.89 " * 9)
    put(bare, STAGE, DUMP)
    kinds = [one.kind for one in audit(bare, NEEDLES, [b"1234567.89"]).findings]
    assert kinds == ["name", "phone"]


def test_value_inside_another_is_found(bare: Path) -> None:
    """One that ends earlier does not hide the one around it."""
    needles = list(client_needles(ROW, CLIENT._replace(id="yudina"), AMOUNTS, ("ru", "en")))
    put(bare, ASSET, b"yudina@example.org")
    assert [one.kind for one in audit(bare, needles).findings] == ["client id", "e-mail"]


def test_secret_is_reported_even_from_the_sources(bare: Path) -> None:
    """An editor who pastes a client's link publishes that client's page."""
    text = f"https://clients.example.org/#{SECRET.text}".encode()
    put(bare, ASSET, text)
    assert found(audit(bare, NEEDLES, [text])) == [(ASSET, "link secret", ROW)]


def sealed(content: bytes, *, deflate: bool = True) -> bytes:
    """A real sealed page at the client's address."""
    return seal(content, KEYS, deflate=deflate)


def forgotten(content: bytes, tag: bytes = bytes(16)) -> bytes:
    """What seal() would write if it forgot to encrypt."""
    size = 4 + len(content)
    zeros = padme(max(size, 512)) - size
    return (
        b"SP\x01\x01" + noise(12) + len(content).to_bytes(4, "big") + content + bytes(zeros) + tag
    )


FAULTS = {
    "page in clear": (PLAIN_PAGE, "wrong header"),
    "empty file": (b"", "wrong header"),
    "other version": (b"SP\x02\x00" + sealed(PLAIN_PAGE)[4:], "wrong header"),
    "unknown flag": (b"SP\x01\x02" + sealed(PLAIN_PAGE)[4:], "wrong header"),
    "cut by a byte": (sealed(PLAIN_PAGE)[:-1], "wrong length"),
    "cut to half": (sealed(PLAIN_PAGE * 9)[:400], "wrong length"),
    "a byte too long": (sealed(PLAIN_PAGE) + b"\n", "wrong length"),
    "no tag": (sealed(noise(5000), deflate=False)[:-16], "wrong length"),
    "header only": (b"SP\x01\x00", "wrong length"),
    "not encrypted, stored": (forgotten(PLAIN_PAGE * 3), "plain text"),
    "not encrypted, with an image in base64": (
        forgotten(b"<img>" + base64.b64encode(noise(9000))),
        "plain text",
    ),
    "not encrypted, short": (forgotten(deflated(PLAIN_PAGE)), "plain text"),
    "not encrypted, deflated": (
        forgotten(deflated(noise(28_000).hex().encode())),
        "deflated text",
    ),
    "text at the end": (
        sealed(noise(2000).hex().encode())[:-600] + PLAIN_PAGE[:600],
        "plain text",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_unsealed_page_at_a_sealed_address_is_found(bare: Path, fault: str) -> None:
    """Whatever stands in it, and without any key."""
    data, form = FAULTS[fault]
    put(bare, KEYS.path, data)
    assert audit(bare, ()).findings == (Finding(KEYS.path, 0, "unsealed", form),)


@pytest.mark.parametrize("tag", [bytes(16), noise(16)], ids=["no tag", "tag"])
@pytest.mark.parametrize("size", range(10, 700, 6))
def test_page_that_was_not_encrypted_is_found_at_any_size(size: int, tag: bytes) -> None:
    """Between what leaves many zeros and what is a long stream there is no gap."""
    content = deflated(noise(size, seed=size).hex().encode())
    assert seal_fault(forgotten(content, tag)) in {"plain text", "deflated text"}


def test_page_in_clear_tells_its_values_too(bare: Path) -> None:
    """The operator sees at once how bad it is."""
    put(bare, KEYS.path, forgotten(deflated(PLAIN_PAGE + DUMP + noise(9000).hex().encode())))
    kinds = {one.kind: one.inside for one in audit(bare, NEEDLES).findings}
    assert kinds == {
        "unsealed": "",
        "name": "deflate",
        "phone": "deflate",
        "amount": "deflate",
    }


@given(content=st.binary(max_size=3000), deflate=st.booleans(), subject=st.text(max_size=9))
def test_no_sealed_page_is_at_fault(content: bytes, deflate: bool, subject: str) -> None:  # noqa: FBT001
    """Whatever is sealed looks like noise of the right length."""
    page = seal(content.hex().encode(), MAKER.secret("client", subject).keys(), deflate=deflate)
    assert seal_fault(page) == ""


@pytest.mark.parametrize(
    "path",
    [
        "manifest.jsonl",
        "private/state.json",
        "assets/clients.csv",
        "assets/.page.3f2a91c4.css",
        "assets/deep/page.3f2a91c4.css",
        "p/short",
        "p/ab/0OIl567890123456789x",
        f"{KEYS.path}.bak",
        "q/index.html",
        f"{STAGE}.html",
        ".DS_Store",
        "index.html.gz",
        "Index.html",
    ],
)
def test_file_that_does_not_belong_is_found(bare: Path, path: str) -> None:
    """Private files and left-overs, whatever they hold."""
    put(bare, path, b"{}")
    assert audit(bare, NEEDLES).findings == (Finding(path, 0, "stray"),)


@pytest.mark.parametrize("target", ["/etc/hostname", "q", "nowhere"])
@pytest.mark.parametrize("path", [ASSET, "q/more"])
def test_link_is_found_and_not_followed(bare: Path, path: str, target: str) -> None:
    """To a file, to a folder, to nothing."""
    (bare / path).parent.mkdir(exist_ok=True)
    (bare / path).symlink_to(target)
    kinds = {(one.path, one.kind) for one in audit(bare, NEEDLES).findings}
    assert (path, "symlink") in kinds
    assert {where for where, _ in kinds} == {path}


def test_pipe_is_found_and_not_opened(bare: Path) -> None:
    """Reading it would wait for ever."""
    os.mkfifo(bare / "queue")
    assert audit(bare, NEEDLES).findings == (Finding("queue", 0, "stray"),)


@pytest.mark.parametrize(
    ("name", "form"),
    [("yudina@example.org.css", "plain"), (quote("Юдина Жанна") + ".css", "percent")],
)
def test_value_in_a_file_name_is_found_and_not_shown(bare: Path, name: str, form: str) -> None:
    """Names are public as well; the file is told by its place among all."""
    put(bare, f"assets/{name}", b"")
    one, stray = sorted(audit(bare, NEEDLES).findings, key=lambda found: found.kind == "stray")
    assert (one.path, one.inside, one.form) == ("file 1 of the site", "file name", form)
    assert (stray.path, stray.kind) == ("file 1 of the site", "stray")


def test_value_in_the_target_of_a_link_is_found(bare: Path) -> None:
    """The target's name is bytes of the site too."""
    (bare / "link").symlink_to("/home/yudina@example.org")
    assert {one.kind for one in audit(bare, NEEDLES).findings} == {"symlink", "stray", "e-mail"}


def test_streams_larger_than_the_gate_reads_are_found(bare: Path) -> None:
    """What was not looked through must not pass, and must not fill the memory either."""
    put(bare, ASSET, zlib.compress(b"\xff" * 70 * 1024 * 1024) + gzip.compress(DUMP))
    assert audit(bare, NEEDLES).findings == (Finding(ASSET, 0, "unread"),)


def test_findings_say_where_and_never_what(bare: Path) -> None:
    """One line each, in the house's form, without any of the client's values."""
    packed = gzip.compress(DUMP) + b'{"link": "'
    at, other = len(packed), " — hint: remove it, and see what put it there"
    put(bare, ASSET, packed + SECRET.text.encode() + b'"}')
    put(bare, "left\nover", b"")
    lines = [str(one) for one in audit(bare, NEEDLES).findings]
    hint = " — hint: publish nothing, and find the template or the asset that put it there"
    assert lines == [
        f"{ASSET}: amount: the amount of client #17 stands at byte 0, plain, inside gzip{hint}",
        f"{ASSET}: name: the name of client #17 stands at byte 0, plain, inside gzip{hint}",
        f"{ASSET}: phone: the phone of client #17 stands at byte 0, plain, inside gzip{hint}",
        f"{ASSET}: link secret: the link secret of client #17 stands at byte {at}, plain{hint}",
        f"left\N{REPLACEMENT CHARACTER}over: stray: no file of a site has this name{other}",
    ]


def test_unsealed_page_is_told_with_its_fault() -> None:
    """The sentence names what is wrong with the page."""
    line = str(Finding("p/ab/cd", 0, "unsealed", "wrong length"))
    assert line.startswith("p/ab/cd: unsealed: is no sealed page: wrong length — hint: ")


@pytest.mark.parametrize("batch", [1, 100, 10**6])
def test_shared_value_is_told_once_with_the_first_client(bare: Path, batch: int) -> None:
    """A round premium of hundreds of clients stands in a page once."""
    rows = [client_needles(row, CLIENT, AMOUNTS[:1], ("ru", "en")) for row in (20, 30, 40)]
    put(bare, ASSET, b"1234567.89")
    report = audit(bare, [needle for row in rows for needle in row], batch=batch)
    assert found(report) == [(ASSET, "amount", 20)]


def test_report_does_not_depend_on_the_batch(site: Path) -> None:
    """One needle at a time or all at once: the same findings, counts and exclusions."""
    put(site, ASSET, gzip.compress(DUMP) + quote("Юдина Жанна").encode())
    put(site, STAGE, "1 234 567,89 и yudina@example.org".encode())
    public = [b"1234567,89"]
    reports = [audit(site, NEEDLES, public, batch=batch) for batch in (20, 50, 10**6)]
    assert reports[0].findings
    assert {(r.findings, r.excluded, r.left_out) for r in reports} == {
        (reports[0].findings, 1, reports[0].left_out)
    }


@pytest.mark.parametrize("keep", [0, 4000])
def test_layers_beyond_what_is_kept_are_read_again(bare: Path, keep: int) -> None:
    """Memory is bounded, and what does not fit is not forgotten."""
    put(bare, ASSET, gzip.compress(DUMP))
    report = audit(bare, NEEDLES, batch=20, keep=keep)
    assert report == audit(bare, NEEDLES, batch=20)
    assert len(report.findings) == 3


def test_weak_needles_are_counted_with_their_reasons(bare: Path) -> None:
    """Nobody may believe that all was looked for."""
    needles = [Needle("client id", b"1001", 1), Needle("client id", b"1002", 2), *NEEDLES]
    left_out = dict(audit(bare, needles).left_out)
    assert left_out["client id: shorter than 6 bytes"] == 2
    assert left_out["amount: zero says nothing of anyone"] > 0


def test_progress_is_told_file_by_file(bare: Path) -> None:
    """Once while files are looked at, and once an automaton."""
    put(bare, ASSET, b"")
    told: list[tuple[int, int]] = []
    audit(bare, NEEDLES, progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 2), (2, 2), (1, 2), (2, 2)]


def test_missing_site_is_an_error(tmp_path: Path) -> None:
    """A gate that looked at nothing must not say that nothing was found."""
    with pytest.raises(InputError, match="there is no such folder"):
        audit(tmp_path / "site", NEEDLES)


def test_unreadable_file_is_an_error(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor one that could not look; its name may hold a value and is not told."""

    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(OutsideError, match=r"^file 1 of the site: cannot be read: Permission"):
        audit(bare, NEEDLES)


RUSSIAN = "".join(map(chr, range(ord("а"), ord("я") + 1))) + "ё"
WORDS = st.one_of(
    st.text("abcdefghijklmnopqrstuvwxyz'-", min_size=2, max_size=12),
    st.text(RUSSIAN, min_size=2, max_size=12),
).map(str.capitalize)
DIGITS = st.text("0123456789", min_size=10, max_size=10)
MINOR = st.integers(1, 10**12)


@st.composite
def clients(draw: st.DrawFn) -> tuple[Needle, ...]:
    """The needles of any client, each long enough to be looked for."""
    last, first, middle = draw(WORDS), draw(WORDS), draw(st.just("") | WORDS)
    phone, number = "+7" + draw(DIGITS), "P-" + draw(DIGITS)
    amounts = [Amount(draw(MINOR), draw(st.sampled_from(["RUB", "USD", "JPY"])))]
    policy = Policy(number, "tech", 1, date(2009, 3, 2))
    mail = draw(st.text(ALPHABET, min_size=3, max_size=12)) + "@example.org"
    names = ("C-" + draw(DIGITS), last, first, middle)
    client = Client(*names, "ru", "", "", "", phone, mail, (), (policy,), ())
    secret = Secret(draw(st.binary(min_size=16, max_size=16).filter(lambda raw: len({*raw}) > 9)))
    needles = (*client_needles(1, client, amounts, ("ru", "en")), *secret_needles(secret, 1))
    return tuple(needle for needle in needles if not weakness(needle))


def is_cut(before: bytes) -> bool:
    """Whether an escape begins in ``before`` that would swallow what comes next."""
    return re.search(rb"[%&\\][0-9A-Za-z#{]*$", before) is not None


@given(
    needles=clients(),
    draw=st.data(),
    before=st.binary(max_size=300),
    after=st.binary(max_size=300),
)
def test_any_value_is_found_anywhere_in_any_encoding(
    needles: tuple[Needle, ...], draw: st.DataObject, before: bytes, after: bytes
) -> None:
    """A client's value in noise, whatever the client, the value, the place and the encoding."""
    assume(not is_cut(before))
    needle = draw.draw(st.sampled_from(needles))
    raw = needle.kind == "key" or len(needle.value) == 16
    encoding = draw.draw(st.sampled_from([*BYTES] if raw else [*BYTES, *LETTERS]))
    encode = BYTES.get(encoding) or (lambda value: LETTERS[encoding](value.decode()))
    with tempfile.TemporaryDirectory() as folder:
        put(Path(folder), STAGE, before + encode(needle.value) + after)
        kinds = {one.kind for one in audit(Path(folder), needles).findings}
    assert needle.kind in kinds


def test_a_sample_looks_into_every_plain_file_and_some_sealed_ones(tmp_path: Path) -> None:
    """Where only a sample of the sealed files is looked into, nothing public is left out."""
    folder = tmp_path / "site"
    for number in range(40):
        keys = SecretMaker(bytes(32)).secret("client", str(number)).keys()
        (folder / keys.path).parent.mkdir(parents=True, exist_ok=True)
        (folder / keys.path).write_bytes(seal(b"page", keys, deflate=True))
    (folder / "index.html").write_bytes(b"a-100001@example.org")
    report = audit(folder, [Needle("e-mail", b"a-100001@example.org", 1)], sealed=10)
    assert [(one.path, one.kind) for one in report.findings] == [("index.html", "e-mail")]
    assert report.files == 10 + 1
