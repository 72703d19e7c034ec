"""Where a site is published: what lies beside it."""

from pathlib import Path

import pytest

from generator.base.config import Publish
from generator.base.errors import InputError
from generator.publish.papers_s3 import ConditionalPapers
from generator.stores import open_papers
from tests.s3 import Server


def test_papers_of_a_folder_lie_beside_it(tmp_path: Path) -> None:
    """Not in it, where a web server would serve them; also below a folder that is not made yet."""
    open_papers(tmp_path, Publish(path=Path("build/out/"))).write("lease", b"x", None)
    assert [path.name for path in (tmp_path / "build").iterdir()] == ["out.sealpress"]
    assert (tmp_path / "build/out.sealpress/lease").read_bytes() == b"x"


def test_a_folder_that_is_a_disk_has_nothing_beside_it() -> None:
    """What lies beside it would be on another disk, where no other machine looks."""
    with pytest.raises(InputError, match=r"publish\.path: this folder is a disk by itself"):
        open_papers(Path("/"), Publish(path=Path("/proc")))


def test_papers_of_a_bucket_lie_below_its_prefix(s3_server: Server, tmp_path: Path) -> None:
    """A real server was probed; nothing else is left there."""
    bucket = s3_server.new_bucket()
    papers = open_papers(tmp_path, bucket.settings(prefix="pages"))
    assert isinstance(papers, ConditionalPapers)
    papers.write("pointer", b"x", None)
    assert bucket.files(papers=True) == {"pages/.sealpress/pointer": b"x"}


def test_netlify_has_no_papers(tmp_path: Path) -> None:
    """It takes whole sites, one after the other."""
    with pytest.raises(InputError, match="Netlify takes a whole site at once"):
        open_papers(tmp_path, Publish(store="netlify", site="x"))
