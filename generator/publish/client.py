"""A client of boto3 for the bucket of a site: for what is few and special."""

from typing import Any

import boto3
from botocore.config import Config

from generator.base.config import Publish
from generator.publish.along import content_md5


def s3_client(
    settings: Publish,
    tries: int,
    **options: float,
) -> Any:  # noqa: ANN401 - boto3 makes its types at run time
    """The client, which makes so many ``tries`` by itself; ``options`` are those of botocore.

    Raises:
        BotoCoreError, ValueError: the profile or the settings lead nowhere.
    """
    client = boto3.session.Session().client(
        "s3",
        endpoint_url=settings.endpoint or None,
        region_name=settings.region or None,
        config=Config(
            retries={"total_max_attempts": tries},
            s3={"addressing_style": "path" if settings.endpoint else "auto"},
            **options,
        ),
    )
    client.meta.events.register("before-call.s3.DeleteObjects", _add_md5)
    return client


def _add_md5(params: dict[str, Any], **_: object) -> None:
    """Add the digest that S3 asks for where many are deleted; boto3 sends a newer one alone."""
    params["headers"]["Content-MD5"] = content_md5(params["body"])
