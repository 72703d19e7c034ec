"""AWS KMS for tests: moto's."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from moto import mock_aws

from generator.sealing.wrapping import Wrapper

REGION = "eu-central-1"


@contextmanager
def kms() -> Iterator[tuple[Any, Wrapper]]:
    """A client of it, and a key that wraps rings."""
    with mock_aws():
        client = boto3.client("kms", region_name=REGION)
        key = client.create_key()["KeyMetadata"]["KeyId"]
        client.create_alias(AliasName="alias/sealpress", TargetKeyId=key)
        yield client, Wrapper("alias/sealpress", REGION)
