"""``sealpress receipt``: what this site says that it did, checked."""

import os
from pathlib import Path

import click

from generator.cli.options import Run, site_command
from generator.receipts import verified
from generator.sealing import load_key_ring

HIDDEN = {"format", "signature"}


@click.group()
def receipt() -> None:
    """Check the signed receipts of withdrawals and of published manifests.

    \b
    Example:  sealpress receipt verify keys/receipts/4fZ…-1.json
    """


@receipt.command()
@site_command
def key(run: Run) -> None:
    """Print the public key under which this site signs its receipts.

    Write it into `signers` of the sender's settings, and give it to whoever checks receipts.

    \b
    Example:  sealpress receipt key
    """
    public = load_key_ring(run.root / run.site().keys, os.environ).signer.public
    run.voice.result({"key": public}, {"key": public})


@receipt.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--key", metavar="PUBLIC", default="", help="The public key.  [default: this site's]")
@site_command
def verify(run: Run, file: Path, *, key: str) -> None:
    """Say whether FILE was signed by this site and is as it was then.

    A manifest's receipt is held against the manifest beside it, sealed or not. With --key no key
    ring is needed: `sealpress receipt key` prints that key where the ring is.

    \b
    Examples:
      sealpress receipt verify keys/receipts/4fZ…-1.json
      sealpress receipt verify queue/2026-11-21-0a….jsonl.receipt.json --key "$PUBLIC"
    """
    known = key or load_key_ring(run.root / run.site().keys, os.environ).signer.public
    found = verified(file, known)
    rows = {name: _shown(value) for name, value in found.items() if name not in HIDDEN}
    run.voice.result(found, {"signature": "right", **rows})


def _shown(value: object) -> object:
    """A value in one line: of a proof what was answered."""
    return value["answer"] if isinstance(value, dict) else value
