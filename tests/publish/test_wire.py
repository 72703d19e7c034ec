"""Requests to a bucket: where they go, how they are signed, and what is told of an answer."""

import ssl
from collections.abc import Iterator, Mapping
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import trustme

from generator.base.config import Publish
from generator.publish.credentials import Credentials, Signer
from generator.publish.s3 import S3Store
from generator.publish.wire import Request, Wire
from generator.site.headers import stored_headers
from tests.s3 import Server
from tests.serving import served
from tests.sink import CUT, Sink, sink

PUT = Request("PUT", "p/ab", ("Content-Type: text/x",), b"x")
NOBODY = Signer(lambda: Credentials("nobody", "x"), "eu-west-1")


@pytest.mark.parametrize(
    ("bucket", "region", "base"),
    [
        ("pages", "eu-west-1", "https://pages.s3.eu-west-1.amazonaws.com/"),
        ("pages.example", "eu-west-1", "https://s3.eu-west-1.amazonaws.com/pages.example/"),
        ("pages", "cn-north-1", "https://pages.s3.cn-north-1.amazonaws.com.cn/"),
    ],
)
def test_the_address_of_a_bucket_of_aws(bucket: str, region: str, base: str) -> None:
    """By its name, where a certificate is good for it; in China elsewhere."""
    settings = Publish(store="s3", bucket=bucket, region=region)
    signer = Signer(NOBODY.now, region)
    assert Wire(settings, 1, 1, signer, {}).base == base


class Hearing(BaseHTTPRequestHandler):
    """Takes everything, and notes the headers."""

    heard: list[Mapping[str, str]]
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        """Note a request."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append({name.lower(): value for name, value in self.headers.items()})
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: the test asks what was heard."""


def hearing(heard: list[Mapping[str, str]]) -> type[Hearing]:
    """One that notes here."""
    return type("Hearing", (Hearing,), {"heard": heard})


def bucket_at(endpoint: str) -> Publish:
    """The settings of a bucket there."""
    return Publish(store="s3", bucket="b", endpoint=endpoint, region="eu-west-1")


def test_digests_go_with_what_is_written() -> None:
    """Of the body by both: one is signed, and there are servers that look at the other alone."""
    headers = list[Mapping[str, str]]()
    with served(hearing(headers)) as endpoint:
        assert Wire(bucket_at(endpoint), 5, 5, NOBODY).ask(PUT).is_good
    (one,) = headers
    assert one["content-md5"] == "ndTkYSaMgDT1yFZOFVxnpg=="  # openssl md5 -binary | base64
    assert one["x-amz-content-sha256"] == sha256(b"x").hexdigest()
    assert "x-amz-content-sha256" in one["authorization"].partition("SignedHeaders=")[2]


def test_credentials_that_are_renewed() -> None:
    """Each request is signed by those that are good then, over the same connection."""
    headers = list[Mapping[str, str]]()
    given = iter([Credentials("first", "x"), Credentials("second", "x", "token")])
    with served(hearing(headers)) as endpoint:
        wire = Wire(bucket_at(endpoint), 5, 5, Signer(lambda: next(given), "eu-west-1"))
        for _ in range(2):
            assert wire.ask(PUT).is_good
    scopes = [one["authorization"].partition("Credential=")[2][:7] for one in headers]
    assert scopes == ["first/2", "second/"]
    assert [one.get("x-amz-security-token") for one in headers] == [None, "token"]
    assert "x-amz-security-token" in headers[1]["authorization"].partition("Signature=")[0]


def test_who_answers_must_have_a_certificate(tmp_path: Path) -> None:
    """One of somebody whom this machine believes; else nothing is sent."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(f"{tmp_path / 'authority.pem'}")
    believed = {"AWS_CA_BUNDLE": f"{tmp_path / 'authority.pem'}"}
    headers = list[Mapping[str, str]]()
    with served(hearing(headers), context) as endpoint:
        assert Wire(bucket_at(endpoint), 5, 5, NOBODY, {}).ask(PUT).status == 0
        assert headers == []
        assert Wire(bucket_at(endpoint), 5, 5, NOBODY, believed).ask(PUT).is_good
    assert len(headers) == 1


@pytest.fixture
def bad() -> Iterator[Sink]:
    """A store that will misbehave."""
    with sink() as made:
        yield made


def test_one_try_is_one_try(bad: Sink) -> None:
    """Also after a connection was good once: who asks so counts on it."""
    wire = Wire(bad.settings(), 5, 5, NOBODY)
    assert wire.ask_once(PUT).is_good
    bad.misbehave = lambda *_: CUT
    assert wire.ask_once(PUT).status == 0
    assert len(bad.asked) == 2


def test_any_name_of_a_file_is_signed_right(s3_server: Server) -> None:
    """Blanks, signs and letters of other scripts: the server finds the signature good."""
    bucket = s3_server.new_bucket()
    names = ["assets/a b.css", "assets/договор+1.css", "assets/a%20b&c=d;e.css", "q/~a_-.x"]
    files = {name: name.encode() for name in names}
    store = S3Store(bucket.settings(), stored_headers)
    store.put_all(files.items())
    assert bucket.files() == dict(sorted(files.items()))
    assert {name: store.get(name) for name in names} == files
    assert all(map(store.has, names))
