"""``sealpress undo``: the site as it was before the last publication."""

import os
from datetime import UTC, datetime

import click

from generator.cli.options import Run, site_command
from generator.undo import Undone, undo


@click.command(name="undo")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")
@site_command
def undo_publication(run: Run, *, dry_run: bool) -> None:
    """Bring back what was published before the last publication.

    A folder keeps it beside itself, an object store in versions of its objects; a bucket without
    versioning cannot. What was built stays: the next publish brings it again. Manifests that nobody
    collected yet are taken back, and clients who were revoked or forgotten since do not come back.

    \b
    Examples:
      sealpress undo --dry-run
      sealpress undo
    """
    now = datetime.now(UTC).replace(microsecond=0)
    done = undo(run.root, run.site(), now, dict(os.environ), dry_run=dry_run)
    run.voice.result(_data(done, dry_run=dry_run), _rows(done, dry_run=dry_run))


def _data(done: Undone, *, dry_run: bool) -> dict[str, object]:
    return {
        "brought_back": done.back,
        "deleted": done.deleted,
        "unchanged": done.unchanged,
        "manifest_lines": done.lines,
        "purges": list(done.purges),
        **({"deploy": done.deploy} if done.deploy else {}),
        "dry_run": dry_run,
    }


def _rows(done: Undone, *, dry_run: bool) -> dict[str, object]:
    would = "would be " if dry_run else ""
    if done.deploy:
        return {f"{would}published again": f"the deploy of {done.deploy}"}
    files = f"{done.back:,} as before, {done.deleted:,} deleted, {done.unchanged:,} as they were"
    return {
        f"{would}undone": files,
        "manifest lines": f"{done.lines:,} {would}taken back: nobody had collected them",
        "next": "sealpress publish brings the built site again",
    }
