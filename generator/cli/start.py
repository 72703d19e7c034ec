"""Beginning: a new site, and a look at a built one."""

import shutil
from pathlib import Path

import click

from generator.base.errors import InputError, Problem
from generator.cli.options import Run, site_command
from generator.site.layout import Layout
from generator.site.serve import SiteServer
from generator.site.tree import recover

STARTER = Path(__file__).parent / "starter"


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Make a small new site in FOLDER, ready to build.

    \b
    Example:
      sealpress init my-site
      cd my-site && sealpress keys new && sealpress nightly
    """
    if folder.exists() and any(folder.iterdir()):
        raise click.UsageError("the folder is not empty; give a new one")
    shutil.copytree(STARTER, folder, dirs_exist_ok=True)
    click.echo(f"A new site is in {folder}. Next:")
    click.echo(f"  cd {folder} && sealpress keys new && sealpress nightly && sealpress serve")


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="0 takes any that is free.",
)
@click.option("--published", is_flag=True, help="Serve the published site, not the built one.")
@site_command
def serve(run: Run, port: int, *, published: bool) -> None:
    """Serve the built site on this machine, with the headers it has in production.

    \b
    Example:  sealpress serve --port 8080
    """
    layout = Layout(run.root)
    recover(layout)
    folder = run.site_folder(published=published)
    if not (folder / "index.html").is_file():
        done = "published" if published else "built"
        raise InputError(
            [Problem(run.shown(folder), f"nothing is {done}", "run: sealpress nightly")]
        )
    server = SiteServer(folder, port=port)
    run.voice.result({"url": server.url}, {"serving at": server.url, "to stop": "press Ctrl+C"})
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        run.voice.say("Stopped.")
    finally:
        server.close()
