"""The files of ``content/journeys`` become journeys, or problems with their places."""

import json
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from generator.base.config import CONFIG, Site, missing_locales
from generator.base.errors import InputError, Problem
from generator.base.ids import SLUG_HINT, is_slug
from generator.base.model import checked
from generator.base.text import read_text
from generator.base.yamldoc import Document, parse_yaml
from generator.send.journeys.audience import audience_of
from generator.send.journeys.checks import Context, Spoken, problems_of
from generator.send.journeys.journey import Journey, Journeys
from generator.send.journeys.steps import flattened
from generator.send.journeys.written import JourneyText

FOLDER = "content/journeys"
MESSAGES = "content/messages"
ID = "id"
DEFAULTS = {"audience": "", "expires_after": "3d"}
"""Written into a version, so that it stays what it was when a default changes."""


def load_journeys(
    root: Path,
    site: Site,
    messages: Mapping[str, Collection[str]],
    spoken: Mapping[str, Spoken] | None = None,
) -> Journeys:
    """All journeys of the site in ``root``.

    ``messages`` are the messages that are written: of each the kinds of channels it is for;
    ``spoken`` says what they are about, where that is known.

    Raises:
        InputError: some are wrong; every problem of every file is told.
    """
    if site.send is None:
        hint = "write send: and the channels below it"
        raise InputError([Problem(CONFIG, "lacks the key send", hint)])
    problems: list[Problem] = []
    paths = sorted(root.glob(f"{FOLDER}/[!.]*.y*ml"))
    context = Context(site, messages, {path.stem for path in paths}, spoken or {})
    found = [_read(path, root, context, problems) for path in paths]
    problems.extend(_named_twice(paths, root))
    if problems:
        raise InputError(problems)
    return Journeys({journey.id: journey for journey in found if journey})


def _read(path: Path, root: Path, context: Context, problems: list[Problem]) -> Journey | None:
    name = path.relative_to(root).as_posix()
    if not is_slug(path.stem):
        problems.append(Problem(name, "the file's name is not usable", SLUG_HINT))
    text = read_text(path, name, problems)
    document = parse_yaml(text, name, problems) if text is not None else None
    written = checked(JourneyText, document, problems) if document else None
    if document is None or written is None:
        return None
    locales = context.site.locales[:1]  # it is shown to the people of the house alone
    problems.extend(missing_locales(document, ("name",), written.name, locales))
    problems.extend(problems_of(path.stem, written, document, context))
    return _journey(path.stem, written, document)


def _named_twice(paths: Iterable[Path], root: Path) -> Iterable[Problem]:
    seen: set[str] = set()
    for path in paths:
        if path.stem in seen:
            name = path.relative_to(root).as_posix()
            yield Problem(name, "two journeys have this name", "rename one of the files")
        seen.add(path.stem)


def _journey(name: str, written: JourneyText, document: Document) -> Journey:
    return Journey(
        id=name,
        names=written.name,
        when=written.when.value(),
        audience=audience_of(written.audience),
        purpose=written.purpose,
        expires_after=written.expires_after,
        steps=tuple(flattened(written.steps)),
        text=_canonical(name, document),
    )


def _canonical(name: str, document: Document) -> bytes:
    data = document.data if isinstance(document.data, dict) else {}
    whole = {**DEFAULTS, **data, ID: name}
    return json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def journey_of(text: bytes | str) -> Journey:
    """An earlier version of a journey, from the ``text`` that the ledger kept.

    Raises:
        InputError: this release does not understand it any more.
    """
    data = json.loads(text)
    name = data.pop(ID)
    problems: list[Problem] = []
    document = Document(f"the ledger's version of {name}", data)
    written = checked(JourneyText, document, problems)
    if written is None:
        raise InputError(problems)
    return _journey(name, written, document)


def written_messages(root: Path) -> dict[str, set[str]]:
    """The messages that lie in ``content/messages``, by name: their kinds, as the files say."""
    found: dict[str, set[str]] = {}
    for path in root.glob(f"{MESSAGES}/[!.]*.md"):
        name, kind, *_ = [*path.name.removesuffix(".md").split("."), ""]
        found.setdefault(name, set()).add(kind)
    return found
