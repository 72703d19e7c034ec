"""SMS over a real Kannel by the ``http`` channel; the tests are in ``inside_kannel.py``."""

from pathlib import Path

from tests.send.channels.kannel import alone


def test_kannel(tmp_path: Path) -> None:
    """They hold in a network of their own."""
    assert alone(Path(__file__).with_name("inside_kannel.py"), tmp_path / "inside") == ""
