"""A store that is not as it is remembered: whatever was lost, spoilt or brought in is set right."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from generator.base.config import Guard, Publish
from generator.base.errors import InputError
from generator.inventory import state_of
from generator.publish import DirectoryStore, Listed, Publication, Store
from generator.publish.plan import Listing
from generator.publishing import How, plan_built
from generator.reconcile import Reconciled, reconcile
from generator.site.layout import Layout
from generator.stores import open_store
from tests.publish.conftest import files_in, silent
from tests.test_inventory import COMMON, SECOND, Night, files_of_pages
from tests.test_publishing import MONDAY, build, publish_to


class Place(NamedTuple):
    """A store as it is set, a way into it, and what lies there by other means."""

    layout: Layout
    settings: Publish
    store: Store
    read: Callable[[], Mapping[str, bytes]]

    def publish(self, *, allow: bool = False) -> Publication:
        """List the store, set it right, and publish."""
        how = How(MONDAY, allow=allow, reconcile=True)
        return publish_to(self.layout, self.settings, how)


@pytest.fixture(params=["directory", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A published site in a store of each kind."""
    settings, read = Publish(path=Path("store")), lambda: files_in(tmp_path / "store")
    if request.param == "s3":
        bucket = request.getfixturevalue("s3_server").new_bucket()
        settings, read = bucket.settings(), lambda: dict(bucket.files())
    made = Place(Layout(tmp_path), settings, open_store(tmp_path, settings), read)
    build(made.layout, SECOND)
    publish_to(made.layout, settings, How(MONDAY))
    return made


PAGE, *_, LAST = files_of_pages(SECOND.pages)


def test_a_store_that_is_as_remembered(place: Place) -> None:
    """Nothing is sent or deleted, and what is remembered stays as it was."""
    before = files_in(place.layout.published)
    assert place.publish() == Publication(unchanged=len(SECOND.site))
    assert files_in(place.layout.published) == before
    assert place.read() == SECOND.site


def test_whatever_is_wrong_is_set_right(place: Place) -> None:
    """Lost files come again, spoilt ones too, and what nobody knows goes, sealed or not."""
    place.store.delete_all([PAGE, "p/zz/part"])
    place.store.put_all((path, b"spoilt") for path in ("q/stage", LAST))
    place.store.put_all([("p/zz/unknown", b"x"), ("backup.tar", b"x"), ("q/unknown", b"x")])
    seen = plan_built(place.layout, place.settings, How(MONDAY, reconcile=True), silent)
    assert seen.listing == Listing(len(SECOND.site) + 1, missing=2, other=2, unknown=3)
    same = len(SECOND.site) - 4
    assert place.publish() == Publication(added=2, changed=2, deleted=3, unchanged=same)
    assert place.read() == SECOND.site
    assert place.publish() == Publication(unchanged=len(SECOND.site))


@pytest.mark.parametrize("bits", [0, 3])
def test_an_inventory_that_was_lost_is_made_again(place: Place, bits: int) -> None:
    """What is there as it was built is not sent; pages of clients who are gone are taken away."""
    shutil.rmtree(place.layout.published)
    now = Night({1: (0,), 3: (2,), 9: (0,)}, {**COMMON, "404.html": b"nothing"}, bits)
    build(place.layout, now)
    same = len(now.site.items() & SECOND.site.items())
    both = len(now.site.keys() & SECOND.site.keys())
    assert place.publish() == Publication(
        added=len(now.site) - both,
        changed=both - same,
        deleted=len(SECOND.site.keys() - now.site.keys()),
        unchanged=same,
    )
    assert place.read() == now.site
    assert state_of(place.layout).epochs == (1,)


def test_looking_changes_nothing(place: Place) -> None:
    """Neither the store nor what is remembered."""
    place.store.put_all([("q/unknown", b"x"), (PAGE, b"spoilt")])
    before = files_in(place.layout.root), place.read()
    found = reconcile(place.layout, place.store, to_look_at=True)
    assert (found.missing, found.other, found.unknown) == (0, 1, ["q/unknown"])
    assert (files_in(place.layout.root), place.read()) == before


class Encrypting(DirectoryStore):
    """A folder whose listing has marks that look like an MD5 and are none."""

    def list_all(self) -> Iterator[Listed]:
        """Every file, with another mark."""
        return (Listed(one.path, one.md5[::-1]) for one in super().list_all())


def test_marks_that_are_no_md5_are_not_believed(tmp_path: Path) -> None:
    """A store that encrypts tells other marks: then only what is there counts, and what is not."""
    layout, settings = Layout(tmp_path), Publish(path=Path("store"))
    build(layout, SECOND)
    publish_to(layout, settings, How(MONDAY))
    store = Encrypting(tmp_path / "store")
    store.delete(PAGE)
    found = reconcile(layout, store, to_look_at=True)
    assert (found.missing, found.other, found.unknown) == (1, 0, [])


def test_a_bucket_of_somebody_else(place: Place) -> None:
    """Very many unknown files are not taken away before somebody allows it."""
    place.store.put_all((f"backup/{number}", b"x") for number in range(120))
    with pytest.raises(InputError, match=r"120 of .* files in the store are unknown and would go"):
        place.publish()
    assert place.read().keys() > SECOND.site.keys()
    assert place.publish(allow=True).deleted == 120
    assert place.read() == SECOND.site


def test_a_few_unknown_files_are_no_objection() -> None:
    """Up to the share that may be deleted, or up to a hundred."""
    found = Reconciled(listed=2000, unknown=[f"{number}" for number in range(200)])
    assert found.objections(Guard()) == []
    found.unknown.append("one more")
    assert len(found.objections(Guard())) == 1
    assert Reconciled(99, unknown=[f"{number}" for number in range(99)]).objections(Guard()) == []
