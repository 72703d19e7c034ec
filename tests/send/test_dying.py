"""Runs that are killed, and runs side by side, on a thousand messages over real servers.

Nobody gets two SMS; a letter that comes twice has the same Message-ID; nobody is forgotten.
"""

import re
import shutil
import signal
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import select

from generator.send.ledger.schema import messages
from generator.send.values import State
from tests.send.channels.gateway import Asked, Gateway, Said, gateway
from tests.send.channels.mail import relay
from tests.send.dying import STEPS, TAKEN, ended, sender
from tests.send.house import NOON, House, clients, house
from tests.send.ledger.samples import rows_of

SIZE = 1000
LETTERS = 250  # each is composed with its pictures: a thousand took 20 s, at every step
LATER = timedelta(minutes=20)
"""Leases of the dead are over."""
LANES = 2
IN_HANDS = LANES * 20 + 24
"""More are not in the hands of a run that hands over twenty in a call, and notes few at a time."""
AT = {"claim": 2, "attempting": 12, "settle": 12, "one": 333}
"""When it dies: amid the batch."""
AT_LETTERS = {"claim": 2, "attempting": 4, "settle": 3, "one": 83}
ID = re.compile(rb'"id": "([a-z0-9]{26})"')


def prepared(root: Path, ledger: str = "", size: int = SIZE) -> House:
    """A site in which so many SMS and as many letters are approved."""
    one = house(root, **({"ledger": ledger} if ledger else {}))
    one.journey("letter", steps=[{"send": "news", "over": ["email"]}])
    one.night(*clients(size))
    assert one.approve() == 2 * size
    return one


@pytest.fixture(scope="module")
def approved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Such a site, for copies only."""
    return prepared(tmp_path_factory.mktemp("approved")).root


@pytest.fixture
def one(approved: Path, tmp_path: Path) -> House:
    """A copy of it."""
    return copied(approved, tmp_path)


@pytest.fixture(scope="module")
def approved_letters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with fewer, for copies only."""
    return prepared(tmp_path_factory.mktemp("letters"), size=LETTERS).root


@pytest.fixture
def few(approved_letters: Path, tmp_path: Path) -> House:
    """A copy of it."""
    return copied(approved_letters, tmp_path)


def copied(approved: Path, to: Path) -> House:
    """A site of its own, prepared once."""
    shutil.copytree(approved, to / "site")
    return House(to / "site")


def over_http(one: House, address: str, lanes: int = LANES) -> House:
    """SMS go to a gateway of HTTP; letters go nowhere."""
    body = '{"id": "{{ id }}", "to": "{{ to }}", "text": "{{ text }}"}'
    keys = {"gateway": "http", "url": f"{address}/send", "body": body}
    one.channels = {"sms": {"kind": "sms", **keys, "rate": 100_000, "lanes": lanes}}
    one.journey("letter", steps=[{"send": "news", "over": ["sms"]}])
    return one.write()


def over_smtp(one: House, port: int) -> House:
    """Letters go to a mail server; SMS go nowhere."""
    keys = {"gateway": "smtp", "host": "127.0.0.1", "port": port, "tls": "none"}
    sender = {"sender": "letters@insurer.example", "rate": 100_000, "lanes": LANES}
    one.channels = {"email": {"kind": "email", **keys, **sender}}
    one.journey(steps=[{"send": "news", "over": ["email"]}])
    return one.write()


def killed(one: House, step: str, at: Mapping[str, int] = AT) -> None:
    """A run died at this step."""
    with sender(one.root, NOON, step, str(at[step.rsplit(maxsplit=1)[-1]])) as process:
        assert ended(process) == -signal.SIGKILL


def finished(one: House) -> None:
    """A run after it did all that may be done."""
    with sender(one.root, NOON + LATER) as process:
        assert ended(process) == 0


def standing(one: House, channel: str) -> dict[str, State]:
    """The state of every message of a channel by its id."""
    rows = select(messages.c.id, messages.c.state).where(messages.c.channel == channel)
    with one.open() as it:
        return {row.id: row.state for row in rows_of(it.ledger, rows)}


def got(operator: Gateway) -> Counter[str]:
    """How often the gateway was given each message."""
    found = (ID.search(asked.body) for asked in operator.asked)
    return Counter(one[1].decode() for one in found if one)


def account(one: House, counted: Counter[str]) -> dict[str, State]:
    """What the ledger says of each SMS is true, and nobody was told twice."""
    found = standing(one, "sms")
    assert len(found) == SIZE
    assert set(found.values()) <= {State.ACCEPTED, State.UNKNOWN}
    assert set(counted.values()) == {1}
    assert set(counted) <= set(found)
    assert {it for it, state in found.items() if state == State.ACCEPTED} <= set(counted)
    return found


@pytest.mark.parametrize("step", STEPS)
def test_nobody_gets_two_sms(one: House, step: str) -> None:
    """And everybody who got none is on record as one of whom nobody knows: few, and no more."""
    with gateway() as operator:
        over_http(one, operator.address)
        killed(one, step)
        assert len(operator.asked) < SIZE
        finished(one)
        counted = got(operator)
    found = account(one, counted)
    unknown = [it for it, state in found.items() if state == State.UNKNOWN]
    assert len(unknown) <= IN_HANDS


@pytest.mark.parametrize("step", STEPS)
def test_a_letter_that_came_twice_is_the_same(few: House, step: str) -> None:
    """Everybody has it, under one Message-ID."""
    with relay() as server:
        over_smtp(few, server.port)
        killed(few, step, AT_LETTERS)
        assert 0 < len(server.letters()) < LETTERS
        finished(few)
        letters = server.letters()
    by_client: dict[str, set[str]] = {}
    for letter in letters:
        by_client.setdefault(str(letter["To"]), set()).add(str(letter["Message-ID"]))
    assert len(by_client) == LETTERS
    assert {len(ids) for ids in by_client.values()} == {1}
    found = standing(few, "email")
    assert {f"<{it}@insurer.example>" for it in found} == set().union(*by_client.values())
    assert set(found.values()) == {State.ACCEPTED}


def side_by_side(one: House, *steps: tuple[str, ...]) -> tuple[list[int], Counter[str]]:
    """How runs ended that all had a message under way at once, and what the gateway got."""
    meeting = Barrier(len(steps), timeout=60)
    waiting = iter([meeting.wait] * len(steps))

    def usual(_: Asked) -> Said:
        next(waiting, lambda: 0)()
        return Said()

    with gateway() as operator, ExitStack() as stack:
        operator.usual = usual
        over_http(one, operator.address, lanes=1)
        runs = [stack.enter_context(sender(one.root, NOON, *step)) for step in steps]
        return [ended(process) for process in runs], got(operator)


def test_two_runs_share(one: House) -> None:
    """Each message goes once, and together they are done."""
    ends, counted = side_by_side(one, (), ())
    assert ends == [0, 0]
    assert set(account(one, counted).values()) == {State.ACCEPTED}
    assert len(counted) == SIZE


def test_one_of_two_dies(one: House) -> None:
    """The other goes on with its own; the rest goes when the lease is over."""
    ends, counted = side_by_side(one, (TAKEN, "100"), ())
    assert sorted(ends) == [-signal.SIGKILL, 0]
    with gateway() as operator:
        over_http(one, operator.address)
        finished(one)
        counted += got(operator)
    unknown = [it for it in account(one, counted).values() if it == State.UNKNOWN]
    assert 1 <= len(unknown) <= IN_HANDS


def test_on_a_server(tmp_path: Path, where: str) -> None:
    """On both databases: one dies beside another, and a third makes it good."""
    one = prepared(tmp_path / "site", where)
    ends, counted = side_by_side(one, (TAKEN, "100"), ())
    assert sorted(ends) == [-signal.SIGKILL, 0]
    with gateway() as operator:
        over_http(one, operator.address)
        finished(one)
        counted += got(operator)
    account(one, counted)
