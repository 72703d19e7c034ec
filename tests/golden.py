"""The pages of the small site as they stand before sealing: ``python -m tests.golden`` writes them.

They are read in review: a change of a template, a text or a figure shows as a difference of a few
lines. Charts stand in them as a digest, for their paths are read by nobody.
"""

import re
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path

from generator.inputs import Inputs, inputs_to_look_at
from generator.pages.client import ClientPages
from generator.pages.shared import render_shared
from generator.pages.strategies import Strategies
from generator.partition import SharedSecrets
from tests.builders import make_ring

HERE = Path(__file__).parent
SITE = HERE / "sites/small"
FOLDER = HERE / "golden"
STAGE_PAGE = ("holiday/decision/refusal", "ru")
CLOCK = date(2011, 12, 2)
ASSET = re.compile(r"(/assets/[\w-]+)\.[0-9a-f]{12}\.")
CHART = re.compile(r"(?s)<svg\b.*?</svg>")


def pages() -> dict[str, str]:
    """Every golden page by the name of its file: clients, shared parts, one stage page."""
    with inputs_to_look_at(SITE, CLOCK, CLOCK) as inputs:
        return {**_clients(inputs), **_shared(inputs)}


def _clients(inputs: Inputs) -> dict[str, str]:
    slots = SharedSecrets(make_ring().current).text
    pages = {
        locale: ClientPages(
            inputs.theme, inputs.site, inputs.content, inputs.courses, CLOCK, locale
        )
        for locale in inputs.site.locales
    }
    return {
        f"client-{client.id}.html": pages[client.locale].html(client, slots).decode()
        for batch in inputs.base.batches(100)
        for client in batch
    }


def _shared(inputs: Inputs) -> dict[str, str]:
    theme, site, content = inputs.theme, inputs.site, inputs.content
    strategies = Strategies(theme, site, content, inputs.courses, inputs.quotes, CLOCK)
    shared = render_shared(theme, site, content, CLOCK)
    drawn = {part: strategies.html(part) for part in strategies.recipes()}
    return {
        **{
            f"{part.kind}-{part.subject.replace('/', '-')}.html": _without_chart(html)
            for part, html in {**shared.parts, **drawn}.items()
        },
        f"page-{'-'.join(STAGE_PAGE).replace('/', '-')}.html": ASSET.sub(
            r"\1.DIGEST.", shared.stage_pages[STAGE_PAGE]
        ),
    }


def kept() -> Mapping[str, str]:
    """The golden pages as they are kept, by the names of their files."""
    return {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.html")}


def _without_chart(html: str) -> str:
    """The part with its chart as the digest of its bytes, below its title and description."""

    def told(chart: re.Match[str]) -> str:
        words = re.findall(r"<(?:title|desc)\b[^>]*>([^<]*)<", chart[0])
        digest = sha256(chart[0].encode()).hexdigest()
        return "\n".join(["<svg>", *words, f"sha256 {digest}", "</svg>"])

    return CHART.sub(told, html)


def main() -> None:
    """Write every page, and take away those that are made no longer."""
    FOLDER.mkdir(exist_ok=True)
    made = pages()
    for name in kept().keys() - made.keys():
        (FOLDER / name).unlink()
    for name, html in made.items():
        (FOLDER / name).write_text(html.rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
