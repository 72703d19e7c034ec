"""A message to an invented client: what a plan and a test show without showing anybody's."""

from generator.base.sending import Kind
from generator.send.messages import Rendered
from generator.send.messages.samples import samples
from generator.send.sender import Sender


def invented(sender: Sender, kind: Kind, message: str, locale: str = "") -> Rendered:
    """The message to a usual client of a locale; the site's first without one.

    Raises:
        InputError: there is no such message.
    """
    found = sender.messages.of(message, kind, locale or sender.site.locales[0])
    first = next(iter(samples(sender.site, found.front.reason, found.key.locale)))
    return found.rendered({**first.values, "charts": ()})


def in_one_line(rendered: Rendered) -> str:
    """What a message says first: of a letter its subject, of a push its title, too."""
    head = rendered.subject or rendered.title
    return head if rendered.html else f"{head}: {rendered.text}".removeprefix(": ")
