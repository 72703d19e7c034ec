"""Products: their tree of stages, and the questions of each stage in their order."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import Field

from generator.base.config import LocaleName, Texts, missing_locales
from generator.base.errors import Problem
from generator.base.model import Day, Slug, Strict, suggestion
from generator.content.documents import Page, read_pages, read_yaml
from generator.content.markdown import to_html


class StageEntry(Strict):
    """A stage in ``product.yaml``."""

    id: Slug
    names: Texts
    parent: Slug | None = None
    markers: tuple[str, ...] = ()
    """Codes of the bank's CRM that lead a client into this stage."""


class ProductFile(Strict):
    """``content/products/<product>/product.yaml``."""

    id: Slug
    names: Texts
    locales: Annotated[tuple[LocaleName, ...], Field(min_length=1)]
    stages: Annotated[tuple[StageEntry, ...], Field(min_length=1)]


class QuestionMeta(Strict):
    """The front matter of a question."""

    title: Annotated[str, Field(min_length=1)]
    review_by: Day
    publish_on: Day | None = None
    expire_on: Day | None = None
    tags: tuple[str, ...] = ()


class StageMeta(Strict):
    """The front matter of a stage's page."""

    title: Annotated[str, Field(min_length=1)]
    questions: tuple[Slug, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its answer, safe HTML."""

    slug: str
    title: str
    answer: str
    review_by: date


@dataclass(frozen=True, slots=True)
class StageText:
    """A stage's page in one locale; questions in the order in which clients ask them."""

    title: str
    intro: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage or sub-stage; ``path`` is ``product/stage`` or ``product/stage/sub-stage``."""

    id: str
    path: str
    names: Texts
    parent: str | None
    markers: tuple[str, ...]
    texts: dict[str, StageText]


@dataclass(frozen=True, slots=True)
class Product:
    """A product: its stages in the order of the process; ``locales[0]`` is its own language."""

    id: str
    names: Texts
    locales: tuple[str, ...]
    stages: tuple[Stage, ...]
    overdue: tuple[Problem, ...] = ()
    """Answers that were to be reviewed before the day of the build."""

    def locale_for(self, locale: str) -> str:
        """The reader's locale where the product is written in it, else the product's own."""
        return locale if locale in self.locales else self.locales[0]


def read_products(root: Path, as_of: date, problems: list[Problem]) -> tuple[Product, ...]:
    """All products of the site in ``root``, with the questions that are public on ``as_of``."""
    found = (_Reader(folder, root, as_of, problems).read() for folder in folders_of_products(root))
    return tuple(product for product in found if product)


def folders_of_products(root: Path) -> list[Path]:
    """Every folder that is to hold a product."""
    return sorted(path for path in root.glob("content/products/[!.]*") if path.is_dir())


@dataclass(slots=True)
class _Reader:
    folder: Path
    root: Path
    as_of: date
    problems: list[Problem]

    def read(self) -> Product | None:
        path = self.folder / "product.yaml"
        if not path.is_file():
            name = path.relative_to(self.root).as_posix()
            hint = "write it, or take the folder away"
            self.problems.append(Problem(name, "there is no such file", hint))
            return None
        page = read_yaml(path, self.root, ProductFile, self.problems)
        if not page:
            return None
        self._check_product(page)
        locales = page.meta.locales
        questions = read_pages(
            self.folder / "questions", self.root, locales, QuestionMeta, self.problems
        )
        stages = read_pages(self.folder / "stages", self.root, locales, StageMeta, self.problems)
        self._check_files(page, stages)
        self._check_questions(stages, questions)
        texts = {slug: self._texts(slug, pages, questions) for slug, pages in stages.items()}
        return Product(
            page.meta.id,
            page.meta.names,
            locales,
            tuple(self._stages(page.meta, texts)),
            tuple(self._overdue(questions)),
        )

    def _overdue(self, questions: dict[str, dict[str, Page[QuestionMeta]]]) -> Iterable[Problem]:
        for page in (page for pages in questions.values() for page in pages.values()):
            if _is_public(page.meta, self.as_of) and page.meta.review_by < self.as_of:
                hint = "read the answer again, then set a later date"
                yield page.document.problem(("review_by",), "the review is overdue", hint)

    def _check_product(self, page: Page[ProductFile]) -> None:
        if page.meta.id != self.folder.name:
            hint = f"write {self.folder.name}, or rename the folder"
            self.problems.append(page.document.problem(("id",), "is not the folder's name", hint))
        routes = [("names",), *(("stages", n, "names") for n in range(len(page.meta.stages)))]
        texts = [page.meta.names, *(stage.names for stage in page.meta.stages)]
        for route, names in zip(routes, texts, strict=True):
            self.problems.extend(missing_locales(page.document, route, names, page.meta.locales))
        self._check_tree(page)

    def _check_tree(self, page: Page[ProductFile]) -> None:
        stages = page.meta.stages
        parents = {stage.id: stage.parent for stage in stages}
        ids = Counter(stage.id for stage in stages)
        # a stage's own id marks it too
        markers = Counter(name for stage in stages for name in {stage.id, *stage.markers})
        for number, stage in enumerate(stages):
            route = ("stages", number)
            if ids[stage.id] > 1:
                self._add(page, (*route, "id"), "two stages have this id", "rename one of them")
            if stage.parent and stage.parent not in parents:
                hint = suggestion(stage.parent, parents)
                self._add(page, (*route, "parent"), "there is no such stage", hint)
            elif stage.parent and _is_cycle(stage.id, parents):
                hint = "follow the parents: they lead back to this stage"
                self._add(page, (*route, "parent"), "the stages form a cycle", hint)
            elif stage.parent and parents[stage.parent]:
                hint = "let it be part of the stage above, or a stage of its own"
                self._add(page, (*route, "parent"), "sub-stages go one level deep", hint)
            for place, marker in enumerate(stage.markers):
                if markers[marker] > 1:
                    hint = "a marker leads into one stage: take it out of the others"
                    self._add(page, (*route, "markers", place), "two stages have this marker", hint)

    def _add(self, page: Page[ProductFile], route: tuple[str | int, ...], *words: str) -> None:
        self.problems.append(page.document.problem(route, *words))

    def _check_files(
        self, page: Page[ProductFile], stages: dict[str, dict[str, Page[StageMeta]]]
    ) -> None:
        ids = [stage.id for stage in page.meta.stages]
        folder = self.folder.relative_to(self.root).as_posix()
        for number, stage in enumerate(ids):
            if not (self.folder / "stages" / f"{stage}.md").is_file():
                hint = f"write {folder}/stages/{stage}.md"
                problem = page.document.problem(("stages", number, "id"), "has no page", hint)
                self.problems.append(problem)
        for slug in stages.keys() - set(ids):
            name = next(iter(stages[slug].values())).name
            hint = f"add it to {folder}/product.yaml; {suggestion(slug, ids)}"
            self.problems.append(Problem(name, "there is no such stage", hint))

    def _check_questions(
        self,
        stages: dict[str, dict[str, Page[StageMeta]]],
        questions: dict[str, dict[str, Page[QuestionMeta]]],
    ) -> None:
        written = {path.name.partition(".")[0] for path in self.folder.glob("questions/*.md")}
        for page in (page for pages in stages.values() for page in pages.values()):
            counts = Counter(page.meta.questions)
            for number, slug in enumerate(page.meta.questions):
                route = ("questions", number)
                if slug not in written:
                    hint = suggestion(slug, questions)
                    problem = page.document.problem(route, "there is no such question", hint)
                    self.problems.append(problem)
                elif slug in page.meta.questions[:number] and counts[slug] > 1:
                    hint = "keep the place where clients ask it first"
                    problem = page.document.problem(route, "the question is listed twice", hint)
                    self.problems.append(problem)

    def _texts(
        self,
        stage: str,
        pages: dict[str, Page[StageMeta]],
        questions: dict[str, dict[str, Page[QuestionMeta]]],
    ) -> dict[str, StageText]:
        return {
            locale: StageText(
                page.meta.title,
                to_html(page.body, f"{self.folder.name}-stage-{stage}"),
                tuple(self._questions(page.meta.questions, locale, questions)),
            )
            for locale, page in pages.items()
        }

    def _questions(
        self,
        slugs: tuple[str, ...],
        locale: str,
        questions: dict[str, dict[str, Page[QuestionMeta]]],
    ) -> Iterable[Question]:
        for slug in slugs:
            page = questions.get(slug, {}).get(locale)
            if page and _is_public(page.meta, self.as_of):
                answer = to_html(page.body, f"{self.folder.name}-{slug}")
                yield Question(slug, page.meta.title, answer, page.meta.review_by)

    def _stages(self, meta: ProductFile, texts: dict[str, dict[str, StageText]]) -> Iterable[Stage]:
        for stage in meta.stages:
            steps = [meta.id, stage.parent, stage.id] if stage.parent else [meta.id, stage.id]
            path = "/".join(step for step in steps if step)
            own = texts.get(stage.id, {})
            yield Stage(stage.id, path, stage.names, stage.parent, stage.markers, own)


def _is_cycle(stage: str, parents: dict[str, str | None]) -> bool:
    seen = {stage}
    above = parents.get(stage)
    while above and above not in seen:
        seen.add(above)
        above = parents.get(above)
    return above is not None


def _is_public(meta: QuestionMeta, as_of: date) -> bool:
    started = meta.publish_on is None or meta.publish_on <= as_of
    return started and (meta.expire_on is None or as_of < meta.expire_on)
