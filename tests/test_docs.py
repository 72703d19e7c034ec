"""What the documents say, held against the code: commands, fields, links, examples, schema."""

import importlib
import json
import os
import pkgutil
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from hmac import digest
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

import generator.content
from generator.base import config, sending
from generator.base.model import Strict
from generator.cli import main
from generator.content import Band, Outcome
from generator.sealing.generations import NAME as JOURNAL
from generator.sealing.keyring import ENVIRONMENT
from generator.send.messages import files
from generator.site.layout import Layout
from generator.site.private import write_private
from generator.told import Told, load_told
from tests.sites import commands_of

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
SMALL = ROOT / "tests/sites/small"
VECTORS = ROOT / "tests/vectors/sealed-page-v1.json"
STARTER = ROOT / "generator/cli/starter"
ELSEWHERE = {"build", "content", "dist", "node_modules", "sites"}
"""Folders whose Markdown is not the project's own documents."""
DAY_OF_MONTH = 2
"""Of the small site's clock, so that its digest is due."""

HEADINGS = ["Context", "Options", "Decision", "Consequences", "What would change our mind"]
WORDS = {
    "client", "policy", "premium", "series", "underlying", "fixing", "observation", "barrier",
    "floor", "coupon", "outcome", "situation", "stage", "question", "page", "part", "seal",
    "open", "link", "tag", "generation", "epoch", "entry", "reason", "journey", "message",
    "ledger", "attempt", "receipt", "inquiry", "cluster", "coverage", "hold-out", "slot", "held",
    "pseudonym", "told", "staged", "commit", "partition", "band", "outlook", "scenario",
    "course", "level",
}  # fmt: skip
"""Of the house and of the code: each has its row in the glossary."""


def read(name: str) -> str:
    """A document below ``docs``."""
    return (DOCS / name).read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    """What stands under a heading of the second level."""
    assert text.count(f"\n## {heading}\n") == 1
    return text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    """The cells of each row of the tables in ``text``."""
    lines = (line for line in text.splitlines() if line.startswith("| "))
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def codes(text: str) -> set[str]:
    """What stands in backticks, and not in a block."""
    return set(re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL)))


# ── Commands ─────────────────────────────────────────────────────────────────────────────────


def commands(group: click.Group, name: str) -> Iterator[tuple[str, click.Command]]:
    """Every command by the words that call it."""
    for step, command in commands_of(group).items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {step}")
        else:
            yield f"{name} {step}", command


def options(command: click.Command) -> set[str]:
    """The options of a command, without ``--help``."""
    found = (option for option in command.params if isinstance(option, click.Option))
    return {name for option in found for name in option.opts if name.startswith("--")}


COMMANDS = {name: options(command) for name, command in commands(main, "sealpress")}
SHARED = set.intersection(*(found for found in COMMANDS.values() if "--site" in found))


def test_operators_know_every_command_with_its_options() -> None:
    """The tables of commands have each command there is, once, with just its own options."""
    told = [
        (next(iter(codes(cells[0]))), set(re.findall(r"--[a-z-]+", cells[2])))
        for name in ("operators.md", "sending.md")
        for cells in rows(section(read(name), "Commands"))
        if cells[0].startswith("`sealpress ")
    ]
    assert len(told) == len(dict(told))
    own = {name: found - SHARED if "--site" in found else found for name, found in COMMANDS.items()}
    assert dict(told) == own


def test_operators_know_the_options_of_all_commands() -> None:
    """What every command on a site takes is told once, before the table."""
    before = section(read("operators.md"), "Commands").partition("\n|")[0]
    assert len(SHARED) > 2
    for name in (*SHARED, *options(main), "--help"):
        assert f"`{name}" in before or f"`sealpress {name}`" in before


def test_no_document_names_a_command_that_is_not_there() -> None:
    """Whatever stands as ``sealpress WORD`` in code is a command."""
    named = {
        match[1]
        for path in documents()
        for match in re.finditer(r"`sealpress ([a-z]+)", path.read_text(encoding="utf-8"))
    }
    assert len(named) > 10
    assert named <= set(commands_of(main))


# ── Links ────────────────────────────────────────────────────────────────────────────────────


def documents() -> list[Path]:
    """Every Markdown file that is the project's own."""
    found = []
    for place, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if not is_elsewhere(name)]
        found += [Path(place, name) for name in names if name.endswith(".md")]
    return sorted(found)


def is_elsewhere(name: str) -> bool:
    """Whether a folder of this name holds other people's files, or files of a site."""
    return name in ELSEWHERE or name.startswith(".")


def links(path: Path) -> Iterator[tuple[str, str]]:
    """Path and anchor of each relative link of a document, outside of code."""
    text = re.sub(r"```.*?```|`[^`\n]*`", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"[a-z]+:", target):
            name, _, anchor = target.partition("#")
            yield name, anchor


def anchors(path: Path) -> set[str]:
    """What a link can point to in a document, as hosts of Markdown name its headings."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in plain}


def test_every_relative_link_leads_somewhere() -> None:
    """No link of a document points to a file or a heading that is not there."""
    found = [(path, *link) for path in documents() for link in links(path)]
    assert len(found) > 15
    lost = []
    for path, name, anchor in found:
        target = (path.parent / name).resolve() if name else path
        if not target.exists() or (anchor and anchor not in anchors(target)):
            lost.append(f"{path.relative_to(ROOT)}: {name}#{anchor}")
    assert lost == []


def test_every_document_named_in_the_source_is_there() -> None:
    """Docstrings and settings that send a reader to a document send them to one that exists."""
    folders = [*ROOT.glob("generator/**/*.py"), *ROOT.glob("themes/**/*.js"), *ROOT.glob("*.toml")]
    texts = [path.read_text(encoding="utf-8") for path in folders]
    named = {name for text in texts for name in re.findall(r"docs/[\w./-]*\w", text)}
    assert len(named) > 3
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_every_path_named_in_a_document_is_there() -> None:
    """A file of the project that stands in code exists; ``<name>`` stands for any."""
    own = r"(?:bench|content|data|docs|generator|tests|themes)/[\w./-]+"
    texts = [path.read_text(encoding="utf-8") for path in documents() if path.parent != STARTER]
    named = {code for text in texts for code in codes(text) if re.fullmatch(own, code)}
    assert len(named) > 30
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


# ── Fields ───────────────────────────────────────────────────────────────────────────────────


WRITTEN = (
    "generator.content.",
    "generator.send.journeys.",
    files.__name__,
    config.__name__,
    sending.__name__,
)
"""Where models are of what editors and operators write."""


def models(parent: type[Strict] = Strict) -> Iterator[type[Strict]]:
    """Every model of something that a person writes."""
    for module in pkgutil.iter_modules(generator.content.__path__, "generator.content."):
        importlib.import_module(module.name)
    for model in parent.__subclasses__():
        if model.__module__.startswith(WRITTEN):
            yield model
        yield from models(model)


def fields(model: type[Strict]) -> set[str]:
    """The keys of a model, as they are written."""
    return {field.alias or name for name, field in model.model_fields.items()}


def told_fields() -> dict[str, set[str]]:
    """The fields in the tables of fields, and all names in code, of what people write."""
    texts = [read(name) for name in ("editors.md", "operators.md", "sending.md")]
    named = {
        field
        for text in texts
        for table in re.findall(r"^\| field \|.*\n(?:\|.*\n)+", text, flags=re.MULTILINE)
        for cells in rows(table)[1:]
        for field in codes(cells[0])
    }
    return {"rows": named, "all": {code for text in texts for code in codes(text)}}


def test_every_field_of_a_file_is_explained() -> None:
    """Whatever can be written into content or settings stands in code in one of the three."""
    known = {(model.__name__, field) for model in models() for field in fields(model)}
    assert len(known) > 100
    told = told_fields()["all"]
    assert sorted(field for field in known if field[1] not in told) == []


def test_no_field_is_explained_that_cannot_be_written() -> None:
    """The tables of fields name nothing that the models do not have."""
    known = {field for model in models() for field in fields(model)}
    told = told_fields()["rows"]
    assert len(told) > 80
    assert told - known == set()


def test_operators_know_the_private_files(tmp_path: Path) -> None:
    """Each file that only the operator may read is told, with the keys' two and their variable."""
    layout = Layout(tmp_path)
    places = [getattr(layout, n) for n, it in vars(Layout).items() if isinstance(it, property)]
    private = {place.name for place in places if place.parent == layout.private}
    assert len(private) > 4
    named = codes(read("operators.md"))
    keys: Path = config.Site.model_fields["keys"].default
    expected = {*private, ENVIRONMENT, f"{keys}", f"{keys.parent}/{JOURNAL}"}
    assert expected - named == set()


# ── The format ───────────────────────────────────────────────────────────────────────────────


def worked_example() -> tuple[dict[str, str], str]:
    """The table of the worked example, and its file in hex."""
    text = section(read("format.md"), "A worked example")
    values = {name: value.strip("`") for name, value in rows(text)[1:]}
    return values, re.sub(r"\s", "", text.split("```")[1])


def test_the_worked_example_is_the_first_vector() -> None:
    """Every value of the worked example, those between the vector's worked out here."""
    vector = json.loads(VECTORS.read_text(encoding="utf-8"))["seal"][0]
    values, file = worked_example()
    master, secret = (bytes.fromhex(vector[name]) for name in ("master", "secret"))
    kind, subject = vector["kind"].encode(), vector["subject"].encode()
    info = b"link" + len(kind).to_bytes(2) + kind + len(subject).to_bytes(2) + subject + bytes(4)
    prk = digest(b"sealpress/1", master, "sha256")
    assert digest(prk, info + b"\x01", "sha256")[:16] == secret
    assert file == vector["envelope"]
    assert values == {
        "master key": vector["master"],
        "PRK of the master key": prk.hex(),
        "info of the link": info.hex(),
        "secret L": vector["secret"],
        "fragment": vector["link"],
        "PRK of L": digest(bytes(32), secret, "sha256").hex(),
        "address id": vector["id"],
        "path": vector["path"],
        "nonce key": vector["nonce_key"],
        "seal key": vector["seal_key"],
        "content": vector["html"].encode().hex(),
        "header": file[:8],
        "nonce": file[8:32],
        "associated data": file[:8] + vector["id"],
        "tag": file[-32:],
    }


def test_the_infos_of_the_format_make_the_vectors_keys() -> None:
    """The table of infos, followed to the letter, gives the vector's address and keys."""
    vector = json.loads(VECTORS.read_text(encoding="utf-8"))["seal"][0]
    prk = digest(bytes(32), bytes.fromhex(vector["secret"]), "sha256")
    table = rows(section(read("format.md"), "From the secret to an address and two keys"))[1:]
    made = {
        what: digest(prk, next(iter(codes(info))).encode() + b"\x01", "sha256")[: int(size)].hex()
        for what, info, size in table
    }
    assert made == {
        "address `id`": vector["id"],
        "nonce key": vector["nonce_key"],
        "seal key": vector["seal_key"],
    }


# ── The manifest ─────────────────────────────────────────────────────────────────────────────

SCHEMA: dict[str, Any] = json.loads(read("manifest.schema.json"))
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
RECEIPTS: dict[str, Any] = json.loads(read("receipt.schema.json"))


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The manifest of a night on the small site in which there is something of every kind to tell.

    Its window is a year, its digest is due, and the last night saw every series in another band.
    """
    root = tmp_path_factory.mktemp("docs") / "site"
    shutil.copytree(SMALL, root)
    with (root / "content/site.yaml").open("a", encoding="utf-8") as settings:
        settings.write(f"news_days: 366\ndigest_day: {DAY_OF_MONTH}\n")
    run(root, "keys", "new")
    run(root, "build", "--jobs", "1")
    layout = Layout(root)
    bands = load_told(layout.night).bands
    assert bands
    after = dict(zip(Band, [*list(Band)[1:], Band.ABOVE], strict=True))
    earlier = Told(bands={series: after[Band(band)].value for series, band in bands.items()})
    write_private(layout.state, earlier.as_json())
    run(root, "build", "--jobs", "1")
    return [json.loads(line) for line in layout.manifest.read_bytes().splitlines()]


def run(root: Path, *words: str) -> None:
    """Run a command on the site in ``root``."""
    done = CliRunner().invoke(main, [*words, "--site", str(root)])
    assert done.exit_code == 0, done.output


def changes(value: object, change: Callable[[Any], Iterator[None]]) -> Iterator[None]:
    """``value`` as it is in each state that ``change`` brings one of its objects to."""
    if isinstance(value, list):
        for item in value:
            yield from changes(item, change)
    elif isinstance(value, dict):
        for item in [*value.values()]:
            yield from changes(item, change)
        yield from change(value)


def without_a_field(entry: dict[str, Any]) -> Iterator[None]:
    """The object without each of its fields, one after the other."""
    for name, value in [*entry.items()]:
        del entry[name]
        yield
        entry[name] = value


def with_another_field(entry: dict[str, Any]) -> Iterator[None]:
    """The object with a field that it does not have."""
    entry["password"] = "x"  # noqa: S105 - a field no manifest may have
    yield
    del entry["password"]


def with_nothing_in_a_field(entry: dict[str, Any]) -> Iterator[None]:
    """The object with null in each of its fields."""
    for name, value in [*entry.items()]:
        entry[name] = None
        yield
        entry[name] = value


def test_every_line_of_a_manifest_is_as_the_schema_says(manifest: list[dict[str, Any]]) -> None:
    """The manifest of a real night is valid, and it has a reason of every kind."""
    errors = [error.message for entry in manifest for error in VALIDATOR.iter_errors(entry)]
    assert errors == []
    kinds = {reason["kind"] for entry in manifest for reason in entry["reasons"]}
    assert kinds == set(SCHEMA["$defs"])


@pytest.mark.parametrize("change", [without_a_field, with_another_field, with_nothing_in_a_field])
def test_a_changed_line_is_not(
    manifest: list[dict[str, Any]], change: Callable[[Any], Iterator[None]]
) -> None:
    """No object of a line may lose a field, gain one, or have one without a value."""
    tried = 0
    for original in manifest:
        entry = deepcopy(original)
        for _ in changes(entry, change):
            assert entry != original
            assert not VALIDATOR.is_valid(entry), json.dumps(entry)
            tried += 1
        assert entry == original
    assert tried > 4 * len(manifest)


@pytest.mark.parametrize(("schema", "least"), [(SCHEMA, 7), (RECEIPTS, 3)])
def test_a_schema_is_one_and_describes_every_field(schema: dict[str, Any], least: int) -> None:
    """It is valid itself, closed everywhere, and no field is without an explanation."""
    Draft202012Validator.check_schema(schema)
    found = [*objects(schema)]
    assert len(found) >= least
    for one in found:
        assert one["additionalProperties"] is False
        assert one["required"] == [*one["properties"]]
        assert all(field["description"] for field in one["properties"].values())


def objects(schema: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401 - any part of a schema
    """Every schema of an object."""
    if isinstance(schema, dict):
        if "properties" in schema:
            yield schema
        for below in schema.values():
            yield from objects(below)


@pytest.fixture(scope="module")
def receipts(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The receipts of a published night, and of a client who was revoked after it."""
    root = tmp_path_factory.mktemp("receipts") / "site"
    shutil.copytree(SMALL, root)
    for words in (["keys", "new"], ["nightly", "--jobs", "1"], ["revoke", "C-001"]):
        run(root, *words)
    places = [*root.glob("keys/receipts/*"), *Layout(root).queue.glob("*.receipt.json")]
    return [json.loads(place.read_bytes()) for place in places]


def test_receipts_are_as_the_schema_says(receipts: list[dict[str, Any]]) -> None:
    """Each kind of receipt that commands write is valid, and there is one of each."""
    validator = Draft202012Validator(RECEIPTS, format_checker=Draft202012Validator.FORMAT_CHECKER)
    errors = [error.message for one in receipts for error in validator.iter_errors(one)]
    assert errors == []
    assert sorted(one["kind"] for one in receipts) == ["publication", "withdrawal"]


@pytest.mark.parametrize("change", [without_a_field, with_another_field, with_nothing_in_a_field])
def test_a_changed_receipt_is_not(
    receipts: list[dict[str, Any]], change: Callable[[Any], Iterator[None]]
) -> None:
    """No object of a receipt may lose a field, gain one, or have one without a value."""
    validator = Draft202012Validator(RECEIPTS)
    tried = 0
    for original in receipts:
        entry = deepcopy(original)
        for _ in changes(entry, change):
            assert not validator.is_valid(entry), json.dumps(entry)
            tried += 1
    assert tried > len(receipts)


# ── Decisions and words ──────────────────────────────────────────────────────────────────────


def test_decisions_are_numbered_and_complete() -> None:
    """Each has its number, in turn, and says what it must; those that are referred to exist."""
    paths = sorted(DOCS.glob("decisions/*.md"))
    numbers = [path.name[:4] for path in paths]
    assert numbers == [f"{number:04}" for number in range(1, len(paths) + 1)]
    for path in paths:
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {path.name[:4]}. ")
        assert re.findall(r"^## (.+)$", text, flags=re.MULTILINE) == HEADINGS
    asked = re.findall(r"\((0\d{3})\)", (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert asked
    assert set(asked) <= set(numbers)


def test_the_glossary_has_each_word_once() -> None:
    """Words of the house, bands, outcomes and kinds of reasons are there; none is told twice."""
    table = [cells for cells in rows(read("glossary.md")) if cells[0] != "word"]
    heads = [word.strip("°") for cells in table for word in re.split(", ", cells[0])]
    assert len(heads) == len(set(heads))
    words = {word for head in heads for word in head.split()}
    assert WORDS - words == set()
    values = {code for cells in table for code in codes(cells[1])}
    assert {*Band, *Outcome, *SCHEMA["$defs"]} - values == set()
