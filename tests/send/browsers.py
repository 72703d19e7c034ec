"""The push service of npm's web-push-testing, run by node on this machine alone.

It gives subscriptions as browsers do, checks the signature of each message, opens it with the
subscription's own keys, and shows what it said.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from urllib3 import PoolManager

from tests.s3 import free_ports

ROOT = Path(__file__).resolve().parents[2]
START = """
const net = require("net"), listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (port, done) {
  return listen.call(this, port, "127.0.0.1", done);
};
const Server = require(process.argv[1] + "/src/server.js");
const { PushApiModel } = require(process.argv[1] + "/src/PushApiModel.js");
new Server(new PushApiModel(), Number(process.argv[2])).startServer();
"""
"""The package's own start, on loopback: by itself it listens everywhere."""


@dataclass(frozen=True)
class Browsers:
    """Where it answers."""

    address: str
    pool: PoolManager

    def subscribe(self, public_key: str) -> tuple[str, str]:
        """What a browser gives to who has this key, as JSON, and its name at the service."""
        answer = self.pool.request(
            "POST", f"{self.address}/subscribe", json={"applicationServerKey": public_key}
        )
        assert answer.status == 200
        data = answer.json()["data"]
        name = str(data.pop("clientHash"))
        return json.dumps(data), name

    def expire(self, name: str) -> None:
        """The browser is gone."""
        answer = self.pool.request("POST", f"{self.address}/expire-subscription/{name}")
        assert answer.status == 200

    def shown(self, name: str) -> list[str]:
        """What it was told."""
        answer = self.pool.request(
            "POST", f"{self.address}/get-notifications", json={"clientHash": name}
        )
        return list(answer.json()["data"]["messages"])


@contextmanager
def browsers() -> Iterator[Browsers]:
    """A running service; the test is skipped where there is none, and fails there under ``CI``."""
    package = _package()
    node = shutil.which("node")
    if not package or not node:
        if os.environ.get("CI"):
            pytest.fail("there is no web-push-testing: see .ci/node.sh")
        pytest.skip("there is no web-push-testing: npm ci in tests/")
    (port,) = free_ports(1)
    command = [node, "-e", START, str(package), str(port)]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process,
        PoolManager() as pool,
    ):
        try:
            assert process.stdout
            assert process.stdout.readline().startswith(b"Server running")
            yield Browsers(f"http://localhost:{port}", pool)
        finally:
            process.terminate()
            process.wait()


def _package() -> Path | None:
    folders = (os.environ.get("NODE_MODULES", ""), ROOT / "tests/node_modules")
    found = [Path(folder) / "web-push-testing" for folder in folders if folder]
    return next((folder for folder in found if folder.is_dir()), None)
