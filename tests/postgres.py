"""A real PostgreSQL for tests: made for one test or session, on this machine alone, then gone.

::

    with postgres(folder) as uri:
        psql(uri, "create table clients (client_id text)")
"""

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

ACCOUNTS = ("postgres", "nobody")
"""PostgreSQL refuses to run as root; then it runs as one of these."""
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # nobody needs one, and its path may be too long for a socket
    "fsync": "off",
    "max_connections": "20",
    "shared_buffers": "16MB",
}
TRIES = 5
"""A free port may be taken by another process before the server has it."""


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """The URI of a server with an empty database, whose files lie in ``folder``.

    The test is skipped where PostgreSQL is not installed, and fails there under ``CI``.
    """
    binaries = _binaries()
    with _home(folder) as home:
        data = str(home / "cluster")
        options = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C")
        _run(binaries / "initdb", "--pgdata", data, *options, "--no-sync")
        port = _start(binaries, home, data)
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            _run(binaries / "pg_ctl", "stop", "--pgdata", data, "--mode=immediate")


def psql(uri: str, statements: str) -> str:
    """What the server answers to ``statements``, a line a row."""
    command = [*_psql(uri), "--command", statements]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@contextmanager
def holding(uri: str, statements: str) -> Iterator[None]:
    """A session that has done ``statements`` stays open: it may hold a lock, for example."""
    pipe = subprocess.PIPE
    with subprocess.Popen(_psql(uri), text=True, stdin=pipe, stdout=pipe) as session:
        assert session.stdin
        assert session.stdout
        session.stdin.write(f"{statements};\n\\echo done\n")
        session.stdin.flush()
        assert session.stdout.readline() == "done\n"
        yield


def _psql(uri: str) -> list[str]:
    options = ("--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1")
    return [str(_binaries() / "psql"), *options, uri]


def missing(what: str) -> None:
    """Skip on a developer's machine, fail where everything must have been installed."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


def _binaries() -> Path:
    """The folder of the server's programs: in the path, or where Debian has the newest."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda it: it.parent.name)
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *map(str, reversed(debian))])
    found = shutil.which("pg_ctl", path=path)
    if not found:
        missing("PostgreSQL is not installed: sudo apt-get install postgresql")
    return Path(str(found)).resolve().parent


@contextmanager
def _home(folder: Path) -> Iterator[Path]:
    """``folder``; for root one that the server's account can reach, which pytest's are not."""
    if os.geteuid():
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    with TemporaryDirectory(prefix="postgres-") as name:
        shutil.chown(name, _account())
        yield Path(name)


def _account() -> str:
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ACCOUNTS if name in known)


def _command(*words: str | Path) -> list[str]:
    """The command, as another account where this is root's."""
    as_other = () if os.geteuid() else ("runuser", "-u", _account(), "--")
    return [*as_other, *map(str, words)]


def _run(*words: str | Path) -> None:
    done = subprocess.run(_command(*words), check=False, capture_output=True, text=True, cwd="/")
    if done.returncode:
        raise RuntimeError(f"{Path(words[0]).name} failed:\n{done.stdout}{done.stderr}")


def _start(binaries: Path, home: Path, data: str) -> int:
    """The port on which the server in ``data`` runs now."""
    for left in reversed(range(TRIES)):
        port = _free_port()
        settings = " ".join(f"-c {name}='{value}'" for name, value in SETTINGS.items())
        start = ("start", "--pgdata", data, "--log", home / "log", "--wait")
        try:
            _run(binaries / "pg_ctl", *start, "--options", f"-p {port} {settings}")
        except RuntimeError:
            if not left:
                raise
        else:
            break
    return port


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
