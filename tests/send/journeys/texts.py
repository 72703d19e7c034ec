"""Journeys as files for tests: one that is right, and a site around it."""

from collections.abc import Mapping
from pathlib import Path

from generator.base.config import load_site
from generator.base.errors import InputError
from generator.send.journeys import Journey, Journeys, load_journeys
from tests.builders import SITE_YAML, write

SEND = """\
send:
  channels:
    sms: {kind: sms}
    email: {kind: email}
    push: {kind: push}
"""
MESSAGES = {
    "coupon": {"sms", "email", "push"},
    "reminder": {"email"},
    "stage": {"sms", "email", "push"},
}
JOURNEY = """\
name: {ru: Купон, en: Coupon}
when: {coupon: accrued}
audience: segment == 'premium' and 'duo' in series
purpose: service
expires_after: 3d
steps:
  - send: coupon
    over: [push, sms, email]
  - wait: 3d
  - if: {not: page opened}
  - send: reminder
    over: [email]
"""
OTHER = """\
name: {ru: Этап}
when: {stage: cards/*}
purpose: service
steps:
  - send: stage
    over: [sms]
"""


def load(root: Path, files: Mapping[str, str], settings: str = SITE_YAML + SEND) -> Journeys:
    """The journeys of a site with these files, by their names without ending."""
    paths = {f"content/journeys/{name}.yaml": text for name, text in files.items()}
    write(root, {"content/site.yaml": settings, **paths})
    return load_journeys(root, load_site(root)[0], MESSAGES)


def journey(root: Path, text: str) -> Journey:
    """The journey ``it``, beside another, ``other``."""
    return load(root, {"it": text, "other": OTHER}).by_id["it"]


def refusals(root: Path, text: str, **files: str) -> list[str]:
    """What is told of the journey ``it``; nothing where it is right."""
    try:
        load(root, {"it": text, "other": OTHER, **files})
    except InputError as error:
        return [f"{problem}".removeprefix("content/journeys/") for problem in error.problems]
    return []


def with_steps(*lines: str, when: str = "{coupon: accrued}") -> str:
    """A journey with these steps, each a line of YAML in brackets."""
    head = f"name: {{ru: Купон}}\nwhen: {when}\npurpose: service\nsteps:\n"
    return head + "".join(f"  - {line}\n" for line in lines)
