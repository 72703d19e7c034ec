"""Links by which a client answers a letter, and the headers that mail programs act on.

Source: RFC 2369 (List-Unsubscribe), RFC 8058 (one click). Nothing here follows who opens a letter.
"""

from dataclasses import dataclass
from urllib.parse import quote

from generator.base.sending import Send

VOTES = range(11)
"""Of the net promoter score."""


@dataclass(frozen=True, slots=True, repr=False)
class Answers:
    """The links of one letter."""

    unsubscribe: str
    votes: tuple[str, ...]
    liked: str
    disliked: str

    def __repr__(self) -> str:
        """Nothing of the client."""
        return f"Answers({len(self.votes)} votes)"


def answer_links(answers: str, message: str) -> Answers:
    """The links of the message whose id is ``message``, below the address ``answers``."""
    base, name = answers.rstrip("/"), quote(message, safe="")
    return Answers(
        f"{base}/u/{name}",
        tuple(f"{base}/v/{name}/{vote}" for vote in VOTES),
        f"{base}/l/{name}/yes",
        f"{base}/l/{name}/no",
    )


def letter_headers(send: Send, message: str) -> dict[str, str]:
    """How a mail program unsubscribes the client who got ``message``; empty where nobody listens.

    One click needs an address over https: without it the mailbox stands alone.
    """
    ways = []
    if send.unsubscribe_mail:
        subject = quote(f"unsubscribe {message}", safe="")
        ways.append(f"<mailto:{send.unsubscribe_mail}?subject={subject}>")
    if send.answers:
        ways.append(f"<{answer_links(send.answers, message).unsubscribe}>")
    headers = {"List-Unsubscribe": ", ".join(ways)} if ways else {}
    if send.answers:
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers
