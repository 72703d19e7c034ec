"""Made-up clients, policies and situations: the same arguments give the same bytes.

``python -m bench.sample`` writes the tables of the sample site. For benchmarks it writes as many
clients as asked, and with ``--series N`` also N series derived from the written ones on the real
quotes, with ``--observations N`` about half made and half to come. ``--site FOLDER`` writes a whole
site but for its keys. A client is drawn from the seed and its own number alone: on the same series
the first 200 of a million are the 200 of the sample. Nothing is held in memory but the series.

Nobody here exists: phones come from one small block per country and repeat when it is used up,
mail goes to example.org.
"""

# ruff: noqa: PLR2004, S311
# (the shares of each kind stand where they are drawn; names are Cyrillic; dice are not keys)

import argparse
import bisect
import csv
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate, count
from pathlib import Path
from random import Random

from bench.derive import Grid, Source, Terms, read_series, write_series, write_site
from generator.base.dates import add_months

Write = Callable[[Iterable[Iterable[str]]], None]

CLOCK = date(2011, 12, 2)
"""The day as of which the sample is built; no row is younger."""


def words(text: str) -> tuple[str, ...]:
    """The words of ``text``."""
    return tuple(text.split())


CLIENT_COLUMNS = words("""client_id last_name first_name middle_name locale time_zone bank segment
phone email consents""")
POLICY_COLUMNS = words("policy_number client_id series premium start_date")
SITUATION_COLUMNS = words("client_id product marker since")

SURNAMES = words("""Иванов Смирнов Кузнецов Попов Васильев Петров Соколов Михайлов Новиков Фёдоров
Морозов Волков Алексеев Лебедев Семёнов Егоров Павлов Козлов Степанов Николаев Орлов Андреев
Макаров Никитин Захаров Зайцев Соловьёв Борисов Яковлев Григорьев Романов Воробьёв Сергеев
Фролов Александров Дмитриев Королёв Гусев Киселёв Ильин Максимов Поляков Сорокин Виноградов
Ковалёв Белов Медведев Антонов Тарасов Жуков Баранов Филиппов Щербаков Цветков Юдин Рыбаков
Вишневский Островский Покровский Заболоцкий Римский-Вольский""")
MEN = words("""Александр Сергей Дмитрий Андрей Алексей Максим Евгений Иван Михаил Николай Владимир
Артём Илья Денис Павел Роман Юрий Антон Константин Олег Виктор Игорь Тимур Фёдор Пётр""")
WOMEN = words("""Елена Ольга Наталья Татьяна Анна Ирина Мария Светлана Екатерина Юлия Марина
Анастасия Галина Людмила Надежда Оксана Дарья Алёна Валентина Вера Ксения Полина Софья Жанна
Любовь""")
FATHERS = words("""Александров Сергеев Дмитриев Андреев Алексеев Максимов Евгеньев Иванов Михайлов
Николаев Владимиров Артёмов Денисов Павлов Романов Юрьев Антонов Константинов Олегов Викторов
Игорев Фёдоров Петров Борисов Геннадьев""")
ENGLISH_SURNAMES = words("""Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright
Thompson Evans Walker White Roberts Green Hall Wood Jackson Clarke Harris Clark Turner Hill Moore
Cooper Ward Morris King Baker Harrison Morgan Patel Allen Watson James Scott Phillips Carter
O'Brien Bennett Gray Fraser-Cole""")
ENGLISH_MEN = words("""Oliver George Harry Jack Charlie Thomas James William Daniel Henry Edward
Samuel Joseph Adam Matthew Robert David Peter Simon Andrew""")
ENGLISH_WOMEN = words("""Amelia Olivia Emily Isla Grace Sophie Alice Charlotte Emma Lucy Hannah
Rachel Sarah Jane Helen Mary Rose Claire Eleanor Victoria""")

ZONES = ("Europe/Moscow",) * 11 + (
    "Europe/Kaliningrad",
    "Europe/Samara",
    "Asia/Yekaterinburg",
    "Asia/Yekaterinburg",
    "Asia/Omsk",
    "Asia/Novosibirsk",
    "Asia/Krasnoyarsk",
    "Asia/Irkutsk",
    "Asia/Vladivostok",
    "Asia/Kamchatka",
)
ENGLISH_ZONES = ("Europe/London", "Europe/London", "Europe/Moscow", "Asia/Dubai")
BANKS = ("north-shore", "north-shore", "north-shore", "old-bridge", "old-bridge")
SEGMENTS = ("mass",) * 6 + ("premium",) * 3 + ("private",)
CONSENTS = ("sms;email;push",) * 4 + ("sms;email", "sms;email", "email", "sms", "sms;push", "")
ROUBLES = {
    "mass": (50_000, 100_000, 150_000, 300_000, 500_000),
    "premium": (700_000, 1_000_000, 1_500_000, 2_000_000, 3_000_000),
    "private": (5_000_000, 7_500_000, 10_000_000, 30_000_000),
}
ROUBLES_A_DOLLAR = 50
POLICIES_UP_TO = tuple(accumulate((10, 50, 28, 10)))
"""Of a hundred clients, how many have at most 0, 1, 2 and 3 policies; the others have 4."""

COURT = words("""BKR-10 BKR-11 BKR-12 BKR-13 BKR-20 BKR-21 BKR-22 BKR-30 BKR-31 BKR-32 BKR-33
BKR-34 BKR-40 BKR-50 BKR-51""")
WITHOUT_COURT = words("BKR-10 BKR-15 BKR-16 BKR-50 BKR-51")
CARD = words("CRD-10 CRD-20 CRD-30 CRD-31 CRD-40")
WAYS = {"bankruptcy": (COURT, COURT, COURT, WITHOUT_COURT), "card-delivery": (CARD,)}
"""Of each product, the markers of content/products in the order in which a client meets them."""

RICHEST, NOBODY = 0, 1
ONLY_SITUATION = frozenset((4, 14, 24))
"""Numbers of clients who are in a situation and have no policies."""
HOUSEHOLD = {9: 8}
"""A client whose phone is another one's."""


@dataclass(frozen=True, slots=True)
class Series:
    """What a policy must know of its series."""

    id: str
    currency: str
    start: date
    first: date
    last: date

    def runs(self, day: date) -> bool:
        """Whether observations lie on both sides of ``day``."""
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Plan:
    """What all clients of one run share."""

    seed: int
    clock: date
    series: tuple[Series, ...]


def at_random(plan: Plan, index: int) -> Random:
    """The dice of client ``index``: the same whatever the number of clients."""
    return Random(plan.seed << 40 | index)


def client_id(index: int) -> str:
    """The identifier of client ``index``, counted from 0."""
    return f"A-{100_001 + index}"


def is_english(index: int) -> bool:
    """Whether client ``index`` is written to in English: every fourth is."""
    return index % 4 == 3


def client_row(index: int, segment: str, rng: Random) -> tuple[str, ...]:
    """A row of ``clients.csv``."""
    english = is_english(index)
    name = english_name(rng) if english else russian_name(rng)
    zone = rng.choice(ENGLISH_ZONES if english else ZONES)
    return (
        client_id(index),
        *name,
        "en" if english else "ru",
        "" if index % 41 == 6 else zone,
        rng.choice(BANKS),
        segment,
        "" if index % 29 == 5 else phone(HOUSEHOLD.get(index, index)),
        "" if index % 17 == 12 else f"a-{100_001 + index}@example.org",
        rng.choice(CONSENTS),
    )


def russian_name(rng: Random) -> tuple[str, str, str]:
    """Surname, name and patronymic, all of one gender."""
    surname, father = rng.choice(SURNAMES), rng.choice(FATHERS)
    if rng.random() < 0.45:
        return surname, rng.choice(MEN), father + "ич"
    return feminine(surname), rng.choice(WOMEN), father + "на"


def feminine(surname: str) -> str:
    """The form of a surname that a woman bears: Петрова, Вишневская."""
    return surname.replace("кий", "кая") if surname.endswith("кий") else surname + "а"


def english_name(rng: Random) -> tuple[str, str, str]:
    """Surname, first name and, for a third, a middle name."""
    first, second = rng.sample(ENGLISH_MEN if rng.random() < 0.5 else ENGLISH_WOMEN, 2)
    return rng.choice(ENGLISH_SURNAMES), first, second if rng.random() < 0.33 else ""


def phone(index: int) -> str:
    """A number of client ``index``; the factors only shuffle, each number comes once a round."""
    if is_english(index):
        return f"+447700900{(index // 4 * 37 + 11) % 1_000:03}"
    return f"+7999000{(index * 7_919 + 1_234) % 10_000:04}"


def policy_rows(
    index: int, segment: str, plan: Plan, rng: Random
) -> Iterator[tuple[str, str, str, str]]:
    """The rows of ``policies.csv`` of client ``index``, without the policy's number."""
    for series in held(index, plan, rng):
        start = start_date(series, plan.clock, rng)
        yield client_id(index), series.id, premium(segment, series, rng), start.isoformat()


def held(index: int, plan: Plan, rng: Random) -> list[Series]:
    """The series of the client's policies; one may come twice."""
    if index == RICHEST:
        running = [series for series in plan.series if series.runs(plan.clock)]
        four = [*running, *plan.series][:4]
        return [*four, four[-1]]
    if index == NOBODY or index in ONLY_SITUATION:
        return []
    number = bisect.bisect(POLICIES_UP_TO, rng.randrange(100))
    return rng.choices(plan.series, k=number)


def start_date(series: Series, clock: date, rng: Random) -> date:
    """Within six weeks before the series starts or, for a few, in the middle of its life."""
    life = (min(series.last, clock) - series.first).days
    if life > 0 and rng.random() < 0.06:
        return series.first + timedelta(days=rng.randint(1, life))
    return series.start - timedelta(days=rng.randrange(42))


def premium(segment: str, series: Series, rng: Random) -> str:
    """An amount as a decimal with two digits: mostly round, one in six not."""
    minor = rng.choice(ROUBLES[segment]) * 100
    if series.currency == "USD":
        minor //= ROUBLES_A_DOLLAR
    if rng.random() < 1 / 6:
        minor //= rng.choice((3, 7))
    return f"{minor // 100}.{minor % 100:02}"


def situation_rows(index: int, plan: Plan, rng: Random) -> Iterator[tuple[str, ...]]:
    """The rows of ``situations.csv`` of client ``index``; most are in no situation.

    Bankruptcy is written about in Russian, the delivery of cards in English.
    """
    if is_english(index):
        if index % 20 == 7:
            yield from course("card-delivery", index, plan, rng)
    elif index % 5 == 4:
        yield from course("bankruptcy", index, plan, rng)


def course(product: str, index: int, plan: Plan, rng: Random) -> Iterator[tuple[str, ...]]:
    """The client's way through a product: the place where it is, after an earlier one for some."""
    way = rng.choice(WAYS[product])
    here = rng.randrange(len(way))
    fresh = rng.random() < 0.3
    since = plan.clock - timedelta(days=rng.randrange(7) if fresh else rng.randint(8, 150))
    if here and rng.random() < 0.4:
        before = since - timedelta(days=rng.randint(20, 120))
        yield client_id(index), product, way[rng.randrange(here)], before.isoformat()
    yield client_id(index), product, way[here], since.isoformat()


def write_tables(plan: Plan, clients: int, out: Path) -> None:
    """Writes the three tables side by side, one client after the other."""
    numbers = count(12_345)
    with ExitStack() as files:
        write_client = table(files, out / "clients.csv", CLIENT_COLUMNS)
        write_policies = table(files, out / "policies.csv", POLICY_COLUMNS)
        write_situations = table(files, out / "situations.csv", SITUATION_COLUMNS)
        for index in range(clients):
            rng = at_random(plan, index)
            segment = rng.choice(SEGMENTS)
            write_client([client_row(index, segment, rng)])
            policies = policy_rows(index, segment, plan, rng)
            write_policies((f"ILI-{next(numbers):08}", *row) for row in policies)
            write_situations(situation_rows(index, plan, rng))


def table(files: ExitStack, path: Path, columns: Iterable[str]) -> Write:
    """What appends rows to a new table at ``path``, whose header is written."""
    file = files.enter_context(path.open("w", encoding="utf-8", newline=""))
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    return writer.writerows


def series_of(terms: Terms) -> Series:
    """What a policy must know, out of the terms of a series."""
    grid = terms["observations"]
    first, step = grid["first"], grid["every_months"]
    last = add_months(first, step * (grid["count"] - 1))
    return Series(terms["id"], terms["currency"], add_months(first, -step), first, last)


def arguments(argv: list[str] | None) -> argparse.Namespace:
    """The command line, read."""
    parser = argparse.ArgumentParser(prog="python -m bench.sample", description=__doc__)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--series", type=int, default=0, help="derive so many series for a bench")
    parser.add_argument("--observations", type=int, help="give derived series so many")
    parser.add_argument("--series-dir", type=Path, default=Path("content/strategies"))
    parser.add_argument("--quotes", type=Path, default=Path("data/quotes.csv"))
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--out", type=Path, default=Path("data"), help="write tables into it")
    where.add_argument("--site", type=Path, help="write a whole site but for its keys into it")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--as-of", type=date.fromisoformat, default=CLOCK)
    given = parser.parse_args(argv)
    if given.observations is not None and not (given.series and given.observations > 0):
        parser.error("--observations needs --series, and is a number of at least 1")
    return given


def main(argv: list[str] | None = None) -> None:
    """Writes what the command line asks for."""
    given = arguments(argv)
    source = Source(given.series_dir, given.quotes)
    grid = Grid(given.observations, given.as_of) if given.observations else None
    out, folder = given.out, given.series_dir
    if given.site:
        out, folder = given.site / "data", given.site / "content" / given.series_dir.name
        write_site(given.series, source, given.site, given.as_of, grid)
    out.mkdir(parents=True, exist_ok=True)
    if given.series and not given.site:
        folder = out.parent / "content" / "strategies"
        write_series(given.series, source, folder, grid)
        shutil.copyfile(given.quotes, out / "quotes.csv")
    series = tuple(map(series_of, read_series(folder)))
    write_tables(Plan(given.seed, given.as_of, series), given.clients, out)


if __name__ == "__main__":
    main()
