"""The text of a message as it was planned, and the same again when it goes."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from msgspec.json import encode

from generator.base.sending import Kind, Send
from generator.send.messages import Messages, Rendered, answer_links, letter_headers, render
from generator.send.payload import Payload
from generator.send.values import Outgoing, Planned


@dataclass(frozen=True, slots=True)
class Texts:
    """Renders messages; a message that was altered since it was planned has another digest."""

    messages: Messages
    send: Send

    def rendered(self, name: str, kind: Kind, one: str, tag: str, payload: Payload) -> Rendered:
        """The message ``name`` with the values of a payload; ``one`` is its id.

        Raises:
            InputError: there is no such message, or a value is missing.
        """
        return render(
            self.messages, name, kind, payload.entry.locale, self._values(one, tag, payload)
        )

    def letter(self, planned: Planned, payload: Payload, charts: Mapping[str, bytes]) -> Outgoing:
        """What is handed over, with the charts of those series that have one."""
        identity, kind = planned.identity, planned.kind
        values = {**self._values(planned.id, planned.tag, payload), "charts": charts.keys()}
        text = render(self.messages, planned.message, kind, payload.entry.locale, values)
        return Outgoing(
            planned.id,
            payload.to,
            text.text,
            subject=text.subject or text.title,
            html=text.html,
            images={name: charts[series] for name, series in text.images.items()},
            headers=letter_headers(self.send, planned.id) if kind == "email" else {},
            link=text.link,
            collapse=f"{identity.journey}-{planned.tag}"[:32],
        )

    def _values(self, one: str, tag: str, payload: Payload) -> dict[str, object]:
        answers = answer_links(self.send.answers, one) if self.send.answers else None
        return payload.values(tag, answers)


def digest_of(rendered: Rendered, one: str, tag: str) -> str:
    """SHA-256 of all that a client would read, without the message's own id and tag.

    So a text that goes to one address again and again is known by it.
    """
    whole = (rendered.title, rendered.subject, rendered.preheader, rendered.text, rendered.html)
    link = rendered.link.removesuffix(tag)
    plain = encode(whole).replace(rendered.link.encode(), link.encode()).replace(one.encode(), b"")
    return sha256(plain).hexdigest()
