"""What a publication would do, for machines (``plan_data``) and for people (``plan_rows``)."""

from collections.abc import Iterator

from generator.cli.summary import kept_back
from generator.publish import Amount, Plan
from generator.publish.plan import Forecast

KILO, MINUTE, HOUR = 1000, 60, 3600


def plan_data(plan: Plan) -> dict[str, object]:
    """What a publication would do."""
    clients = plan.clients
    return {
        "added": _amounts_data(plan.added),
        "changed": _amounts_data(plan.changed),
        "headers": dict(plan.headers),
        "deleted": dict(plan.deleted),
        "deleted_later": dict(plan.kept),
        "unchanged": plan.unchanged,
        **({"kept_back": plan.kept_back} if plan.kept_back else {}),
        **(
            {
                "clients": {
                    "in_store": clients.clients,
                    "new": clients.fresh,
                    "changed": clients.changed,
                    "deleted": clients.deleted,
                }
            }
            if clients
            else {}
        ),
        **({"listing": plan.listing._asdict()} if plan.listing else {}),
        "reasons": dict(plan.reasons),
        "samples": plan.samples,
        **({"forecast": _forecast_data(plan.forecast)} if plan.forecast else {}),
        "objections": [str(problem) for problem in plan.objections],
    }


def plan_rows(plan: Plan) -> dict[str, object]:
    """What a publication would do, in words: a row for each kind of files, then the whole."""
    kinds = {*plan.added, *plan.changed, *plan.headers, *plan.deleted, *plan.kept}
    rows: dict[str, object] = {kind: ", ".join(_words(plan, kind)) for kind in sorted(kinds)}
    rows["to be sent"] = f"{plan.sent.files:,} files, {_size(plan.sent.size)}"
    rows["as they were"] = f"{plan.unchanged:,} files"
    if clients := plan.clients:
        rows["clients"] = (
            f"{clients.fresh:,} get their first page; of {clients.clients:,} in the store "
            f"{clients.changed:,} get another, {clients.deleted:,} have none any more"
        )
    reasons = plan.reasons.most_common()
    rows["because"] = tuple(f"{reason}: {count:,} clients" for reason, count in reasons)
    rows["for example"] = tuple(plan.samples)
    if plan.forecast:
        rows |= _forecast_rows(plan.forecast)
    if found := plan.listing:
        rows["listing"] = (
            f"{found.listed:,} files; {found.missing:,} that should be there are not, "
            f"{found.other:,} are not as remembered, {found.unknown:,} unknown would be deleted"
        )
    rows |= kept_back(plan.kept_back)
    rows["would be stopped"] = tuple(f"{one.sentence} — {one.hint}" for one in plan.objections)
    return {name: value for name, value in rows.items() if value != ()}


def _words(plan: Plan, kind: str) -> Iterator[str]:
    for what, amounts in (("new", plan.added), ("changed", plan.changed)):
        if amount := amounts.get(kind):
            yield f"{amount.files:,} {what} ({_size(amount.size)})"
    counts = (
        (plan.headers[kind], "get other headers"),
        (plan.deleted[kind], "to be deleted"),
        (plan.kept[kind], "to be deleted later"),
    )
    yield from (f"{count:,} {words}" for count, words in counts if count)


def _forecast_data(forecast: Forecast) -> dict[str, object]:
    seconds = forecast.seconds
    return {
        "writes": forecast.writes,
        "deletions": forecast.deletions,
        "cost": None if forecast.cost is None else f"{forecast.cost}",
        "seconds": None if seconds is None else round(seconds, 1),
    }


def _forecast_rows(forecast: Forecast) -> dict[str, object]:
    known, cost = forecast.seconds, forecast.cost
    price = "publish.price_per_1000_puts, by default the list price of AWS in dollars"
    return {
        "requests": f"{forecast.writes:,} that write",
        "cost": "none" if cost is None else f"{cost} at {price}",
        "time": "not known: no publication of many files was measured yet"
        if known is None
        else f"about {_time(known)}, as fast as the last one",
    }


def _time(seconds: float) -> str:
    if seconds < MINUTE:
        return f"{seconds:.0f} s"
    return f"{seconds / MINUTE:.0f} min" if seconds < HOUR else f"{seconds / HOUR:.1f} h"


def _amounts_data(amounts: dict[str, Amount]) -> dict[str, object]:
    return {kind: {"files": one.files, "bytes": one.size} for kind, one in amounts.items()}


def _size(size: float) -> str:
    """Bytes as people read them."""
    for unit in ("B", "KB", "MB"):
        if size < KILO:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= KILO
    return f"{size:.1f} GB"
