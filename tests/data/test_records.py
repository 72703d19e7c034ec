"""A client as a value."""

import pytest

from tests.builders import make_client


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({}, "Иванов Иван Иванович"),
        ({"locale": "en"}, "Иван Иванович Иванов"),
        ({"middle_name": ""}, "Иванов Иван"),
        ({"middle_name": "", "locale": "en"}, "Иван Иванов"),
        ({"middle_name": "", "first_name": ""}, "Иванов"),
        ({"middle_name": "", "first_name": "", "locale": "en"}, "Иванов"),
    ],
)
def test_full_names(fields: dict[str, str], name: str) -> None:
    """A name stands in the order of its language, without gaps where it has fewer parts."""
    assert make_client(**fields).full_name == name
