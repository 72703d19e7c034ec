"""Common files: staged when they change, kept when they cannot be made, gone when unwanted."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from generator.base.errors import OutsideError
from generator.site.common import FORMAT, Common, common_of
from generator.site.layout import Layout
from generator.site.tree import Changes, Stage, begin
from tests.site.builds import OLD, files_in

CHART = "p/ab/page"
RECIPE = "closes up to yesterday"


def digest(content: bytes) -> str:
    """The digest of a file as it is remembered."""
    return sha256(content).hexdigest()


OLD_DIGESTS = {path: digest(content) for path, content in OLD.items()}


@pytest.fixture
def known(built: Layout) -> Common:
    """The common files of a site whose last build is remembered."""
    begin(built)
    return Common(Stage(built), dict(OLD_DIGESTS), {CHART: RECIPE})


@pytest.fixture
def unknown(built: Layout) -> Common:
    """The common files of the same site when nothing is remembered."""
    begin(built)
    return Common(Stage(built))


def again(common: Common, tmp_path: Path) -> Common:
    """What the next night knows of these files."""
    (tmp_path / "common.json").write_bytes(common.as_json())
    return common_of(tmp_path / "common.json", common.stage)


def test_only_what_changed_is_staged(known: Common) -> None:
    """A file that is the same is left alone, and both are remembered with their digests."""
    known.write("index.html", b"loader")
    known.write(CHART, b"after")
    known.write("robots.txt", b"robots")
    assert files_in(known.stage.layout.staged) == {CHART: b"after", "robots.txt": b"robots"}
    assert known.changes == Changes(added=1, changed=1, unchanged=1)
    assert known.files == {
        "index.html": digest(b"loader"),
        CHART: digest(b"after"),
        "robots.txt": digest(b"robots"),
    }


def test_what_nobody_wrote_or_kept_is_gone(known: Common) -> None:
    """Files of the night before that are not wanted any more are to be taken away."""
    known.write("index.html", b"loader")
    known.keep(["p/ab/same", "p/zz/never"])
    assert known.gone() == sorted(OLD.keys() - {"index.html", "p/ab/same"})


def test_a_held_part_is_kept(known: Common) -> None:
    """A part that cannot be made tonight stays as it is, if the site ever had it."""
    known.keep(path for path in (CHART, "p/zz/never"))
    assert known.files == {CHART: OLD_DIGESTS[CHART]}
    assert known.changes == Changes(unchanged=1)
    assert CHART not in known.gone()


def test_a_held_part_is_kept_from_the_disk(unknown: Common, tmp_path: Path) -> None:
    """When nothing is remembered, what lies in the site says what a held part is."""
    unknown.keep([CHART, "p/zz/never"])
    assert unknown.files == {CHART: OLD_DIGESTS[CHART]}
    assert again(unknown, tmp_path).earlier == unknown.files


def test_nothing_is_gone_when_nothing_is_remembered(unknown: Common) -> None:
    """Of files nobody knows of, none is said to be unwanted here: the site is walked for them."""
    unknown.write("index.html", b"loader")
    assert unknown.gone() == []
    assert unknown.changes == Changes(unchanged=1)


# ── Recipes ──────────────────────────────────────────────────────────────────────────────────


def test_a_file_of_the_same_recipe_is_not_made_again(known: Common, tmp_path: Path) -> None:
    """What is dear is made when its recipe changed, and kept with its recipe when it did not."""
    assert known.is_made_of(CHART, RECIPE)
    known.keep([CHART])
    later = again(known, tmp_path)
    assert later.is_made_of(CHART, RECIPE)
    assert not later.is_made_of(CHART, "closes up to today")


def test_a_file_of_another_recipe_is_remembered_with_it(known: Common, tmp_path: Path) -> None:
    """Once it is made it is of its new recipe, and no longer of the old one."""
    assert not known.is_made_of(CHART, "closes up to today")
    known.write(CHART, b"after")
    later = again(known, tmp_path)
    assert not later.is_made_of(CHART, RECIPE)
    later = again(known, tmp_path)
    assert later.is_made_of(CHART, "closes up to today")


def test_a_recipe_alone_is_not_a_file(known: Common, tmp_path: Path) -> None:
    """A file that the site does not have is made, whatever its recipe; unmade, it has none."""
    del known.earlier[CHART]
    assert not known.is_made_of(CHART, RECIPE)
    assert again(known, tmp_path).earlier_recipes == {}


def test_a_held_part_keeps_its_recipe(known: Common, tmp_path: Path) -> None:
    """A part that is kept without being looked at is of the recipe it was of."""
    known.keep([CHART])
    assert again(known, tmp_path).is_made_of(CHART, RECIPE)


def test_what_lies_on_the_disk_has_no_recipe(unknown: Common, tmp_path: Path) -> None:
    """When nothing is remembered everything dear is made once more."""
    assert not unknown.is_made_of(CHART, RECIPE)
    unknown.write(CHART, b"before")
    assert unknown.changes == Changes(unchanged=1)
    assert again(unknown, tmp_path).is_made_of(CHART, RECIPE)


# ── Their file ───────────────────────────────────────────────────────────────────────────────


def test_the_files_come_back(known: Common, tmp_path: Path) -> None:
    """What is written down is what the next night knows, the same bytes in any order."""
    known.write("index.html", b"loader")
    known.write(CHART, b"before")
    known.recipes[CHART] = RECIPE
    later = again(known, tmp_path)
    assert (later.earlier, later.earlier_recipes) == (known.files, {CHART: RECIPE})
    other = Common(known.stage, files=dict(reversed(known.files.items())), recipes=known.recipes)
    assert other.as_json() == known.as_json()


def test_without_a_file_nothing_is_known(layout: Layout, tmp_path: Path) -> None:
    """Before the first build there are no common files."""
    common = common_of(tmp_path / "none.json", Stage(layout))
    assert (common.earlier, common.earlier_recipes) == ({}, {})


GOOD = {"format": FORMAT, "files": {"a": digest(b"")}, "recipes": {}}


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b"{", b"[]", b"null", b"7", b"\xff", b"{}"),
        json.dumps({**GOOD, "format": "sealpress common files 0"}).encode(),
        json.dumps({**GOOD, "files": None}).encode(),
        json.dumps({**GOOD, "files": 7}).encode(),
        json.dumps({**GOOD, "recipes": ["a"]}).encode(),
        json.dumps({key: GOOD[key] for key in ("format", "files")}).encode(),
        json.dumps(GOOD).encode()[:-1],
    ],
)
def test_a_damaged_file_is_told(layout: Layout, tmp_path: Path, raw: bytes) -> None:
    """A memory that cannot be read is told by its name, and how to go on without it."""
    (tmp_path / "common.json").write_bytes(raw)
    with pytest.raises(OutsideError, match=r"^common\.json: the file is damaged — hint: remove "):
        common_of(tmp_path / "common.json", Stage(layout))


def test_the_good_file_of_the_test_above_is_good(layout: Layout, tmp_path: Path) -> None:
    """Without damage that file loads."""
    (tmp_path / "common.json").write_bytes(json.dumps(GOOD).encode())
    assert common_of(tmp_path / "common.json", Stage(layout)).earlier == GOOD["files"]
