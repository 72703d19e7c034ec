"""Files of the built site, as they are read to be sent."""

import os
from pathlib import Path

from generator.base.errors import InputError, OutsideError, Problem

MOST_READ = 1 << 16  # bytes at a time: nearly every file at once


def read_built(site: Path, path: str) -> bytes:
    """The bytes of a file below ``site``.

    Raises:
        InputError: it is missing.
        OutsideError: it cannot be read.
    """
    try:
        file = os.open(f"{site}/{path}", os.O_RDONLY)  # a file object costs as much as reading
        try:
            content = os.read(file, MOST_READ)
            while len(content) % MOST_READ == 0 and (more := os.read(file, MOST_READ)):
                content += more
        finally:
            os.close(file)
    except OSError as error:
        raise unread(error) from None
    else:
        return content


def unread(error: OSError) -> InputError | OutsideError:
    """What is told when a file of the built site could not be read."""
    if isinstance(error, FileNotFoundError):
        sentence, hint = "a file of the built site is missing", "run: sealpress build --full"
        return InputError([Problem("build/site", sentence, hint)])
    return OutsideError(f"build/site: cannot be read: {error.strerror}")
