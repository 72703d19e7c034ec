"""A push service and Firebase, as far as a sender sees them: strict about form, and stateful.

They misbehave as a test wants: with any answer, or a cut connection.
"""

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from threading import Lock
from typing import Any, TypeVar
from urllib.parse import parse_qs

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.serving import served

Answer = tuple[int, dict[str, str], bytes]
"""Status, headers, body; status 0 cuts the connection after the request."""
S = TypeVar("S", bound="Service")
CUT: Answer = (0, {}, b"")
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
MESSAGE = {"token", "notification", "data", "android", "apns"}
ANDROID = {"ttl", "priority", "collapse_key", "notification"}


@dataclass
class Service:
    """What it was asked, and how it misbehaves."""

    address: str = ""
    misbehaves: Answer | None = None
    """What it answers to everything but what is ``spared``."""
    spared: str = ""
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    """Paths, headers (lower case), bodies."""
    lock: Lock = field(default_factory=Lock)

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """What is answered to a request."""
        with self.lock:
            self.asked.append((path, headers, body))
            wrong = None if path == self.spared else self.misbehaves
            return wrong or self.usual(path, headers, body)

    def usual(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """What is answered where nothing is wrong."""
        assert headers["content-encoding"] == "aes128gcm"
        assert body
        return 201, {"Location": f"{self.address}{path}/1"}, b""


@dataclass
class Firebase(Service):
    """A project ``sample`` with its account and its phones."""

    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    phones: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """What each shows; a message with the same key stands for the one before."""
    tokens: set[str] = field(default_factory=set)

    def account(self) -> str:
        """The file of the service account."""
        private = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return json.dumps(
            {
                "type": "service_account",
                "project_id": "sample",
                "private_key_id": "1",
                "private_key": private.decode(),
                "client_email": "sender@sample.example",
                "token_uri": f"{self.address}/token",
            }
        )

    def usual(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """A token for who signs, an id for who has one."""
        if path == "/token":
            return self._token(parse_qs(body.decode()))
        assert path == "/v1/projects/sample/messages:send"
        if headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return refusal(401, "UNAUTHENTICATED")
        return self._sent(json.loads(body))

    def _token(self, form: Mapping[str, list[str]]) -> Answer:
        head, claims, signature = form["assertion"][0].split(".")
        self.key.public_key().verify(
            _decoded(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256()
        )
        told = json.loads(_decoded(claims))
        assert form["grant_type"] == [GRANT]
        assert told["iss"] == "sender@sample.example"
        assert told["scope"] == "https://www.googleapis.com/auth/firebase.messaging"
        token = f"token-{len(self.tokens)}"
        self.tokens.add(token)
        answer = {"access_token": token, "expires_in": 3600, "token_type": "Bearer"}
        return _json(200, answer)

    def _sent(self, body: dict[str, Any]) -> Answer:
        message = body["message"]
        strange = set(body) - {"message", "validate_only"} or set(message) - MESSAGE
        if strange or set(message["android"]) - ANDROID:
            return refusal(400, "INVALID_ARGUMENT")
        assert all(isinstance(value, str) for value in message["data"].values())
        assert message["android"]["ttl"].endswith("s")
        shown = self.phones.get(message["token"])
        if shown is None:
            return refusal(404, "NOT_FOUND", "UNREGISTERED")
        key = message["android"].get("collapse_key")
        shown[:] = [one for one in shown if not key or one["android"]["collapse_key"] != key]
        shown.append(message)
        return _json(200, {"name": f"projects/sample/messages/{len(self.asked)}"})


def refusal(status: int, word: str, code: str = "", field_name: str = "") -> Answer:
    """What Google answers to what it does not do."""
    details: list[dict[str, Any]] = []
    if code:
        kind = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
        details.append({"@type": kind, "errorCode": code})
    if field_name:
        details.append(
            {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [{"field": field_name, "description": "no"}],
            }
        )
    error = {"code": status, "message": "no", "status": word, "details": details}
    return _json(status, {"error": error})


@contextmanager
def running(made: S) -> Iterator[S]:
    """It, at an address of this machine."""
    handler = type("PushHandler", (_Handler,), {"service": made})
    with served(handler) as made.address:
        yield made


class _Handler(BaseHTTPRequestHandler):
    service: Service
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """As the service answers."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        status, answered, content = self.service.answer(self.path, headers, body)
        if not status:
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in {**answered, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing: the tests ask the service itself."""


def _json(status: int, content: object) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(content).encode()


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
