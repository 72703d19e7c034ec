"""What is published, from the folder or from the public address."""

from pathlib import Path

import pytest

from generator.base.config import Site
from generator.base.errors import OutsideError
from generator.send.fetching import published
from tests.send.channels.gateway import Gateway, Said, gateway

LINK = "p/11/11111111111111111111"


def site(base_url: str) -> Site:
    """A site at an address."""
    names = {"name": {"ru": "Гавань"}, "contacts": {"ru": "Спросите нас."}, "locales": ["ru"]}
    return Site.model_validate({**names, "base_url": base_url})


def asked(server: Gateway, root: Path, *script: Said) -> bytes | None:
    """What one question gives."""
    server.script.extend(script)
    return published(root, site(server.address))(LINK)


def test_from_the_folder(tmp_path: Path) -> None:
    """Where the site is published on this machine; what is not there is None."""
    place = tmp_path / "build/published" / LINK
    place.parent.mkdir(parents=True)
    place.write_bytes(b"sealed")
    fetch = published(tmp_path, site("https://clients.example"))
    assert fetch(LINK) == b"sealed"
    assert fetch(f"{LINK}x") is None
    assert fetch("p") is None


def test_from_the_public_address(tmp_path: Path) -> None:
    """As readers ask, but no copy that lies in between."""
    with gateway() as server:
        assert asked(server, tmp_path, Said(200, b"sealed")) == b"sealed"
        (request,) = server.asked
        assert request.path == f"/{LINK}"
        assert request.headers["cache-control"] == "no-cache"
        for status in (403, 404, 410):
            assert asked(server, tmp_path, Said(status)) is None


def test_it_asks_again(tmp_path: Path) -> None:
    """When a server stumbles; a few times."""
    with gateway() as server:
        assert asked(server, tmp_path, Said(503), Said(0), Said(200, b"sealed")) == b"sealed"


@pytest.mark.parametrize("status", [400, 500, 0])
def test_what_is_not_known_is_no_answer(tmp_path: Path, status: int) -> None:
    """Nobody is left out because a server is ill; the address is not told."""
    with gateway() as server:
        server.usual = lambda _: Said(status)
        with pytest.raises(OutsideError, match="published site") as caught:
            asked(server, tmp_path)
        assert LINK not in str(caught.value)
        assert server.address not in str(caught.value)
