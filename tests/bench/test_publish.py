"""The benchmark of publishing: its sites, its store, and a run of it at a tiny size."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import run
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from bench.built import built_site, site_for
from bench.peers import measured
from bench.peers.publishers import CREDENTIALS, HugoDeploy, Publisher, Rclone, S5cmd, puts
from bench.peers.tools import PythonTool
from bench.puts import paths_in
from bench.s3 import BUCKET, REGION, SIZE
from bench.sink import Sink, sink
from generator.inventory import lots_of
from generator.publish import DirectoryStore, Publication, publish
from generator.site.layout import Layout
from tests.builders import ROOT

NUMBER = 40


@pytest.fixture
def store() -> Iterator[Sink]:
    """A new store."""
    with sink() as made:
        yield made


@pytest.fixture
def client(store: Sink) -> Any:  # noqa: ANN401 - boto3 makes its types at run time
    """What asks it by other means than ours."""
    return boto3.client(
        "s3",
        endpoint_url=store.endpoint,
        region_name=REGION,
        aws_access_key_id="tests",
        aws_secret_access_key="not-a-secret-of-anyone",  # noqa: S106 - nor is it
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
    )


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site that was built and never published."""
    built_site(tmp_path / "built", NUMBER)
    return tmp_path / "built"


def publish_here(site: Path, folder: Path) -> Publication:
    """Publish a built site to a folder."""
    layout = Layout(site)
    return publish(layout.site, DirectoryStore(folder), lots_of(layout), lambda *_: None)


def test_a_site_is_published_whole_and_then_is_the_same(site: Path, tmp_path: Path) -> None:
    """It has so many files of the right size, nearly all of clients, and records of all of them."""
    paths = sorted(paths_in(Layout(site).site))
    assert len(paths) == NUMBER
    assert sum(path.startswith("p/") for path in paths) == NUMBER - 4
    assert {(Layout(site).site / path).stat().st_size for path in paths} == {SIZE}
    assert publish_here(site, tmp_path / "store") == Publication(added=NUMBER)
    assert sorted(paths_in(tmp_path / "store")) == paths
    assert publish_here(site, tmp_path / "store") == Publication(unchanged=NUMBER)


def test_a_site_for_a_store_was_never_published(site: Path, tmp_path: Path) -> None:
    """However often a site is taken, each time all of it is to be sent."""
    settings = {"store": "directory", "path": "build/published"}
    for number in range(2):
        made = site_for(settings, site, tmp_path / f"{number}")
        assert publish_here(made, made / "build/published") == Publication(added=NUMBER)


def test_the_store_keeps_what_it_is_given(store: Sink, client: Any) -> None:  # noqa: ANN401
    """Bytes, type and MD5 come back; what was deleted, alone or with others, does not."""
    for key in ("a b", "p/1", "p/2&3"):
        client.put_object(Bucket=BUCKET, Key=key, Body=key.encode(), ContentType="text/x")
    found = client.get_object(Bucket=BUCKET, Key="a b")
    assert (found["Body"].read(), found["ContentType"]) == (b"a b", "text/x")
    assert client.head_object(Bucket=BUCKET, Key="a b")["ETag"] == found["ETag"]
    client.delete_object(Bucket=BUCKET, Key="a b")
    keys = [{"Key": key} for key in ("p/1", "p/2&3", "nothing")]
    assert len(client.delete_objects(Bucket=BUCKET, Delete={"Objects": keys})["Deleted"]) == 3
    with pytest.raises(ClientError, match="404"):
        client.head_object(Bucket=BUCKET, Key="p/1")
    assert store.told()["objects"] == 0


def test_the_store_keeps_conditions(client: Any) -> None:  # noqa: ANN401
    """An object is made once, and changed only by who knows what it was."""
    first = client.put_object(Bucket=BUCKET, Key="a", Body=b"1", IfNoneMatch="*")["ETag"]
    with pytest.raises(ClientError, match="PreconditionFailed"):
        client.put_object(Bucket=BUCKET, Key="a", Body=b"2", IfNoneMatch="*")
    client.put_object(Bucket=BUCKET, Key="a", Body=b"3", IfMatch=first)
    with pytest.raises(ClientError, match="PreconditionFailed"):
        client.put_object(Bucket=BUCKET, Key="a", Body=b"4", IfMatch=first)
    assert client.get_object(Bucket=BUCKET, Key="a")["Body"].read() == b"3"


@pytest.mark.parametrize("operation", ["list_objects_v2", "list_objects"])
def test_the_store_lists_in_pages(operation: str, client: Any) -> None:  # noqa: ANN401
    """Every key with a prefix once and in order, however few stand on a page."""
    keys = [f"{folder}/{number}" for folder in "opq" for number in range(7)]
    for key in keys:
        client.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    for size in (3, 7, 100):
        pages = client.get_paginator(operation).paginate(
            Bucket=BUCKET, Prefix="p/", PaginationConfig={"PageSize": size}
        )
        found = [one["Key"] for page in pages for one in page["Contents"]]
        assert found == [key for key in keys if key.startswith("p/")]


@pytest.mark.parametrize("how", ["ours", "boto3"])
def test_bare_puts_bring_all(how: str, site: Path, store: Sink, tmp_path: Path) -> None:
    """Both loops put every file once."""
    folder = Layout(site).site
    environment = {**CREDENTIALS, "PYTHONPATH": f"{ROOT}"}
    assert not measured(puts(how, folder, store.endpoint), tmp_path, environment).died
    told = store.told()
    assert (told["objects"], told["PUT"]) == (NUMBER, NUMBER)


@pytest.mark.parametrize("peer", [S5cmd(), Rclone(), HugoDeploy()], ids=lambda peer: peer.name)
def test_a_peer_brings_all(peer: Publisher, site: Path, store: Sink, tmp_path: Path) -> None:
    """An installed peer puts every file; one that compares sends nothing the second time."""
    assert isinstance(peer, PythonTool)
    if not peer.is_installed:
        assert os.environ.get("CI") != "true", "nothing may be skipped"
        pytest.skip("not installed: make build/bench-tools/run")
    for sent in (NUMBER, 2 * NUMBER if isinstance(peer, S5cmd) else NUMBER):
        command = peer.command(Layout(site).site, store.endpoint, tmp_path)
        assert not measured(command, tmp_path, CREDENTIALS).died
        told = store.told()
        assert (told["objects"], told["PUT"]) == (NUMBER, sent)


def test_a_tiny_run_of_it_all() -> None:
    """Every table and every line of ours is there; that limits are missed is no failure of it."""
    sizes = ("--objects", f"{NUMBER}", "--runs", "1", "--latency", "0", "1", "--unchanged", "20")
    command = [sys.executable, "-m", "bench.publish", *sizes, "--without-peers"]
    ended = run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode in (0, 1), ended.stderr
    assert "files are missing" not in ended.stdout
    assert ended.stdout.count("sealpress publish") == 3
    assert ended.stdout.count("its store alone") == 2
    assert ended.stdout.count("limit publish-") == 2
