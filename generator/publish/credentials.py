"""What requests are signed with: found where boto3 finds it, and renewed by it.

Keys that stand in the environment are taken from there, as boto3 would: to import it for them costs
more than to send a thousand files.
"""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from generator.base.again import again
from generator.publish.failure import DENIED, told

KEY, SECRET, TOKEN = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"
REGION, EXPIRY = "AWS_DEFAULT_REGION", "AWS_CREDENTIAL_EXPIRATION"
FIRST_REGION = "us-east-1"  # what is signed for where none is named, as servers of others expect
PAUSES = (0.2, 0.5, 1.0, 2.0)  # seconds before each further try to renew


@dataclass(frozen=True, slots=True)
class Credentials:
    """Whose requests they are; none of it is ever shown."""

    key: str = field(repr=False)
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Signer:
    """What signs requests, and for which region."""

    now: Callable[[], Credentials]
    """The credentials that are good now. Raises OutsideError: they cannot be renewed."""
    region: str = FIRST_REGION


def signer_of(region: str, environment: Mapping[str, str] = os.environ) -> Signer:
    """What signs requests on this machine; ``region`` may be empty.

    Raises:
        OutsideError: there are no credentials.
    """
    key, secret = environment.get(KEY, ""), environment.get(SECRET, "")
    known = region or environment.get(REGION, "")
    if key and secret and known and EXPIRY not in environment:
        fixed = Credentials(key, secret, environment.get(TOKEN, ""))
        return Signer(lambda: fixed, known)
    return _found(known)


def _found(region: str) -> Signer:
    """What boto3 finds in profiles, or asks the machine for.

    Raises:
        OutsideError: it finds nothing.
    """
    import botocore.session  # noqa: PLC0415 - takes a third of a second
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415

    session = botocore.session.get_session()
    try:
        found = session.get_credentials()
        known = region or session.get_config_variable("region") or FIRST_REGION
    except BotoCoreError:
        raise told(*DENIED) from None
    if found is None:
        raise told(*DENIED)
    return Signer(lambda: _renewed(found), known)


def _renewed(found: Any, sleep: Callable[[float], None] = time.sleep) -> Credentials:  # noqa: ANN401 - botocore's
    """What is good now; whoever gives it may be away for a moment.

    Raises:
        OutsideError: it cannot be renewed.
    """
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - is there already

    try:
        frozen = again(found.get_frozen_credentials, BotoCoreError, PAUSES, sleep)
    except BotoCoreError:
        raise told(*DENIED) from None
    return Credentials(frozen.access_key, frozen.secret_key, frozen.token or "")
