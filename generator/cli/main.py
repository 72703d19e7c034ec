"""The group of all commands, in the order in which people meet them."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import click

from generator import __version__

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


class Lazy(click.Group):
    """A group that imports a command when it is called: most need little of the whole."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands, in their order."""
        del ctx
        return list(WHERE)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported."""
        del ctx
        if cmd_name not in WHERE:
            return None
        module, _, name = WHERE[cmd_name].partition(".")
        with _without_looking_for_garbage():
            command: click.Command = getattr(import_module(f"generator.cli.{module}"), name)
        return command


@contextmanager
def _without_looking_for_garbage() -> Iterator[None]:
    """Modules are none: to look through them again and again costs a sixth of the start.

    And a tenth of the end, where all that is left is looked through.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sealpress")
def main() -> None:
    """Build a site in which every client has a sealed page.

    \b
    A new site:      sealpress init my-site
    Is it right?     sealpress check
    The night:       sealpress nightly
    Look at it:      sealpress serve
    """
