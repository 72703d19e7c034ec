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
    def spare(self) -> Path:
        """Files of the site that others took the place of, to be written over."""
        return self.root / "build" / "spare"

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
        """The last published night; what it and those before it told lies in ``told``."""
        return self.private / "state.json"

    @property
    def told(self) -> Path:
        """Marks of what the published nights told, by bucket."""
        return self.private / "told"

    @property
    def night(self) -> Path:
        """What this build will have told once it is published."""
        return self.private / "night.json"

    @property
    def telling(self) -> Path:
        """Marks of what this build will have told, by bucket."""
        return self.private / "telling"

    @property
    def queue(self) -> Path:
        """Manifests of what is published, each a file for the sender to take."""
        return self.private / "queue"

    @property
    def promise(self) -> Path:
        """There while the marks of a published night are being taken over."""
        return self.private / "telling.promise"

    @property
    def base(self) -> Path:
        """The rows of the last build, locked, by bucket."""
        return self.private / "base"

    @property
    def register(self) -> Path:
        """What each client's page was made of, where it lies and its digest, by bucket."""
        return self.private / "register"

    @property
    def about(self) -> Path:
        """Of which site the register and the common files tell."""
        return self.private / "register.json"

    @property
    def common(self) -> Path:
        """The files that are the same for everyone, with their digests."""
        return self.private / "common.json"

    @property
    def published(self) -> Path:
        """The inventory of the last publication: what the store has, by bucket."""
        return self.private / "published"

    @property
    def former(self) -> Path:
        """What was true before the last publication, for undoing it."""
        return self.private / "former"

    @property
    def journal(self) -> Path:
        """The decision to commit the staged files."""
        return self.private / "commit.json"

    @property
    def refused(self) -> Path:
        """The rows that the last night refused, whether it went on or not, by place and reason."""
        return self.private / "refused.csv"

    @property
    def refused_events(self) -> Path:
        """Why events came to nothing."""
        return self.private / "refused-events.jsonl"

    @property
    def lock(self) -> Path:
        """Held by a command while it changes the site."""
        return self.private / "lock"

    @property
    def audit_log(self) -> Path:
        """Who asked for which client's link, and when."""
        return self.private / "audit.log"
