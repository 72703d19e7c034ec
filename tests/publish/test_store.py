"""Stores: every one of them keeps these promises."""

import errno
import os
from collections.abc import Callable, Mapping
from hashlib import md5
from pathlib import Path
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from generator.base.config import Publish
from generator.base.errors import InputError, OutsideError
from generator.publish import DirectoryStore, Keeping
from generator.publish.along import content_md5
from generator.publish.pace import Pace
from generator.publish.s3 import S3Store
from generator.publish.s3_versions import Versions
from generator.site.headers import stored_headers
from generator.stores import open_store
from tests.publish.conftest import both_ways, digest, files_in
from tests.s3 import Server

Read = Callable[[], Mapping[str, bytes]]
"""What lies in a store, looked at by other means than its own."""


@pytest.fixture(params=["directory", "s3", "s3 by boto3", "s3 with versions", "Ceph"])
def both(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Keeping, Read]:
    """A store of each kind, and a way to look into it; a new kind is added here."""
    if request.param == "directory":
        return DirectoryStore(tmp_path / "store"), lambda: files_in(tmp_path / "store")
    name = "ceph_server" if request.param == "Ceph" else "s3_server"
    server: Server = request.getfixturevalue(name)
    bucket = server.new_bucket(versions="versions" in request.param)
    by = {"puts": "boto3"} if "boto3" in request.param else {}
    settings = bucket.settings().model_copy(update=by)
    return S3Store(settings, stored_headers), bucket.files


@pytest.fixture
def store(both: tuple[Keeping, Read]) -> Keeping:
    """A store."""
    return both[0]


@pytest.fixture
def read(both: tuple[Keeping, Read]) -> Read:
    """What lies in the store."""
    return both[1]


def test_what_was_put_is_there(store: Keeping, read: Read) -> None:
    """Files arrive whole, whatever their bytes; nobody waits for what is not there."""
    files = {"index.html": b"a", "p/ab/cd": b"\x00\xff" * 9999, "q/x": b""}
    store.put_all(files.items())
    assert read() == files
    assert [store.get(path) for path in files] == [*files.values()]
    assert [store.has(path) for path in files] == [True] * 3
    assert (store.get("p/ab/other"), store.has("p/ab/other")) == (None, False)


def test_many_files(store: Keeping, read: Read) -> None:
    """Hundreds go at once; each arrives under its own path."""
    files = {f"p/{number % 7:02}/{number:020}": b"%d" % number for number in range(700)}
    store.put_all(files.items())
    assert read() == files
    store.delete_all(list(files)[:690])
    assert read() == dict(list(files.items())[690:])


def test_what_is_there_is_acknowledged(store: Keeping) -> None:
    """Of each file it is told once, when it is there and not before."""
    files = [(f"p/ab/{number}", b"%d" % number) for number in range(70)]
    told: list[tuple[str, str, bytes | None]] = []
    store.put_all(files, lambda path, mark: told.append((path, mark, store.get(path))))
    assert sorted(told) == sorted((path, digest(content), content) for path, content in files)


def test_putting_again_replaces(store: Keeping, read: Read) -> None:
    """The last put wins, and a shorter file has nothing of a longer one."""
    for content in (b"long content", b"short", b""):
        store.put_all([("p/ab/cd", content)])
        assert read() == {"p/ab/cd": content}


def test_what_was_deleted_is_gone(store: Keeping, read: Read) -> None:
    """A deletion takes that file only."""
    store.put_all([(path, b"x") for path in ("p/ab/cd", "p/ab/ce", "index.html")])
    store.delete_all(["p/ab/cd"])
    assert read().keys() == {"p/ab/ce", "index.html"}


def test_drafts_of_killed_runs_go_with_their_file(tmp_path: Path) -> None:
    """Half a file, or all of it, that was never published: it does not outlive a withdrawal."""
    store, folder = DirectoryStore(tmp_path / "store"), tmp_path / "store/p/ab"
    for take_away in (store.delete_all, store.erase_all):
        store.put_all([("p/ab/cd", b"x"), ("p/ab/ce", b"x")])
        (folder / ".cd.draft").write_bytes(b"draft")
        take_away(["p/ab/cd"])
        assert files_in(tmp_path / "store") == {"p/ab/ce": b"x"}


def test_deleting_what_is_not_there_does_nothing(store: Keeping, read: Read) -> None:
    """A deletion can be repeated, also in a folder that is gone, and before the first put."""
    store.delete_all(["p/ab/cd"])
    store.put_all([("p/ab/cd", b"x")])
    store.delete_all(["p/ab/cd", "other"])
    store.delete_all(["p/ab/cd"])
    store.delete_all([])
    assert read() == {}


def test_retouching_leaves_bytes_as_they_are(store: Keeping, read: Read) -> None:
    """Other headers are no other file; of nothing nothing is asked."""
    files = {f"p/ab/{number}": b"%d" % number for number in range(70)}
    store.put_all(files.items())
    store.retouch_all(files)
    store.retouch_all([])
    assert read() == files


def test_everything_that_is_there_is_listed(store: Keeping) -> None:
    """Each file once, with the MD5 of its bytes; more than one request tells; none of nothing."""
    assert list(store.list_all()) == []
    files = {f"p/{number % 7:02}/{number}": b"%d" % number for number in range(1234)}
    store.put_all(files.items())
    wanted = {path: md5(content).hexdigest() for path, content in files.items()}  # noqa: S324
    listed = list(store.list_all())
    assert len(listed) == len(files)
    assert dict(listed) == wanted


def test_a_file_can_come_back(store: Keeping, read: Read) -> None:
    """Where everything was deleted, a file can be put again."""
    store.put_all([("p/ab/cd", b"1")])
    store.delete_all(["p/ab/cd"])
    store.put_all([("p/ab/cd", b"2")])
    assert read() == {"p/ab/cd": b"2"}


def test_what_was_erased_is_gone_with_its_past(store: Keeping, read: Read) -> None:
    """No version of an erased file is left, were it overwritten or deleted; others stay."""
    contents = (b"first", b"second", b"third")
    for content in contents:
        store.put_all([("p/ab/cd", content), ("p/ab/cde", content)])
    store.delete_all(["p/ab/cd"])
    store.erase_all(["p/ab/cd", "p/ab/never"])
    found = [store.earlier("p/ab/cd", digest(content)) for content in contents]
    assert found == [None] * 3
    assert read() == {"p/ab/cde": b"third"}
    assert store.earlier("p/ab/cde", digest(b"third")) == b"third"
    assert store.erase_all(["p/ab/cd"]) == 0


def test_erasing_counts_what_went(store: Keeping, read: Read) -> None:
    """A file counts, and each version that was kept of it; a marker of a deletion does not."""
    store.put_all([("p/ab/cd", b"1"), ("p/ab/ce", b"1")])
    assert store.erase_all(["p/ab/cd", "p/ab/ce"]) == 2
    assert read() == {}
    store.put_all([("p/ab/cd", b"2")])
    assert read() == {"p/ab/cd": b"2"}


# ── The folder ───────────────────────────────────────────────────────────────────────────────


def test_an_empty_folder_goes(tmp_path: Path) -> None:
    """With its last file a folder goes too; the store's own folder stays."""
    store = DirectoryStore(tmp_path / "store")
    store.put("p/ab/cd", b"x")
    store.put("index.html", b"x")
    store.delete("p/ab/cd")
    assert not (tmp_path / "store/p/ab").exists()
    store.delete("index.html")
    assert (tmp_path / "store").is_dir()


def test_a_folder_that_another_process_took_away(tmp_path: Path) -> None:
    """Where the last file of a folder went by another way, a file can come into it all the same."""
    one, other = DirectoryStore(tmp_path / "store"), DirectoryStore(tmp_path / "store")
    one.put_all([("p/ab/cd", b"x")])
    other.delete_all(["p/ab/cd"])
    one.put_all([("p/ab/ef", b"y")])
    assert files_in(tmp_path / "store") == {"p/ab/ef": b"y"}


def full_disk(_: Path, content: bytes) -> int:
    """Stands for ``write_bytes`` on a disk that is full."""
    raise OSError(errno.ENOSPC, "No space left on device", repr(len(content)))


def test_no_reader_meets_half_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a file is written its earlier content is read; when that fails it stays, alone."""
    store = DirectoryStore(tmp_path / "store")
    store.put("p/ab/cd", b"earlier")
    target = tmp_path / "store/p/ab/cd"
    write_bytes = Path.write_bytes

    def half(path: Path, content: bytes) -> int:
        write_bytes(path, content[:3])
        assert path != target
        assert target.read_bytes() == b"earlier"
        return full_disk(path, content)

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(OutsideError, match="the store cannot be written: No space left on device"):
        store.put("p/ab/cd", b"the new content")
    assert files_in(tmp_path / "store") == {"p/ab/cd": b"earlier"}


def test_a_store_that_cannot_be_written_is_outside(tmp_path: Path) -> None:
    """Where a file stands in a folder's place, put and delete say so; a rerun may help."""
    (tmp_path / "store").mkdir()
    (tmp_path / "store/p").write_bytes(b"a file")
    store = DirectoryStore(tmp_path / "store")
    with pytest.raises(OutsideError, match="the store cannot be written"):
        store.put("p/ab/cd", b"x")
    with pytest.raises(OutsideError, match="the store cannot be written"):
        store.delete("p/ab/cd")


def test_errors_do_not_tell_the_path(tmp_path: Path) -> None:
    """An error's words are the system's reason, not an address."""
    (tmp_path / "store").write_bytes(b"a file")
    with pytest.raises(OutsideError) as caught:
        DirectoryStore(tmp_path / "store").put("p/ab/cd", b"x")
    assert "ab" not in str(caught.value).removeprefix("the store cannot be written")


def test_a_folder_keeps_what_a_publication_takes(tmp_path: Path) -> None:
    """What is overwritten or deleted can be had again, the first of it, until the next begins."""
    store = DirectoryStore(tmp_path / "store")
    store.put_all([("p/ab/cd", b"1"), ("p/ab/ce", b"1")])
    store.begin_publication()
    store.put_all([("p/ab/cd", b"2")])
    store.put_all([("p/ab/cd", b"3"), ("p/ab/new", b"1")])
    store.delete_all(["p/ab/ce"])
    assert files_in(tmp_path / "store") == {"p/ab/cd": b"3", "p/ab/new": b"1"}
    kept = {"previous/p/ab/cd": b"1", "previous/p/ab/ce": b"1"}
    assert files_in(tmp_path / "store.sealpress") == kept
    assert store.earlier("p/ab/cd", digest(b"1")) == b"1"
    assert store.earlier("p/ab/cd", digest(b"3")) == b"3"
    assert store.earlier("p/ab/cd", digest(b"2")) is None
    store.begin_publication()
    assert files_in(tmp_path / "store.sealpress") == {}
    assert store.earlier("p/ab/ce", digest(b"1")) is None


def test_a_disk_without_second_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a file has one name only, what is kept is a copy."""

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    store = DirectoryStore(tmp_path / "store")
    store.put("p/ab/cd", b"1")
    store.put("p/ab/cd", b"2")
    assert store.earlier("p/ab/cd", digest(b"1")) == b"1"


# ── The bucket ───────────────────────────────────────────────────────────────────────────────


@both_ways
def test_files_are_served_with_their_headers(puts: str, s3_server: Server) -> None:
    """Each kind of file has its type and how long it may be kept, as the server answers."""
    bucket = s3_server.new_bucket()
    store = S3Store(bucket.settings(puts=puts), stored_headers)
    paths = ["index.html", "404.html", "p/ab/cd", "q/ef", "assets/page.0a.css", "robots.txt"]
    store.put_all((path, b"x") for path in paths)
    found = {path: bucket.headers(path) for path in paths}
    assert {path: headers["content-type"] for path, headers in found.items()} == {
        "index.html": "text/html; charset=utf-8",
        "404.html": "text/html; charset=utf-8",
        "p/ab/cd": "application/octet-stream",
        "q/ef": "text/html; charset=utf-8",
        "assets/page.0a.css": "text/css; charset=utf-8",
        "robots.txt": "text/plain; charset=utf-8",
    }
    assert "immutable" in found["assets/page.0a.css"]["cache-control"]
    assert found["p/ab/cd"]["cache-control"] == "public, no-cache"
    assert "stale-while-revalidate" in found["index.html"]["cache-control"]


@both_ways
def test_headers_change_without_bytes(puts: str, s3_server: Server) -> None:
    """A retouched object has the headers of today, all of them, and only those of today."""
    bucket, today = s3_server.new_bucket(), {"Content-Type": "text/x", "Cache-Control": "no-store"}
    before = {**today, "Cache-Control": "public", "cache-tag": "sealed"}
    settings = bucket.settings(prefix="a", puts=puts)
    S3Store(settings, lambda _: before).put_all([("p/ab/cd", b"x")])
    assert bucket.headers("a/p/ab/cd")["x-amz-meta-cache-tag"] == "sealed"
    S3Store(settings, lambda _: today).retouch_all(["p/ab/cd"])
    found = bucket.headers("a/p/ab/cd")
    assert (found["content-type"], found["cache-control"]) == ("text/x", "no-store")
    assert "x-amz-meta-cache-tag" not in found
    assert bucket.files() == {"a/p/ab/cd": b"x"}


def test_what_was_altered_on_the_way_is_refused(s3_server: Server) -> None:
    """A put whose MD5 is that of other bytes: the server itself finds out, and keeps nothing."""
    bucket = s3_server.new_bucket()
    with pytest.raises(ClientError, match="BadDigest"):
        bucket.client.put_object(
            Bucket=bucket.name, Key="p/ab/cd", Body=b"y", ContentMD5=content_md5(b"x")
        )
    assert bucket.files() == {}


def test_retouching_what_is_not_there_is_told(s3_server: Server) -> None:
    """A file that somebody took away is told without its address, with a remedy."""
    store = S3Store(s3_server.new_bucket().settings(), stored_headers)
    with pytest.raises(
        OutsideError, match=r"not there any more — hint: run: sealpress publish --rec"
    ):
        store.retouch_all(["p/ab/secret"])


@both_ways
def test_cache_tags_arrive(puts: str, s3_server: Server) -> None:
    """Where the distribution reads them, each file has the tag of its kind."""
    bucket = s3_server.new_bucket()
    cdn = {"kind": "cloudfront", "distribution": "E2QWRUHEXAMPLE", "tags": True}
    store = open_store(
        Path(), Publish.model_validate({**bucket.settings(puts=puts).model_dump(), "cdn": cdn})
    )
    tags = {"index.html": "loader", "p/ab/cd": "sealed", "q/ef": "stage", "assets/a.css": "asset"}
    store.put_all((path, b"x") for path in tags)
    found = {path: bucket.headers(path)["x-amz-meta-cache-tag"] for path in tags}
    assert found == tags


def test_only_files_of_the_site_are_listed(s3_server: Server) -> None:
    """Neither what lies beside the prefix, nor what a publisher keeps for itself."""
    bucket = s3_server.new_bucket()
    for key in ("site/p/ab/cd", "site/.sealpress/lease", "other", "sitemap"):
        bucket.client.put_object(Bucket=bucket.name, Key=key, Body=b"x")
    store = S3Store(bucket.settings(prefix="site"), stored_headers)
    assert [one.path for one in store.list_all()] == ["p/ab/cd"]


def test_a_prefix_is_all_of_it(s3_server: Server) -> None:
    """Below a prefix a store sees nothing else of the bucket, and touches nothing else."""
    bucket = s3_server.new_bucket()
    whole = S3Store(bucket.settings(), stored_headers)
    part = S3Store(bucket.settings(prefix="clients/pages"), stored_headers)
    whole.put_all([("index.html", b"other")])
    part.put_all([("index.html", b"mine")])
    assert bucket.files() == {"index.html": b"other", "clients/pages/index.html": b"mine"}
    assert part.get("index.html") == b"mine"
    part.delete_all(["index.html"])
    assert bucket.files() == {"index.html": b"other"}


def test_a_bucket_with_versions_keeps_all(s3_server: Server) -> None:
    """Each version is found by its digest, also after a deletion; erasing counts them all."""
    bucket = s3_server.new_bucket(versions=True)
    store = S3Store(bucket.settings(prefix="clients"), stored_headers)
    store.must_keep()
    for content in (b"1", b"2", b"3"):
        store.put_all([("p/ab/cd", content)])
    store.delete_all(["p/ab/cd"])
    assert [store.earlier("p/ab/cd", digest(b"%d" % n)) for n in (1, 2, 3, 4)] == [
        *(b"1", b"2", b"3", None),
    ]
    assert store.erase_all(["p/ab/cd"]) == 3
    left = bucket.client.list_object_versions(Bucket=bucket.name)
    assert not left.get("Versions")
    assert not left.get("DeleteMarkers")


def test_what_lay_there_before_versioning_is_erased_too(s3_server: Server) -> None:
    """An object that is older than the bucket's versioning goes with its later versions."""
    bucket = s3_server.new_bucket()
    store = S3Store(bucket.settings(), stored_headers)
    store.put_all([("p/ab/cd", b"1")])
    bucket.keep_versions()
    store.put_all([("p/ab/cd", b"2")])
    assert store.erase_all(["p/ab/cd"]) == 2
    assert not bucket.client.list_object_versions(Bucket=bucket.name).get("Versions")


def test_a_bucket_without_versions_says_so(s3_server: Server) -> None:
    """What cannot be given back is told before anything is touched, with what helps."""
    store = S3Store(s3_server.new_bucket().settings(), stored_headers)
    with pytest.raises(InputError, match="turn versioning on") as caught:
        store.must_keep()
    assert str(caught.value).startswith("content/site.yaml: publish.bucket: ")


def test_a_server_that_knows_no_versions(
    s3_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There an object has no past: it is deleted as it is."""
    bucket = s3_server.new_bucket()
    store = S3Store(bucket.settings(), stored_headers)
    store.put_all([("p/ab/cd", b"1"), ("p/ab/ce", b"1")])

    def refuse(*_: object) -> None:
        raise ClientError({"Error": {"Code": "NotImplemented"}}, "ListObjectVersions")

    monkeypatch.setattr(Versions, "of", refuse)
    assert store.erase_all(["p/ab/cd"]) == 0
    assert bucket.files() == {"p/ab/ce": b"1"}


@pytest.mark.parametrize("code", ["AccessDenied", "InternalError"])
def test_a_version_that_is_not_deleted_is_an_error(
    code: str, s3_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When a server keeps one of them all the same it is told, without the object's name."""
    bucket = s3_server.new_bucket(versions=True)
    store = S3Store(bucket.settings(), stored_headers, Pace(sleep=lambda _: None))
    store.put_all([("p/ab/cd", b"1")])
    answer = {"Errors": [{"Key": "p/ab/cd", "Code": code}]}
    client = SimpleNamespace(
        get_paginator=bucket.client.get_paginator, delete_objects=lambda **_: answer
    )
    monkeypatch.setattr(store._special, "_versions", Versions(client, bucket.name))  # noqa: SLF001
    with pytest.raises(OutsideError, match="the store failed") as caught:
        store.erase_all(["p/ab/cd"])
    assert "ab/cd" not in str(caught.value)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "the credentials are"),
        ({"AWS_ACCESS_KEY_ID": "nobody"}, "the credentials are"),
    ],
)
def test_wrong_credentials(
    spoil: dict[str, str], told: str, s3_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told at once, without an address, and not tried again and again."""
    bucket = s3_server.new_bucket()
    for name, value in spoil.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(OutsideError, match=f"the store failed: {told}") as caught:
        S3Store(bucket.settings(), stored_headers).put_all([("p/ab/secret", b"x")])
    assert "ab/secret" not in str(caught.value)
