"""Undo: the store has again what it had before the last publication, and nobody who is gone."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from generator.base.config import load_site
from generator.base.errors import InputError, OutsideError
from generator.cdn import Purge
from generator.former import Former
from generator.publish import DirectoryStore
from generator.receipts import verified
from generator.site.about import about
from generator.site.layout import Layout
from generator.site.shelf import Shelf
from generator.told import MARK, MARKS
from generator.undo import Undone, undo
from generator.watch import Watch
from generator.withdraw import withdraw
from tests.nights import (
    FRIDAY,
    SATURDAY,
    add_line,
    build,
    edit,
    moved,
    page_of,
    publish,
    ring_of,
    without_client,
)
from tests.quick import made_once
from tests.s3 import Bucket, Server
from tests.site.builds import Crash, failing_at, full, steps_of
from tests.sites import copy_site, files, sealpress, with_keys
from tests.watching import queue, stay

PUBLISHED = "build/published"
AT = datetime(2011, 12, 3, 12, tzinfo=UTC)
SUNDAY = SATURDAY + timedelta(days=1)


@pytest.fixture(scope="module", autouse=True)
def _quick() -> Iterator[None]:
    with made_once():
        yield


def plain_site(to: Path) -> Path:
    """The small site with known keys and no clock; nothing is built."""
    site = with_keys(copy_site(to))
    edit(site / "content/site.yaml", "clock: 2011-12-02", "retention_days: 0")
    return site


def night(site: Path, day: date) -> None:
    """Build and publish."""
    build(site, day)
    publish(site)


def another_day(site: Path) -> None:
    """Change the tables, so that pages come, change and go."""
    add_line(site / "data/situations.csv", f"C-002,card,CRD-20,{SATURDAY}")
    without_client(site, "C-005")
    clients = site / "data/clients.csv"
    (row,) = (line for line in clients.read_text("utf-8").splitlines() if line.startswith("C-003,"))
    add_line(clients, row.replace("C-003", "C-009"))
    add_line(site / "data/situations.csv", f"C-009,card,CRD-20,{SATURDAY}")


@pytest.fixture(scope="module")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site after its first night; for copies only."""
    site = plain_site(tmp_path_factory.mktemp("first") / "site")
    night(site, FRIDAY)
    return site


@pytest.fixture(scope="module")
def second_night(first_night: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same after another night, in which pages came, changed and went; for copies only."""
    site = moved(first_night, tmp_path_factory.mktemp("second") / "site")
    another_day(site)
    night(site, SATURDAY)
    return site


@pytest.fixture
def site(second_night: Path, tmp_path: Path) -> Path:
    """A site after two nights."""
    return moved(second_night, tmp_path / "site")


def undone(site: Path, **more: Any) -> Undone:  # noqa: ANN401 - of undo
    """Undo the last publication."""
    return undo(site, load_site(site)[0], AT, {}, **more)


def inventory(site: Path) -> dict[str, bytes]:
    """What is remembered of the store."""
    return files(site / "build/private/published")


def told(site: Path) -> set[tuple[bytes, bytes]]:
    """Whom published nights told what."""
    shelf = Shelf(Layout(site).told, MARKS)
    frames = [pl.DataFrame(schema=MARKS), *(rows for _, rows in shelf.frames())]
    return set(pl.concat(frames).select("who", MARK).iter_rows())


def test_the_site_is_as_it_was(first_night: Path, second_night: Path, site: Path) -> None:
    """Files, inventory, queue and marks are those of the night before, to the byte."""
    before, after = files(first_night / PUBLISHED), files(second_night / PUBLISHED)
    done = undone(site)
    assert files(site / PUBLISHED) == before
    changed = {path for path in before.keys() & after.keys() if before[path] != after[path]}
    assert done.back == len(before.keys() - after.keys()) + len(changed)
    assert done.deleted == len(after.keys() - before.keys())
    assert min(done.back, done.deleted, done.unchanged) > 0
    assert inventory(site) == inventory(first_night)
    assert queue(site) == queue(first_night)
    assert told(site) == told(first_night)
    assert files(site / "build/site") == files(second_night / "build/site")


def test_publishing_brings_the_built_site_again(second_night: Path, site: Path) -> None:
    """What was built stays: published again, everything is as it was before the undoing."""
    undone(site)
    publish(site)
    assert files(site / PUBLISHED) == files(second_night / PUBLISHED)
    assert inventory(site) == inventory(second_night)
    assert queue(site) == queue(second_night)
    assert told(site) == told(second_night)
    for manifest in queue(site):
        receipt = Layout(site).queue / f"{manifest}.receipt.json"
        assert verified(receipt, ring_of(site).signer.public)["kind"] == "publication"


def test_a_new_night_tells_what_was_taken_back(second_night: Path, site: Path) -> None:
    """A night that is built anew after it tells the same, under its own day."""
    undone(site)
    before = set(queue(site))
    night(site, SUNDAY)
    (name,) = set(queue(site)) - before
    again = {(line["client"], str(line["reasons"])) for line in lines(queue(site)[name])}
    missed = set(queue(second_night)) - before
    assert again == {
        (line["client"], str(line["reasons"]))
        for one in missed
        for line in lines(queue(second_night)[one])
    }
    assert told(site) == told(second_night)


def lines(manifest: bytes) -> list[dict[str, Any]]:
    """The lines of a manifest."""
    return [json.loads(line) for line in manifest.splitlines()]


def test_what_was_collected_stays_told(second_night: Path, site: Path) -> None:
    """A manifest that the sender took is not handed on again, whatever comes after."""
    shutil.rmtree(Layout(site).queue)
    assert undone(site).lines == 0
    assert told(site) == told(second_night)
    publish(site)
    assert queue(site) == {}


def test_a_dry_run_changes_nothing(site: Path) -> None:
    """It counts what would be done, and no byte changes."""
    before = files(site)
    planned = undone(site, dry_run=True)
    assert files(site) == before
    done = undone(site)
    assert (planned.back, planned.deleted, planned.lines) == (done.back, done.deleted, done.lines)
    assert done.lines > 0


def test_twice_in_a_row(site: Path) -> None:
    """There is nothing more to undo, until something is published again."""
    undone(site)
    with pytest.raises(InputError, match="there is nothing more to undo"):
        undone(site)
    publish(site)
    assert undone(site).back > 0


def test_the_first_publication_stays(first_night: Path, tmp_path: Path) -> None:
    """Before it there was nothing, and before a build there is nothing to undo."""
    site = moved(first_night, tmp_path / "site")
    with pytest.raises(InputError, match="before the last publication there was none"):
        undone(site)
    with pytest.raises(InputError, match="there is nothing to undo"):
        undone(plain_site(tmp_path / "fresh"))


def test_a_publication_of_nothing_is_none(second_night: Path, site: Path) -> None:
    """Publishing what is there already leaves the last publication the one to undo."""
    before = Former(Layout(site)).queue
    publish(site)
    assert Former(Layout(site)).queue == before
    undone(site)
    assert files(site / PUBLISHED) != files(second_night / PUBLISHED)


@pytest.mark.parametrize("why", ["revoked", "forgotten"])
def test_who_was_withdrawn_does_not_come_back(why: Any, site: Path) -> None:  # noqa: ANN401 - a literal
    """Neither the page of the last night nor that of the night before, nor what kept them."""
    page = page_of("C-002", site)
    assert withdraw(site, load_site(site)[0], "C-002", why, AT, {}).receipt.versions == 2
    undone(site)
    assert page not in files(site / PUBLISHED)
    assert not [path for path in files(site / f"{PUBLISHED}.sealpress") if page in path]
    publish(site)
    assert page not in files(site / PUBLISHED)


def test_changes_of_the_day_are_undone_with_the_night(first_night: Path, site: Path) -> None:
    """What a watch brought after it goes too, and comes again with what is published next."""
    Watch(site).apply([stay("C-003")], SATURDAY)
    page = page_of("C-003", site)
    of_the_day = (site / PUBLISHED / page).read_bytes()
    undone(site)
    assert files(site / PUBLISHED) == files(first_night / PUBLISHED)
    assert queue(site) == queue(first_night)
    publish(site)
    assert (site / PUBLISHED / page).read_bytes() == of_the_day


def test_what_is_not_kept_any_more(site: Path) -> None:
    """Should a kept file be lost, it is told before anything is touched."""
    before = files(site / PUBLISHED)
    shutil.rmtree(site / f"{PUBLISHED}.sealpress")
    with pytest.raises(OutsideError, match="does not keep all that was published before"):
        undone(site)
    assert files(site / PUBLISHED) == before


def test_after_a_night_straight_to_the_store(tmp_path: Path) -> None:
    """Pages that lie only in the store come back too, and the next night makes all of them anew."""
    site = plain_site(tmp_path / "site")
    build(site, FRIDAY, direct=True)
    before = files(site / PUBLISHED)
    another_day(site)
    build(site, SATURDAY, direct=True)
    after = files(site / PUBLISHED)
    undone(site)
    assert files(site / PUBLISHED) == before
    assert about(Layout(site)) is None
    build(site, SATURDAY, direct=True)
    assert files(site / PUBLISHED) == after


def test_the_cdn_forgets_what_was_changed(
    first_night: Path, second_night: Path, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that came back or went, on an occasion of its own; the receipt of it is waited for."""
    asked: list[tuple[set[str], str]] = []

    class Cdn:
        """Notes what it is to forget."""

        def purge(self, paths: list[str], occasion: str) -> Purge:
            asked.append((set(paths), occasion))
            return Purge(("I1",), len(paths))

        def wait(self, purge: Purge) -> None:
            assert purge.requests == ("I1",)

    monkeypatch.setattr("generator.undo.open_cdn", lambda _: Cdn())
    assert undone(site).purges == ("I1",)
    before, after = files(first_night / PUBLISHED), files(second_night / PUBLISHED)
    differ = {path for path in {*before, *after} if before.get(path) != after.get(path)}
    assert asked == [(differ, f"undo {AT.isoformat()}")]


# ── Broken off ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("error", [Crash, full], ids=["crash", "full disk"])
def test_broken_off_at_every_step(
    error: Callable[[], BaseException],
    first_night: Path,
    second_night: Path,
    tmp_path: Path,
) -> None:
    """Wherever it breaks off, it ends when it is run again, and what was told is told once."""
    steps = steps_of(lambda: undone(moved(second_night, tmp_path / "whole")))
    assert steps > 60
    for step in range(0, steps, 5):
        site = moved(second_night, tmp_path / f"{step}")
        with failing_at(step, error), suppress(Crash, OutsideError, OSError):
            undone(site)
        with suppress(InputError):  # there is nothing more to undo
            undone(site)
        assert files(site / PUBLISHED) == files(first_night / PUBLISHED)
        assert (inventory(site), queue(site)) == (inventory(first_night), queue(first_night))
        assert told(site) == told(first_night)


def test_publishing_after_an_undoing_that_broke_off(
    first_night: Path, second_night: Path, tmp_path: Path
) -> None:
    """Whoever publishes instead has the built site, its queue, and can undo it all the same."""
    steps = steps_of(lambda: undone(moved(second_night, tmp_path / "whole")))
    for step in range(0, steps, 9):
        site = moved(second_night, tmp_path / f"{step}")
        with failing_at(step), suppress(Crash):
            undone(site)
        publish(site)
        assert files(site / PUBLISHED) == files(second_night / PUBLISHED)
        assert (queue(site), told(site)) == (queue(second_night), told(second_night))
        undone(site)
        assert files(site / PUBLISHED) == files(first_night / PUBLISHED)


def test_a_publication_that_broke_off_is_undone_whole(first_night: Path, tmp_path: Path) -> None:
    """What it had sent goes; one that is gone on with is one, and undone as one."""
    built = moved(first_night, tmp_path / "built")
    another_day(built)
    build(built, SATURDAY)
    steps = steps_of(lambda: publish(moved(built, tmp_path / "whole")))
    for step in range(0, steps, 7):
        site = moved(built, tmp_path / f"{step}")
        with failing_at(step), suppress(Crash):
            publish(site)
        if step % 2:
            publish(site)
        with suppress(InputError):  # it broke off before it had begun
            undone(site)
        assert files(site / PUBLISHED) == files(first_night / PUBLISHED)


# ── A bucket ─────────────────────────────────────────────────────────────────────────────────


def into(bucket: Bucket, site: Path) -> Path:
    """The site, published into a bucket."""
    with (site / "content/site.yaml").open("a", encoding="utf-8") as settings:
        settings.write(
            f"publish: {{store: s3, bucket: {bucket.name}, endpoint: '{bucket.endpoint}'}}\n"
        )
    return site


def test_a_bucket_with_versions(s3_server: Server, tmp_path: Path) -> None:
    """The same from the versions of its objects; what was withdrawn since has none left."""
    bucket = s3_server.new_bucket(versions=True)
    site = into(bucket, plain_site(tmp_path / "site"))
    night(site, FRIDAY)
    before = bucket.files()
    another_day(site)
    night(site, SATURDAY)
    after, page = bucket.files(), page_of("C-002", site)
    receipt = withdraw(site, load_site(site)[0], "C-002", "revoked", AT, {}).receipt
    assert (receipt.versions, receipt.origin.statuses) == (2, (403,))
    done = undone(site)
    assert bucket.files() == {path: file for path, file in before.items() if path != page}
    assert min(done.back, done.deleted) > 0
    publish(site)
    assert bucket.files() == {path: file for path, file in after.items() if path != page}


def test_a_bucket_without_versions(s3_server: Server, tmp_path: Path) -> None:
    """It is refused, with what helps, and nothing is touched."""
    bucket = s3_server.new_bucket()
    site = into(bucket, plain_site(tmp_path / "site"))
    night(site, FRIDAY)
    another_day(site)
    night(site, SATURDAY)
    before = bucket.files()
    refused = sealpress("undo", site=site)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "turn versioning on for the bucket" in refused.stderr
    assert bucket.files() == before


# ── The command ──────────────────────────────────────────────────────────────────────────────


def test_the_command(first_night: Path, site: Path) -> None:
    """It says what would be done, does it, and then that there is nothing more."""
    planned = json.loads(sealpress("undo", "--dry-run", "--json", site=site).stdout)
    done = sealpress("undo", site=site)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith(
        f"undone          {planned['brought_back']:,} as before, {planned['deleted']:,} deleted"
    )
    assert "sealpress publish brings the built site again" in done.stdout
    assert files(site / PUBLISHED) == files(first_night / PUBLISHED)
    again = sealpress("undo", site=site)
    assert (again.exit_code, again.stdout) == (1, "")
    assert "there is nothing more to undo" in again.stderr


def test_a_folder_beside_is_never_served(site: Path) -> None:
    """What is kept lies outside the folder that a web server is given."""
    assert not [path for path in files(site / PUBLISHED) if "sealpress" in path]
    assert files(site / f"{PUBLISHED}.sealpress")
    assert DirectoryStore(site / PUBLISHED).get("../published.sealpress/previous/none") is None
