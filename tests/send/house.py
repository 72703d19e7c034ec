"""A small site of a sender: its settings, journeys and messages, and pages that are published.

Nothing is built here: manifests are made up and signed, and pages hold what the sender looks for.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from generator.base.ids import client_mark
from generator.sealing import seal
from generator.send.approving import approve
from generator.send.planning import Proposal, plan
from generator.send.running import Done, run
from generator.send.sender import Sender, open_sender
from tests.nights import silent
from tests.send.ledger.samples import MINUTE
from tests.send.manifests import SIGNER, SITE, line, put, raw, secret

NOON = datetime(2026, 11, 28, 9, tzinfo=UTC)
"""Noon in Moscow: nobody is disturbed."""
JOURNEY: dict[str, Any] = {
    "name": {"ru": "Вести"},
    "when": {"coupon": "accrued"},
    "purpose": "service",
    "expires_after": "5d",
    "steps": [{"send": "news", "over": ["sms"]}],
}
NEWS = {
    "news.sms": "{{ name.polite }}, купон {{ reason.amount_text }}. {{ link }}",
    "news.push": "Есть новости",
    "news.email": "Купон **{{ reason.amount_text }}** начислен.",
}
FRONTS = {
    "sms": "",
    "push": "title: Новости\n",
    "email": "subject: Новости\npreheader: Кратко\ntitle: Здравствуйте\nbutton: Открыть\n",
}
OUTBOX = {
    "sms": {"kind": "sms"},
    "email": {"kind": "email", "sender": "letters@insurer.example"},
    "push": {"kind": "push"},
}


@dataclass
class House:
    """The site, and the time there."""

    root: Path
    settings: dict[str, Any] = field(default_factory=dict)
    channels: dict[str, dict[str, Any]] = field(default_factory=lambda: deepcopy(OUTBOX))
    now: datetime = NOON
    slept: list[float] = field(default_factory=list)

    # ── What it is made of ───────────────────────────────────────────────────────────────────

    def write(self) -> "House":
        """Write the settings down."""
        send = {"channels": self.channels, "signers": [SIGNER.public], **self.settings}
        site = {
            "name": {"ru": "Тихая гавань"},
            "contacts": {"ru": "Спросите нас."},
            "base_url": SITE,
            "account_url": "https://my.example.org",
            "locales": ["ru"],
            "send": send,
        }
        self._put("content/site.yaml", json.dumps(site, ensure_ascii=False))
        (self.root / "build/published").mkdir(parents=True, exist_ok=True)
        return self

    def journey(self, name: str = "news", **changes: Any) -> "House":  # noqa: ANN401 - of YAML
        """Write a journey: the usual one with these changes."""
        text = json.dumps({**JOURNEY, **changes}, ensure_ascii=False)
        self._put(f"content/journeys/{name}.yaml", text)
        return self

    def message(self, name: str, text: str, reason: str = "coupon") -> "House":
        """Write a message, as ``news.sms``."""
        front = f"---\nreason: {reason}\n{FRONTS[name.partition('.')[2]]}---\n"
        self._put(f"content/messages/{name}.md", f"{front}{text}\n")
        return self

    def publish(self, entry: Mapping[str, Any], *, shown: Mapping[str, Any] | None = None) -> None:
        """Publish a client's page; it shows ``shown`` where that differs from what is told."""
        told = {**entry, **(shown or {})}
        keys = secret(entry["client"]).keys()
        place = self.root / "build/published" / keys.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(seal(page_of(told).encode(), keys, deflate=True))

    def night(self, *lines: Mapping[str, Any], published: bool = True, **how: Any) -> Path:  # noqa: ANN401
        """A manifest in the queue, and the pages of its clients."""
        for one in lines if published else ():
            self.publish(one)
        return put(self.root / "build/private/queue", map(raw, lines), **how)

    def _put(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    # ── What is done there ───────────────────────────────────────────────────────────────────

    def clock(self) -> datetime:
        """What time it is: it goes on when somebody sleeps."""
        return self.now + timedelta(seconds=sum(self.slept))

    def later(self, time: timedelta = MINUTE) -> "House":
        """Time passes."""
        self.now += time
        return self

    @contextmanager
    def open(self) -> Iterator[Sender]:
        """Its sender."""
        with open_sender(self.root, {"TOKEN": "a-token"}) as sender:
            yield sender

    def plan(self) -> Proposal:
        """Make a plan."""
        with self.open() as sender:
            return plan(sender, self.clock(), silent)

    def approve(self) -> int:
        """Make a plan, and approve it."""
        found = self.plan()
        with self.open() as sender:
            return approve(sender, found.hash, "Vera", self.clock())

    def run(self) -> Done:
        """Hand over what was approved."""
        with self.open() as sender:
            return run(sender, self.clock, self.slept.append, silent)

    def tell(self) -> dict[str, dict[str, int]]:
        """Plan, approve and hand over; what came of it, by channel."""
        self.approve()
        done = self.run()
        done.raise_errors()
        return outcomes(done)

    def outbox(self) -> list[str]:
        """What lies in the outbox."""
        folder = self.root / "build/private/outbox"
        return [one.read_text(encoding="utf-8") for one in sorted(folder.glob("*.*"))]

    def reasons(self, client: str = "C-001") -> list[str]:
        """Of a client's messages the states, or why they were withheld."""
        with self.open() as sender:
            told = sender.ledger.story(client).chapters
            return [str(one.reason or one.state) for one in told]


def house(root: Path, **settings: Any) -> House:  # noqa: ANN401 - of YAML
    """A site with the usual journey, messages and channels."""
    made = House(root, settings).journey()
    for name, text in NEWS.items():
        made.message(name, text)
    return made.write()


def outcomes(done: Done) -> dict[str, dict[str, int]]:
    """What a run did, without what it did not."""
    found = {
        name: {k: n for k, n in one.outcomes.items() if n} for name, one in done.channels.items()
    }
    return {name: counts for name, counts in found.items() if counts}


def page_of(told: Mapping[str, Any]) -> str:
    """A page that shows what is told, and the name."""
    rows = "".join(map(_row, told["reasons"]))
    mark = client_mark(told["client"])
    return f'<header data-client="{mark}"><p>{told["name"]["full"]}</p></header>{rows}'


def _row(reason: Mapping[str, Any]) -> str:
    if reason["kind"] == "coupon":
        outcome = f'<td class="{reason["outcome"]}">{reason["amount_text"]}</td>'
        head = f"<h2>{reason['series_name']}</h2><p>{reason['policy']}</p>"
        head += f"<p>{reason['income_text']}</p>"
        row = f"<tr><td>{reason['date_text']}</td>{outcome}</tr>"
        return f"<section>{head}<table>{row}</table></section>"
    if reason["kind"] == "stage":
        return f"<section><h2>{reason['stage_name']}</h2><p>28 ноября 2011 г.</p></section>"
    return "".join(map(_policy, reason.get("policies", ())))


def _policy(policy: Mapping[str, Any]) -> str:
    head = f"<h2>{policy['series_name']}</h2><p>{policy['policy']}</p>"
    return f"<section>{head}<p>{policy['income_text']}</p></section>"


def clients(number: int, **changes: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - of JSON
    """Lines of so many clients, each with an address of their own."""
    return [_client(one, changes) for one in range(1, number + 1)]


def _client(number: int, changes: Mapping[str, Any]) -> dict[str, Any]:
    addresses = {"phone": f"+7999{number:07d}", "email": f"c{number}@client.example"}
    return line(f"C-{number:03d}", **{"addresses": addresses, **changes})


def states(sender: Sender, names: Iterable[str]) -> list[str]:
    """The states of all messages of these clients."""
    return [one.state.value for name in names for one in sender.ledger.story(name).chapters]
