"""What went wrong at an object store: which kind it was, in our words.

Those of a server may hold addresses: they are never shown.
"""

import re
from typing import NamedTuple

from generator.base.errors import OutsideError

REFUSALS = {
    "ExpiredToken": ("the credentials are expired", "renew them, and run it again"),
    "RequestTimeTooSkewed": ("this machine's clock is wrong", "set it, and run it again"),
    "NoSuchBucket": ("there is no such bucket", "correct bucket in content/site.yaml, or make it"),
    "PermanentRedirect": ("the bucket is in another region", "correct region in content/site.yaml"),
    "NoSuchKey": (
        "a file that was published is not there any more",
        "run: sealpress publish --reconcile",
    ),
    "QuotaExceeded": ("the quota is used up", "raise it, and run it again"),
    "InvalidAccessKeyId": ("the credentials are not known", "see AWS_ACCESS_KEY_ID"),
    "SignatureDoesNotMatch": ("the credentials are wrong", "see AWS_SECRET_ACCESS_KEY"),
}
"""By error codes of S3."""
FULL = ("the store is full", "make room there, and run it again")
FULL_STATUS = 507  # RFC 4918, 11.5
FULL_CODES = ("StorageFull", "InsufficientStorage")  # how they end: stores have names of their own
DENIED = ("the credentials are missing, expired or not allowed this", "see AWS_ACCESS_KEY_ID")
LOST = (
    "it cannot be reached, or did not do what it was asked",
    "see whether it is up; run it again",
)
CODE = re.compile(rb"<Code>(\w+)</Code>")
BUSY_CODES = frozenset({"SlowDown", "TooManyRequests", "ServiceUnavailable"})
BUSY = frozenset({429, 503})
FORBIDDEN, FORBIDDEN_CODE = frozenset({401, 403}), "AccessDenied"
LONGEST = 120.0  # seconds that a store may make us wait


class Failure(NamedTuple):
    """A request that was not answered as it should be."""

    status: int = 0
    """That of HTTP; 0 where there was no answer."""
    code: str = ""
    """That of S3, where one was told."""
    pause: float = 0.0
    """Seconds after which the store wants to be asked again; 0 where it named none."""

    @property
    def is_busy(self) -> bool:
        """Whether the store was asked too much."""
        return self.status in BUSY or self.code in BUSY_CODES

    @property
    def refusal(self) -> tuple[str, str] | None:
        """What no further try can mend, with a hint; None where it is not known to be such."""
        is_full = self.status == FULL_STATUS or self.code.endswith(FULL_CODES)
        return FULL if is_full else REFUSALS.get(self.code)

    @property
    def may_help(self) -> bool:
        """Whether the same request may go well in a moment."""
        is_denied = self.status in FORBIDDEN or self.code == FORBIDDEN_CODE
        return not is_denied and not self.refusal

    def told(self) -> OutsideError:
        """The error in words of ours."""
        return told(*(self.refusal or (LOST if self.may_help else DENIED)))


class FailureError(Exception):
    """A request failed; it is told in our words, or made again, before anybody hears of it."""

    def __init__(self, failure: Failure) -> None:
        super().__init__()
        self.failure = failure


def told(sentence: str, hint: str) -> OutsideError:
    """The error of a store that failed."""
    return OutsideError(f"the store failed: {sentence} — hint: {hint}")


def named_pause(retry_after: str) -> float:
    """The seconds that a refusal asks to wait (RFC 9110, 10.2.3), at most ``LONGEST``."""
    return min(float(retry_after), LONGEST) if retry_after.isdecimal() else 0.0
