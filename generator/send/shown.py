"""What a page shows, as text: sections, and in them lines; blanks and entities as people read them.

No theme is known here. A page is cut where its HTML begins or ends a section, and into lines where
it begins or ends a block; the cells of a row stay together, since a day and its amount do.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import unescape

SECTION, LINE, CELL = "\x01", "\n", "\t"
PART, OUTCOME, END = "\x02", "\x04", "\x05"
SECTIONS = frozenset({"section", "article", "header", "footer", "aside", "main", "nav"})
BLOCKS = frozenset({
    *("address", "blockquote", "br", "caption", "details", "div", "dl", "figcaption", "figure"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "summary"),
    *("table", "tbody", "tfoot", "thead", "tr", "ul"),
})  # fmt: skip
CELLS = frozenset({"td", "th", "dt", "dd"})
SEPARATORS = frozenset(" .,'’")
"""A number goes on where one of these stands between digits."""
MINUS = frozenset("-\u2212")
BLANKS = "\u00a0\u2007\u2009\u202f"

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f]")
_TAG = re.compile(r"(<!--.*?-->|<[^>]*>)", re.DOTALL)
_NAME = re.compile(r"</?([a-zA-Z0-9]+)")
_PART = re.compile(r'\bdata-part="([^"]+)"')
_OUTCOME = re.compile(r'\bclass="[^"]*\b(accrued|saved)\b[^"]*"')
_MARKED = re.compile(f"{PART}([^{END}]*){END}")
_TOLD = re.compile(f"{OUTCOME}([^{END}]*){END}")


@dataclass(frozen=True, slots=True, repr=False)
class Section:
    """A section of a page, without those in it."""

    number: int
    """Its place on the page, from 0."""
    text: str
    parts: tuple[str, ...]
    """What opens the shared parts that are put in here."""

    def lines_with(self, word: str) -> Iterator[str]:
        """Its lines in which a word stands by itself."""
        place = self.text.find(word)
        while place >= 0:
            end = self.text.find(LINE, place)
            line = self.text[self.text.rfind(LINE, 0, place) + 1 : end if end >= 0 else None]
            if is_word_in(word, line):
                yield line
            place = self.text.find(word, end) if end >= 0 else -1

    def __repr__(self) -> str:
        """Nothing of the client."""
        return f"Section({self.number})"


@dataclass(frozen=True, slots=True, repr=False)
class Shown:
    """A page as text."""

    sections: Sequence[Section]

    def has_line(self, text: str) -> bool:
        """Whether a line or a cell of the page is this text and nothing else."""
        return any(
            cell.strip() == text
            for section in self.sections
            for line in section.lines_with(text)
            for cell in line.split(CELL)
        )

    def __repr__(self) -> str:
        """Nothing of the client."""
        return f"Shown({len(self.sections)} sections)"


def shown(html: str) -> Shown:
    """What a page shows."""
    pieces = _TAG.split(_CONTROLS.sub(" ", html))  # our marks are such, and no page has any
    pieces[1::2] = map(_mark_of, pieces[1::2])
    text = normalised(unescape("".join(pieces)))
    sections = (one for one in text.split(SECTION) if not one.isspace() and one)
    return Shown([_section(number, one) for number, one in enumerate(sections)])


def outcomes_in(line: str) -> set[str]:
    """Which outcomes the markup of a line tells."""
    return set(_TOLD.findall(line)) if OUTCOME in line else set()


def normalised(text: str) -> str:
    """A text with plain blanks: no-break and narrow ones are ones too, and many are one."""
    for blank in BLANKS:  # a table for translate takes 30 times as long
        text = text.replace(blank, " ")
    while "  " in text:
        text = text.replace("  ", " ")
    return text


def is_word_in(word: str, text: str) -> bool:
    """Whether a name, a number of a policy or a day stands in a text, by itself."""
    return _is_in(word, text, _is_own_word)


def is_amount_in(amount: str, text: str) -> bool:
    """Whether an amount stands in a text, not as the end of a larger one, nor below zero."""
    return _is_in(amount, text, _is_own_amount)


@lru_cache(4096)
def _mark_of(tag: str) -> str:
    """What a tag becomes; most pages have the same."""
    found = _NAME.match(tag)
    name = found[1].lower() if found else ""
    part, outcome = _PART.search(tag), _OUTCOME.search(tag)
    told = f"{OUTCOME}{outcome[1]}{END}" if outcome else ""
    slot = f"{PART}{part[1]}{END}" if part else ""
    return f"{_separator(name)}{told}{slot}"


def _separator(name: str) -> str:
    if name in SECTIONS:
        return SECTION
    if name in BLOCKS:
        return LINE
    return CELL if name in CELLS else ""


def _section(number: int, text: str) -> Section:
    if PART not in text:
        return Section(number, text, ())
    return Section(number, normalised(_MARKED.sub("", text)), tuple(_MARKED.findall(text)))


def _is_in(value: str, text: str, is_own: Callable[[str, str, str], bool]) -> bool:
    place = text.find(value)
    while place >= 0:
        end = place + len(value)
        if is_own(text[max(place - 2, 0) : place], value, text[end : end + 2]):
            return True
        place = text.find(value, place + 1)
    return False


def _is_own_word(before: str, _: str, after: str) -> bool:
    return not (_goes_on(before[-1:]) or _goes_on(after[:1]))


def _goes_on(character: str) -> bool:
    return character.isalnum() or character in MINUS


def _is_own_amount(before: str, amount: str, after: str) -> bool:
    if before[-1:] in MINUS:
        return False
    is_tail = amount[:1].isdigit() and _is_number(before[::-1])
    return not (is_tail or (amount[-1:].isdigit() and _is_number(after)))


def _is_number(beside: str) -> bool:
    """Whether a number goes on in the two characters beside another, the nearer first."""
    return beside[:1].isdigit() or (beside[:1] in SEPARATORS and beside[1:].isdigit())
