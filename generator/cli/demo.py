"""``sealpress demo``: the night on the shipped site, with links to look at."""

import heapq
import os
from dataclasses import replace

import click

from generator.building import Options
from generator.cli.night import building, run_build
from generator.cli.options import Run, site_command
from generator.cli.publish import run_publish
from generator.cli.summary import built_data, built_rows, publication_rows
from generator.data import Client
from generator.inputs import Inputs
from generator.keys import keys_of
from generator.partition import CLIENT
from generator.publishing import How
from generator.sealing import link_fragment, new_key_ring, save_key_ring
from generator.sealing.keyring import ENVIRONMENT
from generator.site.shared import stage_links

BATCH = 500


@click.command()
@site_command
@building
def demo(run: Run, options: Options) -> None:
    """Run the night on the shipped site and print links to open.

    Real links are for their clients alone; only this command prints some, for a look around.

    \b
    Example:  sealpress demo
    """
    site = run.site()
    if not (run.root / site.keys).exists() and not os.environ.get(ENVIRONMENT):
        save_key_ring(new_key_ring(run.today), run.root / site.keys)
    built = run_build(run, replace(options, audit_all=True))
    publication = run_publish(run, How(run.today))
    clients, stages = _client_links(built.inputs, 3), _stage_links(built.inputs, 2)
    run.voice.result(
        {**built_data(built), "client_links": clients, "stage_links": stages},
        {**built_rows(built), **publication_rows(publication)},
    )
    for title, links in {"Client pages": clients, "Stage pages": stages}.items():
        run.voice.say(f"\n{title}:")
        for link in links:
            run.voice.say(f"  {link}")
    run.voice.say("\nTo open them, run this and click on a link:  make serve")
    run.voice.say("Or by hand:  .venv/bin/sealpress serve")


def _client_links(inputs: Inputs, count: int) -> list[str]:
    """The links of the clients who have most to see."""
    ring, generations = keys_of(inputs.root, inputs.site)
    maker = ring.current.secrets()
    everyone = (client for batch in inputs.base.batches(BATCH) for client in batch)
    secrets = [
        maker.secret(CLIENT, client.id, generations.of(client.id))
        for client in heapq.nlargest(count, everyone, key=_worth_seeing)
    ]
    return [f"{inputs.site.base_url}/#{link_fragment(secret)}" for secret in secrets]


def _worth_seeing(client: Client) -> tuple[bool, int]:
    return bool(client.situations and client.policies), len(client.policies)


def _stage_links(inputs: Inputs, count: int) -> list[str]:
    ring, _ = keys_of(inputs.root, inputs.site)
    return list(stage_links(inputs.content, ring, inputs.site.base_url).values())[:count]
