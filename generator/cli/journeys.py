"""``sealpress journeys``: whether they are right, and a picture of them."""

from collections.abc import Iterator
from datetime import UTC, datetime, time
from difflib import get_close_matches
from pathlib import Path

import click

from generator.base.config import Site
from generator.base.errors import InputError, Problem
from generator.base.model import suggestion
from generator.cli.options import Run, site_command
from generator.cli.speaking import journeys_of
from generator.content import load_content
from generator.send.journeys import (
    FOLDER,
    Ask,
    Journey,
    Journeys,
    Pause,
    Tell,
    drawn,
    matches,
)
from generator.send.rules import sleepless


@click.group()
def journeys() -> None:
    """Check and draw the journeys: who is told what, when and over which channel.

    \b
    Examples:
      sealpress journeys check                 is everything right that a manager wrote?
      sealpress journeys draw coupon-accrued   a flowchart of one journey
    """


@journeys.command()
@site_command
def check(run: Run) -> None:
    """Check every file of content/journeys, and tell everything that is wrong.

    \b
    Example:  sealpress journeys check
    """
    site, loaded = _load(run)
    problems = sleepless(site.send, _begin(run)) if site.send else []
    problems.extend(_unknown_stages(run, site, loaded))
    if problems:
        raise InputError(problems)
    counts = {name: _counts(one) for name, one in loaded.by_id.items()}
    rows = {name: _in_words(one) for name, one in loaded.by_id.items()}
    run.voice.result({"journeys": counts}, {**rows, "journeys": len(counts)})


@journeys.command()
@click.argument("name", required=False)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a Markdown file with the flowchart instead.",
)
@site_command
def draw(run: Run, name: str | None, out: Path | None) -> None:
    """Draw one journey, or all of them, as a flowchart in Mermaid's language.

    GitHub, GitLab and many wikis show a Markdown file with it as a picture.

    \b
    Examples:
      sealpress journeys draw coupon-accrued
      sealpress journeys draw --out journeys.md
    """
    site, loaded = _load(run)
    chosen = [_named(loaded, name)] if name else list(loaded.by_id.values())
    chart = drawn(chosen, site.locales[0])
    if out:
        out.write_text(f"```mermaid\n{chart}```\n", encoding="utf-8")
    ids = [one.id for one in chosen]
    data = {"journeys": ids, "path": str(out)} if out else {"journeys": ids, "mermaid": chart}
    if run.voice.as_json or out:
        run.voice.result(data, {"drawn": ", ".join(ids), "file": out})
    else:
        run.voice.say(chart.rstrip())


def _load(run: Run) -> tuple[Site, Journeys]:
    site = run.site()
    return site, journeys_of(run.root, site, [])


def _unknown_stages(run: Run, site: Site, loaded: Journeys) -> Iterator[Problem]:
    """A problem for each stage that no product has; none where the products cannot be read.

    They need not be there: who sends may live on another machine than who builds.
    """
    content = load_content(run.root, site, run.clock or run.today, [])
    paths = [stage.path for _, stage in content.stages()]
    if not paths or "products" in content.unread:
        return
    for journey in loaded.by_id.values():
        for pattern in journey.when.stages:
            if not any(matches(path, pattern) for path in paths):
                path = f"{FOLDER}/{journey.id}.yaml"
                hint = suggestion(pattern, paths)
                yield Problem(path, "no product has such a stage", hint, "when.stage")


def _begin(run: Run) -> datetime:
    return datetime.combine(run.clock or run.today, time(), UTC)


def _named(loaded: Journeys, name: str) -> Journey:
    if name not in loaded.by_id:
        near = get_close_matches(name, loaded.by_id, n=1)
        hint = f"did you mean {near[0]}?" if near else "see: sealpress journeys check"
        raise InputError([Problem("NAME", "there is no such journey", hint)])
    return loaded.by_id[name]


def _counts(journey: Journey) -> dict[str, int | str]:
    return {
        "when": str(journey.when),
        "purpose": journey.purpose,
        "messages": _number(journey, Tell),
        "waits": _number(journey, Pause),
        "conditions": _number(journey, Ask),
    }


def _number(journey: Journey, kind: type) -> int:
    return sum(isinstance(step, kind) for step in journey.steps)


def _in_words(journey: Journey) -> str:
    parts = {"messages": Tell, "waits": Pause, "conditions": Ask}
    shown = ", ".join(f"{name} {_number(journey, kind)}" for name, kind in parts.items())
    return f"when {journey.when}, {journey.purpose}: {shown}"
