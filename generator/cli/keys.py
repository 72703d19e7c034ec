"""``sealpress keys``: the key ring."""

import os
from pathlib import Path

import click

from generator.cli.options import Run, site_command
from generator.sealing import load_key_ring, new_key_ring, new_sender_key, save_key_ring
from generator.sealing.keyring import ENVIRONMENT, rewrap_key_ring
from generator.sealing.wrapping import Wrapper

SENDER = Path("keys/sender.json")
NEXT = "write recipient: and this key into content/site.yaml, where the site is built"


@click.group()
def keys() -> None:
    """Make, list and change the keys that every link is made of.

    The key ring is a file that only its owner can read; keep a copy of it, and of the journal
    beside it, in a safe place. A lost ring cannot be made again, and its links die with it.

    \b
    Examples:
      sealpress keys new      once, for a new site
      sealpress keys rotate   when the yearly change of keys is due
    """


@keys.command()
@site_command
def new(run: Run) -> None:
    """Make a key ring for a site that has none.

    \b
    Example:  sealpress keys new
    """
    path = _path(run)
    save_key_ring(new_key_ring(run.today), path)
    run.voice.result(
        {"path": str(path), "epoch": 1},
        {"key ring": run.shown(path), "epoch": 1, "next": "copy it to a safe place"},
    )


@keys.command(name="list")
@site_command
def list_keys(run: Run) -> None:
    """List the epochs of the key ring, and the public key of its receipts; no other key is shown.

    Give the public key to whoever checks receipts: sealpress receipt verify --key.

    \b
    Example:  sealpress keys list
    """
    ring = load_key_ring(_path(run), os.environ)
    epochs = [
        {"epoch": e.number, "created": e.created.isoformat(), "live": e.live} for e in ring.epochs
    ]
    rows = {
        f"epoch {e.number}": f"made {e.created}, {'live' if e.live else 'retired'}"
        + (", links are made under it" if e is ring.current else "")
        for e in ring.epochs
    }
    public = ring.signer.public
    run.voice.result({"epochs": epochs, "receipts": public}, {**rows, "receipts": public})


@keys.command()
@click.option(
    "--key",
    type=click.Path(dir_okay=False, path_type=Path),
    default=SENDER,
    help=f"Where the key is to lie.  [default: {SENDER}]",
)
@site_command
def sender(run: Run, *, key: Path) -> None:
    """Make the sender's own key, on the machine that sends.

    Manifests are sealed to it where the generator's settings name its public part as recipient.
    The file never leaves this machine; keep a copy of it in a safe place.

    \b
    Example:  sealpress keys sender
    """
    path, made = run.root / key, new_sender_key()
    made.save(path)
    run.voice.result(
        {"path": str(path), "recipient": made.public},
        {"key": run.shown(path), "recipient": made.public, "next": NEXT},
    )


@keys.command()
@click.option("--leaked", is_flag=True, help="Retire all earlier epochs at once: their links die.")
@click.option("--retire", type=int, metavar="EPOCH", help="Stop building pages under an old epoch.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")
@site_command
def rotate(run: Run, *, leaked: bool, retire: int | None, dry_run: bool) -> None:
    """Add an epoch, or retire an old one.

    New links are made under the newest epoch. Until an older one is retired, pages are built
    under both, so that links in old messages go on opening.

    \b
    Examples:
      sealpress keys rotate                 a new epoch; old links go on opening
      sealpress keys rotate --retire 1      links of epoch 1 die with the next build
      sealpress keys rotate --leaked        the key leaked: all old links die
    """
    if leaked and retire is not None:
        raise click.UsageError("give --leaked or --retire, not both")
    if os.environ.get(ENVIRONMENT):
        raise click.UsageError(f"the ring is in {ENVIRONMENT}: change it where it is kept")
    path = _path(run)
    ring = load_key_ring(path, os.environ)
    changed = ring.rotated(run.today, leaked=leaked) if retire is None else ring.retired(retire)
    if not dry_run:
        save_key_ring(changed, path, replace_earlier=True)
    live = [epoch.number for epoch in changed.live]
    done = "would be live" if dry_run else "live"
    shown = ", ".join(map(str, live))
    run.voice.result({"live": live, "dry_run": dry_run}, {f"epochs {done}": shown})


@keys.command()
@click.option("--kms", "key", metavar="KEY", default="", help="The id, ARN or alias of the key.")
@click.option("--region", default="", help="Where the key is.  [default: AWS's own settings]")
@click.option("--off", is_flag=True, help="Let the ring lie plain again.")
@site_command
def wrap(run: Run, *, key: str, region: str, off: bool) -> None:
    """Have the key ring lie wrapped by a key of AWS KMS: a copy of the file opens nothing.

    Every command that needs the ring asks KMS for it then, and so does each worker. Keep the key: a
    ring whose key was deleted is lost, and all links with it.

    \b
    Examples:
      sealpress keys wrap --kms alias/sealpress --region eu-central-1
      sealpress keys wrap --off
    """
    if off == bool(key):
        raise click.UsageError("give --kms with a key, or --off")
    path = _path(run)
    ring = load_key_ring(path, {})
    wrapper = None if off else Wrapper(key, region)
    rewrap_key_ring(ring, path, wrapper)
    told = "lies plain" if off else f"only {key} opens it"
    run.voice.result({"wrapped": not off}, {"key ring": told})


def _path(run: Run) -> Path:
    return run.root / run.site().keys
