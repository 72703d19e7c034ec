"""What a client agreed to."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TypeAlias

from generator.base.sending import Kind
from generator.send.values import Purpose, Reason

Said: TypeAlias = Mapping[tuple[Kind, Purpose], bool]
"""What the client said to us last, by kind and purpose: whether they want such messages."""

COMBINATIONS = 4096
"""Of consents; a million clients have few."""


def consent_to(kind: Kind, purpose: Purpose, consents: Iterable[str], said: Said) -> Reason | None:
    """``NO_CONSENT`` unless the manifest names the consent and the client did not withdraw it.

    What a client withdrew with us stays withdrawn until they give it again; but what they gave
    to us alone counts for nothing where the table of clients has no consent (any more).
    """
    is_given = _is_given(kind, purpose, tuple(consents))
    is_withdrawn = said.get((kind, purpose)) is False
    return None if is_given and not is_withdrawn else Reason.NO_CONSENT


@lru_cache(COMBINATIONS)
def _is_given(kind: Kind, purpose: Purpose, consents: tuple[str, ...]) -> bool:
    names = {kind} if purpose == "service" else {f"{kind}/{purpose}", f"{kind}:{purpose}"}
    return any(consent.strip().lower() in names for consent in consents)
