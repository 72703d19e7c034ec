"""From master key to keys: HKDF as the library has it, and nothing of a secret in any text."""

import json
import pickle
import traceback
from base64 import b64encode
from collections.abc import Callable
from datetime import date

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
from hypothesis import given
from hypothesis import strategies as st

from generator.base.errors import KeyRingError, LinkError, OpenError, SealpressError
from generator.sealing import (
    Generations,
    KeyRing,
    Link,
    Secret,
    SecretMaker,
    load_key_ring,
    open_sealed,
    parse_link,
    seal,
)
from generator.sealing.keyring import ENVIRONMENT
from generator.sealing.secret import expand, extract, prefixed
from tests.builders import ROOT, make_ring

MASTER = bytes(range(100, 132))
SECRET = SecretMaker(MASTER).secret("client", "A-100001")
KEYS = SECRET.keys()
INFOS = {"address": (b"sealpress/1 id", 16), "nonce_key": (b"sealpress/1 nonce", 32)}
INFOS["seal_key"] = (b"sealpress/1 seal", 32)


@given(salt=st.binary(), key=st.binary(), info=st.binary(), length=st.integers(1, 32))
def test_hkdf_is_the_librarys(salt: bytes, key: bytes, info: bytes, length: int) -> None:
    """Extract and Expand give what an implementation of the RFC by others gives."""
    prk = extract(salt, key)
    assert prk == HKDF.extract(SHA256(), salt or None, key)
    assert expand(prk, info, length) == HKDFExpand(SHA256(), length, info).derive(prk)
    assert expand(prk, info, length) == HKDF(SHA256(), length, salt or None, info).derive(key)


def test_hkdf_of_the_rfc() -> None:
    """RFC 5869, test case 1, as far as one block goes."""
    prk = extract(bytes(range(13)), b"\x0b" * 22)
    assert prk.hex() == "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"
    okm = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
    assert expand(prk, bytes(range(0xF0, 0xFA)), 32).hex() == okm


@given(value=st.binary(min_size=16, max_size=16))
def test_keys_follow_from_the_secret_alone(value: bytes) -> None:
    """Address and keys are HKDF of the secret with an empty salt and their own words."""
    keys = Secret(value).keys()
    for name, (info, length) in INFOS.items():
        assert getattr(keys, name) == HKDF(SHA256(), length, None, info).derive(value)


NAMES = st.text(max_size=12)
SUBJECTS = st.tuples(NAMES, NAMES, st.integers(0, 2**32 - 1))


@given(one=SUBJECTS, other=SUBJECTS)
def test_no_two_things_share_a_secret(
    one: tuple[str, str, int], other: tuple[str, str, int]
) -> None:
    """Kind, subject and generation are bound apart: shifted letters do not give one secret."""
    maker = SecretMaker(MASTER)
    assert (maker.secret(*one) == maker.secret(*other)) == (one == other)


@pytest.mark.parametrize("split", [("ab", "c"), ("a", "bc"), ("abc", ""), ("", "abc")])
def test_where_the_kind_ends_matters(split: tuple[str, str]) -> None:
    """The same letters cut elsewhere are another secret."""
    whole = {SecretMaker(MASTER).secret(*pair) for pair in [split, ("xab", "c")]}
    assert len(whole) == 2
    assert prefixed("ab") == b"\x00\x02ab"
    assert prefixed("й") == b"\x00\x02\xd0\xb9"


def test_a_generation_changes_everything() -> None:
    """A revoked link has another secret, another address and other keys."""
    maker = SecretMaker(MASTER)
    found = [maker.secret("client", "A-1", generation) for generation in range(3)]
    for part in (*INFOS, "path"):
        assert len({getattr(secret.keys(), part) for secret in found}) == 3


def test_a_path_spreads_over_folders() -> None:
    """A file lies in p/, in a folder of two characters, under the other twenty."""
    top, folder, name = KEYS.path.split("/")
    assert (top, len(folder), len(name)) == ("p", 2, 20)
    assert folder + name == KEYS.name


# ── Nothing of a secret in any text ──────────────────────────────────────────────────────────


def traces(*values: bytes) -> set[str]:
    """The forms in which bytes may stand in a text."""
    forms = {
        form for value in values for form in (value.hex(), repr(value)[2:-1], str(list(value)))
    }
    return forms | {b64encode(value).decode().rstrip("=") for value in values}


RING = make_ring(MASTER)
SENSITIVE = traces(MASTER, RING.pseudonym_key, SECRET.value, KEYS.seal_key, KEYS.nonce_key)
SENSITIVE |= {SECRET.text}
THINGS = {
    "secret": SECRET,
    "keys": KEYS,
    "maker": SecretMaker(MASTER),
    "link": Link(SECRET, "k7Q"),
    "epoch": RING.current,
    "ring": RING,
    "generations": Generations(RING, {"who": 1}),
}
WRITERS: dict[str, Callable[[object], str]] = {
    "repr": repr,
    "str": str,
    "format": lambda thing: f"{thing}",
    "percent": lambda thing: "%s %r" % (thing, thing),  # noqa: UP031 - as a log line is made
    "in a list": lambda thing: str([thing]),
    "in an error": lambda thing: repr(SealpressError(thing)),
}


@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
@pytest.mark.parametrize("thing", THINGS.values(), ids=THINGS)
def test_secrets_are_never_written(thing: object, writer: Callable[[object], str]) -> None:
    """Whatever a log or a traceback does with keys, it shows nothing of them."""
    text = writer(thing)
    assert type(thing).__name__ in text or "Secret" in text
    assert not [trace for trace in SENSITIVE if trace in text]


def test_the_watchman_sees() -> None:
    """The check of these tests finds a secret that is written out."""
    assert [trace for trace in SENSITIVE if trace in f"{MASTER!r}"]
    assert [trace for trace in SENSITIVE if trace in SECRET.text]


def ring_in_environment(**changes: object) -> dict[str, str]:
    """A ring of the known keys in the environment, with something about it changed."""
    key = b64encode(MASTER).decode()
    epoch = {"epoch": 1, "created": "2026-01-01", "live": True, "key": key}
    pseudonyms = b64encode(RING.pseudonym_key).decode()
    data = {"format": "sealpress key ring 1", "epochs": [epoch], "pseudonym_key": pseudonyms}
    return {ENVIRONMENT: json.dumps({**data, **changes})}


CUT_RING = {ENVIRONMENT: ring_in_environment()[ENVIRONMENT][:-9]}


def fail_to_open() -> None:
    """Open a file under another link."""
    open_sealed(seal(b"page", KEYS, deflate=True), Secret(bytes(16)).keys())


def fail_to_unlock() -> None:
    """Open an altered file."""
    open_sealed(seal(b"page", KEYS, deflate=True) + b"x", KEYS)


FAILURES: dict[str, tuple[Callable[[], object], type[SealpressError]]] = {
    "a cut link": (lambda: parse_link(SECRET.text[:21]), LinkError),
    "a link beyond its range": (lambda: parse_link("z" * 22 + SECRET.text), LinkError),
    "another's link": (fail_to_open, OpenError),
    "an altered file": (fail_to_unlock, OpenError),
    "a cut ring": (lambda: load_key_ring(ROOT, CUT_RING), KeyRingError),
    "a ring of another format": (
        lambda: load_key_ring(ROOT, ring_in_environment(format="sealpress key ring 2")),
        KeyRingError,
    ),
    "a ring of bare keys": (
        lambda: load_key_ring(ROOT, ring_in_environment(epochs=[b64encode(MASTER).decode()])),
        KeyRingError,
    ),
    "a ring with a short key": (
        lambda: load_key_ring(ROOT, ring_in_environment(pseudonym_key="AAAA")),
        KeyRingError,
    ),
    "an epoch that is not there": (lambda: RING.retired(7), KeyRingError),
}


def test_the_failing_rings_fail_by_what_was_changed() -> None:
    """Without a change the ring of these tests loads."""
    assert load_key_ring(ROOT, ring_in_environment()) == RING


@pytest.mark.parametrize(("fail", "kind"), FAILURES.values(), ids=FAILURES)
def test_errors_say_nothing_of_secrets(
    fail: Callable[[], object], kind: type[SealpressError]
) -> None:
    """Neither the words of an error, nor its pickle, nor its traceback hold a secret."""
    with pytest.raises(kind) as caught:
        fail()
    error = caught.value
    texts = [str(error), repr(error), repr(error.args), repr(error.__dict__)]
    texts.append(pickle.dumps(error).decode("latin-1"))
    texts += traceback.format_exception_only(error)
    assert not [trace for trace in SENSITIVE if any(trace in text for text in texts)]
    raised = "".join(traceback.format_exception(error))
    assert "During handling" not in raised  # nor does an error below it come along


def test_equal_secrets_are_equal() -> None:
    """Secrets are values: they compare and can be in sets, though they show nothing."""
    assert Secret(bytes(16)) == Secret(bytes(16)) != SECRET
    assert len({Secret(bytes(16)), Secret(bytes(16)), SECRET}) == 2


def test_rings_of_other_keys_are_other_rings() -> None:
    """A ring's equality sees the keys that its text hides."""
    other: KeyRing = make_ring(bytes(32))
    assert other != RING
    assert repr(other) == repr(RING)
    assert RING.epochs[0].created == date(2026, 1, 1)
