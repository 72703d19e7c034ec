"""Peers that seal pages which were rendered before: StatiCrypt and pagecrypt.

Both make their key from a password by hundreds of thousands of rounds of PBKDF2, since people
choose bad ones. With a password for each page they do so for each page.
"""

import re
import shutil
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import pbkdf2_hmac
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.padding import PKCS7

from bench.peers.cost import Command, Cost, measured
from bench.peers.pages import plain, read_pages
from bench.peers.tools import HEAP, HERE, NodeTool, counted, place, project

PASSWORD = "correct-horse-battery-staple"  # noqa: S105 - it guards invented figures
SALT = bytes(range(16)).hex()
ROUNDS = (("sha1", 1_000), ("sha256", 14_000), ("sha256", 585_000))
"""StatiCrypt's, one after the other, for it raised their number twice."""
MAC, PAGECRYPT_SALT, IV = 32, 32, 16  # bytes before the ciphertext; each has one of the first two
STATICRYPT_SEALED = re.compile(r'"staticryptEncryptedMsgUniqueVariableName":\s*"([0-9a-f]+)"')
PAGECRYPT_SEALED = re.compile(r'data-i="([^"]+)">([^<]+)<')


@dataclass(slots=True)
class StatiCrypt(NodeTool):
    """StatiCrypt: one password for all pages, by its command; or one for each, by a script.

    With one password whoever is sent it can read everybody's page: fast, but no peer of ours. Its
    command cannot do otherwise, so the script calls what the command calls, page by page.
    """

    package: str = "staticrypt"
    name: str = "StatiCrypt, one password"
    seals: bool = True
    each: bool = False
    """Whether each page has a password of its own."""

    def __post_init__(self) -> None:
        """Tell in the name which of the two it is."""
        if self.each:
            self.name = "StatiCrypt, a password each"

    def build(self, pages: Path, out: Path) -> Cost:
        """Have StatiCrypt seal the pages; rendering them first is not counted."""
        return _sealed(self, self._script if self.each else self._command, pages, out)

    def _command(self, out: Path) -> Command:
        program = self.home / "node_modules/staticrypt/cli/index.js"
        options = ["-c", "false", "--remember", "false", "--short", "--salt", SALT]
        return [program, "-r", "plain/p", "-d", out, "-p", PASSWORD, *options]

    @staticmethod
    def _script(out: Path) -> Command:
        return ["staticrypt.mjs", "plain", out, SALT]

    def text(self, out: Path, page: Mapping[str, Any]) -> str:
        """The page, opened as StatiCrypt's script in the browser opens it."""
        html = place(out, page["address"], ".html").read_text(encoding="utf-8")
        password = page["address"] if self.each else PASSWORD
        for name, rounds in ROUNDS:
            password = pbkdf2_hmac(name, password.encode(), SALT.encode(), rounds, 32).hex()
        sealed = bytes.fromhex(_found(STATICRYPT_SEALED, html)[0])[MAC:]
        opened = Cipher(algorithms.AES(bytes.fromhex(password)), modes.CBC(sealed[:IV])).decryptor()
        padding = PKCS7(128).unpadder()
        padded = opened.update(sealed[IV:]) + opened.finalize()
        return (padding.update(padded) + padding.finalize()).decode()


@dataclass(slots=True)
class Pagecrypt(NodeTool):
    """pagecrypt: its programming interface, called for each page with a password of its own."""

    package: str = "pagecrypt"
    name: str = "pagecrypt, a password each"
    seals: bool = True

    def build(self, pages: Path, out: Path) -> Cost:
        """Have pagecrypt seal the pages; rendering them first is not counted."""
        return _sealed(self, lambda target: ["pagecrypt.mjs", "plain", target], pages, out)

    def text(self, out: Path, page: Mapping[str, Any]) -> str:
        """The page, opened as pagecrypt's script in the browser opens it."""
        html = place(out, page["address"], ".html").read_text(encoding="utf-8")
        rounds, text = _found(PAGECRYPT_SEALED, html)
        sealed = b64decode(text)
        salt, rest = sealed[:PAGECRYPT_SALT], sealed[PAGECRYPT_SALT:]
        password = page["address"].encode()
        key = pbkdf2_hmac("sha256", password, salt, int(float(rounds)), 32)
        return AESGCM(key).decrypt(rest[:IV], rest[IV:], None).decode()


def _found(pattern: re.Pattern[str], html: str) -> Sequence[str]:
    match = pattern.search(html)
    if match is None:
        raise ValueError("the page is not sealed as this peer seals")
    return match.groups()


def _sealed(tool: NodeTool, command: Callable[[Path], Command], pages: Path, out: Path) -> Cost:
    """What it cost to seal the pages, which are rendered first."""
    with project(tool.home) as folder:
        for script in HERE.glob("*.mjs"):
            shutil.copy(script, folder)
        count = 0
        for page in read_pages(pages):
            path = place(folder / "plain", page["address"], ".html")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(plain(page), encoding="utf-8")
            count += 1
        cost = measured(["node", *command(out.resolve())], folder, HEAP)
        return counted(cost, out, count)
