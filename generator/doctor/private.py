"""Files that must not be there: keys, manifest, inventory, whatever else is the operator's."""

from collections.abc import Sequence
from pathlib import Path

from generator.base.config import CONFIG, Site
from generator.doctor.finding import Finding, listed, ok, unknown, warning, wrong
from generator.doctor.stranger import DONE, Stranger
from generator.publish.lease import NAME as LEASE
from generator.publish.pointer import NAME as POINTER
from generator.publish.store import CONTROL
from generator.sealing.generations import NAME as JOURNAL
from generator.site.layout import Layout
from generator.site.serve import RULES

FIRST_BYTE = {"Range": "bytes=0-0"}
"""Enough to know: nobody's manifest is fetched over the network."""
EMPTY = 416  # what is answered to that where a file lies that has no byte
STORE_NAMES = (CONTROL, f"{CONTROL}{LEASE}", f"{CONTROL}{POINTER}")
OTHERS = (".git/HEAD", ".env", CONFIG, "data/clients.csv", "keys/sender.json")
FOLDERS = ("p/", "q/", "assets/")

LEAKED = (
    "take them away at once and treat them as read: sealpress keys rotate --leaked, if keys or "
    "the manifest are among them; then publish build/site and nothing above it"
)
LISTED = "switch off listings of folders at the host"


def private_names() -> list[str]:
    """Every path at which a private file would lie if the wrong folder was published."""
    root = Path("/")
    layout = Layout(root)
    keys: Path = Site.model_fields["keys"].default
    properties = (name for name, value in vars(Layout).items() if isinstance(value, property))
    places = [getattr(layout, name).relative_to(root) for name in properties]
    inside = [place for place in places if place.parent.name == layout.private.name]
    names = [keys, keys.parent / JOURNAL, *inside]
    below = [f"{place.relative_to('build')}" for place in inside]  # the folder build was published
    bare = [place.name for place in names]  # or the very folder in which it lies
    return list(dict.fromkeys([*map(str, names), *below, *bare, *STORE_NAMES, *OTHERS]))


def nothing_private(stranger: Stranger, base: str, check: str, lost: int) -> list[Finding]:
    """Whether anything private lies below ``base``, an address without a slash at its end.

    ``lost`` is the status with which an address is answered at which nothing lies.

    Raises:
        OutsideError: nothing answers there.
    """
    if lost in DONE:
        sentence = "cannot be told here: whatever is asked for is answered as if it was there"
        return [unknown(check, sentence)]
    names = private_names()
    there = _there(stranger, base, names)
    if there:
        found = wrong(check, f"anybody can read {listed(there)}", LEAKED)
    else:
        found = ok(check, f"none of {len(names)} names is there: keys, manifest, inventory, tables")
    return [found, _rules(stranger, base, check)]


def no_listing(stranger: Stranger, base: str, lost: int) -> Finding:
    """Whether the host lists the files of a folder.

    Raises:
        OutsideError: nothing answers there.
    """
    check = "folders"
    if lost in DONE:
        return unknown(check, "cannot be told here: whatever is asked for is answered")
    there = _there(stranger, base, FOLDERS)
    if there:
        return wrong(check, f"these are answered, with a list maybe: {listed(there)}", LISTED)
    return ok(check, "none is listed")


def _rules(stranger: Stranger, base: str, check: str) -> Finding:
    if _there(stranger, base, [RULES]):
        sentence = f"the file {RULES} can be read; it tells nothing that answers do not tell"
        return warning(f"{check}: {RULES}", sentence, "have the host or CDN answer 404 for it")
    return ok(f"{check}: {RULES}", "it is not there")


def _there(stranger: Stranger, base: str, names: Sequence[str]) -> list[str]:
    return [
        name
        for name in names
        if stranger.ask("GET", f"{base}/{name}", FIRST_BYTE, most=1).status in {*DONE, EMPTY}
    ]
