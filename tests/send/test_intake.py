"""Manifests are taken once, whole, from who is believed; nothing of a client is told of others."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from generator.base.errors import InputError, OutsideError
from generator.receipts import SUFFIX, receipt_file, signed, sums_of
from generator.sealing import Signer, new_sender_key
from generator.sealing.parcel import MAGIC
from generator.send.intake import Manifest, Trust, read_manifest, waiting
from generator.send.looking import MOST
from generator.site.layout import Layout
from tests.builders import ROOT
from tests.nights import manifest, ring_of
from tests.send.manifests import (
    DAY,
    KEY,
    SIGNER,
    SITE,
    Known,
    coupon,
    digest,
    line,
    put,
    raw,
    stage,
    strategy,
)
from tests.watching import site_after_a_night

SCHEMA = Draft202012Validator(
    json.loads((ROOT / "docs/manifest.schema.json").read_bytes()),
    format_checker=Draft202012Validator.FORMAT_CHECKER,
)
TRUST = Trust(SITE, (SIGNER.public,), KEY)
LINES = [raw(line(f"C-{number}")) for number in range(5)]


def taken(path: Path, trust: Trust = TRUST, known: Known | None = None) -> Manifest:
    """A manifest, read to its end by then."""
    found = read_manifest(path, trust, known or Known())
    return replace(found, entries=iter(list(found.entries)))


def refused(path: Path, trust: Trust = TRUST, known: Known | None = None) -> str:
    """What is said of a manifest that is refused: its name, a hint, and nothing of a client."""
    with pytest.raises(InputError) as error:
        read_manifest(path, trust, known or Known())
    told = str(error.value)
    assert all(problem.path.startswith(path.name) for problem in error.value.problems)
    assert " — hint: " in told
    assert not any(word in told for word in ("C-", "Зимородкова", "+7999", "#", "QH-"))
    return told


@pytest.mark.parametrize("recipient", ["", KEY.public], ids=["plain", "sealed"])
def test_a_manifest_is_taken(recipient: str, tmp_path: Path) -> None:
    """All that the receipt says of it, and each line as an entry."""
    path = put(tmp_path, LINES, recipient=recipient, number=7)
    found = taken(path)
    assert (found.site, f"{found.day}", found.number, found.lines) == (SITE, DAY, 7, 5)
    entries = list(found.entries)
    assert [entry.client for entry in entries] == [f"C-{number}" for number in range(5)]
    for entry, text in zip(entries, LINES, strict=True):
        expected = json.loads(text)
        del expected["format"]
        assert {name: getattr(entry, name) for name in expected} == expected
    assert "C-" not in repr(found)


def test_the_queue_of_a_real_night(tmp_path: Path) -> None:
    """What a site hands on, its sender takes: sealed, signed, every kind of reason."""
    site = site_after_a_night(tmp_path / "site", f"recipient: {KEY.public}")
    (path,) = waiting(Layout(site).queue)
    address = next(iter(manifest(site).values()))["link"].partition("/#")[0]
    trust = Trust(address, (ring_of(site).signer.public,), KEY)
    found = {entry.client: entry.reasons for entry in taken(path, trust).entries}
    assert found == {client: entry["reasons"] for client, entry in manifest(site).items()}
    assert found


def test_without_a_receipt(tmp_path: Path) -> None:
    """Nothing is sent of a manifest that nobody vouches for."""
    path = put(tmp_path, LINES)
    path.with_name(f"{path.name}{SUFFIX}").unlink()
    assert "it has no receipt" in refused(path)


def test_a_manifest_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fails is told as such: a rerun may help."""
    path = put(tmp_path, LINES)
    monkeypatch.setattr("generator.send.intake.signed_receipt", lambda *_: gone(path))
    with pytest.raises(OutsideError, match="cannot be read: No such file"):
        read_manifest(path, TRUST, Known())


def gone(path: Path) -> dict[str, Any]:
    """A receipt that was right, of a manifest that somebody takes away right then."""
    receipt: dict[str, Any] = json.loads(path.with_name(f"{path.name}{SUFFIX}").read_bytes())
    path.unlink()
    return receipt


def test_signed_by_somebody_else(tmp_path: Path) -> None:
    """A key that is not among the signers is not believed, nor is one that is only named."""
    other = Signer(b"o" * 32)
    path = put(tmp_path, LINES, signer=other)
    assert "a key that is not known here" in refused(path)
    assert taken(path, Trust(SITE, (SIGNER.public, other.public))).lines == 5
    receipt = path.with_name(f"{path.name}{SUFFIX}")
    forged = {**json.loads(receipt.read_bytes()), "key": SIGNER.public}
    receipt.write_text(json.dumps(forged), encoding="utf-8")
    assert "the signature is wrong" in refused(path)


@pytest.mark.parametrize("recipient", ["", KEY.public], ids=["plain", "sealed"])
def test_any_altered_byte(recipient: str, tmp_path: Path) -> None:
    """A manifest that is not the one that was signed is refused, wherever it differs."""
    path = put(tmp_path, LINES[:1], recipient=recipient)
    content = path.read_bytes()
    for place in range(0, len(content), 7):
        altered = bytearray(content)
        altered[place] ^= 1
        path.write_bytes(altered)
        assert "the manifest beside it is another" in refused(path)
    for changed in (content[:-1], content + b"\n", content * 2, b""):
        path.write_bytes(changed)
        assert "the manifest beside it is another" in refused(path)


def test_a_replayed_manifest(tmp_path: Path) -> None:
    """What was taken is never taken again, under another name neither."""
    path = put(tmp_path, LINES)
    known = Known({taken(path).digest})
    assert "it was taken before" in refused(path, known=known)


def test_an_older_build(tmp_path: Path) -> None:
    """After a newer one an older is refused; of another site each has its own numbers."""
    path, day = put(tmp_path, LINES, number=7), date.fromisoformat(DAY)
    for newest in ((day, 7), (day, 8), (day + timedelta(1), 6)):
        assert "of an older build" in refused(path, known=Known(ages={SITE: newest}))
    for newest in ((day, 6), (day - timedelta(1), 8)):
        ages = {SITE: newest, "https://other.example.org": (day, 9)}
        assert taken(path, known=Known(ages=ages)).number == 7


def test_of_another_site(tmp_path: Path) -> None:
    """A manifest of another site is refused, though signed by a known key."""
    path = put(tmp_path, LINES, site="https://other.example.org")
    assert "it is of another site" in refused(path)
    inside = put(tmp_path, [raw(line(link="https://other.example.org/#" + "1" * 22))])
    assert ":1:1: the line is not as agreed" in refused(inside)


def test_a_receipt_of_an_earlier_release(tmp_path: Path) -> None:
    """A receipt that names no site and number, or is of a withdrawal, vouches for nothing here."""
    path = put(tmp_path, LINES)
    sums = dict(zip(("manifest", "lines"), sums_of(path), strict=True))
    for kind in ("publication", "withdrawal"):
        receipt = signed(SIGNER, kind, {"day": DAY, **sums})
        path.with_name(f"{path.name}{SUFFIX}").write_bytes(receipt_file(receipt))
        assert "does not say of which site it is" in refused(path)


def test_sealed_to_another(tmp_path: Path) -> None:
    """Whoever has no key, or another, reads nothing; nor is a parcel of another site taken."""
    path = put(tmp_path, LINES, recipient=KEY.public)
    assert "there is no key to open it" in refused(path, replace(TRUST, key=None))
    assert "sealed to another key or site" in refused(path, replace(TRUST, key=new_sender_key()))


def test_a_signed_file_that_is_no_manifest(tmp_path: Path) -> None:
    """A signature makes no manifest of another file."""
    assert ":1:1: the line is not as agreed" in refused(put(tmp_path, [b"\x00\xff" * 20]))


SPOILT: list[Callable[[dict[str, Any]], object]] = [
    lambda entry: entry.pop("client"),
    lambda entry: entry.pop("reasons"),
    lambda entry: entry.update(reasons=[]),
    lambda entry: entry.update(format=2),
    lambda entry: entry.update(client=""),
    lambda entry: entry.update(client=7),
    lambda entry: entry.update(more=1),
    lambda entry: entry.update(link=entry["link"] + "1"),
    lambda entry: entry.update(consents="sms"),
    lambda entry: entry["name"].update(full=""),
    lambda entry: entry["page"].update(path="../secret"),
    lambda entry: entry["page"].update(sha256="A" * 64),
    lambda entry: entry["addresses"].pop("phone"),
    lambda entry: entry.update(reasons=[coupon(outcome="lost")]),
    lambda entry: entry.update(reasons=[coupon(amount="-1")]),
    lambda entry: entry.update(reasons=[coupon(date="2011-13-02")]),
    lambda entry: entry.update(reasons=[coupon(date="2011-11-31")]),
    lambda entry: entry.update(reasons=[coupon(currency="rub")]),
    lambda entry: entry.update(reasons=[coupon(kind="bonus")]),
    lambda entry: entry.update(reasons=[stage(since="soon")]),
    lambda entry: entry.update(reasons=[stage(link="https://elsewhere.example/")]),
    lambda entry: entry.update(reasons=[strategy(band="up")]),
    lambda entry: entry.update(reasons=[digest(month="2011-13")]),
]


@pytest.mark.parametrize("spoil", SPOILT, ids=range(len(SPOILT)))
def test_a_wrong_line_is_told_by_its_number(
    spoil: Callable[[dict[str, Any]], object], tmp_path: Path
) -> None:
    """The schema and the reader refuse it alike; no entry of the manifest is given."""
    entry = line()
    spoil(entry)
    assert not SCHEMA.is_valid(entry)
    told = refused(put(tmp_path, [*LINES, raw(entry)]))
    assert ":6:1: the line is not as agreed" in told


def test_a_line_feed_behind_a_link(tmp_path: Path) -> None:
    """A pattern ends where the text ends: ``$`` of Python would let this one through."""
    spoilt = raw(line(link=line()["link"] + "\n"))
    assert ":1:1: the line is not as agreed" in refused(put(tmp_path, [spoilt]))


def test_right_lines_of_every_kind(tmp_path: Path) -> None:
    """The schema and the reader take them alike."""
    reasons = [coupon(), coupon(outcome="saved", amount="0"), stage(), strategy(), digest()]
    entry = line(reasons=reasons, bank="", time_zone="", addresses={"phone": "", "email": ""})
    assert SCHEMA.is_valid(entry)
    (found,) = taken(put(tmp_path, [raw(entry)])).entries
    assert found.reasons == reasons


@given(text=st.binary(max_size=60) | st.sampled_from([b"{}", b"[]", b"null", b"1", b'"']))
def test_whatever_a_line_holds_is_refused_with_its_number(
    text: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """No parser's error comes through."""
    (first, *_) = text.splitlines() or [b""]
    assume(not MAGIC.startswith(first + b"\n"))  # then it is no plain manifest
    path = put(tmp_path_factory.mktemp("queue"), [first + b"\n"])
    assert ":1:1: the line is not as agreed" in refused(path)


def test_many_wrong_lines(tmp_path: Path) -> None:
    """The first are told, all together; the others are likely wrong in the same way."""
    path = put(tmp_path, [b"{}\n"] * 100)
    assert len(refused(path).splitlines()) == MOST


def test_wrong_lines_have_their_numbers(tmp_path: Path) -> None:
    """Wherever they stand, and whether they cannot be read or only are not as agreed."""
    lines = [raw(line(f"C-{number}")) for number in range(1, 61)]
    lines[2], lines[16], lines[40] = b"{\n", raw(line(format=2)), raw(line(bank="No bank"))
    lines[59] = b"\xff\n"
    found = re.findall(r"jsonl:(\d+):1", refused(put(tmp_path, lines)))
    assert found == ["3", "17", "41", "60"]


def test_the_order_in_which_manifests_are_taken(tmp_path: Path) -> None:
    """As they were handed on, whatever their names; what has no receipt comes last."""
    numbers = [30, 10, 20]
    paths = {number: put(tmp_path, [raw(line(f"C-{number}"))], number=number) for number in numbers}
    later = put(tmp_path, LINES, number=5, day="2026-11-22")
    bare = tmp_path / "2000-01-01-0a.jsonl"
    bare.write_bytes(LINES[0])
    assert waiting(tmp_path) == [paths[10], paths[20], paths[30], later, bare]
    assert waiting(tmp_path / "empty") == []


def test_only_what_is_wanted(tmp_path: Path) -> None:
    """Entries without a reason of the wanted kinds are looked at, and not given."""
    told = {"C-1": [digest()], "C-2": [strategy(), coupon()], "C-3": [coupon()], "C-4": [stage()]}
    lines = [raw(line(client, reasons=reasons)) for client, reasons in told.items()]
    for recipient in ("", KEY.public):
        path = put(tmp_path, lines, recipient=recipient)
        for kinds, wanted in (
            ({"coupon", "bonus"}, ["C-2", "C-3"]),
            ({"stage", "digest"}, ["C-1", "C-4"]),
            (set[str](), []),
        ):
            found = read_manifest(path, TRUST, Known(), kinds)
            assert [entry.client for entry in found.entries] == wanted
        wrong = put(tmp_path, [*lines, raw(line(link=SITE))], recipient=recipient)
        with pytest.raises(InputError, match=":5:1: the line is not as agreed"):
            read_manifest(wrong, TRUST, Known(), {"coupon"})


@pytest.mark.parametrize("recipient", ["", KEY.public], ids=["plain", "sealed"])
def test_a_file_that_is_changed_after_it_was_looked_at(recipient: str, tmp_path: Path) -> None:
    """Whoever may write into it slips in nothing: what is given was looked at, or nothing is."""
    path = put(tmp_path, LINES, recipient=recipient)
    other = put(tmp_path / "other", [*LINES[:3], raw(line("C-9"))], recipient=recipient)
    found = read_manifest(path, TRUST, Known())
    with path.open("r+b") as file:  # the same file
        file.write(other.read_bytes())
        file.truncate()
    given = list[object]()
    with pytest.raises(InputError, match="was changed while it was read"):
        given.extend(found.entries)
    assert given == []


def test_what_was_looked_at_is_what_is_read(tmp_path: Path) -> None:
    """A file that takes its place afterwards, or its removal, changes nothing."""
    path = put(tmp_path, LINES)
    found = read_manifest(path, TRUST, Known())
    other = tmp_path / "other"
    other.write_bytes(raw(line("C-99")))
    other.replace(path)
    path.unlink()
    assert [entry.client for entry in found.entries] == [f"C-{number}" for number in range(5)]
