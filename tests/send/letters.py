"""Small sites with messages of their own, and letters as whole mails."""

from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from generator.base.config import Site, load_site
from generator.base.sending import Send
from generator.send.messages import Message, Messages, Rendered, letter_headers, load_messages
from generator.send.messages.samples import ID, Size, samples

ROOT = Path(__file__).parents[2]
SITE = """\
name: {en: North Shore, ru: Северный берег, de: Nordufer}
contacts: {en: Ask us., ru: Спросите нас., de: Fragen Sie.}
base_url: https://clients.example
account_url: https://my.example
locales: [%s]
"""
SEND = Send(
    channels={}, answers="https://answers.example", unsubscribe_mail="leave@north-shore.example"
)


def written(
    root: Path, files: Mapping[str, str], send: Send | None = None, locales: str = "en"
) -> Messages:
    """The messages of a site in ``root`` that has these files of them, by their names."""
    (root / "content/messages").mkdir(parents=True)
    (root / "content/site.yaml").write_text(SITE % locales, encoding="utf-8")
    for name, text in files.items():
        (root / "content/messages" / name).write_text(text, encoding="utf-8")
    return load_messages(root, site_of(root), send)


def site_of(root: Path) -> Site:
    """The settings of the site in ``root``."""
    return load_site(root)[0]


def sms(body: str, *front: str, reason: str = "coupon") -> str:
    """A file of an SMS with this body; ``front`` are more lines above it."""
    return "\n".join(["---", f"reason: {reason}", *front, "---", body, ""])


def email(body: str, *front: str, reason: str = "coupon") -> str:
    """A file of a letter."""
    texts = ("subject: News", "preheader: In short", "title: Hello", "button: Open")
    given = {line.partition(":")[0] for line in front}
    kept = [text for text in texts if text.partition(":")[0] not in given]
    return sms(body, *kept, *front, reason=reason)


def shipped() -> Messages:
    """The messages of the sample."""
    return load_messages(ROOT, sample_site(), SEND)


def sample_site() -> Site:
    """The sample's settings, at an address over https."""
    return site_of(ROOT).model_copy(update={"base_url": "https://clients.north-shore.example"})


def sample_values(message: Message, size: Size = "median") -> dict[str, Any]:
    """The values of the first invented client of this size."""
    tried = samples(sample_site(), message.front.reason, message.key.locale)
    return next(one.values for one in tried if one.size == size)


def whole_mail(rendered: Rendered, images: Mapping[str, bytes]) -> bytes:
    """A letter as a mail server gets it."""
    mail = EmailMessage()
    mail["From"] = "North Shore <letters@north-shore.example>"
    mail["To"] = "Emily Carter <emily@carter.example>"
    mail["Subject"] = rendered.subject
    mail["Date"] = "Mon, 05 Dec 2011 09:00:00 +0000"
    mail["Message-ID"] = f"<{ID}@north-shore.example>"
    for name, value in letter_headers(SEND, ID).items():
        mail[name] = value
    mail.set_content(rendered.text, cte="quoted-printable")
    mail.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    html = list(mail.iter_parts())[-1]
    for cid, png in images.items():
        html.add_related(png, "image", "png", cid=f"<{cid}>")
    return mail.as_bytes()
