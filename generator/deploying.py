"""What of a built site goes to Netlify: all that is the same for everyone and needs no link.

Comes in: what was built, by its record. Goes out: one deploy of it, or a plan of one. Sealed files
stay here unless they are asked for: Netlify keeps earlier deploys reachable for weeks, and with
them pages that were revoked.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from generator.base.errors import InputError, Problem
from generator.publish import Plan, Publication, planned
from generator.publish.netlify.files import digests_of, refuse_many
from generator.publish.publisher import Progress
from generator.site.common import common_of
from generator.site.layout import Layout
from generator.site.register import REGISTER, addresses_in
from generator.site.shelf import Shelf
from generator.site.tree import Stage

if TYPE_CHECKING:
    from generator.publish.netlify.site import Netlify

SEALED = "p/"


@dataclass(frozen=True, slots=True)
class Choice:
    """The files that go to Netlify."""

    paths: list[str]
    """Below ``build/site``, sorted."""
    kept_back: int
    """Clients' pages that stay here."""


def chosen(layout: Layout, *, client_pages: bool) -> Choice:
    """What goes there of what was built last; sealed files only with ``client_pages``.

    Raises:
        InputError: what was built is not on record.
        OutsideError: a record is damaged.
    """
    if not all(path.exists() for path in (layout.about, layout.common, layout.register)):
        sentence = "what was built is not on record any more"
        raise InputError([Problem("build/private", sentence, "run: sealpress build")])
    common = common_of(layout.common, Stage(layout)).earlier
    pages = list(addresses_in(Shelf(layout.register, REGISTER)))
    if client_pages:
        return Choice(sorted([*common, *pages]), 0)
    return Choice(sorted(path for path in common if not path.startswith(SEALED)), len(pages))


def deploy_site(site: Path, choice: Choice, netlify: "Netlify", progress: Progress) -> Publication:
    """Publish exactly what was chosen from the folder ``site``.

    Raises:
        InputError: these are more files than Netlify takes, or one of them is missing.
        OutsideError: Netlify failed; readers see what they saw before, a rerun sends the rest.
    """
    refuse_many(choice.paths)
    deployed = netlify.deploy(site, digests_of(site, choice.paths), progress)
    return replace(deployed.done, kept_back=choice.kept_back)


def planned_deploy(site: Path, choice: Choice, netlify: "Netlify", progress: Progress) -> Plan:
    """What ``deploy_site`` would do; nothing is sent.

    Raises:
        InputError, OutsideError: as ``deploy_site``.
    """
    refuse_many(choice.paths)
    files = netlify.compared(digests_of(site, choice.paths))
    return replace(planned(site, [lambda: files], progress), kept_back=choice.kept_back)
