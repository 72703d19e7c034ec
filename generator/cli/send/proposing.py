"""Planning and approving."""

import getpass
import os

import click

from generator.cli.options import Run, site_command
from generator.cli.send.moment import clock_of
from generator.cli.send.telling import plan_data, plan_rows
from generator.send.approving import approve as approve_plan
from generator.send.approving import recall as recall_plan
from generator.send.planning import plan as make_plan
from generator.send.sender import open_sender


@click.command()
@site_command
def plan(run: Run) -> None:
    """Take the manifests that wait, and show what would be sent; nothing is.

    The plan has a hash: whoever approves it approves these very messages. Made again, it takes up
    what has changed, and has another hash if that is anything.

    \b
    Example:  sealpress send plan
    """
    with open_sender(run.root) as sender, run.voice.progress() as progress:
        found = make_plan(sender, clock_of(run)(), progress)
    for name in found.skipped:
        run.voice.warn(f"{name}: this manifest was taken before; it is removed")
    run.voice.result(plan_data(found), plan_rows(found))


def _user() -> str:
    """Who is logged in; in a container nobody may have a name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


@click.command()
@click.argument("plan")
@click.option("--by", default=_user, help="Who approves it.  [default: who is logged in]")
@site_command
def approve(run: Run, plan: str, by: str) -> None:
    """Approve the plan whose hash begins with PLAN: just the messages that it showed.

    \b
    Example:  sealpress send approve 3f9a41
    """
    with open_sender(run.root) as sender:
        rows = approve_plan(sender, plan, by, clock_of(run)())
    run.voice.result(
        {"approved": rows, "by": by},
        {"approved": f"{rows:,} rows by {by}", "next": "sealpress send run"},
    )


@click.command()
@click.argument("plan")
@site_command
def recall(run: Run, plan: str) -> None:
    """Take back what is still to go of the approved plan whose hash begins with PLAN.

    What went is gone. What is taken back is never sent: it stays in the ledger as withheld.

    \b
    Example:  sealpress send recall 3f9a41
    """
    with open_sender(run.root) as sender:
        rows = recall_plan(sender, plan, clock_of(run)())
    run.voice.result({"recalled": rows}, {"taken back": f"{rows:,} messages"})
