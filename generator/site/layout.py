"""Where things lie below ``build/``: what may be public, and what never can be."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders and files of one site's build."""

    root: Path

    @property
    def site(self) -> Path:
        """What may be public, and nothing else."""
        return self.root / "build" / "site"

    @property
    def staged(self) -> Path:
        """New and changed files of a build that is not committed yet."""
        return self.root / "build" / "staged"

    @property
    def private(self) -> Path:
        """Manifest and state; readable by the owner only, and never published."""
        return self.root / "build" / "private"

    @property
    def manifest(self) -> Path:
        """Who is to be told what after this build."""
        return self.private / "manifest.jsonl"

    @property
    def state(self) -> Path:
        """What was told by the nights that were published."""
        return self.private / "state.json"

    @property
    def night(self) -> Path:
        """What this build will have told once it is published."""
        return self.private / "night.json"

    @property
    def published(self) -> Path:
        """The inventory of the last publication."""
        return self.private / "published.json"

    @property
    def journal(self) -> Path:
        """The decision to commit the staged files."""
        return self.private / "commit.json"

    @property
    def refused(self) -> Path:
        """The rows that the last build refused, by place and reason."""
        return self.private / "refused.csv"

    @property
    def lock(self) -> Path:
        """Held by a command while it changes the site."""
        return self.private / "lock"

    @property
    def audit_log(self) -> Path:
        """Who asked for which client's link, and when."""
        return self.private / "audit.log"
