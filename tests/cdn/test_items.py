"""What a purge names: few paths by themselves, many by their folder, never more than it must."""

import re
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.cdn import cache_tag
from generator.cdn.items import (
    MANY,
    MOST_FOLDERS,
    MOST_NAMED,
    is_tag,
    items_of,
    reference,
    requests_of,
)

PAGES = [f"p/{number % 64:02}/{number:020}" for number in range(MANY + 1)]
PATHS = st.lists(
    st.sampled_from(
        ["index.html", "404.html", "robots.txt", "q/stage", "assets/page.0a.css", *PAGES]
    )
)


def test_few_paths_are_named() -> None:
    """Each path is named as a browser asks for it, once, and the loader also as the root."""
    paths = ["p/R6/ni7a", "index.html", "404.html", "p/R6/ni7a"]
    assert items_of(paths, tags=False) == ["/", "/404.html", "/index.html", "/p/R6/ni7a"]


def test_nothing_is_named_for_nothing() -> None:
    """Without paths there is neither an item nor a request."""
    assert items_of([], tags=True) == []
    assert list(requests_of([])) == []


@pytest.mark.parametrize(("count", "named"), [(MANY, MANY), (MANY + 1, 1)])
def test_a_folder_is_named_from_so_many_paths_on(count: int, named: int) -> None:
    """A hundred paths are named, one more makes it their folder; others are left as they are."""
    items = items_of([*PAGES[:count], "q/stage", "index.html"], tags=False)
    assert sum(item.startswith("/p/") for item in items) == named
    assert {"/q/stage", "/index.html", "/"} < set(items)
    assert ("/p/*" in items) == (named == 1)


def test_the_whole_site_is_never_named() -> None:
    """However many files lie beside the folders, assets that never change are not forgotten."""
    beside = [f"{number}.html" for number in range(10 * MANY)]
    assert items_of(beside, tags=True) == sorted(f"/{path}" for path in beside)


@pytest.mark.parametrize(
    ("folder", "item"), [("p", "#sealed"), ("q", "#stage"), ("assets", "#asset"), ("x", "/x/*")]
)
def test_with_tags_a_kind_is_named(folder: str, item: str) -> None:
    """Where tags are read, many files of a kind are one tag; a folder without one stays a folder.

    Few are named by themselves all the same.
    """
    paths = [f"{folder}/{number}" for number in range(MANY + 1)]
    assert items_of(paths, tags=True) == [item]
    assert items_of(paths[:2], tags=True) == [f"/{path}" for path in paths[:2]]


@pytest.mark.parametrize(
    ("path", "tag"),
    [
        ("index.html", "loader"),
        ("p/R6/ni7a", "sealed"),
        ("q/stage", "stage"),
        ("assets/page.0a.css", "asset"),
        ("404.html", "public"),
        ("pq/x", "public"),
    ],
)
def test_a_tag_tells_the_kind_of_file(path: str, tag: str) -> None:
    """Nothing of an address is in a tag: all files of a kind have the same."""
    assert cache_tag(path) == tag


def test_what_has_a_meaning_in_an_item_has_none_in_a_path() -> None:
    """A path with a star or a hash sign is that path, neither a folder nor a tag."""
    assert items_of(["p/*", "#sealed", "a b"], tags=True) == ["/%23sealed", "/a%20b", "/p/%2A"]


@given(paths=PATHS, tags=st.booleans())
def test_every_path_is_covered_and_the_order_is_the_same(paths: list[str], *, tags: bool) -> None:
    """Whatever is forgotten together, each path is named, by itself, its folder or its tag."""
    items = items_of(paths, tags=tags)
    assert items == items_of(reversed(paths), tags=tags)
    for path in paths:
        assert any(
            item == f"#{cache_tag(path)}" if is_tag(item) else fnmatchcase(f"/{path}", item)
            for item in items
        )


def test_a_request_keeps_within_the_limits() -> None:
    """No request has more single items or folders than may be in progress; none is lost."""
    single = [f"/{number:04}" for number in range(2 * MOST_NAMED + 1)]
    folders = [f"/{number:04}/*" for number in range(MOST_FOLDERS + 1)]
    requests = list(requests_of(sorted([*single, *folders])))
    assert [len(some) for some in requests] == [MOST_NAMED, MOST_NAMED, 1, MOST_FOLDERS, 1]
    assert sorted(item for some in requests for item in some) == sorted([*single, *folders])


def test_a_reference_follows_from_occasion_and_items() -> None:
    """The same request has the same reference; another occasion or item has another."""
    first = reference("publish 1", ["/", "/index.html"])
    assert re.fullmatch(r"[0-9a-f]{64}", first)
    assert reference("publish 1", ["/", "/index.html"]) == first
    others = {
        reference("publish 2", ["/", "/index.html"]),
        reference("publish 1", ["/"]),
        reference("publish 1", ["/index.html", "/"]),
    }
    assert len(others - {first}) == 3
