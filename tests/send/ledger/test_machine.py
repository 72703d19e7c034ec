"""Whatever happens in whatever order: nothing goes twice, and nothing is lost without a record."""

from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import Row, select

from generator.send.ledger import open_ledger
from generator.send.ledger.schema import messages
from generator.send.values import Accepted, Later, Outcome, Rejected, Report, State, Unknown
from tests.depth import examples
from tests.send.ledger.samples import DAY, LEASE, MINUTE, NOW, SMS, approve, planned, rows_of

HOLDERS = ("one", "two")
CLIENTS = [f"A-{n}" for n in range(3)]
holders = st.sampled_from(HOLDERS)
picks = st.integers(0, len(CLIENTS) - 1)
answers: st.SearchStrategy[Outcome] = st.sampled_from(
    [Accepted("p"), Rejected("r"), Later(30, "l"), Unknown("u")]
)
statuses = st.sampled_from(["delivered", "failed", "expired"])


class Senders(RuleBasedStateMachine):
    """Senders who claim, hand over, are cut off in the middle and come back late."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        folder = self.stack.enter_context(TemporaryDirectory())
        self.ledger = self.stack.enter_context(open_ledger(Path(folder), "sqlite:ledger"))
        self.now = NOW
        self.claims: dict[str, list[str]] = {name: [] for name in HOLDERS}
        self.hands: dict[str, list[str]] = {name: [] for name in HOLDERS}
        """What each may hand over."""
        self.until = dict.fromkeys(HOLDERS, NOW)
        self.answers: dict[str, dict[str, Outcome]] = {name: {} for name in HOLDERS}
        """What each heard and did not yet write down."""
        self.went: Counter[str] = Counter()
        """How often a message may have reached its client."""

    @initialize()
    def begin(self) -> None:
        """Messages are approved."""
        approve(self.ledger, *(planned(one, expires=NOW + 99 * DAY) for one in CLIENTS))

    @rule(holder=holders, most=st.integers(1, 2), is_quick=st.booleans())
    def claim(self, holder: str, most: int, *, is_quick: bool) -> None:
        """A sender takes messages, and begins with them at once, perhaps."""
        found = self.ledger.sending.claim(SMS, holder, most, self.now, LEASE)
        self.claims[holder] += [it.id for it in found]
        if is_quick:
            self.attempt(holder)

    @rule(holder=holders)
    def attempt(self, holder: str) -> None:
        """It says that it will hand them over."""
        mine = self.ledger.sending.attempting(self.claims[holder], holder, self.now, LEASE)
        if mine:
            self.hands[holder], self.until[holder] = sorted(mine), self.now + LEASE
        self.claims[holder] = []

    @rule(holder=holders, answer=answers)
    def hand_over(self, holder: str, answer: Outcome) -> None:
        """It hands one over, if it is in time, and hears something."""
        if self.hands[holder] and self.now < self.until[holder]:
            one = self.hands[holder].pop()
            self.answers[holder][one] = answer
            self.went[one] += isinstance(answer, Accepted | Unknown)

    @rule(holder=holders)
    def settle(self, holder: str) -> None:
        """It writes down what it heard, however late."""
        self.ledger.sending.settle(self.answers[holder], holder, self.now)
        self.answers[holder] = {}

    @rule(holder=holders)
    def crash(self, holder: str) -> None:
        """It forgets everything that it did not write down."""
        self.claims[holder], self.hands[holder], self.answers[holder] = [], [], {}

    @rule(minutes=st.sampled_from([1, 6]))
    def recover(self, minutes: int) -> None:
        """Time goes on, and somebody clears up."""
        self.now += minutes * MINUTE
        self.ledger.sending.recover(self.now)

    @rule(pick=picks, status=statuses)
    def report(self, pick: int, status: str) -> None:
        """The gateway says something of a message that it was given, or somebody makes it up."""
        one = self.rows()[pick]
        if self.went[one.id] or not one.tries:
            report = Report(SMS, status, self.now, one.id)  # type: ignore[arg-type]
            self.ledger.reports.note([report], self.now)

    def rows(self) -> list[Row[Any]]:
        """What the ledger says of all messages."""
        columns = (messages.c.id, messages.c.state, messages.c.tries)
        return rows_of(self.ledger, select(*columns))

    @invariant()
    def nobody_is_told_twice(self) -> None:
        """However often a message changed hands."""
        assert all(number <= 1 for number in self.went.values())

    @invariant()
    def nobody_is_lost(self) -> None:
        """Each message has its row; one that may have gone is not among those still to go."""
        states = {row.id: row.state for row in self.rows()}
        assert len(states) == len(CLIENTS)
        went = {states[one] for one, number in self.went.items() if number}
        assert not went & {State.PLANNED, State.CLAIMED, State.REJECTED}

    def teardown(self) -> None:
        """After all of it everybody was told, refused, or is on record as unknown."""
        self.now += DAY
        self.ledger.sending.recover(self.now)
        for it in self.ledger.sending.claim(SMS, "last", 99, self.now, LEASE):
            self.ledger.sending.attempting([it.id], "last", self.now, LEASE)
            self.went[it.id] += 1
            self.ledger.sending.settle({it.id: Accepted("p")}, "last", self.now)
        self.nobody_is_told_twice()
        open_states = {State.PLANNED, State.CLAIMED, State.ATTEMPTING}
        assert not open_states & {it for _, it in self.ledger.counting.states(NOW)}
        self.stack.close()


TestSenders = Senders.TestCase
TestSenders.settings = settings(max_examples=examples(25), stateful_step_count=20)
