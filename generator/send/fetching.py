"""What is published, asked for as readers do; or read from the folder in which it lies."""

from pathlib import Path

from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from generator.base.config import Site
from generator.base.errors import OutsideError
from generator.send.proof import Fetch

FOUND, ABSENT = 200, frozenset({403, 404, 410})
TIMEOUT = Timeout(connect=5, read=20)  # seconds
RETRY = Retry(total=3, backoff_factor=0.5, status_forcelist=[429, 500, 502, 503, 504], redirect=2)
CONNECTIONS = 8


def published(root: Path, site: Site) -> Fetch:
    """What reads published files of the site: its folder on this machine, or its public address."""
    folder = root / site.publish.path
    if site.publish.store == "directory" and folder.is_dir():
        return lambda path: _read(folder / path)
    pool = PoolManager(maxsize=CONNECTIONS, timeout=TIMEOUT, retries=RETRY)
    return lambda path: _asked(pool, f"{site.base_url}/{path}")


def _read(place: Path) -> bytes | None:
    return place.read_bytes() if place.is_file() else None


def _asked(pool: PoolManager, address: str) -> bytes | None:
    """The body, or None where nothing is published. No error names the address."""
    hint = "see whether the site answers: sealpress doctor"
    try:
        answer = pool.request("GET", address, headers={"Cache-Control": "no-cache"})
    except HTTPError as error:
        reason = type(error).__name__
        raise OutsideError(
            f"the published site does not answer ({reason}) — hint: {hint}"
        ) from None
    if answer.status == FOUND:
        return answer.data
    if answer.status in ABSENT:
        return None
    raise OutsideError(f"the published site answers {answer.status} — hint: {hint}")
