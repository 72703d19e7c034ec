"""Requests to one bucket by libcurl: they are signed by it, their bodies too, and never shown.

A server refuses what was altered on the way, since the digest of the body is signed; its MD5 goes
along for those that look at no other. Of an answer its status, its headers and its body are told;
nothing is tried again, and no redirect followed.
"""

import os
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import quote

import pycurl

from generator.base.config import Publish
from generator.publish.along import content_md5
from generator.publish.credentials import Credentials, Signer, signer_of
from generator.publish.failure import CODE, LONGEST, Failure

GOOD, NOT_FOUND = range(200, 300), 404
MS = 1000  # milliseconds a second
AUTHORITIES = "AWS_CA_BUNDLE"  # where boto3 looks for a file of certificates too
DIGEST, MD5, TOKEN = "x-amz-content-sha256: ", "Content-MD5: ", "x-amz-security-token: "
HOST_NAME = re.compile(r"[a-z0-9-]+")
PLAIN = re.compile(r"[\w/.~-]+", re.ASCII)  # nothing to quote, as in nearly every key
NOBODY = Credentials("", "")
OPTIONS = {
    pycurl.NOSIGNAL: 1,  # others have threads
    pycurl.TCP_NODELAY: 1,
    pycurl.USERAGENT: "sealpress",
}


class Request(NamedTuple):
    """What is asked of a bucket."""

    method: str
    key: str
    headers: Sequence[str] = ()
    """Lines as they are sent."""
    body: bytes = b""
    digest: str = ""
    """SHA-256 of the body, where it is known already."""


class Answer(NamedTuple):
    """What came back."""

    status: int
    """That of HTTP; 0 where there was no answer."""
    body: bytes = b""
    pause: float = 0.0
    """Seconds after which the store wants to be asked again (RFC 9110, 10.2.3)."""
    lines: Sequence[bytes] = ()
    """Headers, where they were asked for."""

    @property
    def is_good(self) -> bool:
        """Whether what was asked is done."""
        return self.status in GOOD

    @property
    def is_missing(self) -> bool:
        """Whether there is no such object; to a ``HEAD`` no bucket looks the same."""
        return self.status == NOT_FOUND and self.failure().code != "NoSuchBucket"

    def header(self, name: str) -> str:
        """The value of the header of this name, in small letters; empty where there is none."""
        start = f"{name}:".encode()
        found = (line for line in reversed(self.lines) if line.lower().startswith(start))
        return next(found, b"")[len(start) :].strip().decode("latin-1")

    def failure(self) -> Failure:
        """What went wrong."""
        code = CODE.search(self.body)
        return Failure(self.status, code[1].decode() if code else "", min(self.pause, LONGEST))


NO_ANSWER, DONE = Answer(0), Answer(200)


class Wire:
    """The way to a bucket; any number of lines lead there."""

    def __init__(
        self,
        settings: Publish,
        connecting: float,
        answering: float,
        signer: Signer | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        """A request may take so many seconds; without a ``signer`` it is looked for.

        Raises:
            OutsideError: there are no credentials.
        """
        self.signer = signer or signer_of(settings.region, environment)
        self.base = _base(settings, self.signer.region)
        self.options = {
            **OPTIONS,
            pycurl.AWS_SIGV4: f"aws:amz:{self.signer.region}:s3",
            pycurl.CONNECTTIMEOUT_MS: int(connecting * MS),
            pycurl.TIMEOUT_MS: int((connecting + answering) * MS),
        }
        if authorities := environment.get(AUTHORITIES):
            self.options[pycurl.CAINFO] = authorities
        self._idle = list[Line]()

    def ask(self, request: Request) -> Answer:
        """What is answered to one request; any thread may ask.

        Raises:
            OutsideError: the credentials cannot be renewed.
        """
        try:
            line = self._idle.pop()
        except IndexError:
            line = Line(self, with_headers=True)
        answer = line.ask(request)
        self._idle.append(line)
        return answer

    def ask_once(self, request: Request) -> Answer:
        """The same over a connection of its own: no answer means one try, of which nobody knows.

        Where a connection that was used before is found cut, libcurl asks again and does not tell.

        Raises:
            OutsideError: the credentials cannot be renewed.
        """
        return Line(self, with_headers=True).ask(request)


class Line:
    """A handle of libcurl for one request at a time; it keeps its connection."""

    def __init__(self, wire: Wire, *, with_headers: bool = False) -> None:
        """It connects when something is asked; headers of answers cost a call each."""
        self.curl = pycurl.Curl()
        self._wire, self._method, self._credentials = wire, "", NOBODY
        self._came, self._body = list[bytes](), list[bytes]()
        for option, value in wire.options.items():
            self.curl.setopt(option, value)
        if with_headers:
            self.curl.setopt(pycurl.HEADERFUNCTION, self._came.append)
        self.curl.setopt(pycurl.WRITEFUNCTION, self._body.append)

    def load(self, request: Request) -> None:
        """Make it ready for a request.

        Raises:
            OutsideError: the credentials cannot be renewed.
        """
        curl, (method, key, headers, body, digest) = self.curl, request
        self._came.clear()
        self._body.clear()
        credentials = self._wire.signer.now()
        if credentials is not self._credentials:
            self._sign_for(credentials)
        if method != self._method:
            self._turn_to(method)
        curl.setopt(pycurl.URL, self._wire.base + (key if PLAIN.fullmatch(key) else quote(key)))
        lines = [*headers, DIGEST + (digest or sha256(body).hexdigest())]
        if credentials.token:
            lines.append(TOKEN + credentials.token)
        if method == "PUT":
            lines.append(MD5 + content_md5(body))
            curl.setopt(pycurl.POSTFIELDS, body)
        curl.setopt(pycurl.HTTPHEADER, lines)

    def ask(self, request: Request) -> Answer:
        """What is answered.

        Raises:
            OutsideError: the credentials cannot be renewed.
        """
        self.load(request)
        try:
            self.curl.perform()
        except pycurl.error:
            return NO_ANSWER
        return self.answer()

    def answer(self) -> Answer:
        """What came, when all of it has."""
        status = self.curl.getinfo(pycurl.RESPONSE_CODE)
        if status in GOOD and not self._body and not self._came:
            return DONE
        pause = self.curl.getinfo(pycurl.RETRY_AFTER)
        return Answer(status, b"".join(self._body), pause, tuple(self._came))

    def _sign_for(self, credentials: Credentials) -> None:
        self.curl.setopt(pycurl.USERNAME, credentials.key)
        self.curl.setopt(pycurl.PASSWORD, credentials.secret)
        self._credentials = credentials

    def _turn_to(self, method: str) -> None:
        if method != "PUT":
            self.curl.setopt(pycurl.HTTPGET, 1)
        self.curl.setopt(pycurl.NOBODY, method == "HEAD")
        self.curl.setopt(pycurl.CUSTOMREQUEST, method)
        self._method = method


def _base(settings: Publish, region: str) -> str:
    """The address below which the objects lie."""
    if settings.endpoint:
        return f"{settings.endpoint.rstrip('/')}/{settings.bucket}/"
    host = f"s3.{region}.amazonaws.com" + (".cn" if region.startswith("cn-") else "")
    if HOST_NAME.fullmatch(settings.bucket):
        return f"https://{settings.bucket}.{host}/"
    return f"https://{host}/{settings.bucket}/"  # no certificate is good for a name with more dots
