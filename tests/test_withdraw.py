"""Withdrawing a client: wherever it breaks off, running it again leaves nothing of their page."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from generator import withdraw as withdrawing
from generator.base.config import load_site
from generator.base.errors import OutsideError
from generator.columns import WHO
from generator.proof import Asking
from generator.receipts import SUFFIX, verified
from generator.sealing.generations import Why
from generator.site.layout import Layout
from generator.site.shelf import Shelf
from generator.site.tree import recover
from generator.told import MARK, MARKS
from generator.withdraw import Withdrawn, withdraw
from tests.cloudfront import CloudFrontFake, cloudfront_fake
from tests.nights import FRIDAY, build, edit, moved, page_of, publish, ring_of
from tests.site.builds import Crash, failing_at, full, steps_of
from tests.sites import copy_site, files, with_keys
from tests.watching import queue

AT = datetime(2011, 12, 3, 12, tzinfo=UTC)
CLIENT = "C-001"


@pytest.fixture(scope="module")
def after_a_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small site, built twice and published, with another page of the client's; for copies."""
    site = with_keys(copy_site(tmp_path_factory.mktemp("night") / "site"))
    edit(site / "content/site.yaml", "clock: 2011-12-02", "retention_days: 0")
    build(site, FRIDAY)
    edit(site / "data/clients.csv", "Агния", "Аглая")
    build(site, FRIDAY)
    assert {*files(site / "build/spare")} == {Path(page_of(CLIENT, site)).name}
    publish(site)
    return site


@pytest.fixture
def cloudfront(monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudFrontFake]:
    """CloudFront with one distribution, in this process."""
    with cloudfront_fake(monkeypatch) as fake:
        yield fake


def withdrawn(site: Path, why: Why = "revoked", asking: Asking | None = None) -> Withdrawn:
    """Withdraw the client."""
    return withdraw(site, load_site(site)[0], CLIENT, why, AT, {}, asking=asking)


@pytest.mark.parametrize("error", [Crash, full], ids=["crash", "full disk"])
@pytest.mark.parametrize("why", ["revoked", "forgotten"])
def test_broken_off_at_every_step(
    why: Why, error: Callable[[], BaseException], after_a_night: Path, tmp_path: Path
) -> None:
    """The next try leaves no page, no line, and a receipt that is right."""
    page = Path(page_of(CLIENT, after_a_night)).name
    whole = moved(after_a_night, tmp_path / "whole")
    steps = steps_of(lambda: withdrawn(whole, why))
    assert steps > 20
    assert told(whole) < told(after_a_night)
    for step in range(0, steps, 3):
        site = moved(after_a_night, tmp_path / f"{step}")
        with failing_at(step, error), suppress(Crash, OutsideError, OSError):
            withdrawn(site, why)
        recover(Layout(site))
        found = withdrawn(site, why)
        assert not [path for path in files(site / "build") if path.endswith(page)]
        assert CLIENT.encode() not in b"".join(queue(site).values())
        assert told(site) == told(whole)  # what was taken out is told again
        key = ring_of(site).signer.public
        for receipt in (*(site / "keys/receipts").iterdir(), *_receipts(site)):
            assert verified(receipt, key)["format"] == 1
        assert found.signed
        assert found.receipt.generation in {1, 2}


def told(site: Path) -> set[tuple[bytes, bytes]]:
    """Whom published nights told what."""
    rows = [rows for _, rows in Shelf(Layout(site).told, MARKS).frames()]
    return {pair for some in rows for pair in some.select(WHO, MARK).iter_rows()}


def test_a_receipt_that_is_not_ours_stops_no_withdrawal(
    after_a_night: Path, tmp_path: Path
) -> None:
    """The line goes all the same; the manifest has no receipt then, so nothing of it is sent."""
    site = moved(after_a_night, tmp_path / "site")
    (receipt,) = _receipts(site)
    receipt.write_text(receipt.read_text("utf-8").replace('"lines": ', '"lines": 1'), "utf-8")
    assert withdrawn(site).receipt.manifest_lines == 1
    assert CLIENT.encode() not in b"".join(queue(site).values())
    assert [*_receipts(site)] == []


def _receipts(site: Path) -> Iterator[Path]:
    return Layout(site).queue.glob(f"*{SUFFIX}")


def test_the_sender_never_meets_a_dead_link_that_is_vouched_for(
    after_a_night: Path, tmp_path: Path
) -> None:
    """At whatever step it breaks off: a manifest that fits its receipt has the line, or has not."""
    steps = steps_of(lambda: withdrawn(moved(after_a_night, tmp_path / "whole")))
    for step in range(0, steps, 3):
        site = moved(after_a_night, tmp_path / f"{step}")
        with failing_at(step), suppress(Crash):
            withdrawn(site)
        (receipt,) = _receipts(site)
        named = json.loads(receipt.read_bytes())["lines"]
        (manifest,) = queue(site).values()
        assert named <= len(manifest.splitlines())


def test_the_cdn_forgets_before_readers_are_asked(
    after_a_night: Path,
    tmp_path: Path,
    cloudfront: CloudFrontFake,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The client's paths are purged and that is waited for; only then it is asked who answers."""
    site = moved(after_a_night, tmp_path / "site")
    page = page_of(CLIENT, site)
    monkeypatch.setattr(withdrawing, "open_cdn", lambda _: cloudfront.cdn())
    seen: list[float] = []

    def status_of(address: str) -> int:
        assert address.endswith(page)
        seen.append(cloudfront.now)
        return 404

    found = withdrawn(site, asking=Asking(status_of))
    assert cloudfront.batches == [[f"/{page}"]]
    assert seen
    assert min(seen) >= cloudfront.takes
    assert len(found.receipt.purges) == 1
    assert (found.receipt.readers.answer, found.receipt.readers.statuses) == ("gone", (404,))


def test_a_dry_run_purges_and_asks_nothing(
    after_a_night: Path, tmp_path: Path, cloudfront: CloudFrontFake
) -> None:
    """Whoever only looks makes no request."""
    site = moved(after_a_night, tmp_path / "site")
    asking = Asking(pytest.fail)
    done = withdraw(
        site, load_site(site)[0], CLIENT, "revoked", AT, {}, dry_run=True, asking=asking
    )
    assert (done.signed, cloudfront.asked) == (None, 0)
    assert done.receipt.files == 2
