"""One event: what a good one becomes, and what is told of a bad one."""

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from generator.events.event import ID_HINT, KEYS, LONGEST, TEXT_HINT, Event, Line, read_line
from tests.events.conftest import COLUMNS, event

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "docs/events.schema.json").read_text(encoding="utf-8")
)
VALIDATOR = Draft202012Validator(SCHEMA)
WHOLE = {
    name: tuple(SCHEMA["$defs"][one]["properties"])
    for name, one in {"clients": "client", "policies": "policy", "situations": "situation"}.items()
}
NAME = "Соколова"
STAY = {"client_id": "A-1", "product": "bankruptcy", "marker": "BKR-31", "since": "2026-11-21"}


def read(data: object) -> Line:
    """The line of an event, or of a text as it is."""
    text = data if isinstance(data, str) else json.dumps(data)
    return read_line(text.encode(), "crm.jsonl", 7, COLUMNS)


def told(data: object) -> list[str]:
    """What is wrong with it."""
    line = read(data)
    assert (line.event is None) == bool(line.problems)
    return [str(problem) for problem in line.problems]


def test_a_row_has_all_columns_in_the_tables_order() -> None:
    """What is left out is empty; outer spaces go, as they do in the tables."""
    row = {"phone": " +7 900 ", "client_id": "A-1"}
    expected = (("client_id", "A-1"), ("last_name", ""), ("phone", "+7 900"))
    assert read(event(1, row=row)).event == Event("crm-1", "clients", "A-1", expected, False)


def test_a_row_that_is_gone_is_named_by_its_key() -> None:
    """A policy by number and client, a situation by all of it."""
    key = {"client_id": "A-1", "policy_number": "ILI-1"}
    gone = read({"id": "1", "table": "policies", "delete": key}).event
    named = (("policy_number", "ILI-1"), ("client_id", "A-1"))
    assert gone == Event("1", "policies", "A-1", named, True)
    left = read({"id": "2", "table": "situations", "delete": STAY}).event
    assert left == Event("2", "situations", "A-1", tuple(STAY.items()), True)


def test_a_client_is_the_same_in_every_spelling() -> None:
    """Address and row have the id in Unicode form C, without outer spaces."""
    one = read(event(1, client=unicodedata.normalize("NFD", " Ё-1 "))).event
    assert one is not None
    assert one.client == dict(one.row)["client_id"] == unicodedata.normalize("NFC", "Ё-1")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("{", "the event is not JSON"),
        ("[]", "expected an object"),
        ("[" * 20_000, "the event cannot be read"),
        ("1" * 5_000, "the event cannot be read"),
        ('"' + "x" * LONGEST + '"', "the event is too long"),
        ('{"id": "1", "id": "1"}', "a name stands twice in one object"),
        (event(1, id=""), "id: is not a usable id"),
        (event(1, id=17), "id: is not a usable id"),
        (event(1, id="two words"), "id: is not a usable id"),
        (event(1, id="x" * 129), "id: is not a usable id"),
        (event(1, table="quotes"), "table: there is no such table"),
        (event(1, table=["clients"]), "table: there is no such table"),
        (event(1, delete={}), "expected a row or a delete, and not both"),
        ({"id": "1", "table": "clients"}, "expected a row or a delete, and not both"),
        (event(1, row=[NAME]), "row: expected an object"),
        (event(1, row={"last_name": NAME}), "row.client_id: is required"),
        (event(1, client="  "), "row.client_id: is required"),
        (event(1, row={"client_id": 5}), "row.client_id: expected a text"),
        (event(1, row={"client_id": "A", "phone": None}), "row.phone: expected a text"),
        (event(1, row={"client_id": "\ud800"}), "row.client_id: holds half a character"),
        (event(1, row={"client_id": "A", NAME: ""}), "row: holds a name that is not known"),
        (event(1, surname=NAME), "holds a name that is not known"),
        (
            {"id": "1", "table": "policies", "delete": {"client_id": "A-1"}},
            "delete.policy_number: is required",
        ),
        (
            {"id": "1", "table": "clients", "delete": {"client_id": "A-1", "phone": NAME}},
            "delete: holds a name that is not known",
        ),
    ],
)
def test_a_bad_event_is_told_with_its_place(data: object, expected: str) -> None:
    """Path, line, field, sentence and hint; nothing of what stands in the event."""
    found = told(data)
    assert [one for one in found if expected in one], found
    assert all(one.startswith("crm.jsonl:7:") and " — hint: " in one for one in found)
    assert not any(NAME in one for one in found)


def test_everything_that_is_wrong_is_told_at_once() -> None:
    """Four mistakes are four problems; of a name like one of ours, ours is shown."""
    row = {"client_id": "A-1", "last_nam": NAME, "phone": 1}
    assert told({"table": "clients", "row": row, "rows": {}}) == [
        "crm.jsonl:7:1: holds a name that is not known — hint: did you mean row?",
        f"crm.jsonl:7:1: id: is required — hint: {ID_HINT}",
        "crm.jsonl:7:1: row: holds a name that is not known — hint: did you mean last_name?",
        f"crm.jsonl:7:1: row.phone: expected a text — hint: {TEXT_HINT}",
    ]


def test_a_refused_line_keeps_its_bytes() -> None:
    """What must be put aside is put aside as it came; what is good needs none."""
    assert read_line(b"\xff{", "crm.jsonl", 1, COLUMNS).raw == b"\xff{"
    assert told("{")[0].startswith("crm.jsonl:7:2: ")
    assert read(event(1)).raw == b""


def test_nothing_shows_a_clients_values() -> None:
    """Neither an event nor a line has them in its repr, nor the id that another system made."""
    line = read(event(1, row={"client_id": NAME, "phone": NAME}, id="A-1"))
    bad = read(event(1, row={NAME: NAME}))
    for shown in (repr(line), repr(line.event), repr(bad)):
        assert NAME not in shown
        assert "A-1" not in shown
    assert repr(line.event) == "Event(table='clients', deleted=False)"


# ── The schema ───────────────────────────────────────────────────────────────────────────────


def is_accepted(data: object) -> bool:
    """Whether the room takes it, with the columns that the schema names."""
    return read_line(json.dumps(data).encode(), "", 1, WHOLE).event is not None


def test_the_schema_has_the_columns_of_the_night() -> None:
    """Tables, columns and keys are those of the code."""
    from generator.data.records import CLIENTS, POLICIES, SITUATIONS  # noqa: PLC0415 - heavy

    assert {"clients": CLIENTS, "policies": POLICIES, "situations": SITUATIONS} == WHOLE
    keys = {"clients": "client key", "policies": "policy key", "situations": "situation"}
    for table, name in keys.items():
        found = SCHEMA["$defs"][name]
        assert tuple(found["properties"]) == tuple(found["required"]) == KEYS[table]


def test_the_schema_is_one_and_its_examples_are_events() -> None:
    """It is valid itself, and its examples are valid and accepted."""
    Draft202012Validator.check_schema(SCHEMA)
    assert len(SCHEMA["examples"]) > 2
    for example in SCHEMA["examples"]:
        assert [error.message for error in VALIDATOR.iter_errors(example)] == []
        assert is_accepted(example)


TEXTS = st.sampled_from(["", " ", "A-1", "2026-11-21"])
VALUES: st.SearchStrategy[Any] = TEXTS | st.sampled_from([None, 7, []])
NAMES = sorted({name for names in WHOLE.values() for name in names} | {"else"})


def objects(table: str) -> st.SearchStrategy[dict[str, Any]]:
    """Rows and keys of a table, most of them good."""
    own = st.fixed_dictionaries(
        dict.fromkeys(KEYS[table], TEXTS.filter(str.strip)),
        optional=dict.fromkeys([one for one in WHOLE[table] if one not in KEYS[table]], TEXTS),
    )
    return own | st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4)


EVENTS = st.sampled_from([*WHOLE]).flatmap(
    lambda table: st.fixed_dictionaries(
        {},
        optional={
            "id": st.sampled_from(["crm-1", "x" * 128, "x" * 129, "a b", "", None, 5]),
            "table": st.sampled_from([table, table, table, "quotes", None]),
            "row": objects(table),
            "delete": objects(table) | st.none(),
            "other": st.none(),
        },
    )
)
LIKELY = st.sampled_from([*WHOLE]).flatmap(
    lambda table: st.fixed_dictionaries(
        {"id": st.just("crm-1"), "table": st.just(table)},
        optional={"row": objects(table), "delete": objects(table)},
    )
)


@given(EVENTS | LIKELY)
def test_the_schema_and_the_code_agree(data: dict[str, Any]) -> None:
    """Whatever the one accepts, the other accepts."""
    assert VALIDATOR.is_valid(data) == is_accepted(data)
