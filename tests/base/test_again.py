"""Doing something again: as often as there are pauses, and only where it may help."""

from collections.abc import Callable

import pytest

from generator.base.again import again

PAUSES = (1.0, 5.0)


class Failing:
    """Fails so many times, each time with another number."""

    def __init__(self, times: int) -> None:
        self.left = times
        self.slept = list[float]()

    def __call__(self) -> str:
        """Fail, or not any more."""
        if self.left:
            self.left -= 1
            raise KeyError(self.left)
        return "done"

    def again(self, may_help: Callable[[KeyError], bool] = lambda _: True) -> str:
        """Do it again after pauses."""
        return again(self, KeyError, PAUSES, self.slept.append, may_help)


@pytest.mark.parametrize("times", range(len(PAUSES) + 1))
def test_what_goes_well_in_the_end(times: int) -> None:
    """It is answered, after as many pauses as it failed."""
    one = Failing(times)
    assert one.again() == "done"
    assert one.slept == [*PAUSES[:times]]


def test_what_fails_to_the_last() -> None:
    """After the last pause the error is raised."""
    one = Failing(9)
    with pytest.raises(KeyError, match="6"):
        one.again()
    assert one.slept == [*PAUSES]


def test_what_nothing_can_help() -> None:
    """It is not done again, nor is what fails in another way."""
    one = Failing(9)
    with pytest.raises(KeyError, match="7"):
        one.again(lambda error: error.args != (7,))
    assert one.slept == [*PAUSES[:1]]
    with pytest.raises(ZeroDivisionError):
        again(lambda: 1 // 0, KeyError, PAUSES, one.slept.append)
    assert one.slept == [*PAUSES[:1]]
