"""The last step of the night: what was built is brought to the store."""

import click

from generator.cli.options import Run, site_command
from generator.cli.planning import plan_data, plan_rows
from generator.cli.summary import publication_data, publication_rows
from generator.publish import Publication
from generator.publishing import How
from generator.release import plan_of, publish_site

client_pages_on_netlify = click.option(
    "--client-pages-on-netlify",
    "client_pages",
    is_flag=True,
    help="Send clients' pages to Netlify too, which keeps them for weeks when they are revoked.",
)
"""An option of commands that publish."""


allow = click.option(
    "--allow", is_flag=True, help="Publish although very many clients' pages change or go."
)
"""An option of the same commands: the guard lets everything pass."""


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what would be sent and deleted; send nothing.")
@click.option(
    "--reconcile",
    is_flag=True,
    help="List the store first; mend what is not as remembered.",
)
@allow
@client_pages_on_netlify
@site_command
def publish(run: Run, *, dry_run: bool, reconcile: bool, allow: bool, client_pages: bool) -> None:
    """Bring what was built to the store: only what changed, deletions last.

    It stops before anything is sent when more than half of the clients' pages would change, or
    more than a tenth would go (publish.guard in content/site.yaml): look at the plan, then --allow.
    Assets and shared parts that nobody needs stay for a week, for pages that are open somewhere.

    To Netlify the whole site goes as one deploy, without clients' pages: it keeps earlier deploys,
    and so revoked pages, reachable for weeks. --client-pages-on-netlify sends them all the same;
    that is for invented clients.

    \b
    Examples:
      sealpress publish --dry-run
      sealpress publish
      sealpress publish --reconcile --dry-run
    """
    how = How(run.today, allow=allow, reconcile=reconcile, client_pages=client_pages)
    if dry_run:
        with run.voice.progress() as progress:
            plan = plan_of(run.root, run.site(), how, progress)
        run.voice.result(plan_data(plan), plan_rows(plan))
        return
    publication = run_publish(run, how)
    run.voice.result(publication_data(publication), publication_rows(publication))


def run_publish(run: Run, how: How) -> Publication:
    """Publish, with progress as the run's voice tells it."""
    with run.voice.progress() as progress:
        return publish_site(run.root, run.site(), how, progress)
