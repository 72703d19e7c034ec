"""Letters to a relay by SMTP: one connection for many letters, certificates verified.

Until the server has answered ``DATA`` nothing of a letter is with it; from the moment its content
goes out it may be, and then only a reply tells. DKIM is left to the relay.
"""

import re
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import suppress

from generator.base.sending import Channel
from generator.send.channels.channel import wrong
from generator.send.channels.letter import Letter, letter_of, source_of
from generator.send.channels.retry import BusyError, Waits, settle
from generator.send.values import Accepted, Later, Outcome, Outgoing, Rejected, Unknown

LETTERS = 100  # over one connection; relays end longer ones by themselves
PATIENCE = 60.0  # seconds for one reply
LAST_WORD = 5  # times that for the one behind the content: a relay may scan it for minutes, and who
# hangs up before has a letter of which nobody knows (RFC 5321, 4.5.3.2.6)
PORTS = {"none": 25, "starttls": 587, "tls": 465}
GO_ON, CLOSING = 354, 421
OK, REFUSED, ANSWERS = range(200, 300), range(500, 600), range(400, 600)
DEAD = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
"""Of RFC 3463 and 7505: no such mailbox, no such host, not an address, moved, takes no mail. A
bare 550 is no proof: it is said to whoever is blocked, too."""
ENHANCED = re.compile(rb"[245]\.\d{1,3}\.\d{1,3}\b")
Reply = tuple[int, bytes]


class SmtpChannel:
    """A relay at ``settings.host``."""

    most = 100

    def __init__(
        self,
        settings: Channel,
        secret: str = "",
        context: ssl.SSLContext | None = None,
        waits: Waits | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self._settings, self._secret = settings, secret
        self._context, self._waits = context or ssl.create_default_context(), waits or Waits()
        self._patience = patience
        self._server: smtplib.SMTP | None = None
        self._letters = 0
        _check(settings, secret)

    def __repr__(self) -> str:
        """Where it leads."""
        return f"SmtpChannel({self._settings.host!r})"

    def hand_over(self, messages: Sequence[Outgoing]) -> Iterator[tuple[str, Outcome]]:
        """What the relay said to each letter."""
        yield from settle(messages, self._once, self._waits)

    def close(self) -> None:
        """Say goodbye, if there is a connection."""
        server, self._server = self._server, None
        if server:
            with suppress(OSError, smtplib.SMTPException):
                server.quit()
            server.close()

    def _once(self, outgoing: Outgoing) -> Outcome:
        try:
            letter = letter_of(outgoing, self._settings.sender, self._waits.now())
        except ValueError:
            return Rejected("not a letter")
        server = self._open()
        if letter.is_international and not server.has_extn("smtputf8"):
            return Rejected("SMTPUTF8")
        refusal = self._offer(server, letter)
        return refusal or self._content(server, letter)

    def _offer(self, server: smtplib.SMTP, letter: Letter) -> Outcome | None:
        """What the relay has against a letter before it sees it."""
        options = ("SMTPUTF8", "BODY=8BITMIME") if letter.is_international else ()
        try:
            reply = server.mail(letter.sender, options)
            if reply[0] in OK:
                reply = server.rcpt(letter.to)
            if reply[0] in OK:
                reply = server.docmd("DATA")
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return Later(0.0, _name(error))
        return None if reply[0] == GO_ON else self._refused(server, reply)

    def _content(self, server: smtplib.SMTP, letter: Letter) -> Outcome:
        """The relay's last word; without one it may have taken the letter."""
        try:
            server.send(_stuffed(letter.content))
            reply = self._last_word(server)
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return Unknown(_name(error))
        if reply[0] in OK:
            self._letters += 1
            return Accepted()
        if reply[0] not in ANSWERS:
            self._drop()
            return Unknown(_code(reply))
        return self._refused(server, reply, is_over=True)

    def _last_word(self, server: smtplib.SMTP) -> Reply:
        if server.sock:
            server.sock.settimeout(self._patience * LAST_WORD)
        reply = server.getreply()
        if server.sock:
            server.sock.settimeout(self._patience)
        return reply

    def _refused(self, server: smtplib.SMTP, reply: Reply, *, is_over: bool = False) -> Outcome:
        code = _code(reply)
        if reply[0] == CLOSING or reply[0] not in ANSWERS:
            self._drop()
            return Later(0.0, code)
        if not is_over:
            self._start_over(server)
        if reply[0] in REFUSED:
            return Rejected(code, is_dead=code.partition(" ")[2] in DEAD)
        return Later(0.0, code)

    def _start_over(self, server: smtplib.SMTP) -> None:
        """Forget the letter that was begun; a connection that cannot is of no more use."""
        try:
            done = server.rset()[0] in OK
        except (OSError, smtplib.SMTPException):
            done = False
        if not done:
            self._drop()

    def _open(self) -> smtplib.SMTP:
        if self._letters >= LETTERS:
            self.close()
        if not self._server:
            self._letters = 0
            self._server = self._connected()
        return self._server

    def _connected(self) -> smtplib.SMTP:
        host, port = self._settings.host, self._settings.port or PORTS[self._settings.tls]
        server: smtplib.SMTP | None = None
        try:
            if self._settings.tls == "tls":
                context, patience = self._context, self._patience
                server = smtplib.SMTP_SSL(host, port, timeout=patience, context=context)
            else:
                server = smtplib.SMTP(host, port, timeout=self._patience)
            if self._settings.tls == "starttls":
                server.starttls(context=self._context)
            server.ehlo_or_helo_if_needed()
            if self._settings.user:
                server.login(self._settings.user, self._secret)
        except (OSError, smtplib.SMTPException) as error:
            if server:
                server.close()
            raise BusyError(Later(0.0, _name(error))) from None
        return server

    def _drop(self) -> None:
        server, self._server = self._server, None
        if server:
            server.close()


def _check(settings: Channel, secret: str) -> None:
    try:
        source_of(settings.sender)
    except ValueError:
        hint = "write Name <a@b.example>, and a name with a comma in double quotes"
        raise wrong("sender", "is not the address of a letter", hint) from None
    if settings.user and not secret:
        raise wrong("password", "lacks, and there is a user", "name where it lies")


def _stuffed(content: bytes) -> bytes:
    """A letter's lines as SMTP has them (RFC 5321, 4.5.2), and the end."""
    return content.replace(b"\r\n.", b"\r\n..") + b".\r\n"


def _code(reply: Reply) -> str:
    """The numbers of a reply; its words may hold an address."""
    found = ENHANCED.match(reply[1])
    return f"{reply[0]} {found[0].decode()}" if found else str(reply[0])


def _name(error: Exception) -> str:
    code = getattr(error, "smtp_code", None)
    return str(code) if isinstance(code, int) and code > 0 else type(error).__name__
