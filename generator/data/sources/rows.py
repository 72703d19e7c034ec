"""Cutting CSV into whole rows without understanding it.

A row ends at a line feed before which there is an even number of quotes: so Polars counts too.
A line feed is never part of a longer letter of UTF-8, so that no letter is cut either.
"""

from dataclasses import dataclass
from typing import BinaryIO

MARK = b"\xef\xbb\xbf"
BLANK = {b"\n", b"\r\n"}
LONGEST = 16 << 20
"""Bytes to which a row is followed; a quote that nobody closes would else be followed to the
end of a file of gigabytes."""


@dataclass(slots=True)
class RowReader:
    """Reads an open file from its beginning; ``line`` is that on which the next row begins."""

    file: BinaryIO
    line: int = 1

    def header(self) -> tuple[bytes, int]:
        """The first row that is not blank, without a byte order mark, and its line."""
        begin, row = self.line, self.read(1).removeprefix(MARK)
        while row in BLANK:
            begin, row = self.line, self.read(1)
        return row, begin

    def read(self, size: int) -> bytes:
        """``size`` bytes, and more up to the end of a row; nothing at the end of the file.

        One byte is one row. A row that has no end within ``LONGEST`` is cut; see ``is_cut``.
        """
        parts = [self.file.read(size)]
        length, is_open = len(parts[0]), parts[0].count(b'"') % 2 == 1
        while parts[-1] and (is_open or not parts[-1].endswith(b"\n")) and length < size + LONGEST:
            parts.append(self.file.readline(LONGEST))
            length += len(parts[-1])
            is_open ^= parts[-1].count(b'"') % 2 == 1
        text = b"".join(parts)
        self.line += text.count(b"\n")
        return text


def is_cut(rows: bytes, size: int) -> bool:
    """Whether what ``read(size)`` gave ends in the middle of a row that is too long."""
    return len(rows) >= size + LONGEST
