"""Short messages over SMPP: what an SMSC says and does not say, and what we make of it."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import smsutil  # noqa: F401 - registers the codec of the default alphabet
import trustme
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from generator.send.channels.smpp import SmppChannel, reference_of, source_of
from generator.send.channels.smpp_text import BASIC, EXTENSION, Long, TextError, pieces_of
from generator.send.values import Accepted, Later, Outcome, Outgoing, Rejected, Report, Unknown
from tests.send.smsc import CUT, DROP, NACK, STRANGE, UNBIND, Smsc, smsc, text_of

SECRET = "sesame"  # noqa: S105 - of the tests
CYRILLIC = "Уважаемая Мария Ивановна, по договору начислен купон. " * 4 + "https://a.example/p#k"
SHORT = 1.5
"""Seconds of patience where a test waits for an answer that never comes."""


def message(number: int, text: str = "Hello", to: str = "+79000000001") -> Outgoing:
    """One of ours."""
    return Outgoing(id=f"{number:026d}", to=to, text=text)


@contextmanager
def channel(server: Smsc, patience: float = 20.0, **changes: object) -> Iterator[SmppChannel]:
    """A channel to it."""
    made = SmppChannel(server.settings(**changes), SECRET, patience=patience)
    try:
        yield made
    finally:
        made.close()


def sent(made: SmppChannel, *messages: Outgoing) -> dict[int, Outcome]:
    """What became of each, by its number; each is told once."""
    told = list(made.hand_over(messages))
    assert len(told) == len(messages)
    return {int(name): outcome for name, outcome in told}


def told_by(made: SmppChannel, count: int) -> list[Report]:
    """So many reports, as they come."""
    told: list[Report] = []
    while len(told) < count:
        told += made.reports("sms", seconds=0.01)
    return told


def test_a_message_goes_and_keeps_the_operators_id() -> None:
    """Name and password, sender, number, validity and the wish for a receipt arrive as given."""
    with smsc() as server, channel(server, days_valid=3) as made:
        assert sent(made, message(1)) == {1: Accepted("m1")}
    assert server.binds == [("sealpress", SECRET)]
    (taken,) = server.taken
    assert (taken.number, taken.octets, taken.coding) == ("79000000001", b"Hello", 0)
    assert (taken.sender, taken.validity) == ((5, 0, "Insurer"), "000003000000000R")
    assert taken.wants_receipt
    assert taken.reference == reference_of(message(1).id)


@pytest.mark.parametrize("long", ["udh", "udh16", "payload"])
@pytest.mark.parametrize("text", [CYRILLIC, "€uro[]" * 70, "😀" * 100])
def test_a_long_text_arrives_as_it_was_sent(long: Long, text: str) -> None:
    """Its parts, put together by the other library, are the text; one receipt is asked for."""
    with smsc() as server, channel(server, long=long) as made:
        outcomes = sent(made, message(1, text))
    assert outcomes == {1: Accepted(f"m{len(server.taken)}")}
    assert (len(server.taken) == 1) is (long == "payload")
    assert text_of(server.taken) == text
    assert [one.wants_receipt for one in server.taken[:-1]] == [False] * (len(server.taken) - 1)
    assert server.taken[-1].wants_receipt


def test_many_messages_go_at_once_over_one_connection() -> None:
    """More than the window; each has its own id."""
    with smsc() as server, channel(server) as made:
        outcomes = sent(made, *(message(number) for number in range(100)))
    assert len(server.binds) == 1
    assert {type(one) for one in outcomes.values()} == {Accepted}
    assert len(set(outcomes.values())) == 100


def test_an_answer_that_never_comes_leaves_it_open() -> None:
    """Nobody knows whether it was taken; the others go on."""
    with smsc() as server, channel(server, patience=SHORT) as made:
        server.answers.extend([DROP, 0])
        outcomes = sent(made, message(1), message(2))
        assert outcomes == {1: Unknown("no answer"), 2: Accepted("m1")}


def test_a_cut_connection_leaves_open_what_was_under_way_and_nothing_else() -> None:
    """At most ten had gone; the rest had not, and goes over a new connection."""
    with smsc() as server, channel(server) as made:
        server.answers.extend([0, 0, CUT])
        outcomes = sent(made, *(message(number, str(number)) for number in range(40)))
        kinds = [type(outcomes[number]) for number in range(40)]
        assert kinds == sorted(kinds, key=[Accepted, Unknown, Later].index)
        assert 1 <= kinds.count(Unknown) <= 10
        assert kinds.count(Later) >= 28
        taken = {int(one.octets) for one in server.taken}
        assert not any(isinstance(outcomes[number], Later) for number in taken)
        assert sent(made, message(50)) == {50: Accepted("m3")}
    assert len(server.binds) == 2


@pytest.mark.parametrize(("word", "code"), [(UNBIND, "Reset"), (STRANGE, "Aborted")])
def test_a_link_that_ends_leaves_it_open(word: str, code: str) -> None:
    """Also where the SMSC takes leave, or says what is no SMPP."""
    with smsc() as server, channel(server) as made:
        server.answers.append(word)
        assert sent(made, message(1)) == {1: Unknown(f"Connection{code}Error")}


def test_the_middle_of_a_long_text_that_is_cut_is_open() -> None:
    """Its first part was taken: it may not be sent again."""
    with smsc() as server, channel(server) as made:
        server.answers.extend([0, CUT])
        assert sent(made, message(1, CYRILLIC)) == {1: Unknown("ConnectionResetError")}


def test_throttling_puts_off_what_has_not_begun() -> None:
    """Nothing of it was taken."""
    with smsc() as server, channel(server) as made:
        server.answers.extend([0, *[0x58] * 10])
        outcomes = sent(made, *(message(number) for number in range(30)))
    assert outcomes[0] == Accepted("m1")
    assert {outcomes[number] for number in range(1, 11)} == {Later(10.0, "ESME_RTHROTTLED")}
    later = [one for one in outcomes.values() if isinstance(one, Later)]
    assert len(later) + len(server.taken) == 30


def test_throttling_in_the_middle_of_a_text_waits_and_goes_on() -> None:
    """The rest of it goes after a pause: the phone has the beginning already."""
    with smsc() as server, channel(server) as made:
        server.answers.extend([0, 0x14])
        outcomes = sent(made, message(1, CYRILLIC))
    assert outcomes == {1: Accepted(f"m{len(server.taken)}")}
    assert text_of(server.taken) == CYRILLIC


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (0x0B, Rejected("ESME_RINVDSTADR", is_dead=True)),
        (0x0A, Rejected("ESME_RINVSRCADR")),
        (0x412, Rejected("0x00000412")),
        (NACK, Rejected("ESME_RINVCMDID")),
        (0x08, Unknown("ESME_RSYSERR")),
        (0x64, Later(10.0, "ESME_RX_T_APPN")),
    ],
)
def test_a_refusal_is_told_by_its_name(answer: int | str, outcome: Outcome) -> None:
    """What is permanent, what is not, and what says too little."""
    with smsc() as server, channel(server) as made:
        server.answers.append(answer)
        assert sent(made, message(1)) == {1: outcome}


def test_a_bind_that_is_refused_puts_everything_off() -> None:
    """Nothing was sent; the SMSC's own code says why."""
    with smsc() as server, channel(server) as made:
        server.bind_status = 0x0E
        refused = Later(60.0, "ESME_RINVPASWD")
        assert sent(made, message(1), message(2)) == {1: refused, 2: refused}
    assert server.taken == []


def test_nobody_at_the_address_puts_everything_off() -> None:
    """Nothing was sent."""
    with smsc() as server:
        settings = server.settings()
    made = SmppChannel(settings, SECRET)
    assert sent(made, message(1)) == {1: Later(60.0, "ConnectionRefusedError")}
    assert list(made.reports("sms")) == []


@pytest.mark.parametrize("to", ["", "abc", "+7 900", "12", "+79000000001\0"])
def test_what_is_no_number_is_refused_here(to: str) -> None:
    """The SMSC is not asked."""
    with smsc() as server, channel(server) as made:
        assert sent(made, message(1, to=to)) == {1: Rejected("not a number", is_dead=True)}
    assert server.heard == []


def test_a_text_that_no_phone_can_show_is_refused_here() -> None:
    """Half a surrogate pair, and more parts than can be counted."""
    with smsc() as server, channel(server) as made:
        outcomes = sent(made, message(1, "\ud83d"), message(2, "я" * 20_000))
    assert outcomes == {1: Rejected("half a surrogate pair"), 2: Rejected("too long")}


def test_late_receipts_are_told_in_the_order_in_which_they_come() -> None:
    """Twice, of unknown ids, without words, unreadable ones: each is acknowledged, once taken."""
    with smsc() as server, channel(server) as made:
        sent(made, message(1), message(2))
        numbers = [
            server.receipt(b"id:m1 sub:001 dlvrd:001 stat:DELIVRD err:000 text:Hello"),
            server.receipt(b"id:m2 stat:EXPIRED err:0b1"),
            server.receipt(b"", receipted_message_id="m1", message_state=5),
            server.receipt(b"id:m1 stat:ENROUTE err:000"),
            server.receipt("СТОП".encode("utf-16-be")),
            server.receipt(b"id:elsewhere stat:DELIVRD err:000"),
        ]
        told = told_by(made, 4)
        server.wait_for("deliver_sm_resp", len(numbers))
        assert server.acknowledged == numbers
    assert [(one.channel, one.provider, one.status, one.code) for one in told] == [
        ("sms", "m1", "delivered", "000"),
        ("sms", "m2", "expired", "0b1"),
        ("sms", "m1", "failed", "UNDELIV"),
        ("sms", "elsewhere", "delivered", "000"),
    ]


@pytest.mark.parametrize(
    ("notation", "given", "receipt"),
    [("same", "0Ab", "0Ab"), ("hex-decimal", "001F", "0000000031"), ("decimal-hex", "31", "1f")],
)
def test_an_id_may_be_written_in_two_ways(notation: str, given: str, receipt: str) -> None:
    """What is kept of a message is what its receipt says."""
    with smsc() as server, channel(server, receipt_ids=notation) as made:
        server.id_of = lambda _: given
        outcome = sent(made, message(1))[1]
        server.receipt(f"id:{receipt} stat:DELIVRD err:000".encode())
        (report,) = told_by(made, 1)
    assert outcome == Accepted(report.provider)


def test_a_receipt_is_acknowledged_after_it_was_taken() -> None:
    """Who dies over it gets it again."""
    with smsc() as server, channel(server) as made:
        sent(made, message(1))
        first = server.receipt(b"id:m1 stat:DELIVRD err:000")
        server.receipt(b"id:m2 stat:DELIVRD err:000")
        reports = made.reports("sms", seconds=SHORT)
        assert next(reports).provider == "m1"
        assert server.acknowledged == []
        assert next(reports).provider == "m2"
        server.wait_for("deliver_sm_resp")
        assert server.acknowledged == [first]


def test_a_receipt_may_come_in_pieces() -> None:
    """A look in the middle of it finds nothing, and loses nothing."""
    with smsc() as server, channel(server) as made:
        sent(made, message(1))
        number, octets = server.written(b"id:m1 stat:DELIVRD err:000")
        for at in range(0, len(octets), 15):
            assert server.acknowledged == []
            server.send(octets[at : at + 15])
            if at + 15 < len(octets):
                assert list(made.reports("sms", seconds=0.01)) == []
        assert [one.provider for one in told_by(made, 1)] == ["m1"]
        server.wait_for("deliver_sm_resp")
        assert server.acknowledged == [number]


def test_a_receipt_that_cannot_be_read_does_not_come_again() -> None:
    """It is acknowledged, and those behind it are told."""
    with smsc() as server, channel(server) as made:
        sent(made, message(1))
        server.send(b"\0\0\0\x14\0\0\0\x05\0\0\0\0\0\0\0\x63\xff\xff\xff\xff")
        server.receipt(b"id:m1 stat:DELIVRD err:000")
        assert [one.provider for one in told_by(made, 1)] == ["m1"]
        assert list(made.reports("sms")) == []
        server.wait_for("deliver_sm_resp", 2)
        assert server.acknowledged[0] == 0x63


def test_a_receipt_tells_what_became_of_a_message_without_an_answer() -> None:
    """By its number and the reference that went with it; another number has another message."""
    with smsc() as server, channel(server, patience=SHORT) as made:
        server.answers.append(DROP)
        assert sent(made, message(1)) == {1: Unknown("no answer")}
        reference = reference_of(message(1).id)
        words = b"id:m9 stat:DELIVRD err:000"
        server.receipt(words, user_message_reference=reference)
        server.receipt(words, "79000000002", user_message_reference=reference)
        first, second = told_by(made, 2)
    assert (first.id, first.provider, second.id) == (message(1).id, "m9", "")


def test_a_link_is_kept_and_asked_whether_it_lives() -> None:
    """The SMSC's own question is answered between two calls; ours after a silence."""
    clock = [0.0]
    with smsc() as server:
        made = SmppChannel(server.settings(), SECRET, now=lambda: clock[0])
        sent(made, message(1))
        clock[0] += 60
        assert sent(made, message(2)) == {2: Accepted("m2")}
        assert server.heard.count("enquire_link") == 1
        server.send(b"\0\0\0\x10\0\0\0\x15\0\0\0\0\0\0\0\x63")
        server.wait_for("submit_sm", 2)
        assert sent(made, message(3)) == {3: Accepted("m3")}
        made.close()
        server.wait_for("unbind")
    assert "enquire_link_resp" in server.heard
    assert len(server.binds) == 1


def test_tls_checks_who_answers() -> None:
    """A certificate that nobody vouches for lets nothing be sent."""
    authority = trustme.CA()
    ours, theirs = ssl.create_default_context(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.configure_trust(ours)
    authority.issue_cert("localhost").configure_cert(theirs)
    with smsc(theirs) as server:
        stranger = SmppChannel(server.settings(tls="tls"), SECRET)
        assert sent(stranger, message(1)) == {1: Later(60.0, "SSLCertVerificationError")}
        made = SmppChannel(server.settings(tls="tls"), SECRET, context=ours)
        assert sent(made, message(1)) == {1: Accepted("m1")}
        made.close()
    assert server.binds == [("sealpress", SECRET)]


def test_settings_say_whether_there_is_tls() -> None:
    """SMPP has no STARTTLS, which is what other channels do unless they are told."""
    with pytest.raises(ValidationError, match="smpp has no starttls"):
        Smsc().settings(port=2775, tls="starttls")


@pytest.mark.parametrize(
    ("sender", "source"),
    [
        ("Insurer", (5, 0, "Insurer")),
        ("7788", (3, 0, "7788")),
        ("+79000000001", (1, 1, "79000000001")),
        ("79000000001", (1, 1, "79000000001")),
    ],
)
def test_a_sender_is_a_name_a_short_or_a_long_number(
    sender: str, source: tuple[int, int, str]
) -> None:
    """As operators want it told."""
    assert source_of(sender) == source


GSM_TEXT = st.text(st.sampled_from(BASIC.replace("\x1b", "") + "".join(EXTENSION)))
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(GSM_TEXT | ANY_TEXT, st.integers(0, 0xFFFF), st.sampled_from(["udh", "udh16", "payload"]))
def test_parts_are_the_text(text: str, reference: int, long: Long) -> None:
    """Decoded one by one they give it back; none is longer than a phone takes."""
    pieces = pieces_of(text, reference, long)
    header = {"udh": 6, "udh16": 7, "payload": 0}[long] if pieces.has_header else 0
    codec = "utf-16-be" if pieces.coding else "gsm0338"
    assert "".join(one[header:].decode(codec) for one in pieces.octets) == text
    if long != "payload":
        room = 140 if pieces.coding else 160
        assert all(len(one) <= room for one in pieces.octets)


@pytest.mark.parametrize(
    ("text", "count"),
    [("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3), ("€" * 80, 1), ("€" * 153, 3),
     ("я" * 70, 1), ("я" * 71, 2), ("я" * 134, 2), ("я" * 135, 3), ("😀" * 35, 1), ("😀" * 67, 3)],
)  # fmt: skip
def test_parts_are_counted_as_operators_count(text: str, count: int) -> None:
    """160 and 153, 70 and 67; a pair or an escape that does not fit goes to the next."""
    assert len(pieces_of(text, 1, "udh").octets) == count


def test_nothing_of_a_text_shows() -> None:
    """Neither in what is made of it nor in why it was refused."""
    assert "Hello" not in repr(pieces_of("Hello", 1, "udh"))
    with pytest.raises(TextError) as caught:
        pieces_of("Hello \ud83d", 1, "udh")
    assert "Hello" not in str(caught.value)
    assert caught.value.__suppress_context__
