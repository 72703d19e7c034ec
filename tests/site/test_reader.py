"""Opening a page as a browser does: parts in their places, failures told where they are."""

from pathlib import Path

import pytest

from generator.base.errors import LinkError, NotFoundError, OpenError
from generator.sealing import Secret, SecretMaker, link_fragment, seal
from generator.site.reader import fetch_from, open_page
from tests.builders import write

MAKER = SecretMaker(bytes(32))
HOST = "https://clients.example.org/#"
LOST = "<p>[no page lies at this address: the link was revoked, expired or never made]</p>"
ALTERED = "<p>[the page was altered, or belongs to another link]</p>"
FOREIGN = "<p>[this is not a sealed page of a known version]</p>"


def secret(name: str) -> Secret:
    """The secret of a part."""
    return MAKER.secret("part", name)


def slot(name: str, inside: str = "") -> str:
    """A slot for a part."""
    return f'<div class="slot" data-part="{secret(name).text}" aria-busy="true">{inside}</div>'


def sealed(pages: dict[str, str]) -> dict[str, bytes]:
    """Sealed files by their paths."""
    found = {}
    for name, html in pages.items():
        keys = secret(name).keys()
        found[keys.path] = seal(html.encode(), keys, deflate=True)
    return found


def opened(root: Path, **pages: str) -> str:
    """What is behind the link of the page called ``page``."""
    write(root, sealed(pages))
    return open_page(HOST + link_fragment(secret("page"), "k7Q"), fetch_from(root))


def test_a_page_without_parts(tmp_path: Path) -> None:
    """A page comes as it was sealed."""
    assert opened(tmp_path, page="<h1>Иванов</h1>") == "<h1>Иванов</h1>"


@pytest.mark.parametrize("inside", ["", "Подождите…", "\n  "])
def test_a_part_is_put_into_its_slot(tmp_path: Path, inside: str) -> None:
    """A slot keeps its element, and what it said while waiting gives way to the part."""
    html = opened(tmp_path, page=f"<p>a</p>{slot('one', inside)}<p>b</p>", one="<b>1</b>")
    assert html == f"<p>a</p>{slot('one', '<b>1</b>')}<p>b</p>"


def test_a_part_may_stand_in_many_slots(tmp_path: Path) -> None:
    """Slots are filled one by one, the same part twice too, with any text."""
    html = opened(tmp_path, page=slot("one") + slot("two") + slot("one"), one=r"\1\g<0>$1", two="")
    assert html == slot("one", r"\1\g<0>$1") + slot("two") + slot("one", r"\1\g<0>$1")


def test_parts_nest_three_deep(tmp_path: Path) -> None:
    """A part in a part in a part is there; what lies deeper is refused, as by the browser."""
    html = opened(tmp_path, page=slot("a"), a=slot("b"), b=slot("c"), c="c" + slot("d"), d="deep")
    assert html == slot("a", slot("b", slot("c", "c" + slot("d", FOREIGN))))


def test_a_part_in_itself_comes_to_an_end(tmp_path: Path) -> None:
    """A part that names itself is opened three times and no more."""
    html = opened(tmp_path, page=slot("page"))
    assert html == slot("page", slot("page", slot("page", slot("page", FOREIGN))))


def test_a_part_that_fails_says_so_in_its_place(tmp_path: Path) -> None:
    """What is missing, altered or not whole is told in its slot; the rest of the page is there."""
    files = sealed({"altered": "x", "foreign": "x"})
    write(tmp_path, {path: content[:-1] + b"x" for path, content in files.items()})
    write(tmp_path, {secret("foreign").keys().path: b"no sealed file"})
    cut = '<div data-part="G6wFjNehjs9Cih8UWvSWC"></div>'
    html = opened(
        tmp_path, page=slot("lost") + slot("altered") + slot("foreign") + cut + "<p>a</p>"
    )
    assert html == (
        slot("lost", LOST)
        + slot("altered", ALTERED)
        + slot("foreign", FOREIGN)
        + cut.replace("><", "><p>[incomplete]</p><")
        + "<p>a</p>"
    )


@pytest.mark.parametrize("link", ["", HOST, HOST + "G6wFjNehjs9Cih8UWvSWC", "https://example.org/"])
def test_a_cut_link_is_told(tmp_path: Path, link: str) -> None:
    """A link that is not whole opens nothing."""
    with pytest.raises(LinkError):
        open_page(link, fetch_from(tmp_path))


def test_a_revoked_link_is_told(tmp_path: Path) -> None:
    """Where nothing lies any more, the reasons are named."""
    with pytest.raises(NotFoundError, match="revoked, expired or never made"):
        open_page(HOST + secret("page").text, fetch_from(tmp_path))


def test_an_altered_page_is_told(tmp_path: Path) -> None:
    """Of a page that was touched nothing is shown."""
    write(tmp_path, {path: content + b"x" for path, content in sealed({"page": "x"}).items()})
    with pytest.raises(OpenError, match="altered"):
        open_page(HOST + secret("page").text, fetch_from(tmp_path))
