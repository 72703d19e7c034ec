"""A deploy as Netlify tells of it."""

from dataclasses import dataclass
from typing import Any

from generator.publish.netlify.api import RETRY, STRANGE, failed
from generator.publish.netlify.files import OURS, WITH_SEALED


@dataclass(frozen=True, slots=True)
class Deploy:
    """A deploy as Netlify tells of it."""

    id: str
    state: str
    title: str = ""
    created: str = ""
    """The time, as ISO 8601 in UTC."""
    was_published: bool = False
    is_locked: bool = False
    """Whether a person stopped publishing at Netlify."""
    required: tuple[str, ...] = ()
    """SHA-1 of the contents that it lacks."""

    @property
    def has_sealed(self) -> bool:
        """Whether it is a deploy of ours with sealed files."""
        return self.title.startswith(OURS) and self.title.endswith(WITH_SEALED)


def deploy_of(data: Any) -> Deploy:  # noqa: ANN401 - JSON of a server
    """A deploy in an answer of Netlify, where null stands for what is not there.

    Raises:
        OutsideError: it is none.
    """
    try:
        return Deploy(
            id=str(data["id"]),
            state=str(data["state"]),
            title=data.get("title") or "",
            created=data.get("created_at") or "",
            was_published=bool(data.get("published_at")),
            is_locked=bool(data.get("locked")),
            required=tuple(map(str, data.get("required") or ())),
        )
    except (KeyError, TypeError, AttributeError):
        raise failed(STRANGE, RETRY) from None
