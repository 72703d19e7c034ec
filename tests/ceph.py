"""A Ceph object gateway for tests: a cluster in memory, on this machine alone, then gone.

It knows what SeaweedFS does not: bucket policies and their status, the public access block,
websites. It takes ten seconds to start, so few tests ask for it: those of that, and of what every
store promises.
"""

import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.s3 import KEY, SECRET, STARTED, Server, client_of, free_ports, wait_for

PROGRAMS = ("ceph", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin")
SETTINGS = """
[global]
fsid = {fsid}
mon initial members = a
mon host = v2:127.0.0.1:{mon}
public addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
# without keys nothing can be encrypted, which is what a gateway would ask for first
ms cluster mode = crc
ms service mode = crc
ms client mode = crc
ms mon cluster mode = crc
ms mon service mode = crc
ms mon client mode = crc
ms tcp nodelay = true
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pg autoscale mode = off
mon allow pool size one = true
# a monitor leaves where a twentieth of the disk is free: a matter of the machine, not of ours
mon data avail warn = 0
mon data avail crit = 0
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 1073741824
run dir = {folder}
admin socket = {folder}/$name.asok
log file = {folder}/$name.log
mon cluster log file = {folder}/cluster.log
keyring = {folder}/keyring
mon data = {folder}/mon
osd data = {folder}/osd
rgw data = {folder}/rgw
rgw frontends = beast endpoint=127.0.0.1:{rgw} tcp_nodelay=1
rgw enable static website = true
rgw enable apis = s3, s3website, admin
"""


@contextmanager
def radosgw(folder: Path) -> Iterator[Server]:
    """A gateway whose cluster lies in ``folder``; it answers when this returns.

    The test is skipped where Ceph is not installed, and fails there under ``CI``.
    """
    if not all(map(shutil.which, PROGRAMS)):
        if os.environ.get("CI"):
            pytest.fail("there is no Ceph: see .ci/ceph.sh")
        pytest.skip("there is no Ceph")
    mon, rgw = free_ports(2)
    fsid, osd = str(uuid.uuid4()), str(uuid.uuid4())
    text = SETTINGS.format(fsid=fsid, mon=mon, rgw=rgw, folder=folder)
    (folder / "ceph.conf").write_text(text, encoding="utf-8")
    (folder / "keyring").touch()
    for name in ("mon", "osd", "rgw"):
        (folder / name).mkdir()
    conf = ("--conf", folder / "ceph.conf")
    address = f"[v2:127.0.0.1:{mon}]"
    _run("monmaptool", "--create", "--fsid", fsid, "--addv", "a", address, folder / "monmap")
    _run("ceph-mon", *conf, "--id", "a", "--mkfs", "--monmap", folder / "monmap")
    with ExitStack() as stack:
        stack.enter_context(_running(folder, "ceph-mon", *conf, "--id", "a"))
        _run("ceph", *conf, "osd", "new", osd, needs=folder / "ceph-mon.out")
        _run("ceph-osd", *conf, "--id", "0", "--mkfs", "--osd-uuid", osd)
        stack.enter_context(_running(folder, "ceph-osd", *conf, "--id", "0"))
        keys = ("--access-key", KEY, "--secret-key", SECRET)
        _run(
            "radosgw-admin", *conf, "user", "create", "--uid", "tests", "--display-name", "t", *keys
        )
        process = stack.enter_context(_running(folder, "radosgw", *conf, "--name", "client.rgw"))
        endpoint = f"http://127.0.0.1:{rgw}"
        server = Server(endpoint, client_of(endpoint))
        wait_for(server, process, folder / "radosgw.out")
        yield server


def _run(program: str, *arguments: str | Path, needs: Path | None = None) -> None:
    """Run a program to its end; what it waits for writes into ``needs``, and is quoted."""
    try:
        done = subprocess.run(
            [program, *arguments], capture_output=True, text=True, timeout=STARTED, check=False
        )
    except subprocess.TimeoutExpired as error:
        said = needs.read_text(encoding="utf-8", errors="replace")[-2000:] if needs else ""
        raise RuntimeError(f"{program} did not end in {STARTED} s: {said}") from error
    if done.returncode:
        raise RuntimeError(f"{program}: {done.stderr[-2000:]}")


@contextmanager
def _running(
    folder: Path, program: str, *arguments: str | Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A program in the foreground, for as long as it is needed."""
    with (folder / f"{program}.out").open("wb") as out:
        command = [program, *arguments, "--foreground"]
        process = subprocess.Popen(command, stdout=out, stderr=out, cwd=folder)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
