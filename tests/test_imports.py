"""The order of the rooms: who may import whom, read from the source."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "generator"

ROWS = {"columns", "buckets"}
"""What rooms that put down rows of clients have in common."""
VALUES = {"base", "content", "data", "strategy", "pages"}
"""The rooms in which a client's page comes to be, from the ground up."""
FILES = VALUES | {"sealing", "site"}
NIGHT = {
    "clients",
    "compare",
    "direct",
    "inputs",
    "inventory",
    "keys",
    "lots",
    "manifest",
    "night",
    "partition",
    "telling",
    "told",
    "waiting",
}
"""What a night and a watch between two nights have in common."""
TOP = {"pipeline", "undo", "watch", "withdraw"}
"""What commands call."""
MAY_IMPORT = {
    "base": set[str](),
    "briefs": set[str](),
    "columns": set[str](),
    "buckets": {"columns"},
    "sealing": {"base"},
    "cdn": {"base"},
    "publish": {"base"},
    "content": {"base"},
    "data": {"base", "content"} | ROWS,
    "strategy": {"base", "content", "data"},
    "pages": VALUES - {"pages"},
    # data for what the leak gate looks for; no strategy: a file does not ask what it means
    "site": {"base", "content", "data", "pages", "sealing"} | ROWS,
    "told": {"base", "columns"},
    "manifest": VALUES | ROWS | {"told"},
    "keys": {"base", "sealing"},
    "events": {"base"},
    "compare": {"columns", "data", "site"},
    "inputs": FILES,
    "receipts": {"base", "sealing"},
    # a manifest is a file to it: it may run where nothing else of the house is
    "send": {"base", "receipts", "sealing"},
    "proof": {"base", "receipts"},
    "stores": {"base", "cdn", "publish", "site"},
    "undo": {
        "base",
        "cdn",
        "former",
        "inputs",
        "inventory",
        "keys",
        "publish",
        "right",
        "site",
        "stores",
        "receipts",
        "telling",
        "untell",
        "waiting",
    },
    "upload": {"publish", "site"},
    "partition": FILES
    | ROWS
    | {"briefs", "compare", "keys", "manifest", "stores", "told", "upload"},
    # what the store has, while workers send to it
    "direct": {"compare", "data", "inventory", "lots", "partition", "sealing", "site", "upload"}
    | ROWS,
    # what was published, looked at from outside
    "doctor": {"base", "inventory", "publish", "sealing", "site"},
    "explain": {"columns", "compare", "data", "site"},
    # what the store had
    "former": {"base", "buckets", "inventory", "lots", "publish", "sealing", "site"},
    "clients": ROWS
    | {
        "base",
        "compare",
        "data",
        "direct",
        "explain",
        "keys",
        "manifest",
        "partition",
        "sealing",
        "site",
        "told",
    },
    "night": FILES | {"clients", "columns", "compare", "inputs", "manifest", "partition", "told"},
    # a strategy is drawn by who never sees a client or a key
    "drawing": VALUES | {"briefs"},
    "engines": {"base"},
    "gate": FILES | {"partition"},
    "lots": {"publish", "sealing", "site"} | ROWS,
    "inventory": {"base", "buckets", "lots", "publish", "sealing", "site"},
    "telling": {"receipts", "site", "told", "waiting"},
    # a manifest in the queue, of which we know no more than we noted
    "waiting": {"base", "keys", "sealing", "told"},
    "reconcile": {"base", "inventory", "lots", "publish", "sealing", "site"} | ROWS,
    "right": {"base", "inventory", "publish", "site"},
    "publishing": {
        "base",
        "cdn",
        "former",
        "inventory",
        "publish",
        "reconcile",
        "right",
        "site",
        "stores",
    },
    "deploying": {"base", "publish", "site"},
    "erase": {"base", "columns", "data", "inputs", "lots", "publish", "receipts", "sealing"}
    | {"site", "told", "waiting"},
    "untell": {"columns", "former", "sealing", "site", "telling", "told", "waiting"},
    "withdraw": {
        "base",
        "cdn",
        "erase",
        "inventory",
        "partition",
        "proof",
        "receipts",
        "sealing",
        "site",
        "stores",
        "telling",
        "waiting",
    },
    "watch": FILES | NIGHT | ROWS | {"events", "publish", "receipts", "right", "stores"},
    "building": FILES
    | NIGHT
    | {"briefs", "buckets", "drawing", "engines", "former", "gate", "publish", "stores"},
    "release": {
        "base",
        "deploying",
        "keys",
        "publish",
        "publishing",
        "receipts",
        "right",
        "site",
        "stores",
        "telling",
        "waiting",
    },
    "pipeline": FILES | NIGHT | {"building", "engines", "publishing", "release", "right", "stores"},
    "cli": FILES
    | {
        "building",
        "doctor",
        "events",
        "inputs",
        "keys",
        "partition",
        "publish",
        "publishing",
        "receipts",
        "release",
        "send",
        "stores",
    }
    | TOP,
    "__main__": {"cli"},
    "__init__": set[str](),
}
"""Of each room (a folder or module of the package), the others that it may import."""

ONLY_IN = {
    "click": {"cli"},
    "rich": {"cli"},
    "pydantic": {"base", "content", "send"},
    "yaml": {"base"},
    "polars": {
        "buckets",
        "clients",
        "compare",
        "data",
        "direct",
        "erase",
        "explain",
        "former",
        "inventory",
        "lots",
        "manifest",
        "night",
        "partition",
        "reconcile",
        "site",
        "telling",
        "told",
        "untell",
        "watch",
    },
    "polars_hash": {"compare", "data"},
    "distributed": {"engines"},
    "boto3": {"cdn", "publish", "sealing"},
    "pycurl": {"publish"},
    "urllib3": {"doctor", "proof", "publish", "send"},
    "cryptography": {"sealing"},
    "altair": {"pages"},
    "vl_convert": {"pages", "send"},
    "markdown": {"content", "send"},
    "nh3": {"content", "send"},
    "ahocorasick_rs": {"site"},
    "sqlalchemy": {"send"},
    "css_inline": {"send"},
    "PIL": {"send"},
    "msgspec": {"manifest", "send"},
    "smpp34": {"send"},
    "pywebpush": {"send"},
    "py_vapid": {"send"},
    "google": {"send"},
    "flufl": {"send"},
}
"""Of each library that has its place in the house, that place."""


PUBLISHING = ("generator.cli.publish", "generator.publish.s3", "generator.publish.control")
"""What ``sealpress publish`` needs where a store speaks S3."""
NOT_PUBLISHING = {
    "altair",
    "boto3",
    "botocore",
    "distributed",
    "generator.building",
    "generator.content",
    "generator.data",
    "generator.pages",
    "generator.send",
    "generator.strategy",
    "jinja2",
    "markdown",
    "msgspec",
    "nh3",
    "polars_hash",
    "rich",
    "sqlalchemy",
    "urllib3",
    "vl_convert",
}
"""What it can do without, and would wait for."""


class Import(NamedTuple):
    """A module that imports another, and the line on which it does."""

    module: str
    imported: str
    line: int

    def __str__(self) -> str:
        """As an editor opens it: ``generator/cli/night.py:7: generator.pipeline``."""
        return f"{MODULES[self.module].relative_to(ROOT)}:{self.line}: {self.imported}"


def module_of(path: Path) -> str:
    """The dotted name of a file of the package."""
    steps = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(steps[:-1] if steps[-1] == "__init__" and len(steps) > 2 else steps)


MODULES = {module_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imports_of(module: str, path: Path) -> Iterator[Import]:
    """Every import of a file, those inside functions too; each name of ours by its module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(module, alias.name, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno}: name the module in full"
            source = str(node.module)
            for alias in node.names:
                below = f"{source}.{alias.name}"
                yield Import(module, below if below in MODULES else source, node.lineno)


IMPORTS = [one for module, path in MODULES.items() for one in imports_of(module, path)]
OURS = [one for one in IMPORTS if one.imported.partition(".")[0] == "generator"]


def room_of(module: str) -> str:
    """The room of a module of ours; the package itself has only its version."""
    _, room = (*module.split("."), "__init__")[:2]
    return room


def test_that_there_is_something_to_hold() -> None:
    """The source was found, and imports were read from it."""
    assert len(MODULES) > 40
    assert len(OURS) > 100


def test_every_room_has_a_place_in_the_order() -> None:
    """A new room is put into the order, one that is gone is taken out."""
    assert {room_of(module) for module in MODULES} == set(MAY_IMPORT)


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_what_lies_below_it(room: str) -> None:
    """No import goes against the order."""
    allowed = MAY_IMPORT[room] | {room, "__init__"}
    mine = [one for one in OURS if room_of(one.module) == room]
    assert [str(one) for one in mine if room_of(one.imported) not in allowed] == []


def test_the_order_itself_goes_one_way() -> None:
    """Who may be imported by a room may not import that room, nor anything above it."""
    order = list(TopologicalSorter(MAY_IMPORT).static_order())
    assert order.index("base") < order.index("pages") < order.index("pipeline")
    assert order.index("pipeline") < order.index("cli") < order.index("__main__")


def test_no_module_imports_itself_by_a_detour() -> None:
    """There is no circle of modules, within a room either."""
    graph: dict[str, set[str]] = {module: set() for module in MODULES}
    for one in OURS:
        graph[one.module].add(one.imported)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


@pytest.mark.parametrize("top", ["cli", *sorted(TOP)])
def test_nobody_imports_the_top(top: str) -> None:
    """The command line is imported by nothing but its start, a night by nothing but it."""
    above = "__main__" if top == "cli" else "cli"
    importers = {room_of(one.module) for one in OURS if room_of(one.imported) == top} - {top}
    assert importers == {above}


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_library_keeps_to_its_room(library: str) -> None:
    """Click stays in the command line, ciphers in sealing, and so on."""
    users = {room_of(one.module) for one in IMPORTS if one.imported.partition(".")[0] == library}
    assert users == ONLY_IN[library]


def test_nobody_who_draws_compiles_the_chart() -> None:
    """It is compiled by hand, by who has the library for it; a night has not."""
    drawn = {one.module for one in IMPORTS if one.imported.partition(".")[0] == "altair"}
    assert drawn == {"generator.pages.chart.compiled"}
    assert [str(one) for one in OURS if one.imported in drawn] == []


def test_publishing_waits_for_nothing_that_it_does_not_need() -> None:
    """Its command starts without what builds, what draws and what prints tables."""
    names = ", ".join(PUBLISHING)
    script = f"import json, sys, {names}; print(json.dumps([*sys.modules]))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=True)
    imported = set(json.loads(done.stdout))
    assert imported >= {*PUBLISHING, "pycurl"}
    assert imported & NOT_PUBLISHING == set()
