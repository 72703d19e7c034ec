"""Why a client's page was built tonight, or was not: in words, and without a value of theirs."""

from collections.abc import Iterator

import polars as pl

from generator.columns import WHO
from generator.compare import Compared
from generator.data import Rows, Shard
from generator.data.records import CLIENTS
from generator.site.register import BUILT, GONE, WHY, Why

CHILDREN = ("policies", "situations")


def explained(who: bytes, compared: Compared, before: Shard | None, now: Rows) -> list[str]:
    """Sentences on the page of one client; ``before`` has the rows of the last build, if any."""
    mine = pl.col(WHO) == who
    todo, kept = compared.todo.filter(mine), compared.kept.filter(mine)
    if not todo.is_empty():
        why = Why(todo[WHY].item())
        changes = _changes(before.only(todo), now.only(todo)) if before and Why.ROWS in why else ()
        return [f"built: {reason}" for reason in why.reasons] + [f"  {one}" for one in changes]
    if kept.is_empty():
        return ["not built: there is no such client in the tables, or they were forgotten"]
    built, gone = kept[BUILT].item(), kept[GONE].item()
    if gone:
        return [f"not built: the client is in no table since {gone}; the page of {built} is kept"]
    if compared.settled.filter(mine).is_empty():
        held = "a row of theirs was refused, or a series of theirs is held"
        return [f"not built: {held}; the page of {built} is kept"]
    last = "; ".join(Why(kept[WHY].item()).reasons)
    return [f"not built: nothing that the page shows changed since {built}", f"  then: {last}"]


def _changes(before: Shard, now: Shard) -> Iterator[str]:
    """Which columns of the client's row changed, and how many rows of theirs came and went."""
    if len(before) and len(now):
        (old_row,), (new_row,) = before.people.rows(named=True), now.people.rows(named=True)
        columns = [name for name in CLIENTS if old_row[name] != new_row[name]]
        if columns:
            yield f"clients: {', '.join(columns)}"
    for name in CHILDREN:
        old, new = (set(getattr(shard, name).rows()) for shard in (before, now))
        if old != new:
            yield f"{name}: {len(new - old)} new or changed, {len(old - new)} changed or gone"
