"""``build --explain``: why a client's page was built, or was not, in words and without a value."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.test_night import spoil_quotes
from tests.nights import add_line, edit, without_client
from tests.sites import sealpress

Change = Callable[[Path], object]
NOT_ANY = "not built: there is no such client in the tables, or they were forgotten"


def nothing(_: Path) -> None:
    """The night after has the same input."""


def another_name(site: Path) -> None:
    """The client is called otherwise, and has another address."""
    edit(site / "data/clients.csv", "Агния", "Аглая")
    edit(site / "data/clients.csv", "+79990000001", "+79990000009")


def another_policy(site: Path) -> None:
    """The client buys a policy."""
    add_line(site / "data/policies.csv", "QH-7000009,C-001,duo-2011-06,70000.00,2011-06-01")


def another_premium(site: Path) -> None:
    """A premium is set right."""
    edit(site / "data/policies.csv", "1000000.00", "1000001.00")


def leaves(site: Path) -> None:
    """The client is in no table any more."""
    without_client(site, "C-001")


SAME = "not built: nothing that the page shows changed since 2011-12-02"
KEPT = "the page of 2011-12-02 is kept"
CASES: dict[Change, list[str]] = {
    nothing: [SAME, "  then: the client is new to this site"],
    another_name: [
        "built: the client's own row, policies or situations changed",
        "  clients: first_name, phone",
    ],
    another_policy: [
        "built: the client's own row, policies or situations changed",
        "built: the series they hold, or their terms or observations, changed",
        "  policies: 1 new or changed, 0 changed or gone",
    ],
    another_premium: [
        "built: the client's own row, policies or situations changed",
        "  policies: 1 new or changed, 1 changed or gone",
    ],
    spoil_quotes: [
        f"not built: a row of theirs was refused, or a series of theirs is held; {KEPT}"
    ],
    leaves: [f"not built: the client is in no table since 2011-12-02; {KEPT}"],
}


def explained(site: Path, client: str) -> list[str]:
    """What a build says of a client's page."""
    result = sealpress("build", "--jobs", 1, "--json", "--explain", client, site=site)
    found: list[str] = json.loads(result.stdout)["explained"]
    return found


@pytest.mark.parametrize("change", CASES, ids=lambda change: change.__name__)
def test_why_a_page_was_built_or_was_not(change: Change, night: Path) -> None:
    """Each reason in its words, with the columns that changed and no value of them."""
    change(night)
    assert explained(night, "C-001") == CASES[change]


def test_a_page_that_is_new(site: Path) -> None:
    """On the first night everybody's is."""
    assert explained(site, "C-001") == ["built: the client is new to this site"]


@pytest.mark.parametrize("client", ["C-404", "nobody"])
def test_whoever_is_in_no_table(client: str, night: Path) -> None:
    """It is not told whether they were forgotten."""
    assert explained(night, client) == [NOT_ANY]


def test_somebody_else_is_not_spoken_of(night: Path) -> None:
    """The page of a client whose rows stay was not built, whatever happens to others."""
    another_name(night)
    assert explained(night, "C-002")[0] == SAME


def test_people_are_told_in_lines(night: Path) -> None:
    """After what the night did, a line for each reason."""
    another_name(night)
    shown = sealpress("build", "--jobs", 1, "--explain", " C-001 ", site=night).stdout
    lines = [line.strip() for line in shown.splitlines()]
    assert lines[-2].endswith("built: the client's own row, policies or situations changed")
    assert lines[-1] == "clients: first_name, phone"
    assert "Аглая" not in shown
