"""What may happen to a site between two nights: to its days, its content, its keys and its folder.

What may happen to its tables is in ``tests/rows.py``; ``STEPS`` has all of it.
"""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from generator.base.config import load_site
from generator.data import base
from generator.sealing import save_key_ring
from generator.sealing.generations import Why
from generator.site.layout import Layout
from generator.withdraw import withdraw
from tests import rows
from tests.nights import own_template, publish, ring_of
from tests.sites import files
from tests.world import World

Step = Callable[[World, int], None]


def nothing(_: World, __: int) -> None:
    """Nothing."""


def a_day_passes(world: World, number: int) -> None:
    """Some days pass, with closes on the last."""
    world.clock += timedelta(days=1 + number % 6)
    rows.quotes_come(world, number)


def a_quiet_day_passes(world: World, _: int) -> None:
    """A day without closes passes."""
    world.clock += timedelta(days=1)


def terms_change(world: World, _: int) -> None:
    """The rate of a coupon is corrected."""
    rates = ('coupon_rate: "2.50"', 'coupon_rate: "2.75"')
    world.toggle("content/strategies/duo-2011-06.yaml", *rates)


def news_come(world: World, _: int) -> None:
    """A piece of news is worded otherwise."""
    path = "content/strategies/duo-2011-06/2011-12-01-central-banks.en.md"
    world.toggle(path, "both shares rose", "both shares gained")


def answer_changes(world: World, _: int) -> None:
    """An answer is corrected."""
    world.toggle("content/products/card/questions/activate.md", "Open the app", "Go to the app")


def stage_is_renamed(world: World, number: int) -> None:
    """A stage has another name, or its page another title."""
    if number % 2:
        world.toggle("content/products/card/product.yaml", "en: Arrived", "en: Delivered")
    else:
        path = "content/products/holiday/stages/request.md"
        world.toggle(path, "Ваша заявка у нас", "Заявка принята")


def offer_changes(world: World, number: int) -> None:
    """An offer starts later, ends sooner, or is for others."""
    old, new = (
        ("starts: 2011-11-01", "starts: 2011-12-04"),
        ("ends: 2012-01-31", "ends: 2011-12-05"),
        ("premium, private", "mass, private"),
        ("banks: [harbour]", "banks: []"),
    )[number % 4]
    for name in ("review.md", "review.en.md"):
        world.toggle(f"content/offers/{name}", old, new)


def bank_changes(world: World, number: int) -> None:
    """A bank has another telephone or other hours."""
    old, new = (("000-00-01", "000-00-02"), ("8 am – 10 pm", "9 am – 10 pm"))[number % 2]
    world.toggle("content/banks.yaml", old, new)


def settings_change(world: World, number: int) -> None:
    """More days count as news, or digests go out on another day."""
    _set(world, ("news_days: 3", "digest_day: 3")[number % 2])


def _set(world: World, line: str) -> None:
    """Set something that was not set, or set it no longer."""
    path, line = world.site / "content/site.yaml", f"{line}\n"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(line, "") if line in text else text + line, encoding="utf-8")


TEMPLATES = {
    "client.html": ('<header class="hello">', '<header class="hello you">'),
    "policy.html": ('<section class="policy">', '<section class="policy own">'),
    "strategy.html": ('<figure class="chart">', '<figure class="chart wide">'),
    "questions.html": ("{#", "{# Ask. "),
    "offer.html": ('<aside class="offer"', '<aside class="offer new"'),
    "clock.html": ("<span", '<span class="day"'),
}
"""Templates, and a piece of each that may be written otherwise."""


def template_changes(world: World, number: int) -> None:
    """The site's own theme has a template of its own, or has it no longer."""
    name = [*TEMPLATES][number % len(TEMPLATES)]
    mine = world.site / "themes/default/templates" / name
    if mine.exists():
        mine.unlink()
    else:
        own_template(world.site, name, *TEMPLATES[name])


STYLES = {
    "brand.css": ":root { --brand: #125; }\n",  # of pages
    "loader.css": "body { margin: 0; }\n",
}
"""Styles that a site may have of its own."""


def style_changes(world: World, number: int) -> None:
    """The site's own theme has a style of its own, or has it no longer."""
    name = [*STYLES][number % len(STYLES)]
    mine = world.site / "themes/default/styles" / name
    if mine.exists():
        mine.unlink()
    else:
        mine.parent.mkdir(parents=True, exist_ok=True)
        mine.write_text(STYLES[name], encoding="utf-8")


def theme_is_switched(world: World, _: int) -> None:
    """The site takes another theme, or the default one again."""
    other = world.site / "themes/quiet/styles/brand.css"
    if not other.exists():
        other.parent.mkdir(parents=True)
        other.write_text(":root { --brand: #521; }\n", encoding="utf-8")
    _set(world, "theme: quiet")


CATALOG = (
    'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "{}"\nmsgstr "{}"\n'
)
TEXTS = (("Policy", "Договор"), ("The chart as a table", "Таблица"), ("Figures", "Числа"))


def text_changes(world: World, number: int) -> None:
    """The site's own theme says something in other words, or says it as it did."""
    mine = world.site / "themes/default/locale/ru.po"
    if mine.exists():
        mine.unlink()
    else:
        mine.parent.mkdir(parents=True, exist_ok=True)
        mine.write_text(CATALOG.format(*TEXTS[number % len(TEXTS)]), encoding="utf-8")


def client_is_revoked(world: World, number: int) -> None:
    """A client's links are made dead."""
    _withdraw(world, number, "revoked")


def client_is_forgotten(world: World, number: int) -> None:
    """A client is forgotten; their rows may still be there."""
    _withdraw(world, number, "forgotten")


def keys_are_rotated(world: World, number: int) -> None:
    """There is one more epoch; after a leak there is none but it."""
    ring = ring_of(world.site)
    ring = ring.rotated(world.clock, leaked=number % 3 == 0)
    save_key_ring(ring, world.site / "keys/ring.json", replace_earlier=True)


def an_epoch_is_retired(world: World, _: int) -> None:
    """The oldest epoch is built no longer."""
    ring = ring_of(world.site)
    if len(ring.live) > 1:
        retired = ring.retired(ring.live[0].number)
        save_key_ring(retired, world.site / "keys/ring.json", replace_earlier=True)


def clients_are_dealt_otherwise(world: World, number: int) -> None:
    """The base has grown over a step or shrunk below it: there are more buckets, or fewer."""
    world.full = (1, 2, 4, base.FULL)[number % 4]


def site_is_published(world: World, _: int) -> None:
    """What was built last is published: all of it, then nothing is left to do.

    Nothing else is there but stage pages and assets that were there before, for a while.
    """
    if Layout(world.site).site.exists():
        publish(world.site)
        again = publish(world.site)
        assert (again.added, again.changed, again.deleted) == (0, 0, 0)
        built, there = (files(world.site / "build" / name) for name in ("site", "published"))
        kept = there.keys() - built.keys()
        assert len(kept) == again.kept
        assert all(path.startswith(("q/", "assets/")) for path in kept)
        assert {path: there[path] for path in built} == built


def site_is_deleted(world: World, _: int) -> None:
    """Somebody removes the built site."""
    shutil.rmtree(Layout(world.site).site, ignore_errors=True)


def register_is_deleted(world: World, _: int) -> None:
    """Somebody removes the register, as a hint tells them to."""
    shutil.rmtree(Layout(world.site).register, ignore_errors=True)


def _withdraw(world: World, number: int, why: Why) -> None:
    at = datetime(2011, 12, 2, 12, tzinfo=UTC)
    withdraw(world.site, load_site(world.site)[0], world.one(number), why, at, {})


STEPS: tuple[Step, ...] = (
    nothing, a_day_passes, a_quiet_day_passes,
    rows.client_comes, rows.client_changes, rows.client_goes, rows.client_is_lost,
    rows.lost_clients_come_back, rows.policy_comes, rows.premium_changes, rows.policy_goes,
    rows.situation_comes, rows.situation_goes, rows.row_is_spoilt, rows.rows_are_mended,
    rows.quotes_come, rows.series_is_held, rows.series_is_mended,
    terms_change, news_come, answer_changes, stage_is_renamed, offer_changes, bank_changes,
    settings_change, template_changes, text_changes, style_changes, theme_is_switched,
    client_is_revoked, client_is_forgotten, keys_are_rotated, an_epoch_is_retired,
    clients_are_dealt_otherwise, site_is_published, site_is_deleted, register_is_deleted,
)  # fmt: skip
