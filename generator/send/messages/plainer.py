"""Characters that make an SMS dearer without anybody seeing it, and what stands as well."""

import re
import unicodedata
from dataclasses import dataclass

from generator.send.messages.parts import GSM_CHARACTERS, parts_of

NO_BREAKS = "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}\N{FIGURE SPACE}"
PLAINER = {
    **dict.fromkeys("«»„“”‟″", '"'),
    **dict.fromkeys("‘’‚‛′`´", "'"),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys("\u200b\u200c\u200d\ufeff\u00ad", ""),
    "…": "...",
    "•": "-",
    "·": "-",
    "×": "x",
    "₽": "RUB",
    **dict.fromkeys(NO_BREAKS, " "),
}
"""Each with what says the same in every alphabet."""
TABLE = str.maketrans(PLAINER)
NOTHING = {one for one, plain in PLAINER.items() if not plain}
UNSEEN = str.maketrans(dict.fromkeys(NOTHING, ""))
BREAK = re.compile(r"[ \t]*\n[ \t]*\n\s*")
SPACES = re.compile(r"[ \t\r\n]+")
ODD_SPACES = re.compile(r"[ \t\r\n]{2,}|[\t\r\n]")
"""All that are not a plain space already."""


@dataclass(frozen=True, slots=True)
class Dearer:
    """Characters, and what they cost."""

    characters: str
    """Each once, in their order."""
    more: int
    """So many parts more than without them."""
    forces: bool
    """Whether they alone make a text UCS-2 that could be GSM."""

    def __str__(self) -> str:
        """For an editor: ``“ (left double quotation mark)``."""
        return ", ".join(f"{one} ({_named(one)})" for one in self.characters)


def _named(character: str) -> str:
    return unicodedata.name(character, f"U+{ord(character):04X}").lower()


def plainer(text: str) -> str:
    """The same text without typographic characters."""
    return text.translate(TABLE)


def dearer(text: str) -> Dearer | None:
    """What could be written cheaper in ``text``, if anything."""
    before, after = parts_of(text), parts_of(plainer(text))
    forces = before.encoding != after.encoding
    if not forces:  # then only what is left out makes it shorter
        after = parts_of(text.translate(UNSEEN))
        if before.count == after.count:
            return None
    blamed = PLAINER.keys() - GSM_CHARACTERS if forces else NOTHING
    found = dict.fromkeys(character for character in text if character in blamed)
    return Dearer("".join(found), before.count - after.count, forces)


def one_line(text: str) -> str:
    """A text as an SMS or a push shows it: plain spaces, a new line only for an empty one."""
    for space in NO_BREAKS:  # translate() costs ten times as much
        text = text.replace(space, " ")
    text = text.strip()
    if "\n" not in text:
        return ODD_SPACES.sub(" ", text)
    return "\n".join([ODD_SPACES.sub(" ", piece) for piece in BREAK.split(text)])
