"""Taking back what the last publication told, as far as nobody has collected it.

Comes in: the names of manifests that came into the queue since it began. Goes out: a queue without
them, and marks as if they had never been handed on. It refuses to unsay what was collected.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl

from generator.columns import WHO
from generator.former import Former
from generator.sealing import KeyRing
from generator.site.layout import Layout
from generator.site.private import write_private
from generator.site.shelf import Shelf
from generator.site.tree import commit, draft
from generator.telling import TAKEN, name_in_queue, take_back
from generator.told import MARK, MARKS, NOTHING, load_told
from generator.waiting import Waiting, waiting_in


def new_in_queue(layout: Layout, former: Former) -> list[str]:
    """Manifests that came into the queue since the last publication began."""
    found = sorted(path.name for path in layout.queue.glob("*.jsonl"))
    return [name for name in found if name not in former.queue]


def untell(layout: Layout, former: Former, ring: KeyRing) -> int:
    """Take back what nobody has collected yet, as if it had never been handed on; its lines.

    What a publication of the same build would hand on waits for that; all else for the next build.
    """
    taken = take_back(layout, new_in_queue(layout, former))
    if not taken:
        return 0
    lines = {path.name: list(waiting_in(path, ring)) for path in taken}
    all_, tonight = (line for some in lines.values() for line in some), _name_of(layout.night)
    pairs = _pairs(all_), _pairs(lines.get(tonight, ()))
    names = [TAKEN, *_moved(layout, *pairs)]
    if _name_of(layout.state) in lines:
        write_private(draft(layout, layout.state.name), load_told(former.told).as_json())
        names.append(layout.state.name)
    commit(layout, (), names)
    return sum(map(len, lines.values()))


def _name_of(night: Path) -> str:
    """How the manifest of a night is called in the queue."""
    told = load_told(night)
    return name_in_queue(f"{told.as_of}", told.manifest)


def _moved(layout: Layout, pairs: pl.DataFrame, tonight: pl.DataFrame) -> Iterator[str]:
    """Drafts of the shelves of marks: what those pairs tell is no longer told, but to be told."""
    told, telling = Shelf(layout.told, MARKS), Shelf(layout.telling, MARKS)
    telling.deal(told.bits)
    for bucket in told.buckets():
        rows = told.read(bucket)
        freed = rows.join(pairs, on=[WHO, MARK], how="semi")
        if freed.is_empty():
            continue
        again = freed.join(tonight, on=[WHO, MARK], how="semi")
        later = freed.join(tonight, on=[WHO, MARK], how="anti").unique(WHO)
        waiting = later.with_columns(pl.lit(NOTHING).alias(MARK))
        yield told.draft(bucket, rows.join(pairs, on=[WHO, MARK], how="anti"))
        yield telling.draft(bucket, pl.concat([telling.read(bucket), again, waiting]))


def _pairs(lines: Iterable[Waiting]) -> pl.DataFrame:
    """Whom the lines tell what, as marks have it."""
    found = [(line.who, mark) for line in lines for mark in line.marks]
    return pl.DataFrame(found, {WHO: pl.Binary, MARK: pl.Binary}, orient="row").unique()
