"""The vault: nothing in its files can be read, and every client is in one bucket."""

import re
import tempfile
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from generator.base.errors import OpenError
from generator.buckets import Bucket, bucket_named, buckets, frame_of, number_of, stream_of
from generator.columns import DEAL, SIZE, WHO, WORD
from generator.data import Vault
from generator.data.dealing import COLUMNS
from generator.data.sources import Source
from generator.data.vault import piece, pieces
from generator.sealing import throwaway_box
from tests.builders import make_vault, policy_row, situation_row
from tests.data.tables import Rows, dealt, sources_of

FRAME = pl.DataFrame({"client_id": ["zqC-1", "zqЯ-2"], "days": [[1, 2], []], "at": [b"zq", b""]})
BITS = st.integers(0, WORD)
DEALS = pl.int_range(1 << WORD, eager=True).cast(pl.UInt16).alias(DEAL).to_frame()
"""Every value that a client may be dealt by."""


# ── What is locked ───────────────────────────────────────────────────────────────────────────

MARK = "zqmarker"
SECRETS = Rows(
    [
        {column: f"{MARK}{column}" for column in COLUMNS["clients"]}
        | {"client_id": f"{MARK}-{k}", "locale": "ru", "time_zone": "", "bank": ""}
        for k in range(30)
    ],
    [policy_row(client_id=f"{MARK}-{k}", policy_number=f"{MARK}{k}") for k in range(30)],
    [situation_row(client_id=f"{MARK}-{k}") for k in range(30)],
)
"""A base whose every text would be known again."""

TRACES = [MARK.encode(), MARK.encode("utf-16-le"), MARK.encode().hex().encode(), b"policy_number"]


@dataclass(frozen=True, slots=True)
class Watched:
    """A source behind each of whose blocks the files of a folder are looked at."""

    source: Source
    folder: Path
    sizes: list[int]
    """How many bytes were looked through each time."""

    @property
    def name(self) -> str:
        """As of the source."""
        return self.source.name

    def blocks(self) -> Iterator[pl.DataFrame]:
        """Every block."""
        for block in self.source.blocks():
            yield block
            files = [path for path in self.folder.glob("vault-*/*") if path.is_file()]
            self.sizes.append(sum(len(unread(path)) for path in files))

    def estimate(self) -> int:
        """As of the source."""
        return self.source.estimate()

    def mark(self) -> str:
        """As of the source."""
        return self.source.mark()

    def places(self, rows: Collection[int]) -> tuple[dict[int, int], tuple[str, ...]]:
        """As of the source."""
        return self.source.places(rows)


def unread(path: Path) -> bytes:
    """The content of a file in which, and in whose name, nothing of a client can be read."""
    content = path.read_bytes()
    assert [trace for trace in TRACES if trace in content] == []
    assert re.fullmatch(r"(rows-)?\d\d-[0-9a-f]{4}(\.[a-z]+\.raw)?", path.name)
    return content


@pytest.mark.parametrize("bits", [0, 3])
def test_nothing_of_a_client_can_be_read_in_any_file(tmp_path: Path, bits: int) -> None:
    """Neither while the tables are dealt nor afterwards, in a file or in its name."""
    sizes = list[int]()
    sources = sources_of(tmp_path, SECRETS, 500)
    watched = {name: Watched(one, tmp_path, sizes) for name, one in sources.items()}
    found = dealt(tmp_path, watched, bits)
    assert len(found.clients) == 30
    assert MARK in found.clients[0].last_name  # which is what is looked for
    assert len(sizes) > 6
    assert max(sizes) > 1000
    left = sorted(found.base.vault.folder.iterdir())
    names = [bucket.name for bucket in buckets(bits)]
    assert [path.name for path in left] == [*names, *(f"rows-{name}" for name in names)]
    assert all(unread(path) for path in left)


def test_the_same_is_never_locked_alike(tmp_path: Path) -> None:
    """Who sees two files cannot tell whether they hold the same."""
    vault = make_vault(tmp_path)
    vault.write("a", b"zq" * 50)
    first = (vault.folder / "a").read_bytes()
    vault.write("a", b"zq" * 50)
    assert (vault.folder / "a").read_bytes() != first


@given(data=st.data(), name=st.sampled_from(["whole", "pieces"]))
def test_what_was_altered_does_not_open(data: st.DataObject, name: str) -> None:
    """A change of any bit of what was locked is noticed."""
    with tempfile.TemporaryDirectory() as folder:
        vault = make_vault(Path(folder))
        vault.write("whole", b"some bytes")
        vault.add("pieces", FRAME)
        path = vault.folder / name
        raw = bytearray(path.read_bytes())
        start = 0 if name == "whole" else 4  # behind the piece's length
        raw[data.draw(st.integers(start, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        path.write_bytes(raw)
        with pytest.raises(OpenError):
            vault.read(name) if name == "whole" else vault.taken(name)


def _of_another_key(vault: Vault) -> Vault:
    return replace(vault, box=throwaway_box())


def _under_another_name(vault: Vault) -> Vault:
    for name in ("whole", "pieces"):
        (vault.folder / name).rename(vault.folder / f"{name}-other")
    return vault


def _cut_off(vault: Vault) -> Vault:
    for name in ("whole", "pieces"):
        (vault.folder / name).write_bytes((vault.folder / name).read_bytes()[:-1])
    return vault


@pytest.mark.parametrize("spoil", [_of_another_key, _under_another_name, _cut_off])
def test_what_is_not_ours_does_not_open(tmp_path: Path, spoil: Callable[[Vault], Vault]) -> None:
    """Another key's file, a file in another's place, a file that is not whole."""
    vault = make_vault(tmp_path)
    vault.write("whole", b"some bytes")
    vault.add("pieces", FRAME)
    spoiled = spoil(vault)
    whole, several = (path.name for path in sorted(vault.folder.iterdir(), reverse=True))
    with pytest.raises(OpenError):
        spoiled.read(whole)
    with pytest.raises(OpenError):
        spoiled.taken(several)


def test_a_vault_does_not_show_its_keys(tmp_path: Path) -> None:
    """Neither the key nor the naming stands in what a debugger or a log would show."""
    vault = make_vault(tmp_path, "zqnaming")
    assert "zqnaming" not in repr(vault)
    assert "Box(…)" not in repr(vault)


def test_pieces_come_back_in_their_order_and_once(tmp_path: Path) -> None:
    """What was added piece by piece is taken as one frame, and the file is gone."""
    vault = make_vault(tmp_path)
    for start in (0, 1):
        vault.add("rows", FRAME.slice(start, 1))
    vault.add("rows", FRAME.clear())
    taken = vault.taken("rows")
    assert taken is not None
    assert taken.equals(FRAME)
    assert vault.taken("rows") is None
    assert list(vault.folder.iterdir()) == []


@given(contents=st.lists(st.binary(max_size=300)))
def test_pieces_are_what_was_put_together(contents: list[bytes]) -> None:
    """Bytes of any length, none as well."""
    assert list(pieces(b"".join(map(piece, contents)))) == contents


@pytest.mark.parametrize("packing", ["uncompressed", "lz4"])
@pytest.mark.parametrize("frame", [FRAME, FRAME.clear()], ids=["rows", "none"])
def test_a_stream_is_its_frame(frame: pl.DataFrame, packing: str) -> None:
    """With the types of its columns, which outlive the last row."""
    again = frame_of(stream_of(frame, packing))  # type: ignore[arg-type]
    assert again.equals(frame)
    assert again.schema == frame.schema


# ── Who stands for whom ──────────────────────────────────────────────────────────────────────


@given(client=st.text(max_size=80), naming=st.text(min_size=1, max_size=80))
def test_a_pseudonym_is_the_same_by_itself_and_in_a_column(client: str, naming: str) -> None:
    """Whatever the id and the key are made of; under another key it is another."""
    vault = Vault(Path(), throwaway_box(), naming)
    frame = pl.DataFrame({"id": [client, "C-1"]}, {"id": pl.String})
    column = frame.select(vault.pseudonyms("id"))[WHO].to_list()
    assert column == [vault.who(client), vault.who("C-1")]
    assert [len(who) for who in column] == [SIZE, SIZE]
    assert replace(vault, naming=f"{naming}x").who(client) != column[0]


@given(client=st.text(max_size=80), bits=BITS)
def test_a_client_is_in_the_bucket_that_is_named_for_them(client: str, bits: int) -> None:
    """One client is looked for where a column of clients was dealt."""
    vault = Vault(Path(), throwaway_box(), "naming")
    deals = pl.DataFrame({"id": ["C-1", client]}).select(vault.deals("id"))
    bucket = vault.bucket_of(client, bits)
    assert deals.select(bucket.has(pl.col(DEAL)))[DEAL].to_list()[1]
    assert 0 <= bucket.number < 1 << bits
    assert replace(vault, naming="other").bucket_of(client, 0) == Bucket(0, 0)


def test_clients_are_dealt_evenly(tmp_path: Path) -> None:
    """No bucket of ids that only count up is much larger than another, and a night deals alike."""
    vault = make_vault(tmp_path)
    ids = pl.DataFrame({"id": [f"A-{k}" for k in range(16_000)]})
    deals = ids.select(vault.deals("id"))
    numbers = deals.select(number_of(pl.col(DEAL), 4).alias("number"))
    sizes = numbers.group_by("number").len()["len"]
    assert len(sizes) == 16
    assert 850 < min(sizes) <= max(sizes) < 1150
    assert ids.select(vault.deals("id")).equals(deals)
    other = ids.select(replace(vault, naming="other").deals("id"))
    assert other.filter(other[DEAL] == deals[DEAL]).height < 10


# ── Buckets ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("bits", range(8))
def test_buckets_cover_every_client_exactly_once(bits: int) -> None:
    """Every value by which a client may be dealt is in one bucket, for any number of bits."""
    every = buckets(bits)
    has = DEALS.select(one.has(pl.col(DEAL)).cast(pl.UInt16).alias(one.name) for one in every)
    assert len(every) == 1 << bits
    assert has.sum_horizontal().unique().to_list() == [1]
    numbers = DEALS.select(number_of(pl.col(DEAL), bits))[DEAL]
    assert numbers.is_sorted()
    assert sorted(set(numbers)) == [one.number for one in every]


@given(data=st.data(), bits=st.tuples(BITS, BITS))
def test_buckets_overlap_where_a_client_may_be_in_both(
    data: st.DataObject, bits: tuple[int, int]
) -> None:
    """And then one is a part of the other."""
    ours, other = (Bucket(n, data.draw(st.integers(0, (1 << n) - 1))) for n in bits)
    has = DEALS.select(ours.has(pl.col(DEAL)).alias("ours"), other.has(pl.col(DEAL)).alias("other"))
    both = has.filter(pl.col("ours") & pl.col("other")).height
    assert ours.overlaps(other) == other.overlaps(ours) == (both > 0)
    assert both in {0, min(has["ours"].sum(), has["other"].sum())}


@given(bucket=BITS.flatmap(lambda n: st.builds(Bucket, st.just(n), st.integers(0, (1 << n) - 1))))
def test_a_bucket_is_known_by_its_name(bucket: Bucket) -> None:
    """A name is read back as its bucket; a part of a bucket overlaps with it."""
    assert bucket_named(bucket.name) == bucket
    assert bucket.overlaps(Bucket(0, 0))
    assume(bucket.bits < WORD)
    half = Bucket(bucket.bits + 1, 2 * bucket.number + 1)
    assert half.overlaps(bucket)
    assert not half.overlaps(Bucket(half.bits, half.number - 1))


def test_names_sort_as_buckets_do() -> None:
    """So that a folder lists them in the order of the clients."""
    names = [bucket.name for bucket in buckets(9)]
    assert names == sorted(names)
    assert names[-1] == "09-01ff"
