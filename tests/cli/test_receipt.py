"""`sealpress receipt`: what was signed can be checked, by whoever has the public key."""

import json
from pathlib import Path

from generator.site.layout import Layout
from tests.sites import sealpress


def test_verify(night: Path) -> None:
    """A withdrawal's receipt is right here, and anywhere with the public key; altered it is not."""
    signed = sealpress("revoke", "C-001", "--json", site=night)
    (path,) = (night / "keys/receipts").iterdir()
    assert json.loads(path.read_bytes()) == json.loads(signed.stdout)
    assert path.stat().st_mode & 0o777 == 0o600
    right = sealpress("receipt", "verify", path, site=night)
    assert (right.exit_code, right.stderr) == (0, "")
    assert right.stdout.startswith("signature       right\n")
    assert "revoked" in right.stdout
    key = json.loads(sealpress("keys", "list", "--json", site=night).stdout)["receipts"]
    assert json.loads(sealpress("receipt", "key", "--json", site=night).stdout) == {"key": key}
    assert sealpress("receipt", "key", site=night).stdout == f"key  {key}\n"
    (night / "keys/ring.json").unlink()
    anywhere = sealpress("receipt", "verify", path, "--key", key, "--json", site=night)
    assert json.loads(anywhere.stdout) == json.loads(signed.stdout)
    path.write_text(path.read_text(encoding="utf-8").replace("revoked", "forgotten"))
    wrong = sealpress("receipt", "verify", path, "--key", key, site=night)
    assert (wrong.exit_code, wrong.stdout) == (1, "")
    assert "the signature is wrong: it was altered" in wrong.stderr


def test_a_manifest_from_which_a_client_was_taken(night: Path) -> None:
    """Its receipt names it as it is now: the sender can send what is left."""
    (receipt,) = Layout(night).queue.glob("*.receipt.json")
    before = json.loads(receipt.read_bytes())
    assert sealpress("receipt", "verify", receipt, site=night).exit_code == 0
    sealpress("revoke", "C-001", site=night)
    assert sealpress("receipt", "verify", receipt, site=night).exit_code == 0
    after = json.loads(receipt.read_bytes())
    assert after["lines"] == before["lines"] - 1
    assert {name for name in after if after[name] != before[name]} == {
        *("manifest", "lines", "signature"),
    }
