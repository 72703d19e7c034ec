"""The base of the last build is taken over where it would come out the same, and only there."""

from dataclasses import replace
from errno import EMLINK
from pathlib import Path

import pytest

from generator.base.config import Query, Tables
from generator.base.errors import Problem
from generator.buckets import Bucket
from generator.data import Base, Client, Earlier, Known, Vault, read_base
from generator.data.earlier import ABOUT
from generator.data.records import CLIENTS, POLICIES, SITUATIONS
from generator.sealing import throwaway_box
from tests.builders import client_row, csv_text, make_vault, policy_row, situation_row, write
from tests.data.conftest import KNOWN

ROWS = {
    "clients": csv_text(CLIENTS, [client_row(client_id=f"C-{n}") for n in range(3)]),
    "policies": csv_text(
        POLICIES,
        [
            policy_row(policy_number="P-1", client_id="C-0"),
            policy_row(policy_number="P-2", client_id="C-1", premium="none"),
        ],
    ),
    "situations": csv_text(SITUATIONS, [situation_row(client_id="C-2")]),
}
PROGRAM = "1"


@pytest.fixture
def last(tmp_path: Path) -> Base:
    """The base of the tables at their first reading."""
    write(tmp_path, {f"data/{name}.csv": content for name, content in ROWS.items()})
    vault = make_vault(tmp_path)
    return base_of(tmp_path, vault, Earlier(replace(vault, folder=tmp_path / "none"), PROGRAM))


def base_of(
    root: Path,
    vault: Vault,
    earlier: Earlier | None,
    known: Known = KNOWN,
    tables: Tables | None = None,
) -> Base:
    """The base of the tables in ``root``, as ``vault`` gets it."""
    problems = list[Problem]()
    base = read_base(root, tables or Tables(), lambda: known, problems, vault, earlier)
    assert problems == []
    return base


def again(last: Base, root: Path) -> Vault:
    """An empty vault under the same keys."""
    folder = root / "again"
    folder.mkdir()
    return replace(last.vault, folder=folder)


def everyone(base: Base) -> list[Client]:
    """All clients."""
    return [client for batch in base.batches(10) for client in batch]


def is_taken_over(base: Base, last: Base) -> bool:
    """Whether the shards of a base are the very files of another."""
    names = [bucket.name for bucket in last.sizes]
    return [(base.vault.folder / name).stat().st_ino for name in names] == [
        (last.vault.folder / name).stat().st_ino for name in names
    ]


def test_the_same_tables_make_the_same_base(last: Base, tmp_path: Path) -> None:
    """Its shards are taken over as they lie, with what is known of them; and so a third time."""
    base = base_of(tmp_path, again(last, tmp_path), Earlier(last.vault, PROGRAM))
    assert is_taken_over(base, last)
    assert (base.sizes, base.refused, base.rows) == (last.sizes, last.refused, last.rows)
    assert [problem.line for problem in base.refused] == [3]
    assert everyone(base) == everyone(last)
    third = tmp_path / "third"
    third.mkdir()
    vault = replace(last.vault, folder=third)
    assert is_taken_over(base_of(tmp_path, vault, Earlier(base.vault, PROGRAM)), last)


@pytest.mark.parametrize("name", ROWS)
def test_any_other_byte_is_looked_at(last: Base, tmp_path: Path, name: str) -> None:
    """A table that was written anew is read anew, were its rows the same."""
    path = tmp_path / f"data/{name}.csv"
    path.write_text(path.read_text() + "\n")
    base = base_of(tmp_path, again(last, tmp_path), Earlier(last.vault, PROGRAM))
    assert not is_taken_over(base, last)
    assert everyone(base) == everyone(last)


@pytest.mark.parametrize(
    "known",
    [
        replace(KNOWN, locales=("ru", "en", "kk")),
        replace(KNOWN, banks=frozenset({"shore", "hill"})),
        replace(KNOWN, places={**KNOWN.places, "duo": 3}),
        replace(KNOWN, stages={**KNOWN.stages, ("cards", "M-1"): "cards/ordered/delayed"}),
    ],
    ids=["locales", "banks", "places", "stages"],
)
def test_what_rows_refer_to_decides_as_well(last: Base, tmp_path: Path, known: Known) -> None:
    """The same row means something else where editors wrote something else."""
    base = base_of(tmp_path, again(last, tmp_path), Earlier(last.vault, PROGRAM), known)
    assert not is_taken_over(base, last)


def test_another_program_reads_anew(last: Base, tmp_path: Path) -> None:
    """What checks the rows may have changed."""
    base = base_of(tmp_path, again(last, tmp_path), Earlier(last.vault, "2"))
    assert not is_taken_over(base, last)


def test_another_key_reads_anew(last: Base, tmp_path: Path) -> None:
    """What cannot be opened is not taken over, nor are pseudonyms under another name."""
    for other in (
        replace(again(last, tmp_path), box=throwaway_box()),
        replace(make_vault(tmp_path), naming="another"),
    ):
        earlier = Earlier(replace(other, folder=last.vault.folder), PROGRAM)
        assert not is_taken_over(base_of(tmp_path, other, earlier), last)


def test_a_share_that_was_touched_is_not_the_tables(last: Base, tmp_path: Path) -> None:
    """What ``watch`` and ``forget`` write is not what the tables say."""
    name = Bucket(0, 0).name
    last.vault.write(name, last.vault.read(name))
    base = base_of(tmp_path, again(last, tmp_path), Earlier(last.vault, PROGRAM))
    assert not is_taken_over(base, last)
    assert everyone(base) == everyone(last)


@pytest.mark.parametrize("links", [0, 1])
def test_a_disk_without_second_names(
    last: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: int
) -> None:
    """Where files cannot be taken over, or not all, the tables are read; the last base is whole."""
    before = {path.name: path.read_bytes() for path in last.vault.folder.iterdir()}
    link, made = Path.hardlink_to, list[Path]()

    def refuse(path: Path, target: Path) -> None:
        if len(made) == links:
            raise OSError(EMLINK, "Too many links")
        made.append(path)
        link(path, target)

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    base = base_of(tmp_path, again(last, tmp_path), Earlier(last.vault, PROGRAM))
    assert not is_taken_over(base, last)
    assert everyone(base) == everyone(last)
    assert {path.name: path.read_bytes() for path in last.vault.folder.iterdir()} == before


def test_what_is_known_of_a_base_is_locked(last: Base) -> None:
    """A refused row's place is nobody's business, and what was altered is not believed."""
    content = (last.vault.folder / ABOUT).read_bytes()
    assert b"policies" not in content
    assert b"mark" not in content


def test_a_query_is_asked_every_night(last: Base, tmp_path: Path) -> None:
    """Whether a database would answer the same is known by asking; no answer is no base."""
    tables = Tables(clients=Query(database="sqlite:data/base.db", query="SELECT 1"))
    problems = list[Problem]()
    vault = again(last, tmp_path)
    read_base(tmp_path, tables, lambda: KNOWN, problems, vault, Earlier(last.vault, PROGRAM))
    assert problems
    assert not (vault.folder / ABOUT).exists()
