"""A plan as it is told: to people in rows, to machines in fields."""

import json
from collections import Counter
from decimal import Decimal

from generator.base.errors import Problem
from generator.cli.planning import plan_data, plan_rows
from generator.publish import Amount, Plan
from generator.publish.guard import Share
from generator.publish.plan import Forecast, Listing

REASON = "the client's own row, policies or situations changed"
PLAN = Plan(
    added={"assets": Amount(2, 3_400)},
    changed={"clients' pages": Amount(1_200, 2_000_000)},
    headers=Counter({"assets": 3, "stage pages": 4}),
    deleted=Counter({"clients' pages": 7}),
    kept=Counter({"assets": 1}),
    unchanged=5_000,
    clients=Share(clients=6_000, changed=1_200, deleted=7, fresh=5),
    reasons=Counter({REASON: 1_200}),
    samples=["index.html: changed"],
    forecast=Forecast(1_209, 7, Decimal("0.01"), 150.04),
    listing=Listing(6_207, 8, 9, 10),
    objections=[Problem("content/site.yaml", "too many", "look at it", "publish.guard")],
)


def test_rows_of_a_plan() -> None:
    """Everything that is known has its row; numbers are such as people read."""
    assert plan_rows(PLAN) == {
        "assets": "2 new (3.4 KB), 3 get other headers, 1 to be deleted later",
        "clients' pages": "1,200 changed (2.0 MB), 7 to be deleted",
        "stage pages": "4 get other headers",
        "to be sent": "1,202 files, 2.0 MB",
        "as they were": "5,000 files",
        "clients": "5 get their first page; of 6,000 in the store 1,200 get another, 7 have none"
        " any more",
        "because": (f"{REASON}: 1,200 clients",),
        "for example": ("index.html: changed",),
        "requests": "1,209 that write",
        "cost": "0.01 at publish.price_per_1000_puts, by default the list price of AWS in dollars",
        "time": "about 3 min, as fast as the last one",
        "listing": "6,207 files; 8 that should be there are not, 9 are not as remembered,"
        " 10 unknown would be deleted",
        "would be stopped": ("too many — look at it",),
    }


def test_the_json_of_a_plan() -> None:
    """A machine gets the same as whole numbers; money is text, so that no cent is lost."""
    assert json.loads(json.dumps(plan_data(PLAN))) == {
        "added": {"assets": {"files": 2, "bytes": 3_400}},
        "changed": {"clients' pages": {"files": 1_200, "bytes": 2_000_000}},
        "headers": {"assets": 3, "stage pages": 4},
        "deleted": {"clients' pages": 7},
        "deleted_later": {"assets": 1},
        "unchanged": 5_000,
        "clients": {"in_store": 6_000, "new": 5, "changed": 1_200, "deleted": 7},
        "listing": {"listed": 6_207, "missing": 8, "other": 9, "unknown": 10},
        "reasons": {REASON: 1_200},
        "samples": ["index.html: changed"],
        "forecast": {"writes": 1_209, "deletions": 7, "cost": "0.01", "seconds": 150.0},
        "objections": ["content/site.yaml: publish.guard: too many — hint: look at it"],
    }


def test_what_is_not_known_is_not_told() -> None:
    """A folder costs nothing, no time is guessed, and nothing is said of what was not looked at."""
    plan = Plan(forecast=Forecast(0, 0, None, None))
    rows = plan_rows(plan)
    assert rows["cost"] == "none"
    assert rows["time"] == "not known: no publication of many files was measured yet"
    assert rows.keys() == {"to be sent", "as they were", "requests", "cost", "time"}
    data = plan_data(plan)
    assert data["forecast"] == {"writes": 0, "deletions": 0, "cost": None, "seconds": None}
    assert data.keys().isdisjoint({"clients", "listing", "kept_back"})
