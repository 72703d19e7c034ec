"""A line of the manifest: all that a sender needs to write to one client, and no more.

Its JSON Schema is ``docs/manifest.schema.json``.
"""

from collections.abc import Sequence

from msgspec.json import encode

from generator.data import Client
from generator.manifest.reasons import Reason

FORMAT = 1


def entry_line(
    client: Client, link: str, page: tuple[str, str], reasons: Sequence[Reason]
) -> bytes:
    """One line of JSON. ``link`` has no tag yet; ``page`` is the file's path and its SHA-256."""
    entry = {
        "format": FORMAT,
        "client": client.id,
        "name": _names(client),
        "locale": client.locale,
        "time_zone": client.time_zone,
        "addresses": {"phone": client.phone, "email": client.email},
        "consents": list(client.consents),
        "bank": client.bank,
        "segment": client.segment,
        "link": link,
        "page": {"path": page[0], "sha256": page[1]},
        "reasons": [reason.told for reason in reasons],
    }
    return encode(entry) + b"\n"  # in a twentieth of the time of ``json``


def _names(client: Client) -> dict[str, str]:
    """The forms in which a message may name a person: in full, politely, in short."""
    initials = [f"{name[0]}." for name in (client.first_name, client.middle_name) if name]
    if client.locale == "ru":
        polite = " ".join(filter(None, (client.first_name, client.middle_name)))
        short = " ".join([client.last_name, *initials])
    else:
        polite = client.first_name
        short = " ".join([*initials[:1], client.last_name])
    return {"full": client.full_name, "polite": polite or client.last_name, "short": short}
