"""The benchmark of nights: what it tells besides its measurements."""

import re
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from importlib.metadata import version
from pathlib import Path

import pytest

from bench import build
from bench.peers import Cost, peers


@pytest.mark.parametrize("words", [(), ("--without-peers",)], ids=["peers", "without"])
def test_the_versions_of_everything(
    words: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Under its table stand the versions of whatever took part, of peers only where they did."""

    def measured(*_: object, with_peers: bool) -> Iterator[tuple[str, Cost]]:
        assert with_peers is not bool(words)
        yield build.FULL, Cost(build.SOME, 1.0, 1.0, 1)

    monkeypatch.setattr(build, "base", lambda _: nullcontext(tmp_path))
    monkeypatch.setattr(build, "_round", measured)
    monkeypatch.setattr(sys, "argv", ["build", "--clients", f"{build.SOME}", "--runs", "1", *words])
    with pytest.raises(SystemExit):
        build.main()
    told = " ".join(capsys.readouterr().out.split())
    assert f"distributed {version('distributed')}" in told
    shown = [f"{peer.name} {peer.version}" in told for peer in peers()]
    assert {*shown, bool(re.search(r"node (\d+\.|is not there)", told))} == {not words}
