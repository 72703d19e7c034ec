"""Watching the small site: events, what they are to the tables, and what must hold after them."""

import csv
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path

import polars as pl

from generator.buckets import bucket_named
from generator.data.dealing import COLUMNS
from generator.data.layers import Layers
from generator.events import KEYS, Event
from generator.events.event import read_line
from generator.inputs import vault_of
from generator.receipts import SUFFIX
from generator.sealing import path_of
from generator.site.layout import Layout
from generator.site.register import ADDRESSES, FILES, REGISTER, addresses_of
from generator.site.shelf import Shelf
from generator.told import reason_key
from tests.nights import FRIDAY, Difference, Marks, build, difference, edit, publish, ring_of
from tests.sites import copy_site, files, with_keys

Said = Counter[tuple[str, ...]]
"""How often each client was told each reason: client, kind, and what makes the reason itself."""


def site_after_a_night(to: Path, more: str = "retention_days: 0") -> Path:
    """The small site after a published night; it has no clock, and ``more`` settings."""
    site = with_keys(copy_site(to))
    edit(site / "content/site.yaml", "clock: 2011-12-02", more)
    night(site)
    return site


def night(site: Path, clock: date = FRIDAY) -> tuple[int, int]:
    """A published night: how many pages it rendered, how many clients it tells something."""
    done = build(site, clock)
    publish(site)
    return done.pages, done.entries


# ── Events ───────────────────────────────────────────────────────────────────────────────────


def event(
    table: str, row: Mapping[str, str] | None = None, *, deleted: bool = False, **cells: str
) -> Event:
    """An event as a source would give it."""
    data = {"id": "crm-1", "table": table, "delete" if deleted else "row": {**(row or {}), **cells}}
    line = read_line(json.dumps(data).encode(), "test", 1, COLUMNS)
    assert line.event is not None, line.problems
    return line.event


def stay(
    client: str, marker: str = "CRD-20", since: date = FRIDAY, *, deleted: bool = False
) -> Event:
    """A client came into a stage of the card, or of the holiday."""
    product = "card" if marker.startswith("CRD") else "holiday"
    row = {"client_id": client, "product": product, "marker": marker, "since": f"{since}"}
    return event("situations", row, deleted=deleted)


def newcomer(client: str = "N-001") -> list[Event]:
    """A new client with a policy and a situation."""
    policy = {"policy_number": f"QH-{client}", "client_id": client, "series": "duo-2011-06"}
    return [
        event("clients", client_id=client, last_name="Lapwing", locale="en"),
        event("policies", policy, premium="7000.00", start_date="2011-06-01"),
        stay(client),
    ]


def to_tables(site: Path, events: Sequence[Event]) -> None:
    """Change the tables as the events have it, one after the other."""
    for one in events:
        row = dict(one.row)
        key = {name: row[name] for name in KEYS[one.table]}
        rows = [row for row in table_of(site, one.table) if not key.items() <= row.items()]
        put_table(site, one.table, rows if one.deleted else [*rows, row])
        if one.deleted and one.table == "clients":
            for name in COLUMNS:
                theirs = table_of(site, name)
                put_table(site, name, [row for row in theirs if row["client_id"] != one.client])


def table_of(site: Path, table: str) -> list[dict[str, str]]:
    """The rows of a table."""
    with (site / f"data/{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def put_table(site: Path, table: str, rows: Sequence[dict[str, str]]) -> None:
    """Write a table anew."""
    with (site / f"data/{table}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS[table])
        writer.writeheader()
        writer.writerows(rows)


def drop(site: Path, name: str, *some: Event | str) -> None:
    """Put a file of events there as other systems must: under another name, then renamed."""
    lines = [one if isinstance(one, str) else text_of(one) for one in some]
    place = site / f"data/events/{name}.part"
    place.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    place.rename(place.with_suffix(".jsonl"))


def text_of(one: Event) -> str:
    """An event as another system writes it."""
    kind = "delete" if one.deleted else "row"
    return json.dumps({"id": one.id, "table": one.table, kind: dict(one.row)})


# ── What came out ────────────────────────────────────────────────────────────────────────────


def queue(site: Path) -> dict[str, bytes]:
    """The files of the queue."""
    found = files(Layout(site).queue)
    return {name: file for name, file in found.items() if name.endswith(".jsonl")}


def told(site: Path) -> Said:
    """How often each client was told each reason, over all files of the queue."""
    lines = [line for file in queue(site).values() for line in file.splitlines()]
    return Counter(
        (entry["client"], *reason_key(reason))
        for entry in map(json.loads, lines)
        for reason in entry["reasons"]
    )


def told_since(before: Said, site: Path) -> set[tuple[str, ...]]:
    """What was told since then: client, kind, and what it is about."""
    named = {"stage": 3, "digest": 2, "strategy": 2, "coupon": 2}
    return {(one[0], one[1], one[named[one[1]]]) for one in told(site) - before}


def lasting(site: Path) -> dict[str, bytes]:
    """Every file that is the same bytes for the same site, without those that no sender takes."""
    unlike = (
        *("private/base/", "private/register.json", "private/lock"),  # nonces, inodes
        "published.sealpress/",  # a page that was put twice was kept once
        "spare/",  # what was replaced by whichever of them
    )
    return {
        path: timeless(file) if path.endswith(SUFFIX) else file
        for path, file in files(site / "build").items()
        if not path.startswith(unlike)
    }


def timeless(receipt: bytes) -> bytes:
    """A receipt without its number, which is a time, and what follows from that."""
    fields = json.loads(receipt)
    del fields["number"], fields["signature"]
    return json.dumps(fields).encode()


def rows_of(site: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows of the locked base, by table, without those of nobody."""
    layout, found = Layout(site), {name: list[tuple[object, ...]]() for name in COLUMNS}
    vault = vault_of(ring_of(site), layout.base)
    for path in sorted(layout.base.glob("[0-9]*")):
        shard = Layers(vault, bucket_named(path.name)).read()
        for name, frame in zip(COLUMNS, shard.frames(), strict=False):
            found[name] += frame.rows()
    return {name: sorted(rows, key=repr) for name, rows in found.items()}


def settled(site: Path) -> None:
    """The store has what the site has, the register tells of it, nothing is told twice."""
    layout = Layout(site)
    built = files(layout.site)
    assert files(site / "build/published") == built
    register = pl.concat([rows for _, rows in Shelf(layout.register, REGISTER).frames()])
    paths = map(path_of, addresses_of(register[ADDRESSES]))
    digests = b"".join(register[FILES])
    assert b"".join(sha256(built[path]).digest() for path in paths) == digests
    assert set(told(site).values()) <= {1}
    left = [path.name for path in layout.private.rglob("*") if path.suffix in {".next", ".going"}]
    assert (left, files(layout.staged), layout.journal.exists()) == ([], {}, False)


def same_as_a_night(site: Path, clock: date = FRIDAY) -> None:
    """The tables say what the events said: a night finds every page and every reason done."""
    settled(site)
    before, said, rows = files(site / "build/site"), told(site), rows_of(site)
    assert night(site, clock) == (0, 0)
    assert files(site / "build/site") == before
    assert (told(site), rows_of(site)) == (said, rows)
    settled(site)


def is_untouched(before: Marks, folder: Path) -> bool:
    """Whether no file of a folder was so much as rewritten."""
    return difference(before, folder) == Difference(frozenset(), frozenset(), frozenset())
