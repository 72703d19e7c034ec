"""The names that a message may use: of every message, of letters, of each kind of reason.

A test holds the fields of reasons against ``docs/manifest.schema.json``.
"""

from typing import Literal

ReasonKind = Literal["coupon", "strategy", "stage", "digest"]

NAME = frozenset({"full", "polite", "short"})
REASONS: dict[ReasonKind, frozenset[str]] = {
    "coupon": frozenset(
        {"kind", "series", "series_name", "policy", "date", "date_text", "outcome"}
        | {"amount", "amount_text", "income", "income_text", "currency"}
    ),
    "strategy": frozenset({"kind", "series", "series_name", "date", "was", "band"}),
    "stage": frozenset({"kind", "product", "stage", "stage_name", "since", "link"}),
    "digest": frozenset({"kind", "month", "policies"}),
}
POLICY = frozenset({"series", "series_name", "policy", "income", "income_text", "currency"})
"""Of each of the ``policies`` of a digest."""
AMOUNTS = frozenset({"amount", "amount_text", "income", "income_text"})
"""They stand on no locked screen."""
SITE = frozenset({"locale", "account_url", "site_name", "contacts"})
"""The same for all clients of a locale: they are put in when a message is loaded."""
COMMON = SITE | {"name", "link", "reasons", "reason", "bank", "segment"}
ANSWERS = frozenset({"unsubscribe_link", "vote_links", "liked_link", "disliked_link"})
LETTER = COMMON | ANSWERS | {"stage_link", "why_link", "chart"}
