"""Every way to spoil a site is told as an editor can use it: file, line, what, and how to mend it.

``python -m tests.test_broken_sites`` writes each ``expected.txt`` and the examples in
``docs/errors.md`` anew; read the difference.
"""

import re
import tempfile
from pathlib import Path

import pytest

from tests.builders import ROOT
from tests.sites import (
    BROKEN,
    DELETE,
    EXPECTED,
    SMALL,
    case_files,
    copy_site,
    files,
    lines_of,
    private_values,
    sealpress,
)

CASES = sorted(path.name for path in BROKEN.iterdir() if path.is_dir())
ACCEPTED = [case for case in CASES if case.startswith("accepted-")]
REFUSED = [case for case in CASES if case not in ACCEPTED]
DOCS = ROOT / "docs/errors.md"
EXAMPLE = re.compile(r"^([a-z0-9-]+)\n  (.+)$", re.MULTILINE)
LINE = re.compile(r"(content|data|themes)[^:]*(:[1-9]\d*:[1-9]\d*)?: .+")


def test_the_cases_are_found() -> None:
    """A folder that moved would otherwise test nothing."""
    assert len(REFUSED) >= 100
    assert len(ACCEPTED) >= 4


def test_the_small_site_is_right(tmp_path: Path) -> None:
    """What the cases spoil is without a problem itself."""
    result = sealpress("check", site=copy_site(tmp_path / "site"))
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize("case", CASES)
def test_a_case_differs_from_the_small_site(case: str) -> None:
    """A case holds no file that spoils nothing, and takes away only what is there."""
    small = files(SMALL)
    removed = lines_of(BROKEN / case / DELETE)
    assert [path for path in removed if path not in small] == []
    changed = {path: (BROKEN / case / path).read_bytes() for path in case_files(case)}
    assert [path for path, content in changed.items() if small.get(path) == content] == []
    assert changed or removed


@pytest.mark.parametrize("case", REFUSED)
def test_a_broken_site_is_told(case: str, tmp_path: Path) -> None:
    """`check` says exactly this, shows nothing of a client, writes nothing and ends with 1."""
    site = copy_site(tmp_path / "site", case)
    before = files(site)
    result = sealpress("check", site=site)
    assert result.stderr == (BROKEN / case / EXPECTED).read_text(encoding="utf-8")
    assert (result.exit_code, result.stdout) == (1, "")
    assert [value for value in private_values(SMALL, site) if value in result.stderr] == []
    assert files(site) == before


@pytest.mark.parametrize("case", ACCEPTED)
def test_an_odd_site_is_accepted(case: str, tmp_path: Path) -> None:
    """What is unusual and not wrong passes without a word on standard error."""
    site = copy_site(tmp_path / "site", case)
    before = files(site)
    result = sealpress("check", site=site)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "all is right" in result.stdout
    assert files(site) == before


@pytest.mark.parametrize("case", REFUSED)
def test_every_line_has_a_place(case: str) -> None:
    """A line is ``path:line:column: field: sentence``; the lines stand in reading order."""
    lines = lines_of(BROKEN / case / EXPECTED)
    assert lines
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    assert [line for line in lines if str(SMALL.parent) in line or "Traceback" in line] == []


def test_the_docs_show_every_case() -> None:
    """Each example in the docs is what `check` says of its case, and no case is left out."""
    shown = dict(EXAMPLE.findall(DOCS.read_text(encoding="utf-8")))
    assert sorted(shown) == REFUSED
    assert {case: line for case, line in shown.items() if line != _example(case)} == {}


def _example(case: str) -> str:
    """The line that tells most of a case: the first that has a hint."""
    lines = lines_of(BROKEN / case / EXPECTED)
    return next((line for line in lines if " — hint: " in line), lines[0])


def regenerate() -> None:
    """Write what `check` says now as what is expected of every case, and into the docs."""
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            result = sealpress("check", site=copy_site(Path(folder, "site"), case))
            (BROKEN / case / EXPECTED).write_text(result.stderr, encoding="utf-8")
    docs = DOCS.read_text(encoding="utf-8")
    docs = EXAMPLE.sub(lambda match: f"{match[1]}\n  {_example(match[1])}", docs)
    DOCS.write_text(docs, encoding="utf-8")


if __name__ == "__main__":
    regenerate()
