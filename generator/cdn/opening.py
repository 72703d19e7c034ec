"""The CDN of a site, opened as its settings say."""

from generator.base.config import Publish
from generator.cdn.purging import Cdn, NoCdn


def open_cdn(settings: Publish) -> Cdn:
    """The CDN in front of where the site is published; nothing is asked of it yet."""
    if settings.cdn is None:
        return NoCdn()
    from generator.cdn.cloudfront import CloudFront  # noqa: PLC0415 - takes a third of a second

    return CloudFront(settings.cdn)
