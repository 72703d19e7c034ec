"""What was approved goes once; what may not go any more does not, and everything is on record."""

import re
from collections import Counter
from collections.abc import Collection
from datetime import timedelta
from itertools import count
from pathlib import Path
from threading import Semaphore
from typing import Any

import pytest

from generator.base.errors import InputError, OutsideError
from generator.send.answers import LedgerAnswers
from generator.send.ledger import Consent
from generator.send.ledger.sending import Sending
from generator.send.running import run
from generator.send.values import Accepted, State
from tests.builders import ROOT
from tests.nights import silent
from tests.send.channels.gateway import Asked, Gateway, Said, gateway
from tests.send.channels.mail import CUT, Relay, relay
from tests.send.house import NOON, House, clients, house, outcomes
from tests.send.ledger.samples import DAY, HOUR, MINUTE
from tests.send.manifests import coupon, digest, held, line

LETTERS: dict[str, Any] = {"steps": [{"send": "news", "over": ["email"]}]}


def letters(root: Path, server: Relay, **channel: Any) -> House:  # noqa: ANN401 - of YAML
    """A site whose journey sends letters over a real server."""
    one = house(root, answers="https://answers.example", unsubscribe_mail="leave@insurer.example")
    keys = {"gateway": "smtp", "host": "127.0.0.1", "port": server.port, "tls": "none"}
    sender = {"sender": "Insurer <letters@insurer.example>", "lanes": 1}
    one.channels["email"] = {"kind": "email", **keys, **sender, **channel}
    return one.journey(**LETTERS).write()


def phones(root: Path, operator: Gateway, **channel: Any) -> House:  # noqa: ANN401
    """A site whose SMS go to a gateway of HTTP."""
    one = house(root)
    body = '{"to": "{{ to }}", "text": "{{ text }}", "id": "{{ id }}"}'
    keys = {"kind": "sms", "gateway": "http", "url": f"{operator.address}/send", "body": body}
    one.channels["sms"] = {**keys, "lanes": 1, "rate": 1000, **channel}
    return one.write()


def refused(one: House) -> str:
    """What is wrong after a run."""
    with pytest.raises(InputError) as caught:
        one.run().raise_errors()
    return str(caught.value)


# ── Before it goes ───────────────────────────────────────────────────────────────────────────


def test_a_second_run_sends_nothing(tmp_path: Path) -> None:
    """However often it is run, and planned, and told again by a manifest."""
    one = house(tmp_path)
    one.night(*clients(7))
    assert one.tell() == {"sms": {"accepted": 7}}
    assert one.tell() == {}
    one.night(*clients(7))
    assert one.later(DAY).tell() == {}
    assert len(one.outbox()) == 7


def test_nothing_goes_that_nobody_approved(tmp_path: Path) -> None:
    """A plan is no message."""
    one = house(tmp_path)
    one.night(line())
    one.plan()
    assert outcomes(one.run()) == {}
    assert one.outbox() == []


def test_a_consent_that_was_taken_back_since(tmp_path: Path) -> None:
    """By a call, or by the link of another letter; that of others stands."""
    one = house(tmp_path)
    one.night(*clients(3))
    one.approve()
    with one.open() as sender:
        sender.ledger.consents.add([Consent("C-001", "sms", "service", False, NOON, "a call")])
        (message,) = (it.id for it in sender.ledger.story("C-002").chapters)
        LedgerAnswers(sender.ledger, one.clock).unsubscribe(message, NOON)
    assert outcomes(one.run()) == {"sms": {"accepted": 1, "withheld": 2}}
    assert one.reasons("C-001") == one.reasons("C-002") == ["no consent"]
    assert len(one.outbox()) == 1


def test_an_address_that_was_blocked_since(tmp_path: Path) -> None:
    """On the list, or dead as a gateway said."""
    one = house(tmp_path)
    one.night(*clients(3))
    one.approve()
    with one.open() as sender:
        addresses = sender.ledger.addresses
        addresses.suppress(addresses.digest("sms", "+79990000001"), NOON, "a call")
        addresses.bury(addresses.digest("sms", "+79990000002"), NOON)
    assert outcomes(one.run()) == {"sms": {"accepted": 1, "withheld": 2}}
    assert one.reasons("C-001") == ["on the suppression list"]
    assert one.reasons("C-002") == ["the address is dead"]


def test_who_was_forgotten_is_sent_nothing(tmp_path: Path) -> None:
    """Whatever was approved."""
    one = house(tmp_path)
    one.night(*clients(2))
    one.approve()
    with one.open() as sender:
        sender.ledger.forget("C-001")
    assert outcomes(one.run()) == {"sms": {"accepted": 1}}


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        ("2026-11-28", "Europe/Moscow", 11),
        ("2026-10-24", "Europe/Berlin", 12),  # the clock is put back in that night
        ("2026-03-28", "Europe/Berlin", 11),  # and forward in this one
    ],
)
def test_a_run_in_the_night_puts_off(tmp_path: Path, day: str, zone: str, hours: int) -> None:
    """Until nine on the client's own clock: not a minute before, and then it goes."""
    one = house(tmp_path)
    one.now = NOON.fromisoformat(f"{day}T10:00+00:00")
    one.night(line(time_zone=zone))
    one.approve()
    late = {"Europe/Moscow": 19, "Europe/Berlin": 20}[zone]
    one.now = one.now.replace(hour=late, minute=30)
    assert outcomes(one.run()) == {"sms": {"later": 1}}
    assert outcomes(one.run()) == {}
    nine = one.now.replace(minute=0) + timedelta(hours=hours)
    one.now = nine - MINUTE
    assert outcomes(one.run()) == {}
    one.now = nine
    assert outcomes(one.run()) == {"sms": {"accepted": 1}}


def test_what_could_not_go_in_time_expires(tmp_path: Path) -> None:
    """It is on record; nobody is told old news."""
    one = house(tmp_path)
    one.night(line())
    one.approve()
    one.later(6 * DAY)
    assert outcomes(one.run()) == {"sms": {"expired": 1}}
    assert one.reasons() == ["overdue"]
    assert one.outbox() == []


def test_an_altered_message_waits_and_others_go(tmp_path: Path) -> None:
    """The text that was approved, or none: until somebody puts it back."""
    one = house(tmp_path).message("other.sms", "Другое. {{ link }}")
    one.journey("other", steps=[{"send": "other", "over": ["sms"]}])
    one.night(*clients(3))
    one.approve()
    one.message("news.sms", "Купон {{ reason.amount_text }}! {{ link }}")
    assert "content/messages/news.sms.md: the message was altered" in refused(one)
    assert len(one.outbox()) == 3
    assert all("Другое" in text for text in one.outbox())
    one.message("news.sms", "{{ name.polite }}, купон {{ reason.amount_text }}. {{ link }}")
    assert outcomes(one.later(HOUR).run()) == {"sms": {"accepted": 3}}
    one.later(6 * DAY).run().raise_errors()
    assert len(one.outbox()) == 6


# ── Proof ────────────────────────────────────────────────────────────────────────────────────


def test_a_page_that_shows_another_thing_stops_the_batch(tmp_path: Path) -> None:
    """That client is on record, and whoever looked into it runs it again for the others."""
    one = house(tmp_path)
    some = clients(9)
    one.night(*some)
    one.publish(some[3], shown={"reasons": [coupon(amount_text="1,00\u00a0₽")]})
    one.approve()
    said = refused(one)
    assert "the page shows another coupon" in said
    assert "C-004" not in said
    assert one.outbox() == []
    assert one.reasons("C-004") == ["the page does not show what the text says"]
    assert outcomes(one.run()) == {"sms": {"accepted": 8}}


def test_another_clients_page_stops_it_too(tmp_path: Path) -> None:
    """A name is looked at first."""
    one = house(tmp_path)
    some = clients(2)
    one.night(*some)
    one.publish(some[0], shown={"name": {"full": "Другой Клиент"}})
    one.approve()
    assert "the page is another client's" in refused(one)
    assert one.outbox() == []


def test_a_digest_whose_figures_are_old_is_left_out(tmp_path: Path) -> None:
    """However many there are, the others go; somebody is told, and no channel stands still."""
    text = "{% for one in reason.policies %}{{ one.income_text }} {% endfor %}"
    one = house(tmp_path).message("month.email", text, reason="digest")
    one.journey(when={"digest": "monthly"}, steps=[{"send": "month", "over": ["email"]}])
    some = clients(12, reasons=[digest()])
    one.night(*some)
    for told in some[:7]:
        one.publish(told, shown={"reasons": [digest(policies=[held(income_text="1,00\u00a0₽")])]})
    one.approve()
    said = refused(one)
    assert "email: letters were left out whose figures are old" in said
    assert len(one.outbox()) == 5
    assert one.reasons("C-001") == ["the page shows other figures by now"]
    assert one.reasons("C-012") == ["accepted"]
    one.run().raise_errors()


def test_a_link_of_somebody_else_in_the_layout(tmp_path: Path) -> None:
    """A letter's HTML is looked through as its text is."""
    one = house(tmp_path).journey(**LETTERS)
    layout = (ROOT / "themes/default/letters/letter.html").read_text(encoding="utf-8")
    stranger = clients(2)[1]["link"]
    path = tmp_path / "themes/default/letters/letter.html"
    path.parent.mkdir(parents=True)
    path.write_text(layout.replace("</h1>", f'</h1><a href="{stranger}">!</a>'), encoding="utf-8")
    one.night(line())
    one.approve()
    assert "the text has another client's link" in refused(one)
    assert one.outbox() == []


def test_who_was_revoked_is_left_out(tmp_path: Path) -> None:
    """A page that is gone is no mistake, as long as few are."""
    one = house(tmp_path)
    some = clients(9)
    one.night(*some[1:])
    one.night(some[0], published=False)
    one.approve()
    assert outcomes(one.run()) == {"sms": {"accepted": 8, "withheld": 1}}
    assert one.reasons("C-001") == ["the page does not show what the text says"]


def test_nothing_was_published(tmp_path: Path) -> None:
    """Nobody is told of a page that is not there, and nobody is left out: it is run again."""
    one = house(tmp_path)
    some = clients(9)
    one.night(*some, published=False)
    one.approve()
    assert "no page is published" in refused(one)
    assert one.reasons() == ["planned"]
    for each in some:
        one.publish(each)
    assert outcomes(one.run()) == {"sms": {"accepted": 9}}


def test_some_are_proved_by_lot(tmp_path: Path) -> None:
    """A setting for those who trust their publishing more."""
    one = house(tmp_path, proof=1)
    some = clients(9)
    one.night(*some, published=False)
    one.publish(some[0])
    one.approve()
    done = one.run()
    told = outcomes(done)["sms"]
    assert told in ({"accepted": 9}, {"accepted": 8, "withheld": 1})


# ── Breakers ─────────────────────────────────────────────────────────────────────────────────


def test_the_same_text_again_and_again(tmp_path: Path) -> None:
    """Stops its channel and no other; when it goes on these are left out and the rest is sent."""
    one = house(tmp_path).journey("letter", **LETTERS)
    for number in range(5):
        one.journey(f"more-{number}", audience="segment == 'many'")
    one.journey(audience="segment == ''")
    one.night(*clients(4), line("C-009", segment="many"))
    one.approve()
    said = refused(one)
    assert "sms: stopped: the same text went to one address again and again (2)" in said
    assert [text for text in one.outbox() if text.startswith("+7")] == []
    assert len(one.outbox()) == 5  # letters
    assert outcomes(one.run()) == {}
    assert one.reasons("C-009").count("the channel is stopped") == 2
    with one.open() as sender:
        assert sender.ledger.channels.resume("sms", one.clock())
    assert outcomes(one.run()) == {"sms": {"accepted": 7}}


def test_a_share_of_refusals(tmp_path: Path) -> None:
    """Stops the channel; who resumes it is not stopped again by what was before."""
    with gateway() as operator:
        one = phones(tmp_path, operator, breaker={"among": 10, "rejected_percent": 20})
        operator.usual = lambda _: Said(400)
        one.night(*clients(60))
        one.approve()
        assert "10 of the last 10 messages were refused" in refused(one)
        asked = len(operator.asked)
        assert 10 <= asked < 60
        assert "STOPPED" not in str(one.run().channels["sms"].outcomes)
        assert len(operator.asked) == asked
        operator.usual = lambda _: Said(200)
        with one.open() as sender:
            sender.ledger.channels.resume("sms", one.later().clock())
        assert outcomes(one.later().run()) == {"sms": {"accepted": 60 - asked}}


def test_a_few_refusals_are_none(tmp_path: Path) -> None:
    """A fifth is allowed, and a number that is dead is buried."""
    with gateway() as operator:
        one = phones(tmp_path, operator, breaker={"among": 10, "rejected_percent": 20})
        operator.script.extend([Said(400), Said(400)])
        one.night(*clients(20))
        assert one.tell() == {"sms": {"accepted": 18, "rejected": 2}}


def test_so_many_a_day(tmp_path: Path) -> None:
    """Not one more, whatever was approved; the rest waits until somebody says so."""
    one = house(tmp_path)
    one.channels["sms"] = {"kind": "sms", "breaker": {"a_day": 5}}
    one.write()
    one.night(*clients(5))
    assert one.tell() == {"sms": {"accepted": 5}}
    one.night(*clients(3, reasons=[coupon(policy="QH-2")]))
    one.approve()
    assert "5 messages went in a day: no more may" in refused(one)
    assert len(one.outbox()) == 5
    one.later(DAY + MINUTE)
    assert one.run().channels["sms"].was_stopped
    with one.open() as sender:
        sender.ledger.channels.resume("sms", one.clock())
    assert outcomes(one.run()) == {"sms": {"accepted": 3}}


# ── What gateways say ────────────────────────────────────────────────────────────────────────


def test_a_letter_of_which_nobody_knows_goes_again(tmp_path: Path) -> None:
    """Under the same Message-ID: the reader's program shows one."""
    with relay() as server:
        one = letters(tmp_path, server)
        server.at_content.extend([CUT])
        one.night(line())
        assert one.tell() == {"email": {"unknown": 1}}
        assert one.reasons() == ["unknown"]
        assert outcomes(one.later().run()) == {"email": {"accepted": 1}}
        first, second = server.letters()
    assert first["Message-ID"] == second["Message-ID"]
    assert first["To"] == second["To"]


def test_an_sms_of_which_nobody_knows_waits_for_a_person(tmp_path: Path) -> None:
    """It never goes again by itself; what the person says is kept."""
    with gateway() as operator:
        one = phones(tmp_path, operator)
        operator.script.append(Said(0))
        one.night(*clients(2))
        assert one.tell() == {"sms": {"accepted": 1, "unknown": 1}}
        assert outcomes(one.later(DAY).run()) == {}
        assert len(operator.asked) == 2
        with one.open() as sender:
            (unknown,) = sender.ledger.sending.unknown_of("sms")
            assert sender.ledger.sending.resolve({unknown.id: Accepted()}, one.clock()) == 1
        assert outcomes(one.run()) == {}
        assert sorted(one.reasons("C-001") + one.reasons("C-002")) == ["accepted"] * 2


def test_an_unknown_letter_that_is_old_is_not_called_expired(tmp_path: Path) -> None:
    """It may have been sent: nobody claims that it was not."""
    with relay() as server:
        one = letters(tmp_path, server)
        server.at_content.append(CUT)
        one.night(line())
        one.tell()
        one.later(6 * DAY).run()
        one.run()
    assert one.reasons() == ["unknown"]


def test_what_is_put_off_by_a_gateway_goes_later(tmp_path: Path) -> None:
    """When it said so, and not before."""
    with gateway() as operator:
        one = phones(tmp_path, operator)
        operator.script.append(Said(503, headers={"Retry-After": "600"}))
        one.night(line())
        assert one.tell() == {"sms": {"later": 1}}
        assert outcomes(one.later().run()) == {}
        assert outcomes(one.later(10 * MINUTE).run()) == {"sms": {"accepted": 1}}
        assert len(operator.asked) == 2


def test_a_gateway_that_is_away_fails_alone(tmp_path: Path) -> None:
    """Its messages go later, and the other channels do now."""
    with gateway() as operator:
        one = phones(tmp_path, operator)
    one.journey("letter", **LETTERS)
    one.night(*clients(2))
    one.approve()
    done = one.run()
    assert outcomes(done) == {"sms": {"later": 2}, "email": {"accepted": 2}}


def test_a_gateway_that_takes_nothing_is_left_alone(tmp_path: Path) -> None:
    """A few are tried and not a whole night's, the exit says so, and nobody is lost by it."""
    with gateway() as operator:
        one = phones(tmp_path, operator)
        operator.usual = lambda _: Said(503, headers={"Retry-After": "60"})
        one.night(*clients(90))
        one.approve()
        for _ in range(9):
            asked = len(operator.asked)
            with pytest.raises(OutsideError, match=r"sms: the gateway takes nothing now"):
                one.later(10 * MINUTE).run().raise_errors()
            assert len(operator.asked) - asked < 60
        operator.usual = lambda _: Said(200)
        went = Counter[str]()
        for _ in range(4):
            went.update(outcomes(one.later(HOUR).run()).get("sms", {}))
        assert went == {"accepted": 90}


def test_a_ledger_that_is_started_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a gateway said meanwhile is written down when it is there again."""
    one, right, away = house(tmp_path), Sending.settle, [True, True, False]

    def settle(*known: Any) -> int:  # noqa: ANN401 - of another module
        if away.pop(0) if away else False:
            raise OutsideError("send.ledger: the database refused")
        return right(*known)

    monkeypatch.setattr(Sending, "settle", settle)
    one.night(*clients(3))
    assert one.tell() == {"sms": {"accepted": 3}}
    assert [it for it in one.slept if it >= 1] == [1.0, 5.0]
    assert one.reasons("C-003") == ["accepted"]


def test_what_takes_longer_than_a_lease(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten minutes for each: another sender takes up nothing of it meanwhile."""
    right, kept = Sending.keep, Semaphore(1)

    def keep(*known: Any) -> Collection[str]:  # noqa: ANN401 - of another module
        mine = right(*known)
        kept.release()
        return mine

    monkeypatch.setattr(Sending, "keep", keep)
    with gateway() as operator:
        one = phones(tmp_path, operator)
        recovered = Counter[State]()

        def slow(_: Asked) -> Said:
            assert kept.acquire(timeout=30)  # these minutes pass at once, and not for the sender
            one.later(10 * MINUTE)
            with one.open() as other:
                recovered.update(other.ledger.sending.recover(one.clock()))
            return Said()

        operator.usual = slow
        one.night(*clients(4))
        assert one.tell() == {"sms": {"accepted": 4}}
        assert len(operator.asked) == 4
    assert recovered[State.UNKNOWN] == 0


def test_a_ledger_that_is_away_for_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more goes; what was said of what is under way is written down at the end."""
    one, right, tries = house(tmp_path), Sending.settle, count()

    def settle(*known: Any) -> int:  # noqa: ANN401 - of another module
        if next(tries) < 4:
            raise OutsideError("send.ledger: the database refused")
        return right(*known)

    monkeypatch.setattr(Sending, "settle", settle)
    one.night(*clients(90))
    one.approve()
    done = one.run()
    with pytest.raises(OutsideError, match="the database refused"):
        done.raise_errors()
    went = done.channels["sms"].outcomes["accepted"]
    assert 0 < went < 90
    assert len(one.outbox()) == went
    assert outcomes(one.run()) == {"sms": {"accepted": 90 - went}}


def test_a_channel_without_its_secret(tmp_path: Path) -> None:
    """Is told, the others go on, and nothing of it is lost."""
    one = house(tmp_path).journey("letter", **LETTERS)
    one.channels["sms"] |= {"password": "env:NO_SUCH_TOKEN"}
    one.write()
    one.night(*clients(2))
    one.approve()
    said = refused(one)
    assert "send.channels.sms.password" in said
    assert len(one.outbox()) == 2
    assert sorted(one.reasons()) == ["accepted", "planned"]


def test_a_letter_is_whole(tmp_path: Path) -> None:
    """Both parts, the link with its tag, and how to unsubscribe by one click."""
    with relay() as server:
        one = letters(tmp_path, server)
        one.night(line())
        one.tell()
        (letter,) = server.letters()
    (taken,) = server.taken
    assert taken.rcpt_tos == ["a@example.org"]
    with one.open() as sender:
        (told,) = sender.ledger.story("C-001").chapters
        found = sender.ledger.planning.message(told.id)
    assert found
    assert letter["Message-ID"] == f"<{told.id}@insurer.example>"
    assert f"<https://answers.example/u/{told.id}>" in letter["List-Unsubscribe"]
    assert f"unsubscribe%20{told.id}" in letter["List-Unsubscribe"]
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    parts = {
        part.get_content_type(): str(part.get_content())
        for part in letter.walk()
        if not part.is_multipart()
    }
    for kind in ("text/plain", "text/html"):
        assert line()["link"] + found.tag in parts[kind]
        assert "25\u00a0000,00" in parts[kind].replace("&nbsp;", "\u00a0")


# ── Order and bounds ─────────────────────────────────────────────────────────────────────────


def test_it_is_on_the_disk_before_it_goes(tmp_path: Path) -> None:
    """When the gateway has a message, the ledger says that it is tried."""
    with gateway() as operator:
        one = phones(tmp_path, operator)
        seen = Counter[str]()

        def usual(asked: Asked) -> Said:
            found = re.search(rb'"id": "([a-z0-9]{26})"', asked.body)
            assert found
            with one.open() as sender:
                message = found[1].decode()
                client = sender.ledger.planning.message(message)
                assert client
                (chapter,) = sender.ledger.story(client.identity.client).chapters
                seen[chapter.state] += 1
            return Said()

        operator.usual = usual
        one.night(*clients(12))
        assert one.tell() == {"sms": {"accepted": 12}}
    assert seen == {State.ATTEMPTING: 12}


def test_no_faster_than_is_permitted(tmp_path: Path) -> None:
    """It waits for its turn as it is told, and claims no more than it sends in a while."""
    one = house(tmp_path)
    one.channels["sms"] = {"kind": "sms", "rate": "0.5"}
    one.write()
    one.night(*clients(40))
    assert one.tell() == {"sms": {"accepted": 40}}
    assert sum(one.slept) >= 2 * 39 - 2


def test_night_falls_while_it_runs(tmp_path: Path) -> None:
    """A slow channel asks again before each batch: nobody is woken."""
    one = house(tmp_path)
    one.channels["sms"] = {"kind": "sms", "rate": "0.5"}
    one.write()
    one.now = NOON.replace(hour=17, minute=58)  # 20:58 in Moscow
    one.night(*clients(200))
    one.approve()
    told = outcomes(one.run())["sms"]
    assert told["accepted"] + told["later"] == 200
    assert 30 <= told["accepted"] <= 95


def _spoiled(one: House, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """The pages cannot be asked for when the chart of one letter is wanted."""
    count = iter(range(99))

    def charts(*_: object) -> dict[str, bytes]:
        if next(count) == number:
            raise OutsideError("the published site does not answer")
        return {}

    monkeypatch.setattr("generator.send.witness.Witness.charts", charts)
    with pytest.raises(OutsideError):
        one.run().raise_errors()


@pytest.mark.parametrize("number", [0, 3, 6])
def test_an_error_amid_a_slice_loses_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """What was on record as tried and never was goes again; what went does not."""
    with relay() as server:
        one = letters(tmp_path, server)
        one.night(*clients(7))
        one.approve()
        with monkeypatch.context() as broken:
            _spoiled(one, broken, number)
        assert len(server.taken) == number
        assert outcomes(one.later().run()) == {"email": {"accepted": 7 - number}}
        ids = Counter(str(letter["Message-ID"]) for letter in server.letters())
    assert set(ids.values()) == {1}
    assert len(ids) == 7


def test_it_stops_when_it_is_asked_to(tmp_path: Path) -> None:
    """What is under way comes to its end: nobody is left of whom somebody has to find out."""
    with gateway() as operator:
        one = phones(tmp_path, operator, lanes=2)
        one.night(*clients(200))
        one.approve()
        with one.open() as sender:
            done = run(sender, one.clock, one.slept.append, silent, lambda: len(operator.asked) > 9)
        told = outcomes(done)["sms"]
        assert 10 <= told["accepted"] == len(operator.asked) < 200
        assert list(done.channels) == ["sms"]
        assert outcomes(one.run()) == {"sms": {"accepted": 200 - told["accepted"]}}
        assert len(operator.asked) == 200


def test_nothing_secret_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In no error, repr or output, whatever goes wrong."""
    with gateway() as operator:
        one = phones(tmp_path, operator)
        one.channels["sms"] |= {"password": "env:TOKEN"}
        one.write()
        operator.script.extend([Said(400, b"no such number +79990000001"), Said(0)])
        some = clients(6)
        one.night(*some)
        one.publish(some[5], shown={"reasons": [coupon(amount_text="1,00\u00a0₽")]})
        one.approve()
        done = one.run()
    said = "".join(map(str, [done, *done.errors.values(), capsys.readouterr()]))
    for word in ("7999", "C-00", "Агния", "25", "a-token", "#", "example.org"):
        assert word not in said


def test_dead_addresses_are_buried(tmp_path: Path) -> None:
    """A server that knows of no such mailbox: nothing goes there any more."""
    with relay() as server:
        one = letters(tmp_path, server)
        server.at_recipient.append("550 5.1.1 no such user")
        one.night(line())
        assert one.tell() == {"email": {"rejected": 1}}
        one.night(line(reasons=[coupon(policy="QH-2")]))
        one.later(DAY).tell()
    assert one.reasons() == ["rejected", "the address is dead"]
