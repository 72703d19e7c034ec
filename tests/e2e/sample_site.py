"""The repository's own sample, built by the real pipeline and served as it ships."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
from babel.numbers import format_currency
from playwright.sync_api import Route, expect

from generator.base.config import load_site
from generator.base.money import coupon, decimals
from generator.building import Options
from generator.data import Client, Policy
from generator.inputs import Inputs, inputs_to_look_at
from generator.pages.client import PartName
from generator.pipeline import build
from generator.sealing import Secret, link_fragment, save_key_ring
from generator.site.serve import SiteServer
from generator.site.shared import stage_address
from generator.strategy import Course
from tests.builders import ROOT, make_ring

from .loader_harness import Visit

NIGHT = date(2011, 12, 2)
"""The sample's own day: three of its series are observed on it."""
EVE = date(2011, 12, 1)
"""The day before: its series stand above, in the corridor and below."""
RING = make_ring()


@dataclass(frozen=True)
class Sample:
    """A served site, everything it was built from, and the log of its server."""

    inputs: Inputs
    url: str
    log: list[str]

    def client(self, name: str) -> Client:
        """A client of the sample."""
        found = self.inputs.base.find(name)
        assert found is not None
        return found

    def everyone(self) -> list[Client]:
        """All clients."""
        return [client for batch in self.inputs.base.batches(1000) for client in batch]

    def link(self, client: str) -> str:
        """The link that this client is sent."""
        return f"{self.url}/#{link_fragment(secret('client', client))}"

    def stage_page(self, stage: str, locale: str) -> str:
        """The address of a stage's page."""
        return f"{self.url}/{stage_address(RING.current, stage, locale)}"

    def course(self, policy: Policy) -> Course:
        """The observations that are this policy's own."""
        course = self.inputs.courses[policy.series]
        earlier = [one for one in course.observations if one.date < policy.start]
        return course.since(len(earlier))

    def coupons(self, policy: Policy) -> list[int]:
        """Each credited coupon in minor units, the first one first."""
        return [coupon(policy.premium, one.rate) for one in self.course(policy).observations]

    def money(self, minor: int, policy: Policy, locale: str) -> str:
        """An amount as Babel writes it, with a space between a code and its number."""
        currency = self.inputs.content.series[policy.series].currency
        amount = minor / 10 ** decimals(currency)
        written = format_currency(f"{amount:.2f}", currency, locale=locale)
        return written.replace("RUB", "RUB\N{NO-BREAK SPACE}")


def secret(kind: str, subject: str) -> Secret:
    """The secret of a page or part under the sample's keys."""
    return RING.current.secrets().secret(kind, subject, 0)


def file_of(part: PartName) -> str:
    """Where a shared part lies."""
    return secret(part.kind, part.subject).keys().path


@contextmanager
def served(factory: pytest.TempPathFactory, clock: date = NIGHT) -> Iterator[Sample]:
    """The sample as of ``clock``: built by the first who asks, whichever worker that is."""
    shared = factory.getbasetemp()
    shared = shared.parent if shared.name.startswith("popen-") else shared
    root = shared / f"sample-{clock}"
    with (shared / f"{root.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (root / "build/site").is_dir():
            _build(root, clock)
    log: list[str] = []
    with (
        inputs_to_look_at(root, clock, clock) as inputs,
        SiteServer(root / "build/site", log=log.append) as server,
    ):
        yield Sample(inputs, server.url, log)


def _build(root: Path, clock: date) -> None:
    for folder in ("content", "data"):
        shutil.copytree(ROOT / folder, root / folder)
    save_key_ring(RING, root / load_site(root)[0].keys)
    built = build(root, clock, clock, Options(), lambda *_: None)
    assert built.pages == len(built.inputs.base)


class Reader(Visit):
    """Somebody who reads pages of the sample."""

    def read(self, address: str) -> None:
        """Open a page and wait until all of it is there."""
        self.page.goto(address)
        self.wait()

    def wait(self) -> None:
        """Wait until every part has come."""
        expect(self.page.locator(".client, .stage")).to_be_visible()
        expect(self.page.locator("[aria-busy=true]")).to_have_count(0)
        expect(self.page.locator(".sp-fault")).to_have_count(0)

    def unfold(self) -> None:
        """Open everything that folds."""
        self.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")

    def without_parts(self, address: str, own: str) -> "Held":
        """Open a page; every sealed file but the one at ``own`` is kept back until it is let go."""
        held = Held(own)
        self.page.route("**/p/**", held.meet)
        with self.page.expect_request(lambda it: "/p/" in it.url and not it.url.endswith(own)):
            self.page.goto(address)
        return held


@dataclass
class Held:
    """Requests for parts that are kept waiting."""

    own: str
    routes: list[Route] = field(default_factory=list)
    is_over: bool = False

    def meet(self, route: Route) -> None:
        """Let a request pass, or keep it."""
        if self.is_over or route.request.url.endswith(self.own):
            route.continue_()
        else:
            self.routes.append(route)

    def release(self) -> None:
        """Let all of them pass."""
        self.is_over = True
        for route in self.routes:
            route.continue_()


OVERFLOW = """() => {
    const root = document.documentElement;
    const wide = [...document.querySelectorAll('body *')].filter(one =>
        one.getBoundingClientRect().right > root.clientWidth + 1 && !one.closest('.wide, table'));
    return [root.scrollWidth - root.clientWidth, wide.slice(0, 3).map(one => one.outerHTML)];
}"""
TARGETS = """() => [...document.querySelectorAll('a, button, summary, input')]
    .filter(one => one.checkVisibility() && !one.closest('.answer, .intro, .item, .footnote'))
    .map(one => [one.getBoundingClientRect(), one.outerHTML])"""
"""What can be tapped and stands outside running text."""
VIOLATIONS = "axe.run().then(result => result.violations)"


def overflow(visit: Visit) -> tuple[int, list[str]]:
    """By how many px the page is wider than the window, and what sticks out."""
    over, wide = visit.page.evaluate(OVERFLOW)
    return over, wide


def small_targets(visit: Visit, least: int = 24) -> list[str]:
    """Whatever is harder to tap than WCAG 2.2 (2.5.8) allows."""
    targets = visit.page.evaluate(TARGETS)
    assert targets, "a page has something to tap"
    return [html for box, html in targets if min(box["width"], box["height"]) < least]


def violations(visit: Visit, axe_source: str) -> list[tuple[str, list[str]]]:
    """What axe complains of, best practices included."""
    visit.settle()
    visit.page.evaluate(axe_source)
    found = visit.page.evaluate(VIOLATIONS)
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]
