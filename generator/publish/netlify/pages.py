"""Netlify as the store from which a client is withdrawn: no file, but whole deploys are deleted."""

from collections.abc import Iterable

from generator.base.errors import OutsideError
from generator.publish.netlify.site import Netlify


class NetlifyPages:
    """A site at Netlify as the store from which a client is withdrawn."""

    def __init__(self, netlify: Netlify) -> None:
        self._netlify = netlify

    def has(self, path: str) -> bool:
        """Whether the published deploy has a file.

        Raises:
            OutsideError: Netlify failed.
        """
        return self._netlify.has(path)

    def erase_all(self, paths: Iterable[str]) -> int:
        """Delete the deploys in which files may lie; the published one must not have them.

        How many: Netlify does not tell which of them had a file.

        Raises:
            OutsideError: it has one of them, or Netlify failed.
        """
        if any(map(self.has, paths)):
            hint = "run: sealpress build, sealpress publish, and this again"
            raise OutsideError(f"the page is published at Netlify — hint: {hint}")
        return self._netlify.drop_sealed()
