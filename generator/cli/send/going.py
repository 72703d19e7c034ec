"""Handing over."""

import click

from generator.cli.options import Run, site_command
from generator.cli.send.moment import clock_of
from generator.cli.send.stopping import wished
from generator.cli.send.telling import done_data, done_rows, plan_data, plan_rows
from generator.send.night import night
from generator.send.running import run as run_all
from generator.send.seed import send_test
from generator.send.sender import open_sender
from generator.send.values import Accepted


@click.command("run")
@site_command
def run_messages(run: Run) -> None:
    """Hand over what was approved and is due, each message once.

    Of each message it is asked again whether its client may be told, whether the text is the one
    that was approved, and whether the published page shows what it says. Run it as often as you
    like: what went does not go again, and what may have gone waits for a report or for you. Asked
    to stop by Ctrl+C or SIGTERM it brings to an end what is under way, and leaves the rest.

    \b
    Example:  */5 * * * *  sealpress send run --site /srv/sender --json >> /var/log/send.json
    """
    with open_sender(run.root) as sender, run.voice.progress() as progress, wished() as wish:
        done = run_all(sender, clock_of(run), wish.sleep, progress, wish)
    run.voice.result(done_data(done), done_rows(done))
    done.raise_errors()


@click.command()
@site_command
def nightly(run: Run) -> None:
    """Plan, approve within the limits of send.automatic, and hand over.

    Beyond the limits nothing is approved; the plan stands, and waits for a person.

    \b
    Example:  0 7 * * *  sealpress send nightly --site /srv/sender
    """
    with open_sender(run.root) as sender, run.voice.progress() as progress, wished() as wish:
        found = night(sender, clock_of(run), wish.sleep, progress, wish)
    data, rows = {}, {}
    if found.plan:
        data, rows = plan_data(found.plan), plan_rows(found.plan)
    run.voice.result({**data, "run": done_data(found.done)}, {**rows, **done_rows(found.done)})
    found.raise_errors()


@click.command()
@click.option("--to", required=True, help="Where it goes: a phone or mailbox of your own.")
@click.option("--over", "channel", required=True, help="The channel, as in content/site.yaml.")
@click.option("--message", required=True, help="The message, as content/messages names it.")
@click.option("--client", default="", help="Take what is planned for CLIENT; else invented values.")
@click.option("--locale", default="", help="The language of an invented client.")
@site_command
def test(run: Run, to: str, channel: str, message: str, client: str, locale: str) -> None:
    """Send one message to an address of your own, marked TEST.

    With --client it has that client's personal link: send it to nobody who may not see their page.

    \b
    Example:  sealpress send test --to +79990001234 --over sms --message coupon-accrued
    """
    with open_sender(run.root) as sender:
        outcome = send_test(sender, channel, to, message, client, locale)
    said = type(outcome).__name__.lower()
    code = getattr(outcome, "code", "")
    run.voice.result({"outcome": said, "code": code}, {"the gateway": f"{said} {code}".strip()})
    if not isinstance(outcome, Accepted):
        raise SystemExit(1)
