"""The values of one message, as plain JSON: what is planned is kept so and rendered later."""

from collections.abc import Mapping, Sequence
from typing import Any

from generator.send.messages.headers import Answers
from generator.send.values import Entry


def message_values(
    entry: Entry, reasons: Sequence[Mapping[str, Any]], link: str, answers: Answers | None = None
) -> dict[str, Any]:
    """What a message to ``entry`` about ``reasons`` may say; ``link`` has the message's tag.

    ``answers`` are needed by letters of a site that listens to answers.
    """
    links = {
        "unsubscribe_link": answers.unsubscribe if answers else "",
        "vote_links": list(answers.votes) if answers else [],
        "liked_link": answers.liked if answers else "",
        "disliked_link": answers.disliked if answers else "",
    }
    return {
        "name": dict(entry.name),
        "link": link,
        "why_link": link,  # what moved a strategy stands on the client's own page
        "stage_link": next((str(one["link"]) for one in reasons if "link" in one), ""),
        "reasons": [dict(one) for one in reasons],
        "reason": dict(reasons[0]),
        "bank": entry.bank,
        "segment": entry.segment,
        **links,
    }
