"""A key ring that lies wrapped: AWS KMS alone opens it, and logs each time that it did.

Whoever copies the file, or a backup of it, has nothing; whoever may ask KMS has the ring. The ring
is what KMS encrypts, as it is: it has some hundred bytes for each epoch, and 4096 are allowed.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from generator.base.errors import KeyRingError, OutsideError

if TYPE_CHECKING:
    from collections.abc import Callable

FORMAT = "sealpress key ring 1, wrapped by KMS"
CONTEXT = {"sealpress": "key ring"}
"""Bound to what is encrypted, and shown in the logs of KMS."""
LARGEST = 4096  # bytes that KMS encrypts
WRONG = frozenset({"InvalidCiphertextException", "IncorrectKeyException"})


@dataclass(frozen=True, slots=True)
class Wrapper:
    """A key of KMS, by its id or alias, and the region in which it is; the default one without."""

    key: str
    region: str = ""

    def wrapped(self, ring: Mapping[str, Any]) -> dict[str, Any]:
        """The file of a ring that only this key opens.

        Raises:
            KeyRingError: the ring is too large; KMS does not know the key.
            OutsideError: KMS does not answer, or does not let us.
        """
        text = json.dumps(ring).encode()
        if len(text) > LARGEST:
            raise KeyRingError("the key ring is too large for KMS — hint: retire old epochs")
        answer = self._asked("encrypt", KeyId=self.key, Plaintext=text)
        sealed = b64encode(answer["CiphertextBlob"]).decode()
        return {"format": FORMAT, "key": self.key, "region": self.region, "ring": sealed}

    def unwrapped(self, sealed: str, where: str) -> str:
        """The ring in a file of ``wrapped``, as text.

        Raises:
            KeyRingError: the file was altered, or is another key's.
            OutsideError: KMS does not answer, or does not let us.
        """
        try:
            octets = b64decode(sealed, validate=True)
        except ValueError:
            raise _damaged(where) from None
        try:
            answer = self._asked("decrypt", KeyId=self.key, CiphertextBlob=octets)
        except KeyRingError:
            raise _damaged(where) from None
        return bytes(answer["Plaintext"]).decode()

    def _asked(self, what: str, **values: object) -> Mapping[str, Any]:
        import boto3  # noqa: PLC0415 - whoever has a plain ring needs none of it
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        try:
            client = boto3.client("kms", region_name=self.region or None)
            ask: Callable[..., Mapping[str, Any]] = getattr(client, what)
            return ask(EncryptionContext=CONTEXT, **values)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in WRONG:
                raise KeyRingError(code) from None
            if code == "NotFoundException":
                raise KeyRingError("KMS does not know the key — hint: compare its id") from None
            hint = "see who may use the key, and the credentials in the environment"
            raise OutsideError(f"KMS refuses ({code}) — hint: {hint}") from None
        except BotoCoreError as error:
            hint = "see the network, the region and the credentials"
            raise OutsideError(f"KMS: {type(error).__name__} — hint: {hint}") from None


def wrapper_of(text: str) -> tuple[Wrapper, str] | None:
    """What opens a file, and what is to be opened; None where it is no wrapped ring."""
    try:
        data = json.loads(text)
        if data["format"] != FORMAT:
            return None
        return Wrapper(str(data["key"]), str(data["region"])), str(data["ring"])
    except (ValueError, KeyError, TypeError):
        return None


def _damaged(where: str) -> KeyRingError:
    return KeyRingError(f"{where}: KMS does not open this key ring — hint: restore the backup")
