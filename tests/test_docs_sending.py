"""What the documents say of sending, held against the code: examples, states, reasons."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from generator.base.config import load_site
from generator.base.errors import InputError, Problem
from generator.base.sending import Channel, Send
from generator.base.yamldoc import parse_yaml
from generator.send.channels import open_channel
from generator.send.journeys import FOLDER, load_journeys
from generator.send.journeys.audience import audience_of
from generator.send.messages import load_messages
from generator.send.messages.message import Message
from generator.send.sightings import sightings
from generator.send.values import Reason, State
from tests.send.letters import SEND, sample_values, written
from tests.test_docs import ROOT, codes, read, rows, section

WORDS = {"DEVINO_KEY", "KANNEL_PASSWORD", "GATE_TOKEN", "SMPP_PASSWORD"}
"""Variables of the examples."""
FILE = "keys/relay"
"""The secret of the examples that lies in a file."""
ERRORS = "How errors look"
REFUSING = ("generator/send/intake.py", "generator/send/looking.py", "generator/receipts.py")
"""Where it stands why a manifest is not taken."""


def blocks(text: str, language: str) -> list[str]:
    """The examples of a document in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


# ── Of editors ───────────────────────────────────────────────────────────────────────────────


def test_journeys_of_the_examples_are_right(tmp_path: Path) -> None:
    """Each journey that editors are shown is one, on the shipped site."""
    site = load_site(ROOT)[0]
    examples = blocks(section(read("editors.md"), "Journeys"), "yaml")
    assert len(examples) > 1
    folder = tmp_path / FOLDER
    folder.mkdir(parents=True)
    for number, example in enumerate(examples):
        (folder / f"example-{number}.yaml").write_text(example, encoding="utf-8")
    kinds = {"sms", "email", "push"}
    found = load_journeys(tmp_path, site, {"coupon-accrued": kinds, "stage": kinds})
    assert len(found.by_id) == len(examples)


def test_audiences_of_the_examples_are_right() -> None:
    """Each expression in the table of audiences can be asked."""
    table = section(read("editors.md"), "Journeys").partition("### For whom")[2]
    found = [code for cells in rows(table.partition("###")[0])[1:] for code in codes(cells[0])]
    assert len(found) > 2
    for one in found:
        audience_of(one)


def examples(root: Path) -> list[Message]:
    """The messages that editors are shown, an SMS in Russian and a letter in English."""
    sms, letter = blocks(section(read("editors.md"), "Messages"), "markdown")
    first = written(root / "ru", {"one.sms.md": sms}, SEND, "ru")
    second = written(root / "en", {"one.email.md": letter}, SEND, "en")
    return [*first.all.values(), *second.all.values()]


def test_messages_of_the_examples_are_right(tmp_path: Path) -> None:
    """Each message that editors are shown can be sent."""
    found = examples(tmp_path)
    assert [one.key.kind for one in found] == ["sms", "email"]
    for one in found:
        assert one.rendered(sample_values(one)).text


def test_the_sms_becomes_what_is_told(tmp_path: Path) -> None:
    """What an example becomes, editors read below it."""
    sms, _ = examples(tmp_path)
    told = re.search(r"^becomes \*(.*)https://…\*$", read("editors.md"), flags=re.MULTILINE)
    text = sms.rendered(sample_values(sms)).text
    assert told
    assert text.replace("\xa0", " ").startswith(told[1])


BROKEN = {
    "journeys/x.yaml": """\
name: {ru: Проба}
when: {cupon: accrued}
purpose: service
steps:
  - send: x
    over: [sms]
  - wait: 1d
  - wait: 3 days
""",
    "messages/x.sms.md": "---\nreason: coupon\n---\n{{ nam.full }} {{ link }}\n",
    "messages/y.push.md": "---\nreason: coupon\ntitle: y\n---\n5 000 ₽\n",
}
"""Files with the mistakes that editors are told of."""


def test_mistakes_are_told_in_the_words_of_the_table(tmp_path: Path) -> None:
    """What editors will meet in journeys and messages, they will meet so."""
    for name, text in BROKEN.items():
        place = tmp_path / "content" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    site = load_site(ROOT)[0].model_copy(update={"locales": ("ru",)})
    met = ""
    for load in (lambda: load_journeys(tmp_path, site, {}), lambda: load_messages(tmp_path, site)):
        with pytest.raises(InputError) as error:
            load()
        met += str(error.value)
    told = [next(iter(codes(cells[0]))) for cells in rows(section(read("editors.md"), ERRORS))[1:]]
    ours = [one for one in told if re.match(r"when\.|steps|there is no value|an amount", one)]
    assert len(ours) > 3
    assert [one for one in ours if one not in met] == []


# ── Of operators ─────────────────────────────────────────────────────────────────────────────


def channels() -> Iterator[tuple[str, Channel]]:
    """The channels that operators are shown."""
    for block in blocks(read("sending.md"), "yaml"):
        document = parse_yaml(block, "sending.md", [])
        assert document
        assert isinstance(document.data, dict)
        yield from Send.model_validate(document.data["send"]).channels.items()


def test_every_gateway_has_an_example() -> None:
    """Those with settings of their own, but for push, whose settings are two words."""
    assert {one.gateway for _, one in channels()} == {"outbox", "devino", "smtp", "http", "smpp"}


@pytest.mark.parametrize(("name", "settings"), [*channels()], ids=lambda it: str(it)[:12])
def test_channels_of_the_examples_can_be_opened(
    tmp_path: Path, name: str, settings: Channel
) -> None:
    """Their secrets are where they say, their templates can be filled."""
    secret = tmp_path / FILE
    secret.parent.mkdir()
    secret.write_text("secret", encoding="utf-8")
    secret.chmod(0o600)
    open_channel(name, settings, tmp_path, dict.fromkeys(WORDS, "secret")).close()


def test_what_clients_did_can_be_told_as_in_the_example() -> None:
    """The line that operators are shown is one."""
    problems: list[Problem] = []
    (line,) = blocks(read("sending.md"), "json")
    assert [one.what for one in sightings([line.encode()], "", problems)] == ["opened"]
    assert problems == []


def test_refused_manifests_are_told_in_the_words_of_the_table() -> None:
    """What operators are told to do about a manifest they find by what is said of it."""
    said = "".join((ROOT / name).read_text(encoding="utf-8") for name in REFUSING)
    table = section(read("sending.md"), "Two machines, two keys")
    told = [cells[0] for cells in rows(table)[1:]]
    assert len(told) > 5
    assert [one for one in told if f'"{one}"' not in said] == []


def test_operators_know_every_state_and_reason() -> None:
    """What a message can be, and why it was not sent, stands in a table each."""
    text = read("sending.md")
    told = {name.strip() for cells in rows(section(text, "The ledger")) for name in cells[:1]}
    states = {state for cell in told for state in cell.split(", ")}
    assert {*State} - {State.WITHHELD} <= states
    reasons = {cells[0] for cells in rows(section(text, "Why somebody was not told"))[1:]}
    assert reasons == {*Reason}
