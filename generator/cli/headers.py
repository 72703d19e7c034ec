"""``sealpress headers``: what a CDN or a web server has to send with each file."""

import json
from collections.abc import Mapping

import click

from generator.base.errors import InputError, OutsideError, Problem
from generator.cli.options import Run, site_command
from generator.site.headers import POLICY, allowing_both, parse_headers
from generator.site.layout import Layout
from generator.stores import open_store

FILE = "_headers"
PARAMETERS = {
    "LoaderPolicy": "/index.html",
    "NotFoundPolicy": "/404.html",
    "StagePolicy": "/q/*",
}
"""Of the template in docs/aws, and the rule in which the policy stands."""

Rules = Mapping[str, Mapping[str, str]]


@click.command()
@click.option("--aws", is_flag=True, help="Print the policies as parameters of docs/aws/site.yaml.")
@site_command
def headers(run: Run, *, aws: bool) -> None:
    """Print the headers that a CDN or a web server has to send with the built site, by path.

    The policies change with the scripts of the theme and with a release. With --aws they also
    allow what is published now, so that the CDN can be told before the next publication: publish,
    then run it again.

    \b
    Examples:
      sealpress headers
      sealpress headers --aws > parameters.json
    """
    built = _built(run)
    if aws:
        click.echo(json.dumps(_parameters(built, _published(run) or built), indent=1))
    else:
        rows = {
            f"{path} {name}": value for path, rule in built.items() for name, value in rule.items()
        }
        run.voice.result({"rules": built}, rows)


def _built(run: Run) -> Rules:
    place = Layout(run.root).site / FILE
    if not place.is_file():
        raise InputError([Problem("build/site", "the site is not built", "run: sealpress build")])
    return _rules(place.read_bytes(), "run: sealpress build --full")


def _published(run: Run) -> Rules | None:
    content = open_store(run.root, run.site().publish).get(FILE)
    return None if content is None else _rules(content, "run: sealpress publish")


def _rules(content: bytes, hint: str) -> Rules:
    try:
        rules = parse_headers(content.decode())
    except ValueError:
        rules = {}
    if not all(POLICY in rules.get(rule, ()) for rule in PARAMETERS.values()):
        raise OutsideError(f"the file {FILE} is damaged — hint: {hint}")
    return rules


def _parameters(built: Rules, published: Rules) -> list[dict[str, str]]:
    """The form that ``aws cloudformation deploy`` reads from a file."""
    return [
        {
            "ParameterKey": name,
            "ParameterValue": allowing_both(built[rule][POLICY], published[rule][POLICY]),
        }
        for name, rule in PARAMETERS.items()
    ]
