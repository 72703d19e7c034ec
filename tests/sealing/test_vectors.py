"""The vectors of format v1: sealed here to the very bytes, opened, and refused with their class."""

import json
from typing import Any

import pytest

from generator.base.errors import LinkError, OpenError
from generator.sealing import SecretMaker, link_fragment, open_sealed, padme, parse_link, seal
from tests.builders import VECTORS

DATA: dict[str, Any] = json.loads((VECTORS / "sealed-page-v1.json").read_text(encoding="utf-8"))


def test_there_are_vectors_of_every_kind() -> None:
    """No list is empty, both flags and both error classes occur."""
    counts = {kind: len(DATA[kind]) for kind in ("seal", "open_fails", "links", "padme")}
    assert counts == {"seal": 6, "open_fails": 17, "links": 8, "padme": 10}
    assert {case["deflated"] for case in DATA["seal"]} == {True, False}
    assert {case["fails"] for case in DATA["open_fails"]} == {"format", "authentication"}


@pytest.mark.parametrize("case", DATA["seal"], ids=lambda case: f"{case['kind']}-{case['subject']}")
def test_secrets_and_keys(case: dict[str, Any]) -> None:
    """A master key, a kind, a subject and a generation give the vector's secret, address, keys."""
    maker = SecretMaker(bytes.fromhex(case["master"]))
    secret = maker.secret(case["kind"], case["subject"], case["generation"])
    keys = secret.keys()
    assert secret.value.hex() == case["secret"]
    assert secret.text == link_fragment(secret) == case["link"]
    assert keys.address.hex() == case["id"]
    assert keys.path == case["path"]
    assert keys.nonce_key.hex() == case["nonce_key"]
    assert keys.seal_key.hex() == case["seal_key"]


@pytest.mark.parametrize("case", DATA["seal"], ids=lambda case: f"{case['kind']}-{case['subject']}")
def test_stored_pages_are_sealed_to_the_byte(case: dict[str, Any]) -> None:
    """A page sealed here is the vector's file; of a deflated one the plain text must come back."""
    keys = parse_link(case["link"]).secret.keys()
    html = case["html"].encode()
    file = bytes.fromhex(case["envelope"])
    sealed = seal(html, keys, deflate=case["deflated"])
    if not case["deflated"]:  # other zlibs deflate to other bytes
        assert sealed == file
    assert open_sealed(file, keys) == open_sealed(sealed, keys) == html


@pytest.mark.parametrize("case", DATA["open_fails"], ids=lambda case: case["name"])
def test_files_that_must_not_open(case: dict[str, Any]) -> None:
    """Each bad file is refused with the class that the format names."""
    keys = parse_link(case["link"]).secret.keys()
    with pytest.raises(OpenError) as caught:
        open_sealed(bytes.fromhex(case["envelope"]), keys)
    assert caught.value.reason == case["fails"]


@pytest.mark.parametrize("case", DATA["links"], ids=lambda case: case["text"] or "empty")
def test_links(case: dict[str, Any]) -> None:
    """Each link gives its secret and tag, or is refused as incomplete."""
    if "fails" in case:
        with pytest.raises(LinkError) as caught:
            parse_link(case["text"])
        assert caught.value.reason == case["fails"]
        return
    link = parse_link(case["text"])
    assert (link.secret.value.hex(), link.tag) == (case["secret"], case.get("tag", ""))


@pytest.mark.parametrize(("size", "padded"), DATA["padme"])
def test_padme(size: int, padded: int) -> None:
    """Each size is padded to the vector's."""
    assert padme(size) == padded
