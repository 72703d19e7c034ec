"""The sample: the same bytes each time, and whole sites of any size that are right."""

import csv
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from bench.derive import MIXED, NOT_EMPTY, Grid, Terms, observations, preceding
from bench.sample import CLOCK, main
from generator.base.dates import add_months
from generator.inputs import inputs_to_look_at
from tests.builders import ROOT
from tests.sites import files

TABLES = ("clients", "policies", "situations")


@pytest.fixture(autouse=True)
def _at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command's defaults lie in the project's folder."""
    monkeypatch.chdir(ROOT)


def rows(table: Path) -> list[list[str]]:
    """The rows of a table without its header."""
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


def test_the_shipped_tables_are_the_samples(tmp_path: Path) -> None:
    """What is shipped comes out again, byte by byte, and nothing else is written."""
    main(["--out", str(tmp_path)])
    assert sorted(files(tmp_path)) == [f"{name}.csv" for name in TABLES]
    assert all(
        files(tmp_path)[f"{name}.csv"] == files(ROOT / "data")[f"{name}.csv"] for name in TABLES
    )


def test_a_larger_base_begins_with_the_smaller(tmp_path: Path) -> None:
    """Clients are drawn from their numbers; on average each has 1.4 policies."""
    main(["--clients", "5000", "--out", str(tmp_path)])
    shipped = rows(ROOT / "data/clients.csv")
    clients, policies = rows(tmp_path / "clients.csv"), rows(tmp_path / "policies.csv")
    assert clients[: len(shipped)] == shipped
    assert len({client for client, *_ in clients}) == 5000
    assert 1.38 < len(policies) / 5000 < 1.48
    assert len({number for number, *_ in policies}) == len(policies)


def test_a_site_is_whole_but_for_its_keys(tmp_path: Path) -> None:
    """It is read without a problem: every offer, policy and situation names what is there."""
    main(["--site", str(tmp_path), *_options(clients=300, series=14, observations=24)])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["content", "data"]
    with inputs_to_look_at(tmp_path, None, date.today()) as inputs:  # noqa: DTZ011 - not used
        assert (inputs.as_of, inputs.held, inputs.base.refused) == (CLOCK, {}, ())
        assert (len(inputs.base), len(inputs.content.series)) == (300, 14)
        courses = inputs.courses.values()
        assert {(len(one.observations), len(one.pending)) for one in courses} == {(12, 12)}
        assert all(one.observations[-1].date < CLOCK for one in courses)
        offers = {offer.id: offer.series for offer in inputs.content.offers}
        news = [series.news.get("en") for series in inputs.content.series.values()]
    assert offers["portfolio-review"] == set(inputs.content.series)
    assert offers["classic-next"] == {f"classic-2009-06-00{k}" for k in ("01", "07", "13")}
    assert all(news)
    assert (tmp_path / "data/quotes.csv").read_bytes() == (ROOT / "data/quotes.csv").read_bytes()


def test_a_site_may_be_as_it_was_written(tmp_path: Path) -> None:
    """Without derived series it is the shipped one, with its tables."""
    main(["--site", str(tmp_path)])
    assert files(tmp_path / "content") == files(ROOT / "content")
    shipped = files(ROOT / "data")
    assert files(tmp_path / "data") == {name: shipped[name] for name in files(tmp_path / "data")}
    assert len(files(tmp_path / "data")) == 4


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    """Of every file of a site."""
    for name in "ab":
        main(["--site", str(tmp_path / name), *_options(clients=20, series=7, observations=6)])
    assert files(tmp_path / "a") == files(tmp_path / "b")
    assert len(files(tmp_path / "a")) > 50


def test_an_offer_for_no_series_is_left_out(tmp_path: Path) -> None:
    """Without its series it would be for everyone."""
    source = tmp_path / "source"
    main(["--site", str(source), *_options(clients=1)])
    offer = "---\ntitle: Last\naudience: {series: [tech-2009-03]}\n---\nText\n"
    (source / "content/offers/last.md").write_text(offer)
    (source / "content/offers/all.md").write_text("---\ntitle: All\n---\nA line\n---\nand more\n")
    given = ["--series-dir", str(source / "content/strategies")]
    main(["--site", str(tmp_path / "site"), *given, *_options(clients=1, series=2)])
    offers = files(tmp_path / "site/content/offers")
    assert "last.md" not in offers
    assert offers["all.md"] == b"---\ntitle: All\n---\nA line\n---\nand more\n"
    assert b"[" not in offers["classic-next.md"].partition(b"segments")[0]


def test_a_site_may_stand_on_another_day(tmp_path: Path) -> None:
    """Then its settings say so, and about half of the observations are before that day."""
    main(["--site", str(tmp_path), "--as-of", "2010-05-04", *_options(3, series=6, observations=8)])
    assert "clock: 2010-05-04\n" in (tmp_path / "content/site.yaml").read_text(encoding="utf-8")
    with inputs_to_look_at(tmp_path, None, CLOCK) as inputs:
        assert {len(one.observations) for one in inputs.courses.values()} == {4}


@pytest.mark.parametrize("every_months", [1, 3, 6])
def test_observations_lie_on_both_sides_of_the_clock(every_months: int) -> None:
    """Half of them before it, none on it, whichever of a thousand series it is."""
    written: Terms = {"first": date(2009, 1, 31), "every_months": every_months, "count": 3}
    for turn in range(1000):
        grid = written | observations(written, turn, Grid(24, CLOCK))
        days = [add_months(grid["first"], k * every_months) for k in range(grid["count"])]
        assert sum(day < CLOCK for day in days) == 12
        assert CLOCK not in days
    assert observations(written, 0, Grid(1, CLOCK))["first"] == CLOCK - timedelta(days=1)


def test_series_are_derived_as_written_without_a_number(tmp_path: Path) -> None:
    """``--out`` puts series beside its folder, with as many observations as the written ones."""
    main(["--out", str(tmp_path / "data"), *_options(clients=5, series=13)])
    derived = sorted((tmp_path / "content/strategies").glob("*.yaml"))
    assert len(derived) == 13
    counts = Counter(
        yaml.safe_load(path.read_text(encoding="utf-8"))["observations"]["count"]
        for path in derived
    )
    assert counts == {8: 3, 10: 2, 6: 2, 12: 4, 24: 2}
    assert (tmp_path / "data/quotes.csv").is_file()
    series = {series for _, _, series, *_ in rows(tmp_path / "data/policies.csv")}
    assert series <= {path.stem for path in derived}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--series", "1", "--out", "data"], MIXED),
        (["--site", "."], NOT_EMPTY),
        (["--observations", "2"], "2"),
        (["--series", "1", "--observations", "0"], "2"),
        (["--site", "x", "--out", "y"], "2"),
    ],
)
def test_what_cannot_be_written_is_refused(arguments: list[str], sentence: str) -> None:
    """Nothing that was written by hand is written over."""
    before = files(ROOT / "content") | files(ROOT / "data")
    with pytest.raises(SystemExit, match=sentence):
        main(arguments)
    assert files(ROOT / "content") | files(ROOT / "data") == before


def test_fixings_need_quotes(tmp_path: Path) -> None:
    """A series cannot have begun before its shares were quoted."""
    closes = (["2004-08-19", "2004-08-20"], ["1", "2"])
    assert preceding(closes, date(2004, 8, 19)) == "1"
    assert preceding(closes, date(2004, 9, 1)) == "2"
    with pytest.raises(SystemExit, match="fewer observations"):
        preceding(closes, date(2004, 8, 18))
    with pytest.raises(SystemExit, match="fewer observations"):
        main(["--site", str(tmp_path), *_options(clients=1, series=6, observations=200)])


def _options(clients: int, series: int = 0, observations: int = 0) -> list[str]:
    given = {"--clients": clients, "--series": series, "--observations": observations}
    return [word for name, value in given.items() if value for word in (name, str(value))]
