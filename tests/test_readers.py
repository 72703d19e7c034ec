"""Readers who are there while a site is published: whoever has a link meets a page that opens."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event, Thread

import pytest

from generator import publishing
from generator.base.config import load_site
from generator.publish import DirectoryStore, Store
from generator.site.reader import fetch_with, open_page
from generator.stores import open_store
from tests.nights import (
    EVERYONE,
    MONDAY,
    SATURDAY,
    add_line,
    build,
    edit,
    own_template,
    publish,
    secret_of,
)
from tests.sites import copy_site, with_keys

BROKEN = "<p>["
"""How a part that does not open tells so in its place."""


@pytest.fixture(params=["directory", "s3"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The small site, published once, to a store of each kind."""
    made = with_keys(copy_site(tmp_path / "site"))
    if request.param == "s3":
        bucket = request.getfixturevalue("s3_server").new_bucket()
        where = f"{{store: s3, bucket: {bucket.name}, endpoint: '{bucket.endpoint}'}}"
        add_line(made / "content/site.yaml", f"publish: {where}")
    build(made)
    publish(made)
    return made


def later(site: Path) -> Iterator[None]:
    """Days on which much changes at once; the site is built, and is to be published after each."""
    policies, situations = site / "data/policies.csv", site / "data/situations.csv"
    add_line(policies, "QH-7000009,C-002,blue-2011-05,90000.00,2011-05-20")  # names another part
    add_line(situations, "C-005,card,CRD-10,2011-12-03")  # and one that nobody had
    build(site, SATURDAY)
    yield
    own_template(site, "client.html", "</h1>", "</h1><p>Another theme</p>")  # every page
    (site / "content/offers/review.md").unlink()  # a part goes, and from the pages that named it
    (site / "content/offers/review.en.md").unlink()
    build(site, MONDAY)
    yield
    edit(policies, "QH-7000009,C-002,blue-2011-05,90000.00,2011-05-20\n", "")
    build(site, MONDAY)
    yield


def reading(site: Path, store: Store) -> Callable[[], list[str]]:
    """What opens every client's page once, and answers with what did not open."""
    links = {client: secret_of(client, site).text for client in EVERYONE}
    fetch = fetch_with(store.get)

    def read() -> list[str]:
        pages = {client: open_page(link, fetch) for client, link in links.items()}
        return [client for client, html in pages.items() if BROKEN in html]

    return read


@contextmanager
def somebody(read: Callable[[], list[str]], seen: list[list[str]]) -> Iterator[None]:
    """A reader in a loop, in a thread of their own; what each round met is in ``seen``."""
    stop, errors = Event(), list[BaseException]()

    def loop() -> None:
        try:
            while not stop.is_set():
                seen.append(read())
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            errors.append(error)

    thread = Thread(target=loop)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    if errors:
        raise errors[0]


def test_a_reader_in_a_loop(site: Path) -> None:
    """Whatever changes, and however often, no page and no part of one is ever missing."""
    read = reading(site, open_store(site, load_site(site)[0].publish))
    assert read() == []
    seen: list[list[str]] = []
    with somebody(read, seen):
        for _ in later(site):
            assert publish(site, MONDAY).changed
    assert seen
    assert not any(seen)
    assert read() == []


class Watched(DirectoryStore):
    """A folder in which somebody reads after every request."""

    def __init__(self, folder: Path, read: Callable[[], list[str]], seen: list[list[str]]) -> None:
        super().__init__(folder)
        self._look: Callable[[], None] = lambda: seen.append(read())

    def put(self, path: str, content: bytes) -> None:
        """Write, then have it read."""
        super().put(path, content)
        self._look()

    def delete(self, path: str) -> None:
        """Delete, then have it read."""
        super().delete(path)
        self._look()


@pytest.mark.parametrize("site", ["directory"], indirect=True)
def test_a_reader_after_every_request(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no moment between two requests at which a page does not open."""
    folder = site / "build/published"
    read, seen = reading(site, DirectoryStore(folder)), list[list[str]]()
    watched = partial(Watched, folder, read, seen)
    monkeypatch.setattr(publishing, "open_store", lambda *_: watched())
    requests = 0
    for _ in later(site):
        done = publish(site, MONDAY)
        requests += done.added + done.changed + done.deleted
    assert len(seen) == requests > 20
    assert not any(seen)
