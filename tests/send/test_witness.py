"""Published pages bear messages out, and give letters their charts."""

from pathlib import Path
from random import Random
from typing import Any

from generator.base.config import load_site
from generator.send.messages.look import look_of
from generator.send.payload import Payload
from generator.send.proof import Prover
from generator.send.values import Entry
from generator.send.witness import Statement, Witness
from tests.builders import ROOT
from tests.send.house import House, clients, house
from tests.send.manifests import coupon


def entry(told: dict[str, Any]) -> Entry:
    """A line of a manifest as the sender has it."""
    return Entry(**{name: value for name, value in told.items() if name != "format"})


def witness(one: House, most: Any = "all") -> Witness:  # noqa: ANN401 - a setting
    """Who looks at what is published there."""
    folder = one.root / "build/published"

    def fetch(path: str) -> bytes | None:
        place = folder / path
        return place.read_bytes() if place.is_file() else None

    look = look_of(ROOT, load_site(one.root)[0].theme)
    return Witness(Prover(fetch), look, most, Random(7))  # noqa: S311 - the same each time


def statements(some: list[dict[str, Any]]) -> list[Statement]:
    """That each is told of their coupon."""
    return [
        Statement(told["client"], Payload(entry(told)), ["25\u00a0000,00\u00a0₽"]) for told in some
    ]


def test_who_is_borne_out(tmp_path: Path) -> None:
    """And who is not, each with what does not fit; a page that is gone is another thing."""
    one, some = house(tmp_path), clients(4)
    for told in some[:3]:
        one.publish(told)
    one.publish(some[1], shown={"reasons": [coupon(amount_text="1,00\u00a0₽")]})
    found = {it.id: (it.what, it.is_absent) for it in witness(one).wrong(statements(some))}
    assert found == {
        "C-002": ("the page shows another coupon", False),
        "C-004": ("no page is published at its address", True),
    }


def test_some_by_lot(tmp_path: Path) -> None:
    """No more than so many are asked for."""
    one, some = house(tmp_path), clients(6)
    assert len(witness(one, 2).wrong(statements(some))) == 2
    assert len(witness(one, 9).wrong(statements(some))) == 6
    assert witness(one).wrong([]) == []


def test_a_letter_goes_without_a_chart(tmp_path: Path) -> None:
    """Where the page has none, or is gone."""
    one, some = house(tmp_path), clients(2)
    one.publish(some[0])
    looking = witness(one)
    assert [looking.charts(Payload(entry(told))) for told in some] == [{}, {}]
