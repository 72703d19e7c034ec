"""One message to an address of our own, marked TEST: what a client would get."""

from dataclasses import replace

from generator.base.errors import InputError, Problem
from generator.base.sending import Kind
from generator.send.channels import Handing, open_channel
from generator.send.invented import invented
from generator.send.ledger import new_id
from generator.send.messages import Rendered
from generator.send.payload import payload_of
from generator.send.rules import mail_of, phone_of
from generator.send.sender import Sender
from generator.send.texts import Texts
from generator.send.values import Outcome, Outgoing, Planned

MARK = "TEST"


def send_test(
    sender: Sender, channel: str, to: str, message: str, client: str, locale: str
) -> Outcome:
    """What the gateway said to one message; it is in no plan, and no client gets it.

    With ``client`` it has what is planned for them, link and all; else invented values.

    Raises:
        InputError: there is no such channel or message, nothing is planned, or the address is none.
    """
    gateway = _gateway(sender, channel)
    kind = sender.settings.channels[channel].kind
    address = _address(kind, to)
    one = new_id()
    if client:
        text = _planned(sender, kind, client, message)
    else:
        text = invented(sender, kind, message, locale)
    outgoing = Outgoing(
        one,
        address,
        f"{MARK} {text.text}",
        subject=f"{MARK} {text.subject or text.title}".strip(),
        html=text.html,
        link=text.link,
        collapse=f"test-{one}"[:32],
    )
    try:
        return dict(gateway.hand_over([outgoing]))[one]
    finally:
        gateway.close()


def _address(kind: Kind, to: str) -> str:
    found = {"sms": phone_of, "email": mail_of}.get(kind, str)(to)
    if not found:
        hint = "write +79990001234, or name@example.org"
        raise InputError([Problem("--to", "this is no address for the channel", hint)])
    return found


def _planned(sender: Sender, kind: Kind, client: str, message: str) -> Rendered:
    """What is planned for a client, not approved yet or waiting for its time."""
    planned = [one for one in sender.ledger.planning.waiting_of(client) if _is(one, kind, message)]
    if not planned:
        hint = "look at: sealpress send why CLIENT"
        raise InputError([Problem("--client", "nothing like it is planned for the client", hint)])
    one, payload = planned[0], payload_of(planned[0].payload)
    texts = Texts(sender.messages, sender.settings)
    return texts.rendered(one.message, one.kind, one.id, one.tag, replace(payload, to=""))


def _is(one: Planned, kind: Kind, message: str) -> bool:
    return one.kind == kind and one.message == message and bool(one.payload)


def _gateway(sender: Sender, name: str) -> Handing:
    """The gateway of a channel.

    Raises:
        InputError: there is no such channel, or its secret is missing.
    """
    if name not in sender.settings.channels:
        known = ", ".join(sorted(sender.settings.channels))
        raise InputError([Problem("content/site.yaml", f"there is no channel {name}", known)])
    return open_channel(name, sender.settings.channels[name], sender.root, sender.environment)
