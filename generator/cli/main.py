"""The group of all commands, in the order in which people meet them."""

import click

from generator import __version__
from generator.cli.lazy import Lazy

WHERE = {
    "init": "start.init",
    "check": "night.check",
    "build": "night.build",
    "publish": "publish.publish",
    "undo": "undo.undo_publication",
    "nightly": "night.nightly",
    "watch": "watch.watch",
    "serve": "start.serve",
    "audit": "night.audit",
    "doctor": "doctor.doctor",
    "headers": "headers.headers",
    "coupons": "coupons.coupons",
    "link": "clients.link",
    "open": "clients.open_link",
    "revoke": "clients.revoke",
    "forget": "clients.forget",
    "receipt": "receipt.receipt",
    "journeys": "journeys.journeys",
    "messages": "messages.messages",
    "send": "send.send",
    "keys": "keys.keys",
    "demo": "demo.demo",
}
"""Of each command the module of this folder, and what it is called there."""


@click.group(
    cls=Lazy,
    package="generator.cli",
    where=WHERE,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="sealpress")
def main() -> None:
    """Build a site in which every client has a sealed page.

    \b
    A new site:      sealpress init my-site
    Is it right?     sealpress check
    The night:       sealpress nightly
    Look at it:      sealpress serve
    """
