"""One partition of clients: rows come in, sealed files and manifest lines go out.

This is what a worker process does. It is given the settings of the night once; keys it reads
itself, so that none ever crosses from process to process. It answers with paths, counts and
manifest lines, never with pages or keys.
"""

import ctypes
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path

from generator.base.config import Site
from generator.base.errors import OutsideError
from generator.content import Content
from generator.data import Client
from generator.manifest import Night, entry_line
from generator.pages.client import ClientPages
from generator.pages.theme import load_theme
from generator.sealing import (
    Epoch,
    Generations,
    KeyRing,
    link_fragment,
    load_generations,
    load_key_ring,
    seal,
)
from generator.site.layout import Layout
from generator.site.tree import Stage
from generator.strategy import Course

CLIENT = "client"
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
KEPT, LARGEST_MAPPED = 1 << 30, 1 << 25  # bytes; glibc refuses a larger mmap threshold


@dataclass(frozen=True, slots=True)
class Settings:
    """What every partition of a night needs; crosses to the workers once, without keys."""

    root: Path
    site: Site
    content: Content
    courses: Mapping[str, Course]
    held_series: frozenset[str]
    """Series that could not be worked out tonight: their clients' pages stay as they were."""
    held_clients: frozenset[str]
    """Clients of whom a row was refused: better an old page than one that lacks a policy."""
    as_of: date
    night: Night
    told: frozenset[str]


@dataclass(slots=True)
class Result:
    """What a partition answers with."""

    stage: Stage
    manifest: list[bytes] = field(default_factory=list)
    marks: dict[str, date] = field(default_factory=dict)
    pages: int = 0
    forgotten: int = 0


class Partition:
    """Builds partitions of clients; made once in a process."""

    def __init__(self, settings: Settings, ring: KeyRing, generations: Generations) -> None:
        self._settings, self._ring, self._generations = settings, ring, generations
        theme = load_theme(settings.root, settings.site.theme)
        self._pages = {
            locale: ClientPages(
                theme,
                settings.site,
                settings.content,
                settings.courses,
                settings.as_of,
                locale,
            )
            for locale in settings.site.locales
        }
        self._makers = [(epoch.secrets(), SharedSecrets(epoch)) for epoch in ring.live]

    def build(self, clients: Sequence[Client]) -> Result:
        """Render, seal and stage the page of each client.

        Raises:
            InputError: a template has a mistake.
            OutsideError: a file cannot be written.
        """
        result = Result(Stage(Layout(self._settings.root)))
        for client in clients:
            if self._generations.is_forgotten(client.id):
                result.forgotten += 1
                continue
            self._build(client, result)
        return result

    def _build(self, client: Client, result: Result) -> None:
        generation = self._generations.of(client.id)
        told: tuple[str, str, str] | None = None
        for maker, shared in self._makers:
            secret = maker.secret(CLIENT, client.id, generation)
            keys = secret.keys()
            if self._is_held(client) and result.stage.keep(keys.path):
                told = None
                continue
            html = self._pages[client.locale].html(client, shared.text)
            file = seal(html.encode(), keys, deflate=True)
            result.stage.write(keys.path, file)
            result.pages += 1
            told = (link_fragment(secret), keys.path, sha256(file).hexdigest())
        if told:  # the newest epoch's page
            self._tell(client, told, result)

    def _is_held(self, client: Client) -> bool:
        if client.id in self._settings.held_clients:
            return True
        series = self._settings.held_series
        return bool(series) and any(policy.series in series for policy in client.policies)

    def _tell(self, client: Client, page: tuple[str, str, str], result: Result) -> None:
        figures = self._pages[client.locale].figures
        fresh = []
        who = ""
        for reason in self._settings.night.reasons(client, figures, self._settings.content):
            who = who or self._generations.who(client.id)
            mark = told_mark(who, self._ring, reason.key)
            if mark not in self._settings.told:
                fresh.append(reason)
                result.marks[mark] = reason.day
        if fresh:
            fragment, path, digest = page
            link = f"{self._settings.site.base_url}/#{fragment}"
            result.manifest.append(entry_line(client, link, (path, digest), fresh))


def told_mark(who: str, ring: KeyRing, key: tuple[str, ...]) -> str:
    """What stands in the state for a told reason; it begins with the client's pseudonym.

    So a client's marks can be found when they are to be forgotten, and by nobody else.
    """
    return f"{who}.{ring.digest('told', *key).hex()}"


class SharedSecrets:
    """The secrets of shared parts under one epoch, as they stand in ``data-part``."""

    __slots__ = ("_maker", "_texts")

    def __init__(self, epoch: Epoch) -> None:
        self._maker = epoch.secrets()
        self._texts: dict[tuple[str, str], str] = {}

    def text(self, kind: str, subject: str) -> str:
        """22 characters that open the part."""
        key = (kind, subject)
        if key not in self._texts:
            self._texts[key] = self._maker.secret(kind, subject).text
        return self._texts[key]


_partition: Partition | None = None  # one in each process that works, made by ``start``


def start(settings: Settings) -> None:
    """Prepare this process for ``work``: the initializer of the executor."""
    global _partition  # noqa: PLW0603 - an executor gives its initializer no other place
    keep_memory()
    key_path = settings.root / settings.site.keys
    ring = load_key_ring(key_path, os.environ)
    _partition = Partition(settings, ring, load_generations(ring, key_path))


def work(clients: Sequence[Client]) -> Result:
    """Build one partition in a process that ``start`` prepared."""
    if _partition is None:
        raise OutsideError("a worker was given work before it was prepared")
    return _partition.build(clients)


def keep_memory() -> None:
    """Keep freed memory in the process.

    glibc trims the heap after every ``zlib.compressobj`` and faults 22 pages back in for the next
    page, which doubles its cost. Other C libraries have no ``mallopt``; there it stays as it is.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(M_TRIM_THRESHOLD, KEPT)
        mallopt(M_MMAP_THRESHOLD, LARGEST_MAPPED)


@contextmanager
def workers(
    settings: Settings, jobs: int
) -> Iterator[Callable[[Iterable[list[Client]]], Iterator[Result]]]:
    """A way to build partitions: in this process, or in ``jobs`` processes of their own.

    Raises:
        OutsideError: a worker process died.
    """
    if jobs == 1:
        start(settings)
        yield lambda batches: map(work, batches)
        return
    context = get_context("spawn")  # vl-convert's threads do not survive a fork
    try:
        with ProcessPoolExecutor(jobs, context, start, (settings,)) as pool:
            yield lambda batches: pool.map(work, batches)
    except BrokenExecutor:
        hint = "it may have lacked memory; the earlier site is whole: run it again"
        raise OutsideError(f"a worker process died — hint: {hint}") from None
