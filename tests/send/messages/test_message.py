"""A message rendered for a client."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.errors import InputError
from generator.send.messages import answer_links, message_values, render
from generator.send.messages.fields import COMMON, LETTER, NAME, REASONS, SITE
from generator.send.messages.message import Message
from generator.send.values import Entry
from tests.send.letters import ROOT, email, sample_values, shipped, sms, written

LINK = "https://clients.example/#7KqXn4mRb2vTz9LcW3sYdEabc"
STAGE = "https://clients.example/q/7KqXn4mRb2vTz9LcW3sYdE"
ENTRY = Entry(
    client="C-1",
    name={"full": "Anna <Ann> Bell", "polite": "Anna", "short": "A. Bell"},
    locale="en",
    time_zone="",
    addresses={"phone": "", "email": "anna@bell.example"},
    consents=["sms"],
    bank="north-shore",
    segment="premium",
    link=LINK[:-3],
    page={"path": "", "sha256": ""},
    reasons=[],
)
REASON = {"kind": "stage", "product": "card", "stage": "a/b", "stage_name": "Ordered & made"}
VALUES = message_values(ENTRY, [{**REASON, "since": "2011-12-02", "link": STAGE}], LINK)


def one(root: Path, kind: str, text: str) -> Message:
    """The only message of a site, whose file has this text."""
    messages = written(root, {f"a.{kind}.md": text})
    return next(iter(messages.all.values()))


def test_an_sms_has_a_clients_values(tmp_path: Path) -> None:
    """As plain text: nothing is escaped, and dates are as short as they can be."""
    text = sms("{{ name.full }},\n{{ reason.since | day }}: {{ link }}", reason="stage")
    rendered = one(tmp_path, "sms", text).rendered(VALUES)
    assert rendered.text == f"Anna <Ann> Bell, 12/2/2011: {LINK}"
    assert rendered.link == LINK


def test_a_push_has_a_title_and_a_link(tmp_path: Path) -> None:
    """The link is no part of its text."""
    text = sms("Hello,\n{{ name.polite }}", 'title: "{{ site_name }}"', reason="stage")
    rendered = one(tmp_path, "push", text).rendered(VALUES)
    assert (rendered.title, rendered.text) == ("North Shore", "Hello, Anna")
    assert rendered.link == LINK


def test_values_are_plain_json() -> None:
    """They are kept in the ledger until the message has gone."""
    values = message_values(ENTRY, [REASON], LINK, answer_links("https://a.example", "X"))
    assert json.loads(json.dumps(values)) == values
    assert values["vote_links"][10] == "https://a.example/v/X/10"


def test_every_known_name_has_a_value() -> None:
    """What loading allows, rendering gives: constants of the site, and the values of a client."""
    assert set(VALUES) | SITE | {"chart"} == LETTER
    assert COMMON < LETTER


def test_the_fields_of_reasons_are_those_of_a_manifest() -> None:
    """The schema of manifests and this part of the program name the same."""
    schema = json.loads((ROOT / "docs/manifest.schema.json").read_text(encoding="utf-8"))
    assert set(schema["$defs"]) == set(REASONS)
    for kind, fields in REASONS.items():
        assert set(schema["$defs"][kind]["properties"]) == fields
    assert set(schema["properties"]["name"]["properties"]) == NAME


@pytest.mark.parametrize("lost", ["name", "reason", "link"])
def test_a_missing_value_is_an_error_that_tells_no_other(lost: str, tmp_path: Path) -> None:
    """The file is named, and nothing of the client."""
    body = "{{ name.full }} {{ {}[name.full] | default(reason.stage_name) }} {{ link }}"
    message = one(tmp_path, "sms", sms(body, reason="stage"))
    with pytest.raises(InputError) as error:
        message.rendered({key: value for key, value in VALUES.items() if key != lost})
    assert str(error.value).startswith("content/messages/a.sms.md: a value that the message names")
    assert "Bell" not in str(error.value)
    assert error.value.__cause__ is None


def test_nothing_of_a_client_is_in_a_repr(tmp_path: Path) -> None:
    """It could come into a log."""
    rendered = one(tmp_path, "sms", sms("{{ name.full }} {{ link }}")).rendered(VALUES)
    shown = f"{rendered!r} {answer_links('https://a.example', 'X')!r}"
    assert "Bell" not in shown
    assert "https:" not in shown


def test_an_unknown_message_is_told_with_its_neighbour(tmp_path: Path) -> None:
    """A journey may name one that was renamed."""
    messages = written(tmp_path, {"coupon-saved.sms.md": sms("{{ link }}")})
    with pytest.raises(InputError, match="did you mean coupon-saved"):
        render(messages, "coupon-save", "sms", "en", VALUES)
    assert messages.kinds("coupon-saved") == ("sms",)


def test_a_locale_that_the_site_has_no_more_gets_the_first(tmp_path: Path) -> None:
    """A manifest may be a night older than the settings."""
    messages = written(tmp_path, {"a.sms.md": sms("Hi {{ link }}")})
    assert render(messages, "a", "sms", "de", VALUES).text == f"Hi {LINK}"


def test_the_sandbox_holds(tmp_path: Path) -> None:
    """A text reaches nothing of Python."""
    body = "{{ name.__class__.__mro__ }} {{ link }}"
    with pytest.raises(InputError, match=r"a\.sms\.md"):
        written(tmp_path, {"a.sms.md": sms(body)})


def test_a_field_with_the_name_of_a_method_is_the_field(tmp_path: Path) -> None:
    """A mapping's own value comes first, and its methods change nothing."""
    body = "{% if reason.pop('kind') %}{% endif %}{{ link }}"
    with pytest.raises(InputError, match="there is no field pop"):
        written(tmp_path, {"a.sms.md": sms(body)})


MESSAGES = shipped()
LETTERS = [message for message in MESSAGES.all.values() if message.html]


@given(name=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30))
@pytest.mark.parametrize("message", LETTERS, ids=lambda one: f"{one.key.name}-{one.key.locale}")
def test_no_value_is_markup_in_a_letter(message: Message, name: str) -> None:
    """Whatever a client is called, the letter has the same tags."""
    values = sample_values(message)
    plain = message.rendered({**values, "name": dict.fromkeys(NAME, "A")})
    odd = message.rendered({**values, "name": dict.fromkeys(NAME, f"<b>{name}</b>&")})
    for sign in "<>":
        assert odd.html.count(sign) == plain.html.count(sign)


def test_a_subject_is_one_line(tmp_path: Path) -> None:
    """A second would be a header of its own."""
    message = one(tmp_path, "email", email("Hi", 'subject: "Dear {{ name.polite }}"'))
    values = {**VALUES, "name": {"polite": "Ann\r\nBcc: all@bank.example"}}
    assert message.rendered(values).subject == "Dear Ann Bcc: all@bank.example"
