"""The files that are the same for everyone: loader, assets, the page for unknown addresses."""

from jinja2 import TemplateError

from generator.base.config import Site
from generator.pages.loader import Source, Wording, build_loader, build_not_found
from generator.pages.theme import Theme
from generator.site.headers import SiteCsp, netlify_headers

# /q/ is left to crawlers on purpose: only one who may fetch a page can read its noindex.
ROBOTS = "User-agent: *\nDisallow: /p/\n"


def public_files(theme: Theme, site: Site) -> dict[str, bytes]:
    """Each file by its path below the site.

    Raises:
        InputError: a template has a mistake, or the loader is too large.
    """
    try:
        return _files(theme, site)
    except (TemplateError, TypeError) as error:
        raise theme.mistake(error) from None


def _files(theme: Theme, site: Site) -> dict[str, bytes]:
    environment = theme.environment(site.locales[0], {"site_name": site.name[site.locales[0]]})
    wording = Wording(site.locales, site.name, site.contacts)
    script = theme.source("scripts/open.js") + "\n" + theme.source("scripts/loader.js")
    style = theme.source("styles/loader.css")
    loader = build_loader(environment, Source(script, style), wording, theme.assets)
    lost = Source(theme.source("scripts/not-found.js"), style)
    not_found = build_not_found(environment, lost, wording, theme.assets["page.css"])
    csp = SiteCsp(loader=loader.csp, not_found=not_found.csp)
    return {
        "index.html": loader.html,
        "404.html": not_found.html,
        "robots.txt": ROBOTS.encode(),
        "_headers": netlify_headers(csp).encode(),
        **{asset.path: asset.content for asset in theme.assets.values()},
    }
