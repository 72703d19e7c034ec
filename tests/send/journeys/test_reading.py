"""Files of journeys: read whole, or every mistake told at its place."""

import json
from datetime import time, timedelta
from pathlib import Path

import pytest

from generator.base.config import load_site
from generator.base.errors import InputError
from generator.base.sending import Send
from generator.send.journeys import (
    Ask,
    Condition,
    Pause,
    Skip,
    Spoken,
    Stop,
    Tell,
    When,
    journey_of,
    load_journeys,
    written_messages,
)
from generator.send.journeys.waits import For, Until
from tests.builders import ROOT, SITE_YAML, place_of, write
from tests.send.journeys.texts import JOURNEY, OTHER, SEND, journey, load, refusals, with_steps

SHIPPED = {
    "coupon-accrued": {"sms", "email", "push"},
    "coupon-saved": {"sms", "email", "push"},
    "strategy-changed": {"sms", "email", "push"},
    "stage": {"sms", "email", "push"},
    "digest": {"email"},
}
"""The messages of the sample."""
TELL = "{send: coupon, over: [sms]}"
NEVER = Condition("page opened", is_negated=True)


def test_a_journey_is_read(tmp_path: Path) -> None:
    """What is written is there, steps one after the other."""
    read = journey(tmp_path, JOURNEY)
    assert (read.id, read.names["ru"], read.purpose) == ("it", "Купон", "service")
    assert read.when == When("coupon", outcome="accrued")
    assert read.audience.text == "segment == 'premium' and 'duo' in series"
    assert read.expires_after == timedelta(days=3)
    assert read.steps == (
        Tell("coupon", ("push", "sms", "email")),
        Pause(For(timedelta(days=3))),
        Ask(NEVER, 4),
        Skip(5),
        Stop(),
        Tell("reminder", ("email",)),
    )


def test_what_may_be_left_out(tmp_path: Path) -> None:
    """Everybody, three days, and names in the first language alone."""
    read = load(tmp_path, {"other": OTHER}).by_id["other"]
    assert (read.audience.text, read.expires_after) == ("", timedelta(days=3))
    assert read.names == {"ru": "Этап"}


def test_branches_lie_one_after_the_other(tmp_path: Path) -> None:
    """What is done where it holds, then what where it does not; both go on behind them."""
    text = with_steps(
        TELL,
        "{if: link followed, then: [{wait: 1h}, " + TELL + "], else: [{wait: 2h}]}",
        "{if: page opened, then: [" + TELL + "]}",
        "{if: page opened, else: stop}",
        "{send: coupon, over_all: [sms, email]}",
    )
    tell = Tell("coupon", ("sms",))
    assert journey(tmp_path, text).steps == (
        tell,
        Ask(Condition("link followed"), 5),
        Pause(For(timedelta(hours=1))),
        tell,
        Skip(6),
        Pause(For(timedelta(hours=2))),
        Ask(Condition("page opened"), 9),
        tell,
        Skip(9),
        Ask(Condition("page opened"), 11),
        Skip(12),
        Stop(),
        Tell("coupon", ("sms", "email"), over_each=True),
    )


def test_conditions_and_waits(tmp_path: Path) -> None:
    """Each form that a manager may write."""
    text = with_steps(
        TELL,
        "{if: {journey finished: other}}",
        "{if: {not: {not: stage  unchanged}}}",
        "{wait: until 9:30}",
        "{wait: Until Monday 10:00}",
        "{wait: 30m}",
        TELL,
        when="{stage: [cards/ordered, cards/ordered/*]}",
    )
    read = journey(tmp_path, text)
    assert read.when == When("stage", stages=("cards/ordered", "cards/ordered/*"))
    assert [step.condition for step in read.steps if isinstance(step, Ask)] == [
        Condition("journey finished", "other"),
        Condition("stage unchanged"),
    ]
    waits = [step.wait for step in read.steps if isinstance(step, Pause)]
    assert waits == [Until(time(9, 30)), Until(time(10), 0), For(timedelta(minutes=30))]
    assert [str(wait) for wait in waits] == ["until 09:30", "until monday 10:00", "30m"]


# ── What is wrong ────────────────────────────────────────────────────────────────────────────

STAGE = "write product/stage, product/stage/sub-stage, or end it with /* for all below it"
ONE = "write coupon: accrued"
EXPRESSION = "write it as in segment == 'premium' and 'tech' in series"
COMPARE = "compare texts with == and in, and look into lists with in"
SPAN = "write 3d, 4h or 30m, at most 366d"
WAIT = "write 3d, 4h, 30m, until 10:00 or until monday 10:00"
STEP = "begin a step with send, wait or if, or write stop"
ASK = (
    "write page opened, link followed, stage unchanged, {journey finished: NAME}, "
    "or {not: …} of one of them"
)
OVER = "write over: [push, sms], or over_all for each"


@pytest.mark.parametrize(
    ("right", "wrong", "sentence", "hint"),
    [
        (
            "purpose: service",
            "purpose: news",
            "purpose: is not one of the choices",
            "choose 'service' or 'promotion'",
        ),
        (
            "accrued}",
            "credited}",
            "when.coupon: is not one of the choices",
            "choose 'accrued' or 'saved'",
        ),
        (
            "{coupon: accrued}",
            "{coupon: accrued, digest: monthly}",
            "when: expected one thing that begins the journey",
            ONE,
        ),
        ("{coupon: accrued}", "{}", "when: expected one thing that begins the journey", ONE),
        (
            "{coupon: accrued}",
            "{event: coupon}",
            "when: coupon is no event",
            "write the key coupon itself",
        ),
        (
            "{coupon: accrued}",
            "{copon: accrued}",
            "when.copon: unknown key",
            "did you mean coupon?",
        ),
        (
            "{coupon: accrued}",
            "{stage: cards}",
            "when.stage[1]: is not a stage",
            f"a product has many; {STAGE}",
        ),
        (
            "{coupon: accrued}",
            "{stage: [cards/a, Cards/b]}",
            "when.stage[2]: is not a stage",
            STAGE,
        ),
        (
            "segment == 'premium' and",
            "segmant == 'premium' and",
            "audience: there is no segmant",
            "did you mean segment?",
        ),
        (
            "segment == 'premium' and",
            "segment = 'premium' and",
            "audience: cannot be understood: chunk after expression",
            EXPRESSION,
        ),
        (
            "segment == 'premium' and",
            "segment > 5 and",
            "audience: does not work out (TypeError)",
            COMPARE,
        ),
        (
            "segment == 'premium' and",
            "segment.tier and",
            "audience: does not work out (UndefinedError)",
            COMPARE,
        ),
        (
            "segment == 'premium' and",
            "segment | shout and",
            "audience: cannot be understood: no filter named 'shout'",
            EXPRESSION,
        ),
        (
            "segment == 'premium' and",
            "segment.__class__ and",
            "audience: does not work out (SecurityError)",
            COMPARE,
        ),
        (
            "expires_after: 3d",
            "expires_after: 3 days",
            "expires_after: is not a span of time",
            SPAN,
        ),
        ("expires_after: 3d", "expires_after: 367d", "expires_after: is not a span of time", SPAN),
        ("wait: 3d", "wait: until 25:00", "steps[2].wait: is not a wait", WAIT),
        ("wait: 3d", "wait: until mondag 10:00", "steps[2].wait: is not a wait", WAIT),
        ("wait: 3d", "weit: 3d", "steps[2].weit: unknown key", "did you mean wait?"),
        ("wait: 3d", "else: stop", "steps[2]: is not a step", STEP),
        ("wait: 3d", "halt", "steps[2]: is not a step", STEP),
        (
            "wait: 3d",
            "{wait: 3d, send: coupon, over: [sms]}",
            "steps[2]: is more than one step",
            STEP,
        ),
        (
            "wait: 3d",
            "{wait: 3d, over: [sms]}",
            "steps[2]: over belongs to send",
            "take it out, or write send first",
        ),
        ("wait: 3d", "stop", "steps[3]: is never reached", "take it out, or the stop above it"),
        (
            "{not: page opened}",
            "{not: page open}",
            "steps[3].if: is not a condition",
            "did you mean page opened?",
        ),
        ("{not: page opened}", "{page: opened}", "steps[3].if: is not a condition", ASK),
        (
            "{not: page opened}",
            "stage unchanged",
            "steps[3].if: this journey knows of no stage",
            "ask it in journeys that begin with a stage",
        ),
        (
            "{not: page opened}",
            "{journey finished: otter}",
            "steps[3].if: there is no such journey",
            "did you mean other?",
        ),
        (
            "{not: page opened}",
            "{journey finished: it}",
            "steps[3].if: a journey cannot wait for its own end",
            "name another journey",
        ),
        (
            "send: reminder",
            "send: remainder",
            "steps[4].send: there is no such message",
            "did you mean reminder?",
        ),
        (
            "over: [email]",
            "over: [emial]",
            "steps[4].over[1]: there is no such channel",
            "did you mean email?",
        ),
        (
            "over: [email]",
            "over: [sms]",
            "steps[4].over[1]: the message has no text for sms",
            "write content/messages/reminder.sms.md",
        ),
        (
            "over: [email]",
            "over: [email, email]",
            "steps[4].over[2]: the channel stands twice",
            "keep the first",
        ),
        ("over: [email]", "over: []", "steps[4].over: must not be empty", ""),
        ("    over: [email]\n", "", "steps[4]: lacks its channels", OVER),
        (
            "    over: [email]\n",
            "    over: [email]\n    over_all: [email]\n",
            "steps[4]: lacks its channels",
            OVER,
        ),
        ("ru: Купон, ", "", "name: the translation into ru is missing", "add ru: …"),
    ],
)
def test_a_mistake_is_told(
    tmp_path: Path, right: str, wrong: str, sentence: str, hint: str
) -> None:
    """Field, sentence and hint."""
    assert JOURNEY.count(right) == 1
    (only,) = refusals(tmp_path, JOURNEY.replace(right, wrong))
    told = f"{sentence} — hint: {hint}" if hint else sentence
    assert only.partition(": ")[2] == told
    assert only.startswith("it.yaml:")


def test_the_place_is_told(tmp_path: Path) -> None:
    """Line and column of what is wrong, also deep in the steps."""
    text = with_steps(TELL, "{if: page opened, then: [{wait: 1h}, {wait: soon}]}")
    line, column = place_of(text, "soon")
    (only,) = refusals(tmp_path, text)
    assert only.startswith(f"it.yaml:{line}:{column}: steps[2].then[2].wait: is not a wait")


def test_everything_is_told_at_once(tmp_path: Path) -> None:
    """All mistakes of all files."""
    text = JOURNEY.replace("wait: 3d", "wait: soon").replace("service", "news")
    other = OTHER.replace("[sms]", "[fax]")
    told = refusals(tmp_path, text, third=other, fourth="steps: [")
    assert [line.partition(":")[0] for line in told] == [
        "fourth.yaml", "it.yaml", "it.yaml", "third.yaml",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("{if: page opened, esle: stop}", "steps[2].esle: unknown key — hint: did you mean else?"),
        (
            "{if: page opened, else: [{sned: coupon}]}",
            "steps[2].else[1].sned: unknown key — hint: did you mean send?",
        ),
        (
            "{if: page opened, then: [stop, {wait: 1h}]}",
            "steps[2].then[2]: is never reached — hint: take it out, or the stop above it",
        ),
        (
            "{if: page opened, then: stop, else: stop}",
            "steps[3]: is never reached — hint: take it out, or the stop above it",
        ),
    ],
)
def test_mistakes_in_branches(tmp_path: Path, step: str, told: str) -> None:
    """Keys that are words of Python too, and ends on both ways."""
    (only,) = refusals(tmp_path, with_steps(TELL, step, TELL))
    assert only.partition(": ")[2] == told


def test_a_link_cannot_be_followed_before_it_is_sent(tmp_path: Path) -> None:
    """A question that always has the same answer is a mistake."""
    (only,) = refusals(tmp_path, with_steps("{if: link followed}", TELL))
    hint = "ask it after a step with send:"
    assert only == f"it.yaml:5:10: steps[1].if: no message stands before it — hint: {hint}"


def test_a_journey_tells_something(tmp_path: Path) -> None:
    """One that only waits is a mistake."""
    (only,) = refusals(tmp_path, with_steps("{wait: 1h}"))
    assert only == "it.yaml:5:3: steps: nothing is sent — hint: write a step with send:"


def test_names_of_files(tmp_path: Path) -> None:
    """A name has to be usable, and to stand once."""
    (bad,) = refusals(tmp_path / "a", JOURNEY, Coupon_1=OTHER)
    assert bad.startswith("Coupon_1.yaml: the file's name is not usable")
    write(tmp_path / "b", {"content/journeys/it.yml": OTHER})
    (twice,) = refusals(tmp_path / "b", JOURNEY)
    assert twice == "it.yml: two journeys have this name — hint: rename one of the files"


def test_a_site_that_sends_nothing(tmp_path: Path) -> None:
    """Journeys need channels."""
    with pytest.raises(InputError) as caught:
        load(tmp_path, {"it": JOURNEY}, SITE_YAML)
    hint = "write send: and the channels below it"
    assert str(caught.value) == f"content/site.yaml: lacks the key send — hint: {hint}"


# ── Versions ─────────────────────────────────────────────────────────────────────────────────


def test_the_ledgers_text_gives_the_journey_back(tmp_path: Path) -> None:
    """Whatever stands in it, and also when its messages and channels are gone."""
    branches = "{if: page opened, then: [" + TELL + "], else: [stop]}"
    for number, text in enumerate((JOURNEY, OTHER, with_steps(TELL, branches, TELL))):
        read = load(tmp_path / f"{number}", {"it": text}).by_id["it"]
        again = journey_of(read.text)
        assert again == read
        assert again.text == read.text


def test_a_comment_makes_no_version(tmp_path: Path) -> None:
    """Neither do the order of keys and how a text is quoted; a changed step does."""
    first = journey(tmp_path / "a", JOURNEY)
    name, when, *rest = JOURNEY.splitlines(keepends=True)
    same = "# For the best.\n" + when + name + "".join(rest).replace("3d", '"3d"')
    assert journey(tmp_path / "b", same).text == first.text
    other = journey(tmp_path / "c", JOURNEY.replace("wait: 3d", "wait: 4d"))
    assert other.text != first.text


def test_defaults_are_part_of_a_version(tmp_path: Path) -> None:
    """A later release with others would change a journey that somebody is in."""
    read = load(tmp_path, {"other": OTHER}).by_id["other"]
    kept = json.loads(read.text)
    assert (kept["audience"], kept["expires_after"], kept["id"]) == ("", "3d", "other")


def test_a_version_that_is_not_understood(tmp_path: Path) -> None:
    """It is told by its name, not by a file that is right by now."""
    text = journey(tmp_path, JOURNEY).text.replace(b'"wait":"3d"', b'"wait":"soon"')
    with pytest.raises(InputError, match=r"the ledger's version of it.* is not a wait"):
        journey_of(text)


# ── Messages ─────────────────────────────────────────────────────────────────────────────────


def test_a_message_of_another_kind(tmp_path: Path) -> None:
    """It has no values of what begins the journey, and nobody could be told at night."""
    spoken = Spoken(frozenset({"digest"}), frozenset({"service"}))
    assert spoken_of(tmp_path, "service", spoken) == [
        "steps[1].send: the message tells of a digest, and this begins with a coupon"
    ]
    right = Spoken(frozenset({"coupon"}), frozenset({"service"}))
    assert spoken_of(tmp_path, "service", right) == []


def test_a_promotion_needs_the_consent_for_it(tmp_path: Path) -> None:
    """A journey that serves would send it to those who agreed to service messages alone."""
    spoken = Spoken(frozenset({"coupon"}), frozenset({"promotion"}))
    assert spoken_of(tmp_path, "service", spoken) == [
        "steps[1].send: a promotion in a journey that serves"
    ]
    assert spoken_of(tmp_path, "promotion", spoken) == []


def spoken_of(root: Path, purpose: str, spoken: Spoken) -> list[str]:
    """What is wrong with a journey of this purpose that sends such a message."""
    text = with_steps(TELL).replace("purpose: service", f"purpose: {purpose}")
    write(root, {"content/site.yaml": SITE_YAML + SEND, "content/journeys/it.yaml": text})
    try:
        load_journeys(root, load_site(root)[0], {"coupon": {"sms"}}, {"coupon": spoken})
    except InputError as error:
        return [f"{one.field}: {one.sentence}" for one in error.problems]
    return []


# ── The sample ───────────────────────────────────────────────────────────────────────────────


def test_the_shipped_journeys_are_right() -> None:
    """Those of the sample load with its own settings, and tell of every kind of reason."""
    site, _ = load_site(ROOT)
    journeys = load_journeys(ROOT, site, SHIPPED)
    assert len(journeys.by_id) == 5
    assert set(journeys.by_kind) == {"coupon", "stage", "strategy", "digest"}
    told = {
        step.message
        for it in journeys.by_id.values()
        for step in it.steps
        if isinstance(step, Tell)
    }
    assert told == set(SHIPPED)


def test_the_shipped_channels_send_nothing() -> None:
    """Each is a folder."""
    send = load_site(ROOT)[0].send
    assert isinstance(send, Send)
    assert {name: (it.kind, it.gateway) for name, it in send.channels.items()} == {
        kind: (kind, "outbox") for kind in ("sms", "email", "push")
    }


def test_messages_are_found_by_their_files(tmp_path: Path) -> None:
    """A translation is no other message."""
    names = ("coupon.sms.md", "coupon.sms.en.md", "coupon.email.md", ".draft.sms.md", "notes.txt")
    write(tmp_path, {f"content/messages/{name}": "x" for name in names})
    assert written_messages(tmp_path) == {"coupon": {"sms", "email"}}
