"""What rjsmin leaves of the loader's script, made a quarter smaller: short names, fewer `const`.

rjsmin takes away spaces and comments only. This renames what the script itself declares, the same
name everywhere to the same letters, and only names that never stand where a property could: after
a dot, before a colon, alone between the braces of an object, or inside a template string. So it
need not know scopes, and whatever it is unsure of stays as it is. What it relies on of the
source: no method shorthand, no empty statement before a brace, and no variable called like a
global that is used elsewhere.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import product
from string import ascii_letters

_LEXEME = re.compile(
    r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`"""  # strings
    r"""|(?<=[(,=:!&|?])/(?![/*])(?:\\.|[^/\\\n])+/"""  # regular expressions
    r"""|const\b\s*|[\w$]+|\.\.\.|\s+|.""",
    re.DOTALL,
)
_DECLARED = re.compile(r"\b(?:const|let)\s+([\w$]+)|([\w$]+)\s*=>|\(([\w$,.=]*)\)\s*=>")
_WORD = re.compile(r"[A-Za-z_$][\w$]*")
_RESERVED = {"do", "if", "in", "of", "as"}


def shorten(script: str) -> str:
    """``script`` (minified) made shorter; the same input gives the same output."""
    lexemes = _LEXEME.findall(script)
    names = _short_names(lexemes, _declared(script))
    return "".join(names.get(one, one) for one in _joined(lexemes))


def _declared(script: str) -> set[str]:
    found = (" ".join(groups) for groups in _DECLARED.findall(script))
    return {name for group in found for name in _WORD.findall(group)}


def _short_names(lexemes: Sequence[str], declared: set[str]) -> dict[str, str]:
    uses = Counter(one for one in lexemes if _WORD.fullmatch(one))
    own = [name for name in declared - _kept(lexemes) if len(name) > 1]
    own.sort(key=lambda name: (-uses[name], name))
    return dict(zip(own, _free_names(set(uses) | _RESERVED), strict=False))


def _free_names(taken: set[str]) -> Iterator[str]:
    for length in (1, 2):
        for letters in product(ascii_letters, repeat=length):
            if (name := "".join(letters)) not in taken:
                yield name


def _kept(lexemes: Sequence[str]) -> set[str]:
    """Names that stand where a property may stand, or inside a template string."""
    kept = {name for one in lexemes if one[0] == "`" for name in _WORD.findall(one)}
    solid = [one for one in lexemes if not one.isspace()]
    inside: list[str] = []
    for before, one, after in zip(["", *solid], solid, [*solid[1:], ""], strict=False):
        if one in "([{":
            inside.append(one)
        elif one in ")]}" and inside:
            inside.pop()
        elif before == "." or after == ":" or _is_shorthand(inside, before, after):
            kept.add(one)
    return kept


def _is_shorthand(inside: Sequence[str], before: str, after: str) -> bool:
    return inside[-1:] == ["{"] and before in "{," and after in "},="


def _joined(lexemes: Sequence[str]) -> Iterator[str]:
    """``const a=1;const b=2;}`` as ``const a=1,b=2}``.

    For each open bracket it keeps the first word of the statement that is being read in it; a
    statement begins after ``;`` or a brace, and none but the first word of one is ``const``.
    """
    firsts, before = [""], ";"
    for one, after in zip(lexemes, [*lexemes[1:], ""], strict=True):
        if one.isspace():
            yield one
            continue
        if before in {";", "{", "}"} and one != ";":
            firsts[-1] = one.rstrip()
        if one in "([{":
            firsts.append("")
        elif one in ")]}" and len(firsts) > 1:
            firsts.pop()
        shown = one
        if one == ";" and after == "}":
            shown = ""
        elif one == ";" and after.rstrip() == firsts[-1] == "const":
            shown = ","
        elif one.rstrip() == "const" and before == ",":
            shown = ""
        yield shown
        before = shown or before
