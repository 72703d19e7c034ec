"""The nightly run and its steps, each by itself."""

import os
from collections.abc import Mapping

import click

from generator import pipeline
from generator.cli.options import Run, site_command
from generator.pipeline import Built, Inputs
from generator.publish import Publication
from generator.sealing import new_key_ring, save_key_ring
from generator.sealing.keyring import ENVIRONMENT

JOBS = click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=lambda: os.cpu_count() or 1,
    help="Processes that render and seal.  [default: one a core]",
)


@click.command()
@site_command
def check(run: Run) -> None:
    """Read everything and tell all that is wrong, with file and line; nothing is written.

    \b
    Example:  sealpress check --site my-site
    """
    inputs = pipeline.check(run.root, run.clock, run.today)
    run.voice.result(
        _read(inputs),
        {
            "as of": inputs.as_of,
            "clients": len(inputs.base),
            "series": len(inputs.content.series),
            "stages": len(inputs.content.stages()),
            "result": "all is right",
        },
    )


@click.command()
@JOBS
@click.option("--audit-all", is_flag=True, help="Look for every client's values, not a sample's.")
@site_command
def build(run: Run, jobs: int, *, audit_all: bool) -> None:
    """Build the site and the manifest; nothing is published.

    A build that fails leaves the earlier site whole. Series without usable quotes are held: their
    pages stay as they were, and the command ends with 1 after building all the rest.

    \b
    Example:  sealpress build --clock 2026-11-21
    """
    built = _build(run, jobs, audit_all=audit_all)
    run.voice.result(_built(built), _shown(built))
    _end(built)


@click.command()
@site_command
def publish(run: Run) -> None:
    """Bring what was built to the store: only what changed, deletions last.

    \b
    Example:  sealpress publish
    """
    publication = _publish(run)
    run.voice.result(_published(publication), _shown_publication(publication))


@click.command()
@JOBS
@site_command
def nightly(run: Run, jobs: int) -> None:
    """The whole night: read and check, build, look for leaks in full, publish.

    \b
    Example, in a crontab:
      30 2 * * *  sealpress nightly --site /srv/clients --json >> /var/log/sealpress.json
    """
    built = _build(run, jobs, audit_all=True)
    publication = _publish(run)
    run.voice.result(
        {**_built(built), "published": _published(publication)},
        {**_shown(built), **_shown_publication(publication)},
    )
    _end(built)


@click.command()
@site_command
def audit(run: Run) -> None:
    """Look through every byte of the built site for any client's value and any secret.

    \b
    Example:  sealpress audit
    """
    inputs = pipeline.read_inputs(run.root, run.clock, run.today)
    with run.voice.progress() as progress:
        report = pipeline.audit(inputs, progress)
    for finding in report.findings:
        run.voice.warn(finding)
    data = {"findings": [str(finding) for finding in report.findings], "files": report.files}
    run.voice.result(data, {"files": report.files, "findings": len(report.findings)})
    if report.findings:
        raise SystemExit(1)


@click.command()
@JOBS
@site_command
def demo(run: Run, jobs: int) -> None:
    """Run the night on the shipped site and print links to open.

    Real links are for their clients alone; only this command prints some, for a look around.

    \b
    Example:  make demo
    """
    site = run.site()
    if not (run.root / site.keys).exists() and not os.environ.get(ENVIRONMENT):
        save_key_ring(new_key_ring(run.today), run.root / site.keys)
    built = _build(run, jobs, audit_all=True)
    publication = _publish(run)
    clients, stages = pipeline.sample_links(built.inputs, clients=3, stages=2)
    run.voice.result(
        {**_built(built), "client_links": clients, "stage_links": stages},
        {**_shown(built), **_shown_publication(publication)},
    )
    _say_links(run, {"Client pages": clients, "Stage pages": stages})


def _build(run: Run, jobs: int, *, audit_all: bool) -> Built:
    inputs = pipeline.read_inputs(run.root, run.clock, run.today)
    for problem in inputs.warnings():
        run.voice.warn(problem)
    ring, _ = pipeline.keys_of(run.root, inputs.site)
    with run.voice.progress() as progress:
        return pipeline.build(inputs, ring, jobs, progress, audit_all=audit_all)


def _publish(run: Run) -> Publication:
    with run.voice.progress() as progress:
        return pipeline.publish_site(run.root, run.site(), progress)


def _end(built: Built) -> None:
    if built.inputs.held:
        raise SystemExit(1)


def _say_links(run: Run, groups: Mapping[str, list[str]]) -> None:
    for title, links in groups.items():
        run.voice.say(f"\n{title}:")
        for link in links:
            run.voice.say(f"  {link}")
    run.voice.say("\nTo open them, run this and click on a link:  make serve")
    run.voice.say("Or by hand:  .venv/bin/sealpress serve")


def _read(inputs: Inputs) -> dict[str, object]:
    return {
        "as_of": inputs.as_of.isoformat(),
        "clients": len(inputs.base),
        "series": len(inputs.content.series),
        "stages": len(inputs.content.stages()),
        "refused_rows": len(inputs.base.refused),
    }


def _built(built: Built) -> dict[str, object]:
    return {
        **_read(built.inputs),
        "held_series": sorted(built.inputs.held),
        "pages": built.pages,
        "parts": built.parts,
        "stage_pages": built.stage_pages,
        "files": {
            "added": len(built.changes.added),
            "changed": len(built.changes.changed),
            "removed": len(built.changes.removed),
            "unchanged": built.changes.unchanged,
        },
        "manifest_entries": built.entries,
        "forgotten_rows": built.forgotten,
        "seconds": round(built.seconds, 3),
    }


def _shown(built: Built) -> dict[str, object]:
    changes = built.changes
    rows: dict[str, object] = {
        "as of": built.inputs.as_of,
        "client pages": f"{built.pages:,}",
        "shared parts": built.parts,
        "stage pages": built.stage_pages,
        "files": f"{len(changes.added):,} new, {len(changes.changed):,} changed, "
        f"{len(changes.removed):,} removed, {changes.unchanged:,} as they were",
        "leak gate": f"{built.audited:,} clients' values looked for, none found",
        "manifest": f"{built.entries:,} clients have something to be told",
        "time": f"{built.seconds:.1f} s",
    }
    if built.inputs.held:
        rows["held series"] = ", ".join(sorted(built.inputs.held))
    if built.forgotten:
        rows["forgotten"] = f"{built.forgotten} clients are still in the tables: remove their rows"
    return rows


def _published(publication: Publication) -> dict[str, int]:
    return {
        "added": publication.added,
        "changed": publication.changed,
        "deleted": publication.deleted,
        "unchanged": publication.unchanged,
    }


def _shown_publication(publication: Publication) -> dict[str, object]:
    return {
        "published": f"{publication.added:,} new, {publication.changed:,} changed, "
        f"{publication.deleted:,} deleted, {publication.unchanged:,} as they were"
    }
