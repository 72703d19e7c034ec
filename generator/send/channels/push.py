"""What push messages to browsers and to phones have in common."""

import re
from base64 import urlsafe_b64encode
from hashlib import sha256

DAY = 86_400  # seconds
TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}")


def topic_of(collapse: str) -> str:
    """The topic of a collapse key: itself where it can be one (RFC 8030, 5.4), else its digest."""
    if TOPIC.fullmatch(collapse):
        return collapse
    return urlsafe_b64encode(sha256(collapse.encode()).digest()[:24]).decode()
