"""A folder of files instead of a gateway: everything runs with no server, and nobody is disturbed.

A message becomes a file under its id: a letter ``.eml``, an SMS ``.txt`` whose first line says to
whom it goes, a push ``.json``. Only the owner reads them. A second hand-over finds the first
file and leaves it: here, too, a message goes once.
"""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

from generator.base.sending import Channel
from generator.send.channels.letter import letter_of
from generator.send.values import Accepted, Later, Outcome, Outgoing, Rejected

SUFFIXES = {"email": "eml", "sms": "txt", "push": "json"}
AGAIN = 60.0  # seconds after which a full disk may have room
SENDER = "outbox@localhost"  # of letters where the settings name none


class OutboxChannel:
    """The folder ``settings.path``."""

    most = 1000

    def __init__(
        self,
        settings: Channel,
        _secret: str = "",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings, self._now = settings, now

    def __repr__(self) -> str:
        """The kind of messages."""
        return f"OutboxChannel({self._settings.kind!r})"

    def hand_over(self, messages: Sequence[Outgoing]) -> Iterator[tuple[str, Outcome]]:
        """Each message as a file; whole or not at all."""
        for outgoing in messages:
            yield outgoing.id, self._kept(outgoing)

    def close(self) -> None:
        """Nothing is open."""

    def _kept(self, outgoing: Outgoing) -> Outcome:
        if not outgoing.id.isalnum():
            return Rejected("id")
        name = f"{outgoing.id}.{SUFFIXES[self._settings.kind]}"
        try:
            content = self._content(outgoing)
        except ValueError:
            return Rejected("not a letter")
        try:
            _write_once(self._settings.path / name, content)
        except OSError as error:
            return Later(AGAIN, type(error).__name__)
        return Accepted(name)

    def _content(self, outgoing: Outgoing) -> bytes:
        if self._settings.kind == "email":
            return letter_of(outgoing, self._settings.sender or SENDER, self._now()).content
        if self._settings.kind == "sms":
            return f"{outgoing.to}\n\n{outgoing.text}\n".encode()
        keys = ("to", "subject", "text", "link", "collapse")
        values = {key: getattr(outgoing, key) for key in keys}
        return (json.dumps(values, ensure_ascii=False, indent=1) + "\n").encode()


def _write_once(path: Path, content: bytes) -> None:
    """Write a file that is not there yet, so that it survives a power cut right after."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    draft = path.with_name(f".{path.name}.{token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:  # from the hand-over before this one
            return
    finally:
        draft.unlink(missing_ok=True)
