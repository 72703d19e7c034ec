"""The format in a real browser: known answers, wrong files, bombs."""

import json
import zlib
from typing import Any

import pytest
from playwright.sync_api import Page

from .loader_harness import (
    BOUND,
    VECTORS,
    Site,
    Visit,
    base58,
    link_of,
    seal_payload,
    seal_raw,
    secret_of,
    theme_text,
)

CORE = "parseLink, derive, padme, unseal, inflateHere"


@pytest.fixture
def core(site: Site, visit: Visit) -> Page:
    """A page without a policy that holds the pure half of the loader as ``core``."""
    inflate = site.assets["inflate.js"].path
    script = f"core = (() => {{ {theme_text('scripts/open.js')}\nreturn {{ {CORE} }}; }})();"
    helpers = """
      const hex = text => Uint8Array.from(text.match(/../g) || [], pair => parseInt(pair, 16));
      const toHex = bytes => [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('');
      const attempt = act => act().catch(error => 'fails: ' + error.message);
      const tools = { native: core.inflateHere, asset: document.getElementById('i').inflate };
    """
    page = (
        f"<script>{script}</script><script id=i src=/{inflate}></script><script>{helpers}</script>"
    )
    site.write("core.html", b"<!doctype html><link rel=icon href=data:,>" + page.encode())
    visit.page.goto(f"{site.url}/core.html")
    return visit.page


def vectors() -> dict[str, Any]:
    """The known answers of the format."""
    loaded: dict[str, Any] = json.loads(VECTORS.read_text(encoding="utf-8"))
    return loaded


OPEN_ALL = """([files, tool]) => Promise.all(files.map(file => attempt(async () => {
    const sealed = await core.derive(file.link);
    const text = await core.unseal(hex(file.envelope), sealed, async () => tools[tool]);
    return [text, toHex(sealed.id), sealed.path];
})))"""


@pytest.mark.parametrize("tool", ["native", "asset"])
def test_vectors_open(core: Page, tool: str) -> None:
    """Every sealed vector opens to its text, and its link leads to its address."""
    files = vectors()["seal"]
    expected = [[file["html"], file["id"], file["path"]] for file in files]
    assert len(expected) == 6
    assert core.evaluate(OPEN_ALL, [files, tool]) == expected


@pytest.mark.parametrize("tool", ["native", "asset"])
def test_vectors_fail(core: Page, tool: str) -> None:
    """Every damaged vector fails with its class."""
    files = vectors()["open_fails"]
    names = [file["name"] for file in files]
    assert len(names) == 17
    opened = core.evaluate(OPEN_ALL, [files, tool])
    expected = {file["name"]: f"fails: {file['fails']}" for file in files}
    assert dict(zip(names, opened, strict=True)) == expected


PAYLOADS = {
    "nothing": b"",
    "three bytes": b"\0\0\0",
    "less than 512": bytes(500),
    "not padded": (600).to_bytes(4, "big") + b"x" * 600,
    "padded too little": (600).to_bytes(4, "big") + b"x" * 600 + bytes(3),
    "padded too much": (600).to_bytes(4, "big") + b"x" * 600 + bytes(36),
    "padded for 4 bytes more": (28).to_bytes(4, "big") + b"x" * 28 + bytes(512),
    "length of 4 GiB": b"\xff" * 4 + bytes(508),
    "length that wraps": b"\xff\xff\xff\xfc" + bytes(508),
    "length of 2 GiB": b"\x7f\xff\xff\xfc" + bytes(508),
    "length one past the end": (509).to_bytes(4, "big") + bytes(508),
}


def test_wrong_payloads_fail(core: Page) -> None:
    """What is authentic but wrongly padded or measured is refused; the smallest right one opens."""
    secret, link = secret_of("A"), link_of("A")
    files = {name: seal_payload(secret, payload) for name, payload in PAYLOADS.items()}
    files |= {"right": seal_payload(secret, bytes(512)), "31 bytes": files["nothing"][:31]}
    cases = [{"link": link, "envelope": file.hex()} for file in files.values()]
    opened = core.evaluate(OPEN_ALL, [cases, "native"])
    results = dict(zip(files, opened, strict=True))
    assert results.pop("right")[0] == ""
    assert results == dict.fromkeys(results, "fails: format")


def test_links_parse(core: Page) -> None:
    """Links give their secret and tag, or are incomplete."""
    links = vectors()["links"]
    parsed = core.evaluate(
        """links => Promise.all(links.map(({ text }) => attempt(async () => {
            const { secret, tag } = core.parseLink(text);
            return [toHex(secret), tag];
        })))""",
        links,
    )
    assert len(links) == 8
    assert parsed == [
        f"fails: {link['fails']}" if "fails" in link else [link["secret"], link.get("tag", "")]
        for link in links
    ]


def test_padme(core: Page) -> None:
    """Sizes are padded as in the vectors; below 512 the minimum stands in."""
    sizes = vectors()["padme"]
    padded = core.evaluate("sizes => sizes.map(([n]) => core.padme(Math.max(n, 512)))", sizes)
    assert padded == [size for _, size in sizes]


def test_keys_are_not_extractable(core: Page) -> None:
    """No key can be read back, and each serves its one purpose."""
    asked = core.evaluate(
        """async link => {
            const asked = [];
            for (const name of ['importKey', 'deriveKey']) {
                const real = SubtleCrypto.prototype[name];
                SubtleCrypto.prototype[name] = function (...given) {
                    asked.push([name, given[3], given[4]]);
                    return real.apply(this, given);
                };
            }
            await core.derive(link);
            return asked;
        }""",
        link_of("A"),
    )
    assert asked == [
        ["importKey", False, ["deriveBits", "deriveKey"]],
        ["deriveKey", False, ["decrypt"]],
    ]


def deflate(content: bytes, level: int = 9, strategy: int = zlib.Z_DEFAULT_STRATEGY) -> bytes:
    """A raw DEFLATE stream."""
    squeeze = zlib.compressobj(level, zlib.DEFLATED, -15, 9, strategy)
    return squeeze.compress(content) + squeeze.flush()


def streams() -> dict[str, tuple[bytes, str]]:
    """Streams by name, with the SHA-256 or the class with which they must end."""
    noise = b"".join(secret_of(str(n)) for n in range(4000))
    words = b" ".join(str(n).encode() for n in range(20000))
    whole = {
        "empty": deflate(b""),
        "a byte": deflate(b"a"),
        "stored": deflate(noise, 0),
        "fixed": deflate(words, 9, zlib.Z_FIXED),
        "dynamic": deflate(words),
        "noise": deflate(noise),
        "runs": deflate(bytes(300_000), 9, zlib.Z_RLE),
        "as large as may be": deflate(bytes(BOUND)),
    }
    broken = {
        "nothing": b"",
        "cut": deflate(words)[:-1],
        "cut in the middle": deflate(words)[:3000],
        "a byte more": deflate(words) + b"\0",
        "another stream more": deflate(words) + deflate(words),
        "a byte after a stored end": deflate(b"x" * 1500, 0) + b"\0",
        "reserved block": b"\x07",
        "one too large": deflate(bytes(BOUND + 1)),
    }
    good = {name: (body, zlib.decompress(body, -15)) for name, body in whole.items()}
    return {
        **{name: (body, f"{len(text)} {zlib.crc32(text)}") for name, (body, text) in good.items()},
        **{name: (body, "fails: format") for name, body in broken.items()},
    }


@pytest.mark.parametrize("tool", ["native", "asset"])
def test_inflate_agrees_with_zlib(core: Page, site: Site, tool: str) -> None:
    """The browser's inflation and the asset's accept and refuse the same streams as zlib."""
    cases = streams()
    for number, (body, _) in enumerate(cases.values()):
        site.write(f"case-{number}", seal_raw(secret_of("case"), body, flags=1))
    results = core.evaluate(
        """async ([link, count, tool]) => {
            const table = Array.from({ length: 256 }, (_, n) => {
                for (let k = 8; k--;) n = n & 1 ? n >>> 1 ^ 0xedb88320 : n >>> 1;
                return n;
            });
            const crc = bytes => {
                let sum = -1;
                for (const byte of bytes) sum = sum >>> 8 ^ table[(sum ^ byte) & 255];
                return ~sum >>> 0;
            };
            const sealed = await core.derive(link);
            const results = [];
            for (let n = 0; n < count; n++) {
                const answer = await fetch('/case-' + n);
                const file = new Uint8Array(await answer.arrayBuffer());
                results.push(await attempt(async () => {
                    let told;
                    const expand = async (content, room) => {
                        const bytes = new Uint8Array(await tools[tool](content, room));
                        told = bytes.length + ' ' + crc(bytes);
                        return new Uint8Array(); // not all of the cases are UTF-8
                    };
                    await core.unseal(file, sealed, async () => expand);
                    return told;
                }));
            }
            return results;
        }""",
        [base58(secret_of("case")), len(cases), tool],
    )
    assert dict(zip(cases, results, strict=True)) == {name: end for name, (_, end) in cases.items()}


def test_bomb_stops_the_native_inflation(core: Page) -> None:
    """Inflation ends soon after the bound; 64 MiB are never unpacked."""
    grown = core.evaluate(
        """async ([text, bound]) => {
            const Native = DecompressionStream;
            let grown = 0;
            self.DecompressionStream = function (format) {
                const { readable, writable } = new Native(format);
                const counter = new TransformStream({ transform(chunk, out) {
                    grown += chunk.length;
                    out.enqueue(chunk);
                } });
                return { writable, readable: readable.pipeThrough(counter) };
            };
            const reason = await attempt(() => core.inflateHere(hex(text), bound));
            return [reason, grown];
        }""",
        [deflate(bytes(8 * BOUND)).hex(), BOUND],
    )
    assert grown[0] == "fails: format"
    assert BOUND < grown[1] < 2 * BOUND


def test_bomb_stops_the_inflation_of_the_asset(core: Page) -> None:
    """The asset reads no further than the bound either."""
    bomb = deflate(bytes(8 * BOUND))
    reason, fed = core.evaluate(
        """async ([text, bound]) => {
            const content = hex(text);
            let fed = 0;
            content.subarray = function (from, to) {
                fed = Math.max(fed, to || 0);
                return Uint8Array.prototype.subarray.call(this, from, to);
            };
            return [await attempt(() => tools.asset(content, bound)), fed];
        }""",
        [bomb.hex(), BOUND],
    )
    assert reason.startswith("fails: ")
    assert 0 < fed < len(bomb) / 4
