"""Manifests in the queue that only the sender can read: and yet a client can be taken out."""

import json
import stat
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest

from generator.base.config import load_site
from generator.base.errors import InputError
from generator.receipts import SUFFIX, verified
from generator.sealing import SenderKey, new_key_ring, open_parcel
from generator.site.layout import Layout
from generator.site.tree import recover
from generator.undo import undo
from generator.waiting import Courier, left_of, waiting_in
from generator.watch import Watch
from generator.withdraw import withdraw
from tests.nights import FRIDAY, SATURDAY, manifest, moved, ring_of
from tests.site.builds import Crash, failing_at, steps_of
from tests.watching import night, site_after_a_night, stay, to_tables

KEY = SenderKey(bytes(range(32)))
AT = datetime(2011, 12, 3, 12, tzinfo=UTC)
SETTINGS = f"retention_days: 0\nrecipient: {KEY.public}"


@pytest.fixture(scope="module")
def after_a_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small site after a published night, its manifest sealed; for copies only."""
    return site_after_a_night(tmp_path_factory.mktemp("night") / "site", SETTINGS)


@pytest.fixture
def site(after_a_night: Path, tmp_path: Path) -> Path:
    """The same, to be changed."""
    return moved(after_a_night, tmp_path / "site")


def queued(site: Path) -> Iterator[Path]:
    """The manifests in the queue, each of which fits its receipt."""
    for path in sorted(Layout(site).queue.glob("*.jsonl")):
        receipt = path.with_name(f"{path.name}{SUFFIX}")
        assert verified(receipt, ring_of(site).signer.public)["number"] > 0
        yield path


def read(path: Path, site: Path) -> dict[str, dict[str, object]]:
    """A sealed manifest as the sender reads it, by client."""
    bound = load_site(site)[0].base_url.encode()
    lines = [json.loads(line) for line in open_parcel(BytesIO(path.read_bytes()), KEY, bound)]
    return {line["client"]: line for line in lines}


def test_the_queue_is_sealed(site: Path) -> None:
    """The sender reads what the build wrote; nobody reads it in the file, which is private."""
    (path,) = queued(site)
    assert read(path, site) == manifest(site)
    assert b"C-001" not in path.read_bytes()
    assert b"QH-7" not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    receipt = json.loads(path.with_name(f"{path.name}{SUFFIX}").read_bytes())
    assert receipt["lines"] == len(manifest(site))
    assert receipt["site"] == load_site(site)[0].base_url


def test_what_is_noted_is_what_the_lines_tell(site: Path) -> None:
    """The notes of a sealed manifest say what its plain lines say, in pseudonyms."""
    (path,) = queued(site)
    ring = ring_of(site)
    noted = list(waiting_in(path, ring))
    assert noted == list(waiting_in(Layout(site).manifest, ring))
    assert [line.who for line in noted] == [ring.client(client) for client in manifest(site)]
    assert list(waiting_in(path.with_name("collected.jsonl"), ring)) == []


def test_a_client_who_is_forgotten_is_taken_out(site: Path) -> None:
    """The others' lines open as before, and the receipt fits, under the same number."""
    (path,) = queued(site)
    before = json.loads(path.with_name(f"{path.name}{SUFFIX}").read_bytes())
    there = read(path, site)
    done = withdraw(site, load_site(site)[0], "C-001", "forgotten", AT, {})
    assert done.receipt.manifest_lines == 1
    (path,) = queued(site)
    assert there.pop("C-001")
    assert read(path, site) == there
    after = json.loads(path.with_name(f"{path.name}{SUFFIX}").read_bytes())
    assert after["lines"] == before["lines"] - 1
    assert {name for name in after if after[name] != before[name]} == {
        *("manifest", "lines", "signature"),
    }


def test_the_sender_never_meets_a_dead_link_that_is_vouched_for(
    after_a_night: Path, tmp_path: Path
) -> None:
    """Forgetting that breaks off: what fits its receipt has the line, or not; a rerun ends it."""

    def forgotten(site: Path) -> None:
        withdraw(site, load_site(site)[0], "C-001", "forgotten", AT, {})

    steps = steps_of(lambda: forgotten(moved(after_a_night, tmp_path / "whole")))
    assert steps > 20
    for step in range(0, steps, 5):
        site = moved(after_a_night, tmp_path / f"{step}")
        with failing_at(step), suppress(Crash):
            forgotten(site)
        (path,) = Layout(site).queue.glob("*.jsonl")
        receipt = json.loads(path.with_name(f"{path.name}{SUFFIX}").read_bytes())
        assert receipt["lines"] <= len(read(path, site))
        recover(Layout(site))
        forgotten(site)
        (path,) = queued(site)
        assert "C-001" not in read(path, site)


def test_revoking_tells_again(site: Path) -> None:
    """What stood in a sealed line that nobody will get counts as not told."""
    told = len(manifest(site)["C-001"]["reasons"])
    done = withdraw(site, load_site(site)[0], "C-001", "revoked", AT, {})
    assert (done.receipt.manifest_lines, done.receipt.told_marks) == (1, told)


def test_a_night_is_taken_back(site: Path) -> None:
    """Its sealed manifest leaves the queue, and the next publication tells the same again."""
    (first,) = queued(site)
    to_tables(site, [stay("C-002", since=SATURDAY)])
    assert night(site, SATURDAY)[1] == 1
    told = manifest(site)
    done = undo(site, load_site(site)[0], AT, {})
    assert done.lines == 1
    assert list(queued(site)) == [first]
    night(site, SATURDAY)
    (again,) = set(queued(site)) - {first}
    assert read(again, site).keys() == told.keys()


def test_what_happens_in_between_is_sealed_too(site: Path) -> None:
    """A watch puts a sealed manifest into the queue, with a greater number."""
    (first,) = queued(site)
    Watch(site).apply([stay("C-002", since=FRIDAY)], FRIDAY)
    (path,) = set(queued(site)) - {first}
    assert [*read(path, site)] == ["C-002"]
    numbers = [
        json.loads(one.with_name(f"{one.name}{SUFFIX}").read_bytes())["number"]
        for one in (first, path)
    ]
    assert numbers == sorted(set(numbers))


def test_notes_of_another_ring_are_told(site: Path) -> None:
    """Whose a line is can be told by the ring that noted it alone; a damaged file is no other."""
    (path,) = queued(site)
    with pytest.raises(InputError, match="made under another key ring"):
        list(waiting_in(path, new_key_ring(FRIDAY)))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match="damaged"):
        list(waiting_in(path, ring_of(site)))


def test_numbers_follow_the_clock(site: Path) -> None:
    """Milliseconds since 1970; a courier shows no key."""
    ring = ring_of(site)
    courier = Courier(ring, "https://a.example", KEY.public, clock=lambda: AT)
    assert courier.number == 1322913600000
    line = Layout(site).manifest.read_bytes().splitlines(keepends=True)[0]
    sealed = b"".join(courier.sealed([line]))
    who = ring.client(json.loads(line)["client"])
    kept = b"".join(left_of(BytesIO(sealed), b"another", ring))
    assert kept == sealed
    gone = b"".join(left_of(BytesIO(sealed), who, ring))
    assert list(open_parcel(BytesIO(gone), KEY, b"https://a.example")) == []
