"""Files of the built site, as they are read to be sent."""

from pathlib import Path

from generator.base.errors import InputError, OutsideError, Problem


def read_built(site: Path, path: str) -> bytes:
    """The bytes of a file below ``site``.

    Raises:
        InputError: it is missing.
        OutsideError: it cannot be read.
    """
    try:
        with open(f"{site}/{path}", "rb", buffering=0) as file:  # noqa: PTH123 - a third of the time
            return file.read()
    except OSError as error:
        raise unread(error) from None


def unread(error: OSError) -> InputError | OutsideError:
    """What is told when a file of the built site could not be read."""
    if isinstance(error, FileNotFoundError):
        sentence, hint = "a file of the built site is missing", "run: sealpress build --full"
        return InputError([Problem("build/site", sentence, hint)])
    return OutsideError(f"build/site: cannot be read: {error.strerror}")
