"""The connection: certificate, versions of TLS, and what plain HTTP is answered with."""

import socket
import ssl
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from generator.base.config import LOOPBACK
from generator.base.errors import OutsideError
from generator.doctor.finding import Finding, ok, unknown, warning, wrong
from generator.doctor.stranger import DONE, MOVED, PATIENCE, Stranger, UnreachableError

CERTIFICATE, VERSIONS, PLAIN = "certificate", "old TLS", "plain HTTP"
SOON = timedelta(days=14)  # or a third of a certificate's time: some live for six days
PORT = 443
NEVER = "Jan  1 00:00:00 1970 GMT"
REASONS = {
    9: "it is not valid yet",
    10: "it is expired",
    18: "nobody known vouches for it",
    19: "nobody known vouches for it",
    20: "nobody known vouches for it",
    21: "nobody known vouches for it",
    62: "it is another host's",
    64: "it is another host's",
}
"""By OpenSSL's codes (X509_V_ERR_…), whose own words hold the name of the host."""
HTTPS = "give the host TLS, and write https:// in base_url, or with --url"
RENEW = "renew it at the host or CDN, for the host of base_url, with the whole chain"
NO_OLD = "ask for TLS 1.2 or newer at the host or CDN (a CloudFront policy of TLSv1.2_2021)"
REDIRECT = "have the host or CDN redirect http to https with 301, or close the port"


@dataclass(frozen=True, slots=True)
class Connection:
    """What was found of it, and whether somebody vouches for who answers."""

    findings: list[Finding]
    is_trusted: bool


@dataclass(frozen=True, slots=True)
class Handshake:
    """What was agreed on."""

    version: str
    """As in ``TLSv1.3``."""
    since: datetime
    """From when to when the certificate is valid, where it was looked at."""
    until: datetime


def connection_of(base_url: str, now: datetime, stranger: Stranger) -> Connection:
    """How the site at ``base_url`` is reached.

    Raises:
        OutsideError: it cannot be.
    """
    parts = urlsplit(base_url)
    host, port = parts.hostname or "", parts.port or PORT
    if parts.scheme != "https":
        return Connection([_without(host)], is_trusted=True)
    found, is_trusted = _certificate(host, port, now)
    plain = f"http://{parts.netloc}/"
    return Connection([found, _old_versions(host, port), plain_http(plain, stranger)], is_trusted)


def _without(host: str) -> Finding:
    if host in LOOPBACK:
        return unknown("TLS", "cannot be told here: the address is plain HTTP on this machine")
    return wrong("TLS", "the address is plain HTTP: who listens can alter pages", HTTPS)


def plain_http(url: str, stranger: Stranger) -> Finding:
    """Whether plain HTTP leads to HTTPS at once, or nowhere."""
    try:
        answer = stranger.ask("GET", url, most=1)
    except UnreachableError:
        return ok(PLAIN, "it is not answered")
    leads = answer.get("Location").lower()
    if answer.status in DONE or (answer.status in MOVED and not leads.startswith("https://")):
        return wrong(PLAIN, "the site is served without TLS: who listens can alter it", REDIRECT)
    if answer.status in MOVED:
        return ok(PLAIN, f"it is redirected to https ({answer.status})")
    return ok(PLAIN, f"it is refused ({answer.status})")


def _certificate(host: str, port: int, now: datetime) -> tuple[Finding, bool]:
    try:
        shaken = handshake(host, port, ssl.create_default_context())
    except ssl.SSLCertVerificationError as error:
        reason = REASONS.get(error.verify_code, "it is not valid")
        return wrong(CERTIFICATE, reason, RENEW), False
    except ssl.SSLError:
        return wrong(CERTIFICATE, "no connection of TLS 1.2 or newer is made", NO_OLD), False
    except OSError as error:
        raise _lost(error) from None
    left = shaken.until - now
    if left < min(SOON, (shaken.until - shaken.since) / 3):
        return warning(CERTIFICATE, f"valid for {left.days} more days only", RENEW), True
    return ok(CERTIFICATE, f"valid for {left.days} more days; {shaken.version}"), True


def _old_versions(host: str, port: int) -> Finding:
    """Whether TLS 1.0 or 1.1 is still spoken (RFC 8996 forbids both)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # nothing is sent
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that they are old is the point
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")  # else OpenSSL itself refuses what a server would take
    try:
        handshake(host, port, context)
    except ssl.SSLError as error:
        if error.reason == "NO_PROTOCOLS_AVAILABLE":
            return unknown(VERSIONS, "cannot be told here: this machine itself refuses TLS 1.1")
        return ok(VERSIONS, "TLS 1.0 and 1.1 are refused")
    except (ConnectionError, TimeoutError):  # some refuse by saying nothing at all
        return ok(VERSIONS, "TLS 1.0 and 1.1 are refused")
    except OSError as error:
        raise _lost(error) from None
    return wrong(VERSIONS, "TLS 1.0 or 1.1 is still spoken", NO_OLD)


def handshake(host: str, port: int, context: ssl.SSLContext) -> Handshake:
    """What both sides agree on.

    Raises:
        ssl.SSLError: they do not.
        OSError: nobody answers.
    """
    with (
        socket.create_connection((host, port), PATIENCE) as plain,
        context.wrap_socket(plain, server_hostname=host) as secured,
    ):
        certificate = secured.getpeercert() or {}
        since, until = (
            datetime.fromtimestamp(
                ssl.cert_time_to_seconds(str(certificate.get(field, NEVER))), UTC
            )
            for field in ("notBefore", "notAfter")
        )
        return Handshake(secured.version() or "", since, until)


def _lost(error: OSError) -> OutsideError:
    reason = error.strerror if not isinstance(error, socket.gaierror) else "its name is not known"
    hint = "see whether it is up, and run it again"
    return OutsideError(f"the site cannot be looked at: {reason or 'no answer'} — hint: {hint}")
