"""From the built site to the store: what needs no store does not ask one."""

from pathlib import Path

import pytest

from generator.base.errors import OutsideError
from tests.nights import FRIDAY, MONDAY, build, publish
from tests.s3 import Server
from tests.sites import copy_site, lines_of, with_keys


def test_nothing_to_publish_asks_no_object_store(
    s3_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With credentials that are wrong what did not change is found so; what did is refused."""
    bucket = s3_server.new_bucket()
    site = with_keys(copy_site(tmp_path / "site"))
    settings = site / "content/site.yaml"
    place = f"publish: {{store: s3, bucket: {bucket.name}, endpoint: '{bucket.endpoint}'}}"
    settings.write_text("\n".join([*lines_of(settings), place, ""]), encoding="utf-8")
    build(site, FRIDAY)
    sent = publish(site)
    assert sent.added == len(bucket.files())
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    done = publish(site)
    assert (done.unchanged, done.is_change) == (sent.added, False)
    build(site, MONDAY)
    with pytest.raises(OutsideError):
        publish(site)
