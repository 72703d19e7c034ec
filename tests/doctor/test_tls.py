"""The connection: certificates made for a test, versions of TLS, plain HTTP."""

import socket
import ssl
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from generator.base.config import Publish
from generator.base.errors import OutsideError
from generator.doctor import Finding, Level, Patient, examine
from generator.doctor import tls as tls_module
from generator.doctor.stranger import Answer, Stranger
from generator.doctor.tls import Handshake, connection_of, plain_http
from tests.doctor.host import CUT, Host, by_check, everywhere, hosting
from tests.doctor.test_site import holds

NOW = datetime.now(UTC)
"""The real one: the library that checks certificates has no other."""


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Who vouches for the certificates of these tests."""
    return trustme.CA()


@pytest.fixture(autouse=True)
def _trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine believes that authority, and no other."""
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))


Certified = Callable[..., ssl.SSLContext]


@pytest.fixture
def certified(authority: trustme.CA) -> Certified:
    """What a server needs to serve a certificate for ``name``, valid for so many days more."""

    def make(
        name: str = "localhost", days: float = 90, by: trustme.CA = authority, age: float = 100
    ) -> ssl.SSLContext:
        since, until = NOW - timedelta(days=age), NOW + timedelta(days=days)
        made = by.issue_cert(name, not_before=since, not_after=until)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.configure_cert(context)
        return context

    return make


def old(context: ssl.SSLContext) -> ssl.SSLContext:
    """A server that still speaks what is forbidden."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def looked_at(context: ssl.SSLContext) -> dict[str, Finding]:
    """What is found at a right host with this certificate."""
    with hosting(context) as host:
        findings = examine(Patient(host.expected(), Publish(), NOW), lambda *_: None)
    return by_check(findings)


def test_a_right_connection(certified: Certified) -> None:
    """All is right, and all of the site was looked at."""
    found = looked_at(certified())
    assert {finding.level for finding in found.values()} == {Level.OK}
    assert "content: the loader" in found
    holds(found["certificate"], "ok", "valid for 89 more days; TLSv1.3")


def test_a_certificate_that_ends_soon(certified: Certified) -> None:
    """It is a warning while it is valid."""
    holds(looked_at(certified(days=13))["certificate"], "warning", "valid for 12 more days only")
    short = looked_at(certified(days=4, age=2))["certificate"]
    holds(short, "ok", "valid for 3 more days")
    holds(looked_at(certified(days=1.5, age=4.5))["certificate"], "warning", "1 more days only")


@pytest.mark.parametrize(
    ("name", "days", "told"),
    [
        ("localhost", -1, "it is expired"),
        ("elsewhere.example", 90, "it is another host's"),
        ("", 90, "nobody known vouches for it"),
    ],
)
def test_a_certificate_that_is_wrong(name: str, days: int, told: str, certified: Certified) -> None:
    """It is told why, and nothing that comes over such a connection is called right."""
    context = certified(name, days) if name else certified(by=trustme.CA())
    found = looked_at(context)
    holds(found["certificate"], "wrong", told)
    holds(found["site"], "unknown", "nobody vouches for who answers")
    assert set(found) == {"certificate", "old TLS", "plain HTTP", "site"}


def test_old_versions(certified: Certified) -> None:
    """A server that speaks TLS 1.0 or 1.1 is told so; one that does not is right."""
    holds(looked_at(certified())["old TLS"], "ok", "are refused")
    holds(looked_at(old(certified()))["old TLS"], "wrong", "still spoken")


def test_only_old_versions(certified: Certified) -> None:
    """Such a server cannot be looked at further."""
    context = old(certified())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    found = looked_at(context)
    holds(found["certificate"], "wrong", "no connection of TLS 1.2 or newer")
    holds(found["old TLS"], "wrong", "still spoken")


def test_a_machine_that_refuses_old_versions_itself(
    certified: Certified, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It cannot tell whether the server would speak them."""
    real = tls_module.handshake

    def handshake(host: str, port: int, context: ssl.SSLContext) -> Handshake:
        if context.verify_mode is ssl.CERT_NONE:
            context.minimum_version = context.maximum_version = ssl.TLSVersion.SSLv3
        return real(host, port, context)

    monkeypatch.setattr(tls_module, "handshake", handshake)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        holds(looked_at(certified())["old TLS"], "unknown", "this machine itself refuses")


@pytest.mark.parametrize(
    ("answer", "level", "told"),
    [
        (Answer(301, (("Location", "https://clients.example.org/"),)), "ok", "redirected"),
        (Answer(301, (("Location", "http://www.example.org/"),)), "wrong", "without TLS"),
        (Answer(302, (("Location", "/start"),)), "wrong", "without TLS"),
        (Answer(200, (), b"loader"), "wrong", "without TLS"),
        (Answer(403), "ok", "refused (403)"),
        (CUT, "ok", "not answered"),
    ],
)
def test_plain_http(answer: Answer, level: str, told: str) -> None:
    """It leads to https at once, or nowhere."""
    with hosting() as host:
        host.spoil = everywhere(lambda _: answer)
        holds(plain_http(f"{host.url}/", Stranger("the site")), level, told)


def test_a_port_that_is_closed() -> None:
    """No plain HTTP at all is right; no TLS at all is an error."""
    with hosting() as host:
        pass
    holds(plain_http(f"{host.url}/", Stranger("the site")), "ok", "not answered")
    closed = host.url.replace("http://127.0.0.1", "https://localhost")
    with pytest.raises(OutsideError, match="the site cannot be looked at: Connection refused"):
        connection_of(closed, NOW, Stranger("the site"))


def test_plain_http_elsewhere() -> None:
    """Only on this machine is a site without TLS no fault."""
    found = connection_of("http://origin.example.org", NOW, Stranger("the site"))
    (one,) = found.findings
    holds(one, "wrong", "plain HTTP")
    assert found.is_trusted


def test_a_name_that_nobody_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told without the name."""

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(OutsideError, match="its name is not known") as caught:
        connection_of("https://nowhere.invalid", NOW, Stranger("the site"))
    assert "nowhere" not in str(caught.value)


def test_a_host_that_speaks_no_tls(host: Host) -> None:
    """Plain HTTP at the port of https is no connection."""
    url = host.url.replace("http://127.0.0.1", "https://localhost")
    found = by_check(connection_of(url, NOW, Stranger("the site")).findings)
    holds(found["certificate"], "wrong", "no connection of TLS 1.2 or newer")
    holds(found["plain HTTP"], "wrong", "without TLS")
