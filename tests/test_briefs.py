"""What tasks share: packed for each night anew, unpacked once by each worker."""

from datetime import date

from generator.briefs import brief_of, prepared


def test_a_brief_is_prepared_once() -> None:
    """Every task of a night finds what the first of them made."""
    made: list[date] = []

    def prepare(day: date) -> list[date]:
        made.append(day)
        return made

    brief = brief_of(date(2011, 12, 2))
    assert prepared(brief, prepare) is prepared(brief, prepare)
    assert made == [date(2011, 12, 2)]


def test_another_night_is_prepared_anew() -> None:
    """Equal settings do not make an equal night: files beside them may have changed."""
    made: list[str] = []
    first, second = brief_of("settings"), brief_of("settings")
    assert first != second
    for brief in (first, second, first):
        prepared(brief, made.append)
    assert made == ["settings"] * 3


def test_two_ways_to_prepare_do_not_meet() -> None:
    """Pages and strategies are prepared from briefs of their own, and both are kept."""
    numbers, words = brief_of(7), brief_of("seven")
    assert prepared(numbers, str) == "7"
    assert prepared(words, len) == 5
    assert prepared(numbers, str) is prepared(numbers, str)
