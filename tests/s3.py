"""A real object store for tests: SeaweedFS, on this machine alone, made for a session, then gone.

::

    def test(s3_server: Server) -> None:
        bucket = s3_server.new_bucket()
        S3Store(bucket.settings(), stored_headers)
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
import pytest

from generator.base.config import Publish
from generator.publish.store import CONTROL

KEY, SECRET = "tests", "not-a-secret-of-anyone"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": KEY,
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}
IDENTITIES = {
    "identities": [
        {
            "name": "tests",
            "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        },
        {
            "name": "anonymous",
            "actions": [f"{action}:open" for action in ("Read", "Write", "List")],
        },
    ]
}
STARTED = 60.0  # seconds
PORTS = ("master", "volume", "filer", "s3")


def use_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the credentials for these servers into the environment."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@dataclass(frozen=True)
class Bucket:
    """A bucket of a server, looked into by other means than ours."""

    client: Any
    endpoint: str
    name: str

    def settings(self, **more: str) -> Publish:
        """The settings of a site that is published here."""
        return Publish.model_validate(
            {"store": "s3", "bucket": self.name, "endpoint": self.endpoint, **more}
        )

    def files(self, *, papers: bool = False) -> Mapping[str, bytes]:
        """Every object with its bytes, in the order of their keys; papers only if asked for."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        keys = [one["Key"] for page in pages for one in page.get("Contents", ())]
        return {key: self.get(key) for key in sorted(keys) if papers or CONTROL not in key}

    def get(self, key: str) -> bytes:
        """The bytes of one object."""
        body = self.client.get_object(Bucket=self.name, Key=key)["Body"]
        return bytes(body.read())

    def keep_versions(self) -> None:
        """Have the server keep, from now on, what is overwritten or deleted."""
        status = {"Status": "Enabled"}
        self.client.put_bucket_versioning(Bucket=self.name, VersioningConfiguration=status)

    def headers(self, key: str) -> Mapping[str, str]:
        """The headers with which an object is answered."""
        answer = self.client.head_object(Bucket=self.name, Key=key)
        return dict(answer["ResponseMetadata"]["HTTPHeaders"])


@dataclass(frozen=True)
class Server:
    """A running server."""

    endpoint: str
    client: Any
    _numbers: Iterator[int] = field(default_factory=count)

    def new_bucket(self, name: str = "", *, versions: bool = False) -> Bucket:
        """A bucket in which nothing lies; with ``versions`` it keeps what is overwritten.

        One that is called ``open`` is open to everybody.
        """
        name = name or f"bucket-{next(self._numbers)}"
        self.client.create_bucket(Bucket=name)
        bucket = Bucket(self.client, self.endpoint, name)
        if versions:
            bucket.keep_versions()
        return bucket


@contextmanager
def seaweedfs(folder: Path) -> Iterator[Server]:
    """A server whose files lie in ``folder``; it answers when this returns."""
    (folder / "identities.json").write_text(json.dumps(IDENTITIES), encoding="utf-8")
    ports = free_ports(2 * len(PORTS))
    named = dict(zip(PORTS, zip(ports[::2], ports[1::2], strict=True), strict=True))
    options = [
        f"-dir={folder}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-master.telemetry=false",
        "-master.volumeSizeLimitMB=256",
        "-volume.max=400",
        "-volume.preStopSeconds=0",
        "-filer",
        "-s3",
        f"-s3.config={folder / 'identities.json'}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        *(f"-{name}.port={port}" for name, (port, _) in named.items()),
        *(f"-{name}.port.grpc={grpc}" for name, (_, grpc) in named.items()),
    ]
    environment = {**os.environ, "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"}
    program = Path(sys.executable).with_name("weed")
    endpoint = f"http://127.0.0.1:{named['s3'][0]}"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, "server", *options], stdout=log, stderr=log, env=environment, cwd=folder
        )
    with ExitStack() as stack:
        stack.callback(process.wait)
        stack.callback(process.kill)
        server = Server(endpoint, client_of(endpoint))
        wait_for(server, process, folder / "log")
        yield server


def client_of(endpoint: str) -> Any:  # noqa: ANN401 - boto3 makes its types at run time
    """A client of another make, to look by."""
    return boto3.client(
        "s3", endpoint_url=endpoint, aws_access_key_id=KEY, aws_secret_access_key=SECRET,
        region_name="us-east-1",
    )  # fmt: skip


def wait_for(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait for a real object to be there: the port is open early."""
    until = time.monotonic() + STARTED
    while True:
        try:
            bucket = server.new_bucket()
            server.client.put_object(Bucket=bucket.name, Key="first", Body=b"x")
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(log.read_text(encoding="utf-8")[-4000:]) from None
            time.sleep(0.2)  # it is another process that starts
        else:
            return


def free_ports(number: int) -> list[int]:
    """So many ports on which nothing listens now."""
    with ExitStack() as stack:
        free = (socket.create_server(("127.0.0.1", 0)) for _ in range(number))
        return [int(stack.enter_context(server).getsockname()[1]) for server in free]
