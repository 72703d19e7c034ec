"""A client of boto3 for the bucket of a site: for what is few and special."""

from typing import Any

import boto3
from botocore.config import Config

from generator.base.config import Publish


def s3_client(
    settings: Publish,
    tries: int,
    session: boto3.session.Session | None = None,
    **options: float,
) -> Any:  # noqa: ANN401 - boto3 makes its types at run time
    """The client, which makes so many ``tries`` by itself; ``options`` are those of botocore.

    Raises:
        BotoCoreError, ValueError: the profile or the settings lead nowhere.
    """
    return (session or boto3.session.Session()).client(
        "s3",
        endpoint_url=settings.endpoint or None,
        region_name=settings.region or None,
        config=Config(
            retries={"total_max_attempts": tries},
            s3={"addressing_style": "path" if settings.endpoint else "auto"},
            **options,
        ),
    )
