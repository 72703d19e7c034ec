"""Reading text that a person wrote: UTF-8, with or without a byte order mark."""

from pathlib import Path

from generator.base.errors import Problem


def read_text(path: Path, name: str, problems: list[Problem]) -> str | None:
    """The text of ``path``, or None with a problem under the shown name ``name``."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        problems.append(Problem(name, f"cannot be read: {error.strerror}"))
        return None
    return decoded(raw, name, problems)


def decoded(raw: bytes, name: str, problems: list[Problem]) -> str | None:
    """``raw`` as UTF-8 text with Unix line ends, or None with a problem at the bad byte."""
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        before = error.object[: error.start]  # without the mark, which the codec has taken off
        problems.append(
            Problem(
                name,
                "the file is not UTF-8",
                "save it with the encoding UTF-8",
                line=before.count(b"\n") + 1,
                column=len(before.rpartition(b"\n")[2].decode()) + 1,
            )
        )
        return None
