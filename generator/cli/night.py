"""The nightly run and its steps but the last, each by itself."""

import functools
import os
from collections.abc import Callable
from dataclasses import replace

import click

from generator import pipeline
from generator.base.errors import InputError
from generator.building import Built, Options
from generator.cli.console import in_short
from generator.cli.options import Run, site_command
from generator.cli.publish import allow, client_pages_on_netlify, run_publish
from generator.cli.summary import (
    built_data,
    built_rows,
    inputs_data,
    publication_data,
    publication_rows,
)
from generator.inputs import Inputs
from generator.publishing import How


def building(command: Callable[..., None]) -> Callable[..., None]:
    """A command that builds: what says how becomes its ``Options``."""

    @click.option(
        "--jobs",
        type=click.IntRange(min=1),
        default=lambda: os.cpu_count() or 1,
        help="Processes that render and seal.  [default: one a core]",
    )
    @click.option(
        "--engine",
        default="processes",
        show_default=True,
        help="Where pages are rendered: processes, or dask://host:port for a cluster.",
    )
    @click.option(
        "--full", is_flag=True, help="Render every page, whatever is known to be the same."
    )
    @functools.wraps(command)
    def wrapped(run: Run, jobs: int, engine: str, *, full: bool, **arguments: object) -> None:
        command(run, Options(jobs=jobs, engine=engine, everything=full), **arguments)

    return wrapped


@click.command()
@site_command
def check(run: Run) -> None:
    """Read everything and tell all that is wrong, with file and line; nothing is written.

    \b
    Example:  sealpress check --site my-site
    """
    inputs = _checked(run)
    for line in in_short(inputs.reminders()):
        run.voice.warn(line)
    run.voice.result(
        inputs_data(inputs),
        {
            "as of": inputs.as_of,
            "clients": len(inputs.base),
            "series": len(inputs.content.series),
            "stages": len(inputs.content.stages()),
            "result": "all is right",
        },
    )


def _checked(run: Run) -> Inputs:
    """What a night reads, after all of it was looked at, and what is sent of it.

    Raises:
        InputError: anything at all is wrong.
    """
    from generator.cli.speaking import problems_of  # noqa: PLC0415 - of the sender, and slow

    site = run.site()
    try:
        inputs = pipeline.check(run.root, run.clock, run.today)
    except InputError as error:
        raise InputError([*error.problems, *problems_of(run.root, site)]) from None
    if problems := problems_of(run.root, site):
        raise InputError(problems)
    return inputs


@click.command()
@click.option("--audit-all", is_flag=True, help="Look for every client's values, not a sample's.")
@click.option("--explain", metavar="CLIENT", default="", help="Say why CLIENT's page was built.")
@site_command
@building
def build(run: Run, options: Options, *, audit_all: bool, explain: str) -> None:
    """Build the site and the manifest; nothing is published.

    Only what changed since the last build is rendered. A build that fails leaves the earlier site
    whole. Series without usable quotes are held: their pages stay as they were, and the command
    ends with 1 after building all the rest.

    \b
    Examples:
      sealpress build --clock 2026-11-21
      sealpress build --explain A-100001
    """
    built = run_build(run, replace(options, audit_all=audit_all, explain=explain))
    run.voice.result(built_data(built), built_rows(built))
    _end(built)


@click.command()
@site_command
@click.option(
    "--direct", is_flag=True, help="Send clients' pages to the store as they are made; keep none."
)
@allow
@client_pages_on_netlify
@building
def nightly(run: Run, options: Options, *, direct: bool, allow: bool, client_pages: bool) -> None:
    """The whole night: read and check, build, look for leaks in full, publish.

    With --direct clients' pages never lie on this disk: workers send them to the store as they
    make them, so that a cluster needs no folder in common. What is the same for everyone goes
    first, and the leak gate looks through a sample before anything is sent. Give it every night:
    the first one without it, or with it, renders everything.

    \b
    Examples:
      30 2 * * *  sealpress nightly --site /srv/clients --json >> /var/log/sealpress.json
      sealpress nightly --direct --engine dask://10.0.0.5:8786
    """
    built = run_build(run, replace(options, audit_all=True, direct=direct, allow=allow))
    how = How(run.today, allow=allow, client_pages=client_pages)
    publication = built.sent or run_publish(run, how)
    run.voice.result(
        {**built_data(built), "published": publication_data(publication)},
        {**built_rows(built), **publication_rows(publication)},
    )
    _end(built)


@click.command()
@site_command
def audit(run: Run) -> None:
    """Look through every byte of the built site for any client's value and any secret.

    \b
    Example:  sealpress audit
    """
    with run.voice.progress() as progress:
        report = pipeline.audit(run.root, run.clock, run.today, progress)
    for finding in report.findings:
        run.voice.warn(finding)
    data = {"findings": [str(finding) for finding in report.findings], "files": report.files}
    run.voice.result(data, {"files": report.files, "findings": len(report.findings)})
    if report.findings:
        raise SystemExit(1)


def run_build(run: Run, options: Options) -> Built:
    """Read and build, with warnings and progress as the run's voice tells them."""
    with run.voice.progress() as progress:
        return pipeline.build(
            run.root, run.clock, run.today, options, progress, lambda inputs: _warn(run, inputs)
        )


def _warn(run: Run, inputs: Inputs) -> None:
    for line in in_short([*inputs.failings(), *inputs.reminders()]):
        run.voice.warn(line)


def _end(built: Built) -> None:
    if built.inputs.held:
        raise SystemExit(1)
