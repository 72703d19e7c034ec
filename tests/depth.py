"""How deep properties are looked into: a little in every run, far in ``make test-deep``."""

import os

from hypothesis import HealthCheck, settings

USUAL, DEEP = 12, 500
"""Examples of a property."""


def register() -> None:
    """Make both profiles known; the usual one is in force unless another is asked for."""
    usual = settings(
        deadline=None,  # no test of ours measures time
        max_examples=USUAL,
        derandomize=os.environ.get("CI") == "true",  # the same draws where nobody watches
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.register_profile("house", usual)
    settings.register_profile("deep", usual, max_examples=DEEP, derandomize=False)
    settings.load_profile("house")


def examples(usual: int) -> int:
    """How many examples a property has that has ``usual`` ones in every run."""
    return usual * settings().max_examples // USUAL
