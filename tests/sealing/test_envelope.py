"""The sealed file: opens to what was sealed, and to nothing once a single bit is touched."""

import tracemalloc
import zlib
from hmac import digest

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from generator.base.errors import InputError, OpenError
from generator.sealing import Secret, open_sealed, padme, seal
from generator.sealing.envelope import HEADER, LARGEST_CONTENT, NONCE
from generator.sealing.secret import Keys

SECRET = Secret(bytes(range(16)))
KEYS = SECRET.keys()
PAGE = "<h1>Иванов</h1><p>37 500,00 ₽</p>".encode()
SEALED = {deflate: seal(PAGE, KEYS, deflate=deflate) for deflate in (False, True)}
TEXTS = st.text(max_size=2000).map(str.encode)


def sealed_by_hand(flag: int, payload: bytes, keys: Keys = KEYS) -> bytes:
    """A file whose payload is as a hostile or broken sealer might make it."""
    header = b"SP\x01" + bytes([flag])
    nonce = digest(keys.nonce_key, header + payload, "sha256")[:NONCE]
    return header + nonce + AESGCM(keys.seal_key).encrypt(nonce, payload, header + keys.address)


def payload_of(content: bytes, length: int | None = None) -> bytes:
    """A payload in its right form, or with another length written into it."""
    size = 4 + len(content)
    zeros = padme(max(size, 512)) - size
    return (len(content) if length is None else length).to_bytes(4, "big") + content + bytes(zeros)


def reason_of(file: bytes, keys: Keys = KEYS) -> str:
    """The class with which a file is refused."""
    with pytest.raises(OpenError) as caught:
        open_sealed(file, keys)
    return caught.value.reason


@given(content=TEXTS, deflate=st.booleans(), value=st.binary(min_size=16, max_size=16))
def test_what_was_sealed_opens(content: bytes, *, deflate: bool, value: bytes) -> None:
    """Any text under any secret comes back, deflated or not."""
    keys = Secret(value).keys()
    assert open_sealed(seal(content, keys, deflate=deflate), keys) == content


@pytest.mark.parametrize("deflate", [False, True])
def test_every_flipped_bit_is_noticed(*, deflate: bool) -> None:
    """No bit of a file can be changed unnoticed: not of header, nonce, ciphertext or tag."""
    file = SEALED[deflate]
    for bit in range(8 * len(file)):
        flipped = bytearray(file)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(OpenError):
            open_sealed(bytes(flipped), KEYS)


@given(content=TEXTS, deflate=st.booleans(), data=st.data())
def test_any_flipped_bit_of_any_file(content: bytes, *, deflate: bool, data: st.DataObject) -> None:
    """The same holds for whatever page is sealed."""
    file = bytearray(seal(content, KEYS, deflate=deflate))
    bit = data.draw(st.integers(0, 8 * len(file) - 1))
    file[bit // 8] ^= 1 << bit % 8
    with pytest.raises(OpenError):
        open_sealed(bytes(file), KEYS)


@pytest.mark.parametrize("deflate", [False, True])
def test_every_truncation_is_noticed(*, deflate: bool) -> None:
    """A file that broke off anywhere does not open; one too short for its parts has no format."""
    file = SEALED[deflate]
    reasons = [reason_of(file[:length]) for length in range(len(file))]
    assert reasons == ["format"] * 32 + ["authentication"] * (len(file) - 32)


@given(more=st.binary(min_size=1, max_size=99), deflate=st.booleans())
def test_any_extension_is_noticed(more: bytes, *, deflate: bool) -> None:
    """Bytes after a file, or before it, are not passed over."""
    assert reason_of(SEALED[deflate] + more) == "authentication"
    with pytest.raises(OpenError):
        open_sealed(more + SEALED[deflate], KEYS)


@given(value=st.binary(min_size=16, max_size=16).filter(lambda value: value != SECRET.value))
def test_a_file_opens_under_its_own_link_only(value: bytes) -> None:
    """Another secret does not open a page."""
    assert reason_of(SEALED[True], Secret(value).keys()) == "authentication"


def test_a_file_opens_at_its_own_address_only() -> None:
    """The address is bound in: with the right key, a file copied elsewhere is refused."""
    other = Keys(bytes(16), KEYS.nonce_key, KEYS.seal_key)
    assert reason_of(SEALED[True], other) == "authentication"


@given(content=TEXTS, deflate=st.booleans())
def test_sealing_is_reproducible(content: bytes, *, deflate: bool) -> None:
    """The same page under the same link is the same file, so that only changes are published."""
    assert seal(content, KEYS, deflate=deflate) == seal(content, KEYS, deflate=deflate)


@given(first=TEXTS, second=TEXTS, deflate=st.booleans())
def test_two_pages_never_share_a_nonce(first: bytes, second: bytes, *, deflate: bool) -> None:
    """Under one key, two pages have two nonces; so have a page and its deflated twin."""
    nonces = {
        seal(page, KEYS, deflate=flag)[HEADER : HEADER + NONCE]
        for page in (first, second)
        for flag in (deflate, not deflate)
    }
    assert len(nonces) == 2 * len({first, second})


@given(content=TEXTS)
def test_a_size_tells_little(content: bytes) -> None:
    """A file is as long as its padding: 32 bytes over a Padmé length of at least 512."""
    length = len(seal(content, KEYS, deflate=False)) - 32
    assert length == padme(max(4 + len(content), 512))


@given(size=st.integers(2, 10**9))
def test_padme_adds_little_and_tells_little(size: int) -> None:
    """Padmé adds at most 12 percent, never shrinks, and leaves few bits in a length."""
    padded = padme(size)
    assert size <= padded <= size * 1.12 + 1
    assert padme(padded) == padded
    exponent = padded.bit_length() - 1
    assert padded % 2 ** (exponent - exponent.bit_length()) == 0


@pytest.mark.parametrize(
    ("flag", "payload"),
    [
        (0, payload_of(b"page", 509)),
        (0, payload_of(b"page", 2**32 - 1)),
        (0, payload_of(b"page", 3)),
        (0, payload_of(b"page")[:-1] + b"\x01"),
        (0, payload_of(b"page")[:-1]),
        (0, payload_of(b"page") + b"\x00"),
        (0, payload_of(b"page") + bytes(512)),
        (0, b"\x00\x00\x00\x04page"),
        (0, b""),
        (0, b"\x00\x00\x00"),
        (0, payload_of(b"\xff\xfe")),
        (0, payload_of("\ud800".encode("utf-8", "surrogatepass"))),
        (1, payload_of(b"not deflate")),
        (1, payload_of(b"")),
        (1, payload_of(zlib.compress(b"page"))),
        (1, payload_of(zlib.compress(b"page", wbits=-15)[:-1])),
        (1, payload_of(zlib.compress(b"page", wbits=-15) + b"more")),
        (1, payload_of(zlib.compress(b"\xff", wbits=-15))),
    ],
    ids=[
        *("past-the-end", "far-past-the-end", "content-in-padding", "padding-not-zero"),
        *(
            "padding-short",
            "padding-long",
            "padding-too-long",
            "no-padding",
            "empty",
            "three-bytes",
        ),
        *("no-utf-8", "surrogate", "no-deflate", "empty-deflate", "zlib-not-raw", "deflate-cut"),
        *("deflate-and-more", "deflated-no-utf-8"),
    ],
)
def test_what_is_authentic_and_wrong_is_refused(flag: int, payload: bytes) -> None:
    """A file made with the right key and in the wrong form shows nothing of itself."""
    assert reason_of(sealed_by_hand(flag, payload)) == "format"


@pytest.mark.parametrize("flag", [*(1 << bit for bit in range(1, 8)), 3, 0x81, 0xFF])
def test_unknown_flags_are_refused(flag: int) -> None:
    """A bit that this version does not know is not passed over, though the file is authentic."""
    assert reason_of(sealed_by_hand(flag, payload_of(b"page"))) == "format"


def test_a_bomb_is_refused_before_it_goes_off() -> None:
    """What would inflate to more than 8 MiB is refused without having been inflated."""
    bomb = sealed_by_hand(1, payload_of(zlib.compress(bytes(1 << 28), 9, wbits=-15)))
    tracemalloc.start()
    assert reason_of(bomb) == "format"
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * LARGEST_CONTENT


@pytest.mark.parametrize(("more", "opens"), [(0, True), (1, False)])
def test_the_largest_page(more: int, *, opens: bool) -> None:
    """A page of exactly 8 MiB opens, and one of a byte more does not."""
    page = b"x" * (LARGEST_CONTENT + more)
    file = sealed_by_hand(1, payload_of(zlib.compress(page, wbits=-15)))
    if opens:
        assert seal(page, KEYS, deflate=True)
        assert open_sealed(file, KEYS) == page
    else:
        assert reason_of(file) == "format"


@pytest.mark.parametrize("deflate", [False, True])
def test_a_page_that_no_browser_would_open_is_not_sealed(*, deflate: bool) -> None:
    """What is larger than 8 MiB is refused when it is made, not when a client opens it."""
    with pytest.raises(InputError, match="larger than 8 MiB"):
        seal(bytes(LARGEST_CONTENT + 1), KEYS, deflate=deflate)
