"""Rows of clients, policies and situations drawn at random, and what is to come of them.

``right_tables`` break no rule; ``odd_tables`` break every rule now and then. ``judged`` and
``joined`` say what is expected, one row after the other, as anybody would write it.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple
from zoneinfo import available_timezones

from hypothesis import strategies as st

from generator.base.errors import Problem
from generator.data import Base, Client, Policy, Shard, Situation
from generator.data.dealing import COLUMNS, Dealer
from generator.data.layers import Layers
from generator.data.sources import Source
from generator.data.sources.csvfile import BLOCK, CsvFile
from tests.builders import client_row, csv_text, make_vault, policy_row, situation_row, write
from tests.data.conftest import KNOWN

Row = dict[str, str]


class Rows(NamedTuple):
    """The rows of the three tables."""

    clients: list[Row]
    policies: list[Row]
    situations: list[Row]

    def files(self) -> dict[str, str]:
        """The tables as CSV, by name."""
        pairs = zip(COLUMNS.items(), self, strict=True)
        return {name: csv_text(columns, rows) for (name, columns), rows in pairs}


# ── Reading ──────────────────────────────────────────────────────────────────────────────────


def sources_of(
    folder: Path, rows: Rows | Mapping[str, str | bytes], block: int = BLOCK
) -> dict[str, Source]:
    """The tables as sources that give about ``block`` bytes at a time."""
    files = rows.files() if isinstance(rows, Rows) else rows
    write(folder, {f"{name}.csv": content for name, content in files.items()})
    return {
        name: CsvFile(folder / f"{name}.csv", f"{name}.csv", columns, block)
        for name, columns in COLUMNS.items()
    }


@dataclass(frozen=True, slots=True)
class Dealt:
    """What a dealer made of three tables."""

    base: Base
    shards: list[Shard]
    faults: dict[str, list[tuple[int, str, str]]]
    """By table: row, column and sentence."""
    problems: list[Problem]

    @property
    def clients(self) -> list[Client]:
        """All clients in their order."""
        return everyone(self.base)

    @property
    def held(self) -> set[bytes]:
        """The pseudonyms of those who are held."""
        return {who for shard in self.shards for who in shard.held["who"]}


def dealt(folder: Path, sources: Mapping[str, Source], bits: int) -> Dealt:
    """The tables dealt into buckets of so many bits, in a new vault below ``folder``."""
    dealer, problems = Dealer(make_vault(folder), bits), list[Problem]()
    checked = list(dealer.deal(sources, lambda: KNOWN, problems))
    faults = {
        name: sorted(
            (fault.row, fault.column, fault.sentence)
            for one in checked
            for fault in one.faults[name]
        )
        for name in COLUMNS
    }
    base = Base(
        dealer.vault,
        {one.bucket: one.lasting.clients for one in checked},
        (),
        sum(dealer.rows.values()),
    )
    shards = [Layers(dealer.vault, one.bucket).read() for one in checked]
    return Dealt(base, shards, faults, problems)


def shard_of(folder: Path, rows: Rows) -> Shard:
    """The one shard of a small base."""
    (shard,) = dealt(folder, sources_of(folder, rows), 0).shards
    return shard


def everyone(base: Base, size: int = 100) -> list[Client]:
    """All clients."""
    return [client for batch in base.batches(size) for client in batch]


def told(base: Base) -> list[tuple[str, int, str, str]]:
    """What was refused: table, line, column, sentence."""
    return [
        (Path(bad.path).stem, bad.line, bad.field, bad.sentence)
        for bad in sorted(base.refused, key=lambda bad: bad.place)
    ]


def by_id(clients: Iterable[Client]) -> list[Client]:
    """Clients in the order of their ids, which is nobody's but a test's."""
    return sorted(clients, key=lambda client: client.id)


# ── Drawing ──────────────────────────────────────────────────────────────────────────────────

IDS = st.text("Aяe\u0301é 1-Ω\x1f", min_size=1, max_size=4).map(str.strip).filter(bool)
DATES = st.dates(date(2020, 1, 1), date(2020, 1, 5)).map(str)
FORMS = st.sampled_from(["NFC", "NFD"])


@st.composite
def right_tables(draw: st.DrawFn, most: int = 8) -> Rows:
    """Rows of clients, policies and situations, the latter two of any of the clients."""
    ids = draw(st.lists(IDS, max_size=most, unique_by=normal))
    owners = st.sampled_from(ids) if ids else st.nothing()
    owned = st.builds(unicodedata.normalize, FORMS, owners)
    series = st.sampled_from(["duo", "yen"])
    policy = st.builds(policy_row, client_id=owned, series=series, premium=st.just("5"))
    policies = draw(st.lists(policy, max_size=12))
    numbers = draw(st.permutations(range(len(policies))))
    markers = st.sampled_from(["M-1", "M-2"])
    situation = st.builds(situation_row, client_id=owned, marker=markers, since=DATES)
    consents = st.sampled_from(["", "sms", "sms;push"])
    return Rows(
        [client_row(client_id=name, consents=draw(consents)) for name in ids],
        [
            {**row, "policy_number": f"P-{number}"}
            for row, number in zip(policies, numbers, strict=True)
        ],
        draw(st.lists(situation, max_size=12)),
    )


def mostly(right: Sequence[str], *wrong: str) -> st.SearchStrategy[str]:
    """A cell that is right more often than not."""
    return st.sampled_from([*right, *right, *right, *wrong])


ODD_IDS = mostly(
    ["C-1", "C-2", "C-3", "é", "Ω", "Ли\nЛи", "🜲"], "e\u0301", "\u2126", "", "c-1", " C-1"
)
DAYS = mostly(["2020-01-01", "2020-02-29"], "2021-02-29", "", "1.1.2020")
ODD_CLIENTS = st.builds(
    client_row,
    client_id=ODD_IDS,
    last_name=mostly(["Ли"], ""),
    locale=mostly(["ru", "en"], "de", ""),
    time_zone=mostly(["", "Europe/Moscow"], "Moscow"),
    bank=mostly(["", "shore"], "bridge"),
    consents=st.sampled_from(["", " sms ; ;push;"]),
)
ODD_POLICIES = st.builds(
    policy_row,
    policy_number=mostly([f"P-{k}" for k in range(9)], ""),
    client_id=ODD_IDS,
    series=mostly(["duo", "yen", "dinar"], "trio", ""),
    premium=mostly(["5", "05.00"], "1.5", "1.005", "x", ""),
    start_date=DAYS,
)
ODD_SITUATIONS = st.builds(
    situation_row,
    client_id=ODD_IDS,
    product=mostly(["cards"], "loans", ""),
    marker=mostly(["M-1", "M-2"], "M-9", ""),
    since=DAYS,
)


def odd_tables(most: int = 12) -> st.SearchStrategy[Rows]:
    """Tables some of whose rows are refused, for every reason that there is."""
    kinds = (ODD_CLIENTS, ODD_POLICIES, ODD_SITUATIONS)
    return st.builds(Rows, *(st.lists(kind, max_size=most) for kind in kinds))


# ── What is expected ─────────────────────────────────────────────────────────────────────────


def normal(name: str) -> str:
    """An id in the form in which all tables are compared."""
    return unicodedata.normalize("NFC", name.strip())


@dataclass(frozen=True, slots=True)
class Judged:
    """Which rows are right, what is wrong with the others, and whose they are."""

    right: Rows
    faults: dict[str, list[tuple[int, str, str]]]
    held: set[str] = field(default_factory=set)


def judged(rows: Rows) -> Judged:
    """Every row looked at by itself."""
    ids = {normal(row["client_id"]) for row in rows.clients} - {""}
    verdicts = (
        list(_clients(rows.clients)),
        list(_policies(rows.policies, ids)),
        list(_situations(rows.situations, ids)),
    )
    right, held, faults = [], set[str](), {}
    for name, table, verdict in zip(COLUMNS, rows, verdicts, strict=True):
        pairs = list(zip(table, verdict, strict=True))
        right.append([row for row, wrong in pairs if not wrong])
        held |= {normal(row["client_id"]) for row, wrong in pairs if wrong} & ids
        faults[name] = sorted(
            (number, *one) for number, (_, wrong) in enumerate(pairs) for one in wrong
        )
    return Judged(Rows(*right), faults, held)


Wrong = list[tuple[str, str]]


def _found(*rules: tuple[bool, str, str]) -> Wrong:
    return [(column, sentence) for is_wrong, column, sentence in rules if is_wrong]


def _clients(rows: list[Row]) -> Iterator[Wrong]:
    spelled = Counter(row["client_id"].strip() for row in rows)
    seen = set[str]()
    for row in rows:
        name, text = normal(row["client_id"]), row["client_id"].strip()
        again, same = name in seen, spelled[text] > 1
        seen.add(name)
        yield _found(
            (not name, "client_id", "is required"),
            (again and same, "client_id", "the client stands twice"),
            (again and not same, "client_id", "two clients have one address"),
            (not row["last_name"], "last_name", "is required"),
            (row["locale"] not in KNOWN.locales, "locale", "is not a locale of the site"),
            (
                row["time_zone"] not in {"", *available_timezones()},
                "time_zone",
                "is not a time zone",
            ),
            (row["bank"] not in {"", *KNOWN.banks}, "bank", "there is no such bank"),
        )


def _policies(rows: list[Row], ids: set[str]) -> Iterator[Wrong]:
    seen = {""}
    for row in rows:
        number, premium = row["policy_number"], row["premium"]
        places = KNOWN.places.get(row["series"], 2)
        is_amount = bool(re.fullmatch(r"[0-9]{1,13}(\.[0-9]{1,4})?", premium))
        too_fine = is_amount and len(premium.partition(".")[2]) > places
        yield _found(
            (not number, "policy_number", "is required"),
            (bool(number) and number in seen, "policy_number", "the policy stands twice"),
            *_owner(row, ids),
            (row["series"] not in KNOWN.places, "series", "there is no such series"),
            (not is_amount, "premium", "is not an amount"),
            (too_fine, "premium", "is finer than the currency's smallest unit"),
            (not _is_day(row["start_date"]), "start_date", "expected a date"),
        )
        seen.add(number)


def _situations(rows: list[Row], ids: set[str]) -> Iterator[Wrong]:
    for row in rows:
        is_product = row["product"] == "cards"
        is_marker = (row["product"], row["marker"]) in KNOWN.stages
        yield _found(
            *_owner(row, ids),
            (not is_product, "product", "there is no such product"),
            (
                is_product and not is_marker,
                "marker",
                "no stage of this product has this marker",
            ),
            (not _is_day(row["since"]), "since", "expected a date"),
        )


def _owner(row: Row, ids: set[str]) -> tuple[tuple[bool, str, str], ...]:
    name = normal(row["client_id"])
    is_unknown = bool(name) and name not in ids
    return (
        (not name, "client_id", "is required"),
        (is_unknown, "client_id", "there is no such client"),
    )


def _is_day(text: str) -> bool:
    try:
        return f"{date.fromisoformat(text)}" == text
    except ValueError:
        return False


def joined(right: Rows) -> list[Client]:
    """The clients of rows that break no rule, in the order of their ids."""
    return by_id(_client(row, right) for row in right.clients)


def _client(row: Row, right: Rows) -> Client:
    name = normal(row["client_id"])
    policies = sorted(
        (
            Policy(
                one["policy_number"],
                one["series"],
                round(float(one["premium"]) * 10 ** KNOWN.places[one["series"]]),
                date.fromisoformat(one["start_date"]),
            )
            for one in right.policies
            if normal(one["client_id"]) == name
        ),
        key=lambda policy: (policy.series, policy.number),
    )
    situations = sorted(
        (
            Situation(KNOWN.stages["cards", one["marker"]], date.fromisoformat(one["since"]))
            for one in right.situations
            if normal(one["client_id"]) == name
        ),
        key=lambda stay: (stay.since, stay.stage),
    )
    consents = tuple(filter(None, map(str.strip, row["consents"].split(";"))))
    whole = {**row, "client_id": name, "consents": consents}
    return Client._make([*whole.values(), tuple(policies), tuple(situations)])
