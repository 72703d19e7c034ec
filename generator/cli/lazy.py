"""Groups of commands, each of which is imported when it is called."""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click


class Lazy(click.Group):
    """A group that imports a command when it is called: most need little of the whole."""

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 - click's own
        package: str = "",
        where: Mapping[str, str] | None = None,
        **kwargs: Any,  # noqa: ANN401 - click's own
    ) -> None:
        """``where`` has of each command the module of ``package``, and what it is called there."""
        super().__init__(*args, **kwargs)
        self._package, self._where = package, dict(where or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands, in their order."""
        del ctx
        return list(self._where)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported."""
        del ctx
        if cmd_name not in self._where:
            return None
        module, _, name = self._where[cmd_name].partition(".")
        with _without_looking_for_garbage():
            command: click.Command = getattr(import_module(f"{self._package}.{module}"), name)
        return command


@contextmanager
def _without_looking_for_garbage() -> Iterator[None]:
    """Modules are none: to look through them again and again costs a sixth of the start.

    And a tenth of the end, where all that is left is looked through.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
