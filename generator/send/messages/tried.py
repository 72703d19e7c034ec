"""A message tried on invented clients: what only shows when it is rendered."""

import re
from collections.abc import Iterator

from generator.base.config import Site
from generator.base.errors import InputError, Problem
from generator.send.messages.lint import ADDRESS, MONEY, ONE_LINK, SECOND_LINK
from generator.send.messages.message import Message, Rendered
from generator.send.messages.samples import samples

TWO_STOPS = re.compile(r"(?<!\.)\.\.(?!\.)")


def tried(message: Message, site: Site) -> Iterator[Problem]:
    """Whatever is wrong with the message for any of the invented clients, each thing once."""
    found: dict[Problem, None] = {}
    for sample in samples(site, message.front.reason, message.key.locale):
        try:
            rendered = message.rendered(sample.values)
        except InputError as error:
            found.update(dict.fromkeys(error.problems))
            continue
        told = _wrong(message, rendered)
        found.update({Problem(message.path, sentence, hint): None for sentence, hint in told})
    yield from found


def _wrong(message: Message, rendered: Rendered) -> Iterator[tuple[str, str]]:
    if TWO_STOPS.search(rendered.text):
        yield "two full stops stand together", "a Russian date ends with one: no second after it"
    if not rendered.text.strip():
        yield "the message is empty for some clients", "write what everybody gets outside of if"
    if message.key.kind == "sms":
        yield from _wrong_links(rendered)
    elif message.key.kind == "push":
        shown = f"{rendered.title}\n{rendered.text}"
        if MONEY.search(shown):
            yield "an amount stands in the push", "a locked screen shows it to anybody"
        if ADDRESS.search(shown):
            yield "an address stands in the push", "a tap opens the client's page by itself"
    for field in ("subject", "title"):
        if getattr(message.front, field) and not getattr(rendered, field):
            yield f"the {field} is empty for some clients", "write one for everybody"


def _wrong_links(rendered: Rendered) -> Iterator[tuple[str, str]]:
    text, link = rendered.text, rendered.link
    if text.count(link) != 1:
        hint = "write {{ link }} at the end"
        yield f"the link stands {text.count(link)} times in the SMS", hint
    elif not text.rstrip(" ").endswith(link):
        hint = "phones take what follows for a part of it: end the SMS with {{ link }}"
        yield "something follows the link", hint
    elif not text.removesuffix(link)[-1:].isspace() and text != link:
        yield "the link touches the word before it", "leave a space before {{ link }}"
    if ADDRESS.search(text.replace(link, "")):
        yield SECOND_LINK, ONE_LINK
