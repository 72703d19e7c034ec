"""CloudFront: invalidations in batches within its limits, waited for when that matters.

Credentials are those that boto3 finds. CloudFront's words may hold an address: they are never
shown, only what kind of answer it was.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain, repeat
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as UnreachableError

from generator.base.config import CONFIG, Distribution
from generator.base.errors import InputError, OutsideError, Problem
from generator.cdn.items import is_tag, items_of, reference, requests_of
from generator.cdn.purging import Purge

T = TypeVar("T")

REGION = "us-east-1"  # CloudFront is asked there, wherever the store is
TAG_HEADER = "x-amz-meta-cache-tag"
PATIENCE = 900.0  # seconds for a purge to be accepted, and again for it to be done
BRIEF = 60.0  # seconds for what no waiting of ours brings about: a network that is back
FIRST_PAUSES, PAUSE = (1.0, 2.0, 4.0, 8.0), 15.0  # seconds; 95 of 100 purges are done in 25
SERVER = 500  # the first status with which a server speaks of itself and not of the request

BUSY = {
    "TooManyInvalidationsInProgress",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "PriorRequestNotComplete",
}
"""Codes of refusals that end when other purges do, or when we ask more slowly."""

_EXPIRED = ("the credentials are expired", "renew them, and run it again")
_MISSING = ("there are no credentials", "see AWS_ACCESS_KEY_ID, or AWS_PROFILE")
_UNKNOWN = ("the credentials are not known", "see AWS_ACCESS_KEY_ID")
_DENIED = (
    "the credentials are not allowed this",
    "give them cloudfront:CreateInvalidation, GetInvalidation and GetDistributionConfig",
)
REFUSALS = {
    "NoSuchDistribution": (
        "there is no such distribution",
        f"correct distribution in {CONFIG}, or use the credentials of its account",
    ),
    "AccessDenied": _DENIED,
    "AccessDeniedException": _DENIED,
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "TokenRetrievalError": _EXPIRED,
    "UnauthorizedSSOTokenError": _EXPIRED,
    "SSOTokenLoadError": _EXPIRED,
    "LoginRefreshRequired": _EXPIRED,
    "InvalidClientTokenId": _UNKNOWN,
    "UnrecognizedClientException": _UNKNOWN,
    "SignatureDoesNotMatch": (
        "the credentials are wrong, or this machine's clock is",
        "see AWS_SECRET_ACCESS_KEY",
    ),
    "NoCredentialsError": _MISSING,
    "PartialCredentialsError": _MISSING,
    "CredentialRetrievalError": _MISSING,
    "ProfileNotFound": ("there is no such profile", "correct AWS_PROFILE"),
}
"""By CloudFront's codes, and by botocore's names of what goes wrong before anything is sent."""
LOST = ("it cannot be reached, or did not do what it was asked", "run it again")
SLOW = ("it did not say in time that the purge is done", "run it again; it may be done by then")
CROWDED = ("too many purges are in progress", "run it again when they are done")


class CloudFront:
    """A distribution; ``clock`` tells seconds."""

    def __init__(
        self,
        settings: Distribution,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._id, self._tags = settings.distribution, settings.tags
        self._clock, self._sleep = clock, sleep

    def purge(self, paths: Iterable[str], occasion: str) -> Purge:
        """Ask that every copy of the files be forgotten; see ``Cdn``.

        Raises:
            InputError: tags are to be named, and the distribution does not read them.
            OutsideError: it did not accept the purge; some of the copies may be forgotten.
        """
        items = items_of(paths, tags=self._tags)
        if any(map(is_tag, items)):
            self._check_tags()
        requests = [self._request(some, occasion) for some in requests_of(items)]
        return Purge(tuple(requests), len(items))

    def wait(self, purge: Purge) -> None:
        """Return when CloudFront says that all of ``purge`` is done everywhere.

        Raises:
            OutsideError: it did not say so in time.
        """
        until = self._clock() + PATIENCE
        for request in purge.requests:
            pauses = _pauses()
            while not self._is_done(request):
                if self._clock() >= until:
                    raise _failed(SLOW)
                self._sleep(next(pauses))

    def _request(self, items: Sequence[str], occasion: str) -> str:
        batch = {
            "Paths": {"Quantity": len(items), "Items": list(items)},
            "CallerReference": reference(occasion, items),
        }
        answer = self._asked(
            lambda: self._client.create_invalidation(
                DistributionId=self._id, InvalidationBatch=batch
            )
        )
        return str(answer["Invalidation"]["Id"])

    def _is_done(self, request: str) -> bool:
        answer = self._asked(
            lambda: self._client.get_invalidation(DistributionId=self._id, Id=request)
        )
        return str(answer["Invalidation"]["Status"]).casefold() == "completed"

    def _check_tags(self) -> None:
        """Refuse tags that nobody reads: naming them would forget nothing, and say nothing."""
        answer = self._asked(lambda: self._client.get_distribution_config(Id=self._id))
        header = answer["DistributionConfig"].get("CacheTagConfig", {}).get("HeaderName", "")
        if header.casefold() != TAG_HEADER:
            hint = f"set its CacheTagConfig to {TAG_HEADER}, or write tags: false"
            sentence = "the distribution does not read the tags of files"
            raise InputError([Problem(CONFIG, sentence, hint, "publish.cdn.tags")])

    def _asked(self, request: Callable[[], T]) -> T:
        """What a request answers; it is sent again while that may help.

        Sent twice it does no harm: a purge has its reference, everything else only asks.

        Raises:
            OutsideError: CloudFront failed.
        """
        pauses, began = _pauses(), self._clock()
        while True:
            try:
                return request()
            except (BotoCoreError, ClientError) as error:
                code = _code(error)
                if code in REFUSALS:
                    raise _failed(REFUSALS[code]) from None
                if self._clock() - began >= _limit(error):
                    raise _failed(CROWDED if code in BUSY else LOST) from None
            self._sleep(next(pauses))

    @cached_property
    def _client(self) -> Any:  # noqa: ANN401 - boto3 makes its types at run time
        return boto3.session.Session().client(
            "cloudfront",
            region_name=REGION,
            config=Config(retries={"total_max_attempts": 1}, connect_timeout=10, read_timeout=30),
        )


def _pauses() -> Iterator[float]:
    """How long to wait before each further try."""
    return chain(FIRST_PAUSES, repeat(PAUSE))


def _code(error: BotoCoreError | ClientError) -> str:
    """CloudFront's code, or the name of what went wrong before anything was sent."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", ""))
    return type(error).__name__


def _limit(error: BotoCoreError | ClientError) -> float:
    """For how many seconds it makes sense to send the same request again."""
    if _code(error) in BUSY:
        return PATIENCE
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return BRIEF if status >= SERVER else 0.0
    return BRIEF if isinstance(error, HTTPClientError | UnreachableError) else 0.0


def _failed(told: tuple[str, str]) -> OutsideError:
    sentence, hint = told
    return OutsideError(f"the CDN failed: {sentence} — hint: {hint}")
