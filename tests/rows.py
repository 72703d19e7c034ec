"""What may happen to a site's tables between two nights: each a function of the world and a number.

The number says which row, which day, which value; every number will do.
"""

from datetime import timedelta

from generator.data.records import CLIENTS
from tests.world import TABLES, Row, World

LOCALES = ("ru", "en")
CLOSES = {
    "IBM": ("160.0", "149.0", "80.0"),
    "AAPL": ("50.0", "40.0", "30.0"),
    "MSFT": ("25.0", "18.0", "12.0"),
}
"""Of each share a close above the barrier, in the corridor, and under the floor."""
WRONG = {
    "clients": ("locale", "xx"),
    "policies": ("premium", "1 000"),
    "situations": ("marker", ""),
}


def client_comes(world: World, number: int) -> None:
    """A new client with a policy and perhaps a situation."""
    world.made += 1
    client = f"N-{world.made:03}"
    row = {"client_id": client, "last_name": f"Lapwing{number}", "locale": LOCALES[number % 2]}
    segment = ("mass", "premium", "private")[number % 3]
    blank = dict.fromkeys(CLIENTS, "")
    bank = "harbour" if number % 4 else ""
    world.tables["clients"].append({**blank, **row, "segment": segment, "bank": bank})
    policy_comes(world, number, client)
    if number % 3 == 0:
        situation_comes(world, number, client)


def client_changes(world: World, number: int) -> None:
    """A name is corrected."""
    row = _row(world, "clients", number)
    row["first_name"] = "" if row["first_name"] else f"Quillon{number}"


def client_goes(world: World, number: int) -> None:
    """A client stands in no table any more."""
    if len(world.tables["clients"]) > 2:
        client = world.one(number)
        for name in TABLES:
            kept = [row for row in world.tables[name] if row["client_id"] != client]
            world.tables[name] = kept
        world.right = [one for one in world.right if one[0]["client_id"] != client]


def client_is_lost(world: World, number: int) -> None:
    """A client's own row is missing from the export; what they own is still there."""
    client = world.one(number)
    if len(world.clients()) > 2 and client not in world.held(()):
        world.tables["clients"], own = split(world.tables["clients"], client)
        world.hidden += own


def split(rows: list[Row], client: str) -> tuple[list[Row], list[Row]]:
    """The rows of all other clients, and those of one."""
    own = [row for row in rows if row["client_id"] == client]
    return [row for row in rows if row["client_id"] != client], own


def lost_clients_come_back(world: World, _: int) -> None:
    """The rows that were missing are there again."""
    world.tables["clients"] += [row for row in world.hidden if "client_id" in row]
    world.hidden = [row for row in world.hidden if "client_id" not in row]


def policy_comes(world: World, number: int, client: str = "") -> None:
    """A client buys a policy."""
    world.made += 1
    row = {
        "policy_number": f"QH-{world.made:07}",
        "client_id": client or world.one(number),
        "series": ("duo-2011-06", "blue-2011-05")[number % 2],
        "premium": f"{7000 + 111 * number}.{number:02}",
        "start_date": ("2011-06-01", "2011-11-30", "2011-12-04")[number % 3],
    }
    world.tables["policies"].append(row)


def premium_changes(world: World, number: int) -> None:
    """A premium is corrected."""
    row = _row(world, "policies", number)
    if not _is_spoilt(world, row):
        row["premium"] = f"{70000 + number}.00"


def policy_goes(world: World, number: int) -> None:
    """A policy ends."""
    _drop(world, "policies", number)


def situation_comes(world: World, number: int, client: str = "") -> None:
    """A client comes into a stage: some days ago, today, or in some days."""
    product, marker = (("holiday", "HOL-10"), ("holiday", "HOL-30"), ("card", "CRD-20"))[number % 3]
    since = world.clock + timedelta(days=number - 4)
    row = {"product": product, "marker": marker, "since": since.isoformat()}
    world.tables["situations"].append({"client_id": client or world.one(number), **row})


def situation_goes(world: World, number: int) -> None:
    """A situation was noted by mistake."""
    _drop(world, "situations", number)


def row_is_spoilt(world: World, number: int) -> None:
    """A cell of a table is wrong: its row is refused."""
    name = [*TABLES][number % 3]
    row = _row(world, name, number)
    if row and not _is_spoilt(world, row):
        column, wrong = WRONG[name]
        world.right.append((row, column, row[column]))
        row[column] = wrong


def rows_are_mended(world: World, _: int) -> None:
    """What was wrong is right again."""
    for row, column, cell in world.right:
        row[column] = cell
    world.right = []


def quotes_come(world: World, number: int) -> None:
    """There are closes of the day."""
    day = world.clock.isoformat()
    kept = [row for row in world.tables["quotes"] if row["date"] != day]
    new = [
        {"ticker": ticker, "date": day, "close": closes[(number + place) % 3]}
        for place, (ticker, closes) in enumerate(CLOSES.items())
    ]
    world.tables["quotes"] = sorted([*kept, *new], key=lambda row: (row["ticker"], row["date"]))


def series_is_held(world: World, _: int) -> None:
    """The closes of a share are missing."""
    world.hidden += [row for row in world.tables["quotes"] if row["ticker"] == "IBM"]
    world.tables["quotes"] = [row for row in world.tables["quotes"] if row["ticker"] != "IBM"]


def series_is_mended(world: World, _: int) -> None:
    """They are there again."""
    there = {(row["ticker"], row["date"]) for row in world.tables["quotes"]}
    back = [row for row in world.hidden if "ticker" in row]
    fresh = {(row["ticker"], row["date"]): row for row in back}
    world.tables["quotes"] += [row for key, row in fresh.items() if key not in there]
    world.tables["quotes"].sort(key=lambda row: (row["ticker"], row["date"]))
    world.hidden = [row for row in world.hidden if "ticker" not in row]


def _row(world: World, name: str, number: int) -> Row:
    rows = world.tables[name]
    return rows[number % len(rows)] if rows else {}


def _is_spoilt(world: World, row: Row) -> bool:
    return any(one is row for one, _, _ in world.right) or not row


def _drop(world: World, name: str, number: int) -> None:
    row = _row(world, name, number)
    if not _is_spoilt(world, row):
        world.tables[name] = [one for one in world.tables[name] if one is not row]
