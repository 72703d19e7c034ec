"""What comes in: reports of gateways, and what clients answer."""

from pathlib import Path

import click

from generator.cli.options import Run, site_command
from generator.cli.send.moment import clock_of
from generator.send.answers import LedgerAnswers, collect, report_keys
from generator.send.listen import Desk, Listener, Pages
from generator.send.reports import read_reports
from generator.send.sender import open_sender


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--channel", required=True, help="Whose reports they are.")
@click.option(
    "--kind",
    type=click.Choice(["mail", "json"]),
    default="mail",
    show_default=True,
    help="Letters that came back, or lines of JSON.",
)
@site_command
def reports(run: Run, path: Path, channel: str, kind: str) -> None:
    """Take reports out of PATH: a letter, a folder of mail, or a file that a gateway gave.

    What was noted before changes nothing, and files stay where they are.

    \b
    Example:  sealpress send reports ~/Maildir/new --channel email
    """
    now = clock_of(run)()
    with open_sender(run.root) as sender:
        sender.must_have(channel)
        found, problems = read_reports(path, "json" if kind == "json" else "mail", channel, now)
        noted = sender.ledger.reports.note(found, now)
    for problem in problems:
        run.voice.warn(problem)
    run.voice.result(
        {"reports": len(found), "new": noted.new, "about_nothing": noted.unknown},
        {
            "reports": f"{len(found):,}",
            "new": f"{noted.new:,}",
            "of no message": f"{noted.unknown:,}",
        },
    )


@click.command()
@click.argument("channel")
@click.option("--seconds", type=float, default=5.0, show_default=True, help="How long to wait.")
@site_command
def receipts(run: Run, channel: str, seconds: float) -> None:
    """Fetch the receipts that an SMSC has for us; ``sealpress send run`` does it too.

    \b
    Example:  sealpress send receipts sms
    """
    with open_sender(run.root) as sender:
        sender.must_have(channel)
        count = collect(sender, channel, seconds, clock_of(run)())
    run.voice.result({"receipts": count}, {"receipts": f"{count:,}"})


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8081,
    show_default=True,
    help="Where to listen; 0 takes one that is free.",
)
@click.option("--addresses", is_flag=True, help="Show where gateways report, with keys, and end.")
@site_command
def listen(run: Run, port: int, *, addresses: bool) -> None:
    """Take reports of gateways, and what clients answer to letters: on this machine alone.

    Put your web server in front of it, at the address that send.answers names. A click in a letter
    shows a page with a button: only the button, or the mail program's own, unsubscribes or votes.

    \b
    Example:  sealpress send listen --port 8081
    """
    with open_sender(run.root) as sender:
        keys = report_keys(sender)
        if addresses:
            base = sender.settings.answers or "http://127.0.0.1:8081"
            rows = {name: f"{base.rstrip('/')}/r/{name}/{key}" for name, key in keys.items()}
            run.voice.result(rows, dict(rows))
            return
        site, clock = sender.site, clock_of(run)
        pages = Pages(site.name[site.locales[0]], site.locales)
        desk = Desk(LedgerAnswers(sender.ledger, clock), pages, keys, clock)
        listener = Listener(desk, port, run.voice.warn)
        run.voice.result(
            {"url": listener.url}, {"listening at": listener.url, "to stop": "press Ctrl+C"}
        )
        try:
            listener.serve_forever()
        except KeyboardInterrupt:
            run.voice.say("stopped")
        finally:
            listener.close()
