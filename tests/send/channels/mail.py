"""A mail server with a script: what it says to which recipient, and when it falls silent."""

import asyncio
import ssl
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.s3 import free_ports
from tests.send.channels.samples import SECRET

OK = "250 2.0.0 taken"
CUT, SILENT = "cut", "silent"
"""Instead of a reply: the connection is closed, or nothing comes at all."""


@dataclass
class Relay:
    """What it says, and what it has taken."""

    port: int = 0
    at_mail: deque[str] = field(default_factory=deque)
    at_recipient: deque[str] = field(default_factory=deque)
    at_content: deque[str] = field(default_factory=deque)
    """The next replies; ``OK`` when there are none."""
    taken: list[Envelope] = field(default_factory=list)
    """Also those that it did not answer."""
    sessions: list[Session] = field(default_factory=list)
    """Each connection that began a letter."""

    def letters(self) -> list[EmailMessage]:
        """What was taken, read again."""
        made = [message_from_bytes(_bytes(one), policy=POLICY) for one in self.taken]
        return [one for one in made if isinstance(one, EmailMessage)]

    async def handle_MAIL(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """As the script says."""
        if session not in self.sessions:
            self.sessions.append(session)
        envelope.mail_from, envelope.mail_options = address, options
        return await self._reply(server, self.at_mail)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """As the script says."""
        envelope.rcpt_tos.append(address)
        return await self._reply(server, self.at_recipient)

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """As the script says, when the whole letter is there."""
        self.taken.append(envelope)
        return await self._reply(server, self.at_content)

    async def _reply(self, server: SMTP, script: deque[str]) -> str:
        said = script.popleft() if script else OK
        assert isinstance(server.transport, asyncio.WriteTransport)
        if said == CUT:
            server.transport.abort()
        if said == SILENT:
            await asyncio.Event().wait()  # until the other side has gone
        if said.startswith("421"):
            server.transport.write(f"{said}\r\n".encode())
            server.transport.close()
        return said


@contextmanager
def relay(
    *, tls: ssl.SSLContext | None = None, is_wrapped: bool = False, is_international: bool = True
) -> Iterator[Relay]:
    """A running one; with ``tls`` it wants a login."""
    made = Relay()
    options: dict[str, Any] = {"enable_SMTPUTF8": is_international}
    if tls:
        options |= {"authenticator": _login, "auth_required": not is_wrapped}
        wrapped = {"ssl_context": tls, "auth_require_tls": False}
        options |= wrapped if is_wrapped else {"tls_context": tls, "require_starttls": True}
    (made.port,) = free_ports(1)
    controller = Controller(made, hostname="127.0.0.1", port=made.port, **options)
    controller.start()
    try:
        yield made
    finally:
        controller.stop()


def _login(
    _server: SMTP,
    _session: Session,
    _envelope: Envelope,
    _how: str,
    data: Any,  # noqa: ANN401 - of the library
) -> AuthResult:
    is_right = isinstance(data, LoginPassword) and data.password == SECRET.encode()
    return AuthResult(success=is_right, handled=False)


def _bytes(envelope: Envelope) -> bytes:
    content = envelope.content
    return content if isinstance(content, bytes) else str(content).encode()
