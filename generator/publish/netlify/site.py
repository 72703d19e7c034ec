"""Netlify: a host that takes a whole site at once, and asks only for files that it does not have.

A deploy is the list of all paths with their SHA-1. Netlify answers which contents it lacks; when
they are there it gets the deploy ready, and then it can be published, or an earlier one again.
Every deploy is made as a draft, which Netlify never publishes by itself: what fails, is broken off
or takes too long is never seen by a reader. Paths are those below ``build/site``.

Earlier deploys stay reachable under addresses of their own for weeks. So a deploy with sealed files
says so in its title, and can be found when a client's page must be gone.
"""

from dataclasses import dataclass
from datetime import timedelta
from itertools import count, islice
from pathlib import Path
from threading import Lock
from urllib.parse import quote, urlencode

from generator.base.errors import InputError, OutsideError, Problem
from generator.publish.built import read_built
from generator.publish.files import Files
from generator.publish.lanes import at_once
from generator.publish.netlify.api import LANES, RETRY, STRANGE, Api, Waits, failed
from generator.publish.netlify.deploy import Deploy, deploy_of
from generator.publish.netlify.files import (
    Digests,
    refuse_many,
    sha_1,
    title_of,
)
from generator.publish.publisher import Progress, Publication

POLL = 2.0  # seconds between two looks at a deploy: what Netlify's own client takes
PATIENCE = timedelta(minutes=20)  # for each of the two things that Netlify does by itself
ASKS = frozenset({"prepared", "uploading", "uploaded", "ready"})
"""States of a deploy in which it is known which contents it lacks."""
READY = frozenset({"ready"})
BROKEN = frozenset({"error", "rejected"})
LISTED = 300  # deploys among which the one before is looked for, newest first


@dataclass(frozen=True, slots=True)
class Deployed:
    """What is published now, and in what it differs from what was."""

    id: str
    done: Publication


class Netlify:
    """A site at Netlify, by its id or its host name."""

    def __init__(self, site: str, api: Api, waits: Waits | None = None) -> None:
        self._site, self._api, self._waits = f"/sites/{quote(site, safe='')}", api, waits or Waits()

    def published(self) -> Deploy | None:
        """The deploy that readers see, or None before the first.

        Raises:
            OutsideError: Netlify failed, the token is wrong or there is no such site.
        """
        site = self._api.ask("GET", self._site).data
        if not isinstance(site, dict):
            raise failed(STRANGE, RETRY)
        found = site.get("published_deploy")
        return deploy_of(found) if found else None

    def files(self) -> dict[str, str]:
        """The files of the published deploy, as Netlify lists them; it may leave out ``_headers``.

        Raises:
            OutsideError: Netlify failed.
        """
        try:
            return {
                str(file["path"]).removeprefix("/"): str(file["sha"])
                for file in self._api.pages(f"{self._site}/files")
            }
        except (KeyError, TypeError):
            raise failed(STRANGE, RETRY) from None

    def compared(self, digests: Digests) -> Files:
        """What is to be published against what is; nothing is sent.

        Raises:
            OutsideError: Netlify failed.
        """
        published = self.published()
        if published and published.title == title_of(digests):
            return Files(digests, digests)
        return Files(digests, self.files() if published else {})

    def deploy(self, site: Path, digests: Digests, progress: Progress) -> Deployed:
        """Publish exactly the files of ``digests`` from the folder ``site``.

        Nothing is sent, and no deploy made, when the very same is published already.

        Raises:
            InputError: these are more files than Netlify takes, or one of them is missing.
            OutsideError: Netlify failed, or took too long: readers see what they saw before, and
                a rerun sends only the rest.
        """
        refuse_many(digests)
        before = self.published()
        if before and before.title == title_of(digests):
            return Deployed(before.id, Publication(unchanged=len(digests)))
        if before and before.is_locked:
            hint = "start auto publishing there, or ask who stopped it"
            raise failed("publishing is locked there", hint)
        files = Files(digests, self.files() if before else {})
        ready = self._made(site, digests, progress)
        self.restore(ready.id)
        done = Publication(len(files.added), len(files.changed), len(files.gone), files.unchanged)
        return Deployed(ready.id, done)

    def previous(self) -> Deploy | None:
        """The published deploy before the one that readers see now, or None.

        Never one with sealed files where now there are none: they were taken away on purpose.

        Raises:
            OutsideError: Netlify failed.
        """
        now = self.published()
        listed = self._api.pages(f"{self._site}/deploys?state=ready&per_page=100")
        deploys = map(deploy_of, islice(listed, LISTED))
        earlier = (
            one
            for one in deploys
            if now and one.was_published and one.created < now.created
            if now.has_sealed or not one.has_sealed
        )
        return max(earlier, key=lambda one: one.created, default=None)

    def roll_back(self) -> Deploy:
        """Publish the deploy before this one again, whole and at once; that deploy.

        Raises:
            InputError: there is none.
            OutsideError: Netlify failed; readers see what they saw before.
        """
        earlier = self.previous()
        if earlier is None:
            hint = "publish what is to be seen"
            raise InputError([Problem("Netlify", "there is no earlier deploy", hint)])
        self.restore(earlier.id)
        return earlier

    def restore(self, deploy: str) -> None:
        """Publish a deploy that is ready.

        Raises:
            OutsideError: Netlify failed; readers see what they saw before.
        """
        self._api.ask("POST", f"{self._site}/deploys/{quote(deploy, safe='')}/restore")

    def has(self, path: str) -> bool:
        """Whether the published deploy has a file.

        Raises:
            OutsideError: Netlify failed.
        """
        place = f"{self._site}/files/{quote(path, safe='')}"
        return self._api.ask("GET", place, absent=True).data is not None

    def drop_sealed(self) -> int:
        """Delete every deploy that has sealed files but the published one; how many.

        Raises:
            OutsideError: Netlify failed; some of them may be gone.
        """
        now = self.published()
        deploys = list(map(deploy_of, self._api.pages(f"{self._site}/deploys")))
        old = [one for one in deploys if one.has_sealed and not (now and one.id == now.id)]
        for one in old:
            self._api.ask("DELETE", f"/deploys/{one.id}", absent=True)
        return len(old)

    def _made(self, site: Path, digests: Digests, progress: Progress) -> Deploy:
        """A draft that is ready to be published."""
        query = urlencode({"title": title_of(digests)})
        wish = {"files": dict(digests), "draft": True, "async": True}
        made = deploy_of(self._api.ask("POST", f"{self._site}/deploys?{query}", json=wish).data)
        asking = self._until(made, ASKS)
        self._upload(site, digests, asking, progress)
        return self._until(self._look(made), READY)

    def _upload(self, site: Path, digests: Digests, deploy: Deploy, progress: Progress) -> None:
        """Send each content that Netlify lacks once, whatever number of files has it."""
        paths = {digest: path for path, digest in digests.items()}
        if not paths.keys() >= set(deploy.required):
            raise failed(STRANGE, RETRY)
        wanted = [paths[digest] for digest in deploy.required]
        done, lock = count(1), Lock()

        def send(path: str) -> None:
            content = read_built(site, path)
            if sha_1(content).hexdigest() != digests[path]:
                raise OutsideError("build/site changed meanwhile — hint: run it again")
            place = f"/deploys/{deploy.id}/files/{quote(path, safe='')}"
            self._api.ask("PUT", place, body=content)
            with lock:
                progress(next(done), len(wanted))

        at_once(send, wanted, LANES)

    def _until(self, deploy: Deploy, states: frozenset[str]) -> Deploy:
        """A deploy when it is in one of ``states``."""
        end = self._waits.clock() + PATIENCE.total_seconds()
        while deploy.state not in states:
            if deploy.state in BROKEN:
                raise failed("the deploy broke off; nothing was published", "see its log there")
            if self._waits.clock() >= end:
                minutes = f"{PATIENCE.total_seconds() / 60:.0f} minutes"
                raise failed(f"the deploy took over {minutes}; nothing was published", RETRY)
            self._waits.sleep(POLL)
            deploy = self._look(deploy)
        return deploy

    def _look(self, deploy: Deploy) -> Deploy:
        return deploy_of(self._api.ask("GET", f"{self._site}/deploys/{deploy.id}").data)
