"""The journal of revoked links: what was revoked stays so, and nobody is named."""

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.errors import KeyRingError
from generator.sealing import (
    Generations,
    KeyRing,
    base58,
    load_generations,
    next_generation,
)
from generator.sealing.generations import NAME, Why
from tests.builders import make_ring

RING = make_ring()
AT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
CLIENT = "A-100001"


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """Where the key ring would lie."""
    return tmp_path / "keys/ring.json"


def withdrawn(keys: Path, *whys: Why, client: str = CLIENT) -> Generations:
    """The journal after withdrawals of one client."""
    journal = load_generations(RING, keys)
    for why in whys:
        journal = next_generation(journal, keys, client, why, AT)
    return journal


def test_without_a_journal_nothing_was_revoked(keys: Path) -> None:
    """A site in which nothing was ever revoked has no journal, and needs none."""
    journal = load_generations(RING, keys)
    assert journal.of(CLIENT) == 0
    assert not journal.is_forgotten(CLIENT)
    assert not keys.parent.exists()


def test_each_revocation_counts(keys: Path) -> None:
    """Every revocation gives the next generation, to that client only."""
    journal = withdrawn(keys, "revoked", "revoked", "revoked")
    assert (journal.of(CLIENT), journal.of("A-100002")) == (3, 0)
    assert not journal.is_forgotten(CLIENT)
    assert load_generations(RING, keys) == journal


def test_the_forgotten_stay_forgotten(keys: Path) -> None:
    """Forgetting revokes too, and a later revocation does not bring a client back."""
    journal = withdrawn(keys, "forgotten", "revoked")
    assert journal.is_forgotten(CLIENT)
    assert journal.of(CLIENT) == 2
    assert not journal.is_forgotten("A-100002")


def test_the_journal_is_only_added_to(keys: Path) -> None:
    """What was written is never rewritten, and lies beside the ring for its owner only."""
    withdrawn(keys, "revoked")
    path = keys.with_name(NAME)
    before = path.read_bytes()
    withdrawn(keys, "forgotten", client="A-100002")
    assert path.read_bytes().startswith(before)
    assert len(path.read_text(encoding="utf-8").splitlines()) == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@given(client=st.text(st.characters(exclude_categories=["Cs"]), min_size=3, max_size=30))
def test_nobody_is_named(client: str) -> None:
    """A pseudonym holds nothing of the client's id, and only the ring can make it."""
    who = Generations(RING).who(client)
    assert client not in who
    assert who != Generations(KeyRing(RING.epochs, bytes(32))).who(client)
    assert len(who) == 22


def test_the_file_names_nobody(keys: Path) -> None:
    """In the journal stand a pseudonym, a number, a reason and a time."""
    withdrawn(keys, "forgotten")
    text = keys.with_name(NAME).read_text(encoding="utf-8")
    assert CLIENT not in text
    assert json.loads(text) == {
        "who": base58.encode(RING.client(CLIENT)),
        "generation": 1,
        "why": "forgotten",
        "at": "2026-11-21T03:00:00+00:00",
    }


WHO = base58.encode(RING.client("A-100002"))
GOOD = f'{{"who": "{WHO}", "generation": 1, "why": "revoked", "at": "x"}}\n'


def line(**changes: object) -> str:
    """A good line of the journal with something about it changed."""
    return json.dumps({**json.loads(GOOD), **changes})


def test_the_good_line_of_these_tests_is_good(keys: Path) -> None:
    """Without damage the journal loads."""
    keys.parent.mkdir(parents=True)
    keys.with_name(NAME).write_text(GOOD + line(generation=2), encoding="utf-8")
    assert load_generations(RING, keys).of("A-100002") == 2


@pytest.mark.parametrize(
    "damage",
    [
        "{",
        "\n",
        "[]",
        "1",
        "null",
        json.dumps({"who": WHO}),
        line(generation="x"),
        line(generation=None),
        line(generation=float("inf")),
        line(generation=-1),
        line(generation=0),
        line(generation=True),
        line(why="forgoten"),
        line(why=None),
        json.dumps({"who": WHO, "generation": 1}),
        line(who=[WHO]),
        line(who=list(WHO)),
        line(who=None),
        line(who=7),
        line(who=""),
        line(who="A-100002"),
        line(who=WHO[:-1]),
        line(who=WHO + "1"),
        line(who=WHO[:-1] + "0"),
        line(who="z" * 22),
        GOOD[:30],
        "\ufffe\x00",
    ],
)
@pytest.mark.parametrize("before", ["", GOOD], ids=["first", "later"])
def test_a_damaged_journal_is_refused(keys: Path, before: str, damage: str) -> None:
    """Going on without it would bring revoked links back to life."""
    keys.parent.mkdir(parents=True)
    keys.with_name(NAME).write_text(before + damage + "\n", encoding="utf-8")
    with pytest.raises(KeyRingError, match=r"the journal is damaged.*restore its backup"):
        load_generations(RING, keys)


def test_a_journal_in_another_encoding_is_refused(keys: Path) -> None:
    """Bytes that are no text are damage too."""
    keys.parent.mkdir(parents=True)
    keys.with_name(NAME).write_bytes(GOOD.encode("utf-16"))
    with pytest.raises(KeyRingError, match="damaged"):
        load_generations(RING, keys)


def test_a_generation_never_goes_back(keys: Path) -> None:
    """Lines out of order, as a merge of backups leaves them, do not revive a link."""
    withdrawn(keys, "revoked", "revoked", "revoked")
    path = keys.with_name(NAME)
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(reversed(lines)), encoding="utf-8")
    assert load_generations(RING, keys).of(CLIENT) == 3


def test_two_operators_at_once_do_not_undo_each_other(keys: Path) -> None:
    """A revocation counts on from what the journal says now, not from what it said before."""
    before = load_generations(RING, keys)
    next_generation(before, keys, CLIENT, "revoked", AT)
    assert next_generation(before, keys, CLIENT, "revoked", AT).of(CLIENT) == 2


def test_generations_by_pseudonym(keys: Path) -> None:
    """Tables find the generation of each client by the pseudonym that rows have."""
    assert load_generations(RING, keys).by_pseudonym() == {}
    withdrawn(keys, "revoked", "revoked")
    journal = withdrawn(keys, "forgotten", client="A-100002")
    assert journal.by_pseudonym() == {RING.client(CLIENT): 2, RING.client("A-100002"): 1}
    assert journal.forgotten_pseudonyms() == [RING.client("A-100002")]


def test_the_forgotten_are_in_order(keys: Path) -> None:
    """The same journal gives the same list, whatever the order of its lines."""
    for number in range(9):
        journal = withdrawn(keys, "forgotten", client=f"A-{number}")
    assert journal.forgotten_pseudonyms() == sorted(RING.client(f"A-{n}") for n in range(9))
