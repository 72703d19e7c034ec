"""The group of all commands, in the order in which people meet them."""

import click

from generator import __version__
from generator.cli.clients import forget, link, open_link, revoke
from generator.cli.coupons import coupons
from generator.cli.demo import demo
from generator.cli.doctor import doctor
from generator.cli.headers import headers
from generator.cli.keys import keys
from generator.cli.night import audit, build, check, nightly, publish
from generator.cli.receipt import receipt
from generator.cli.start import init, serve
from generator.cli.undo import undo_publication
from generator.cli.watch import watch


class InOrder(click.Group):
    """A group that lists its commands in the order in which they were added."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands, as added."""
        del ctx
        return list(self.commands)


@click.group(cls=InOrder, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sealpress")
def main() -> None:
    """Build a site in which every client has a sealed page.

    \b
    A new site:      sealpress init my-site
    Is it right?     sealpress check
    The night:       sealpress nightly
    Look at it:      sealpress serve
    """


for command in (
    init, check, build, publish, undo_publication, nightly, watch, serve, audit, doctor, headers,
    coupons, link, open_link, revoke, forget, receipt, keys, demo,
):  # fmt: skip
    main.add_command(command)
