"""Journeys and messages of a site, looked at together."""

from pathlib import Path

from generator.base.config import Site
from generator.base.errors import InputError, Problem
from generator.send.journeys import Journeys, load_journeys, written_messages
from generator.send.messages import load_messages
from generator.send.sender import journeys_with


def journeys_of(root: Path, site: Site, problems: list[Problem]) -> Journeys:
    """All journeys; what is wrong with messages is added to ``problems``.

    Where it is anything, what messages are about is not looked at.

    Raises:
        InputError: some journeys are wrong.
    """
    try:
        messages = load_messages(root, site, site.send)
    except InputError as error:
        problems += error.problems
        return load_journeys(root, site, written_messages(root))
    return journeys_with(root, site, messages)


def problems_of(root: Path, site: Site) -> list[Problem]:
    """All that is wrong with messages and journeys; nothing where a site sends none."""
    problems = list[Problem]()
    if site.send:
        try:
            journeys_of(root, site, problems)
        except InputError as error:
            problems += error.problems
    return problems
