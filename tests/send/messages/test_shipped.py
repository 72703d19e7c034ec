"""The messages of the sample: complete, kind, and discreet."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from generator.send.messages.message import Message
from generator.send.messages.parts import parts_of
from generator.send.messages.plainer import dearer
from generator.send.messages.samples import samples
from generator.send.messages.sizes import notices, sizes
from generator.send.values import Entry
from tests.send.letters import sample_site, sample_values, shipped, sms, written

MESSAGES = shipped()
SITE = sample_site()
TELLTALE = re.compile(
    r"банкрот|долг|суд|должник|кредит|взыскан|пристав|bankrupt|debt|court|creditor|insolven",
    re.IGNORECASE,
)
EACH = pytest.mark.parametrize("message", MESSAGES.all.values(), ids=lambda one: ".".join(one.key))


def test_every_reason_has_its_messages() -> None:
    """In each kind that a journey may choose, in both languages."""
    three = ("email", "push", "sms")
    kinds = {name: MESSAGES.kinds(name) for name in MESSAGES.names}
    assert kinds == {
        "coupon-accrued": three,
        "coupon-saved": three,
        "digest": ("email",),
        "stage": three,
        "strategy-changed": three,
    }
    assert {key.locale for key in MESSAGES.all} == {"ru", "en"}


@pytest.mark.parametrize("locale", ["ru", "en"])
def test_the_digest_has_income_and_chart_of_each_series(locale: str) -> None:
    """A chart once, however many policies of the series there are (A19, A5)."""
    message = MESSAGES.of("digest", "email", locale)
    values = sample_values(message)
    (held,) = values["reason"]["policies"]
    others = [{**held, "policy": "NS-2"}, {**held, "series": "two", "income_text": "7,00 ₽"}]
    rendered = message.rendered(
        {**values, "reason": {**values["reason"], "policies": [held, *others]}}
    )
    assert list(rendered.images.values()) == [held["series"], "two"]
    assert rendered.html.count('src="cid:') == 2
    for text in (rendered.html, rendered.text):
        assert text.count(held["income_text"]) == 2
        assert "7,00 ₽" in text
        assert "NS-2" in text
    for link in (values["link"], SITE.account_url):  # A20
        assert link in rendered.html
        assert link in rendered.text


@EACH
def test_what_others_may_see_tells_nothing_of_a_stage(message: Message) -> None:
    """A telephone lies open before others: SMS, push, subject and preheader name no trouble."""
    if message.front.reason != "stage":
        assert not TELLTALE.search(f"{message.front.subject} {message.front.title}")
        return
    stage = "Реализация имущества должника в суде"
    values = sample_values(message)
    values = {**values, "reason": {**values["reason"], "stage_name": stage}}
    rendered = message.rendered(values)
    shown = f"{rendered.subject} {rendered.preheader} {rendered.title}"
    if message.key.kind != "email":
        shown += rendered.text
    assert not TELLTALE.search(shown)


def test_an_english_sms_is_gsm() -> None:
    """No typographic character makes it twice as dear."""
    texts = [
        message.rendered(sample.values).text
        for message in MESSAGES.all.values()
        if message.key.kind == "sms" and message.key.locale == "en"
        for sample in samples(SITE, message.front.reason, "en")
    ]
    assert texts
    assert {parts_of(text).encoding for text in texts} == {"GSM"}
    assert not any(map(dearer, texts))
    assert notices(MESSAGES, SITE) == []


def test_an_sms_has_name_result_date_and_link() -> None:
    """Row A17 of the mission."""
    for locale, date in (("ru", "02.12.2011"), ("en", "12/2/2011")):
        for name in ("coupon-accrued", "coupon-saved"):
            message = MESSAGES.of(name, "sms", locale)
            values = sample_values(message)
            text = message.rendered(values).text
            assert values["name"]["full"] in text
            assert date in text
            assert text.endswith(values["link"])


def entry(number: int, name: str, kind: str = "stage") -> Entry:
    """A line of a manifest."""
    link = "https://clients.example/#7KqXn4mRb2vTz9LcW3sYdE"
    names = {"full": name, "polite": name, "short": name}
    reason = {"kind": kind, "month": "2011-11", "link": "https://clients.example/q/x"}
    return Entry(
        client=f"C-{number}",
        name=names,
        locale="en",
        time_zone="",
        addresses={},
        consents=(),
        bank="",
        segment="",
        link=link,
        page={},
        reasons=[reason],
    )


def test_sizes_are_those_of_the_manifests_clients() -> None:
    """The middle one and the longest; a message that none of them gets is tried on samples."""
    entries = [entry(1, "A"), entry(2, "B" * 10), entry(3, "C" * 90), entry(4, "D", "digest")]
    rows = {
        (row.name, row.locale, row.size): row
        for row in sizes(MESSAGES, SITE, Decimal("2.50"), iter(entries))
    }
    median, longest = rows["stage", "en", "median"], rows["stage", "en", "longest"]
    assert (median.measure.parts, longest.measure.parts) == (1, 2)
    assert longest.measure.characters - median.measure.characters == 80
    assert longest.cost == Decimal("5.00")
    assert rows["stage", "ru", "median"].measure.encoding == "UCS-2"
    assert len(rows) == 2 * len([key for key in MESSAGES.all if key.kind == "sms"])


def test_a_dearer_character_is_noticed(tmp_path: Path) -> None:
    """It is no mistake: the message is loaded, and the editor is told."""
    messages = written(tmp_path, {"a.sms.md": sms("It’s here: {{ link }}")})
    (notice,) = notices(messages, SITE)
    assert str(notice).startswith(
        "content/messages/a.sms.md: characters that halve what fits into a part: "
        "’ (right single quotation mark)"
    )
