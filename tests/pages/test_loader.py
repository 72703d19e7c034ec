"""The public pages as files: their size, their policies, and what they refuse to be built from."""

import json
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html import unescape
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from generator.base.errors import InputError
from generator.pages.loader import (
    LARGEST,
    STATES,
    TEXTS,
    Loader,
    Source,
    Wording,
    build_loader,
    build_not_found,
    unbroken,
)
from generator.pages.shorten import shorten
from generator.pages.theme import Asset

THEME = Path(__file__).resolve().parents[2] / "themes/default"
WORDING = Wording(
    locales=("ru", "en"),
    names={"ru": "Страховая компания «Северный берег»", "en": "North Shore Insurance"},
    contacts={
        "ru": "Спросите нас: 8 800 000-00-00, ежедневно с 8 до 22 по Москве",
        "en": "Ask us on 8 800 000-00-00, daily from 8 am to 10 pm Moscow time",
    },
)
ASSETS = {
    name: Asset(f"assets/{stem}.0123456789ab.{suffix}", name.encode())
    for name in ("page.css", "search.js", "inflate.js")
    for stem, suffix in [name.split(".")]
}


def text(name: str) -> str:
    """A file of the default theme."""
    return (THEME / name).read_text(encoding="utf-8")


def environment() -> Environment:
    """The theme's templates."""
    loader = FileSystemLoader(THEME / "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined)


def loader(wording: Wording = WORDING, assets: dict[str, Asset] = ASSETS) -> Loader:
    """The loader of the default theme."""
    script = text("scripts/open.js") + "\n" + text("scripts/loader.js")
    source = Source(script, text("styles/loader.css"))
    return build_loader(environment(), source, wording, assets)


def not_found(wording: Wording = WORDING) -> Loader:
    """The page for unknown addresses of the default theme."""
    source = Source(text("scripts/not-found.js"), text("styles/loader.css"))
    return build_not_found(environment(), source, wording, ASSETS["page.css"])


def inside(page: Loader, tag: str) -> str:
    """What stands in the last element ``tag`` of a page."""
    found = re.findall(rf"(?s)<{tag}[^>]*>(.*?)</{tag}>", page.html.decode())
    return str(found[-1])


def directives(policy: str) -> dict[str, list[str]]:
    """A policy by its directives."""
    return {name: values for name, *values in (part.split() for part in policy.split("; "))}


def test_loader_is_small() -> None:
    """With the texts of both languages and a real name and contacts it is under 12,288 bytes."""
    assert 8_000 < len(loader().html) < LARGEST == 12_288


def test_digest_is_of_the_file() -> None:
    """The published digest is the SHA-256 of what is served."""
    assert loader().digest == sha256(loader().html).hexdigest()


@pytest.mark.parametrize("page", [loader(), not_found()], ids=["loader", "not found"])
def test_policy_allows_what_stands_inside(page: Loader) -> None:
    """Script and style are allowed by the digests of their exact text, and nothing is unsafe."""
    allowed = directives(page.csp)
    for tag, directive in (("script", "script-src"), ("style", "style-src")):
        digest = b64encode(sha256(inside(page, tag).encode()).digest()).decode()
        assert f"'sha256-{digest}'" in allowed[directive]
    assert allowed["default-src"] == ["'none'"]
    for directive in ("base-uri", "form-action", "frame-ancestors"):
        assert allowed[directive] == ["'none'"]
    assert "unsafe" not in page.csp


def test_loader_policy() -> None:
    """Beyond its own digests the loader allows its own host, inline images and one policy."""
    allowed = directives(loader().csp)
    assert allowed["script-src"][1:] == ["'self'"]
    assert allowed["style-src"][1:] == ["'self'"]
    assert allowed["connect-src"] == ["'self'"]
    assert allowed["img-src"] == ["'self'", "data:"]
    assert allowed["trusted-types"] == ["sealpress"]


def test_not_found_carries_its_policy() -> None:
    """Under an unknown address no rule of the host knows it: the policy is in the file as well."""
    page = not_found()
    found = re.search(r'Content-Security-Policy" content="([^"]*)"', page.html.decode())
    assert found
    assert f"{unescape(found[1])}; frame-ancestors 'none'" == page.csp


@pytest.mark.parametrize("page", [loader(), not_found()], ids=["loader", "not found"])
def test_nothing_inline_and_no_third_party(page: Loader) -> None:
    """No handler, no style attribute, no address of another host."""
    html = page.html.decode()
    assert not re.search(r"<[^>]*\s(?:on\w+|style)=", html)
    assert not re.search(r"(?:src|href)=\"(?!/assets/|data:,)", html)
    assert not re.search(r"//\w+\.", html)


def test_same_input_same_bytes() -> None:
    """Building twice gives the same file."""
    assert loader() == loader()


@pytest.mark.parametrize("name", sorted(ASSETS))
def test_digest_covers_the_assets(name: str) -> None:
    """No asset can change without the loader's own digest changing."""
    changed = {**ASSETS, name: Asset(ASSETS[name].path, b"other")}
    assert loader(assets=changed).digest != loader().digest


def test_data_block() -> None:
    """The script is given the texts of every state in the site's order, and the pinned assets."""
    blocks = re.findall(
        r'(?s)<script type="application/json">(.*?)</script>', loader().html.decode()
    )
    data = json.loads(blocks[0])
    assert list(data["texts"]) == ["ru", "en"]
    for language, words in data["texts"].items():
        assert words["opening"] == [TEXTS[language]["opening"]]
        assert {state: words[state][0] for state in STATES} == {
            state: TEXTS[language][state] for state in STATES
        }
    digest = b64encode(sha256(b"search.js").digest()).decode()
    assert data["assets"]["search"] == ["/assets/search.0123456789ab.js", f"sha256-{digest}"]
    assert sorted(data["assets"]) == ["inflate", "search"]


def test_texts_are_complete() -> None:
    """Every language has the same texts, and none is empty."""
    assert {"ru", "en"} <= set(TEXTS)
    for words in TEXTS.values():
        assert set(words) == set(TEXTS["en"])
        assert all(words.values())


def test_markup_in_the_settings_stays_text() -> None:
    """A name or contacts with markup cannot end the data block, nor begin an element."""
    nasty = "</script><script>alert(1)</script> & <b>"
    wording = replace(WORDING, names={"ru": nasty, "en": nasty}, contacts={"ru": nasty, "en": "x"})
    for page in (loader(wording), not_found(wording)):
        assert "<script>alert" not in page.html.decode()
        assert "<b>" not in page.html.decode()
    block = loader(wording).html.decode().split('json">', 1)[1].split("</script>", 1)[0]
    assert json.loads(block)["texts"]["ru"]["site"] == nasty


def test_languages_without_texts_are_all_named() -> None:
    """Every missing language is told at once."""
    with pytest.raises(InputError) as raised:
        loader(replace(WORDING, locales=("ru", "kk", "pt_BR")))
    assert len(raised.value.problems) == 2
    assert "kk" in str(raised.value)
    assert "pt" in str(raised.value)


def test_regions_share_a_language() -> None:
    """A locale with a region takes the texts of its language and its own name."""
    wording = Wording(("en_GB",), {"en_GB": "Shore"}, {"en_GB": "Ask us"})
    assert '<html lang="en">' in loader(wording).html.decode()
    assert "<title>Shore</title>" in loader(wording).html.decode()


def test_too_large_a_loader_is_refused() -> None:
    """The limit is told with what was measured."""
    long = {"ru": "8 800 000-00-00, " * 40, "en": "x"}
    with pytest.raises(
        InputError, match=r"the loader is 1\d,\d{3} bytes, and must be under 12,288"
    ):
        loader(replace(WORDING, contacts=long))


def test_not_found_speaks_all_languages() -> None:
    """The page for unknown addresses needs no script to be read."""
    html = unescape(not_found().html.decode())
    for locale in WORDING.locales:
        assert TEXTS[locale]["missing"] in html
        assert TEXTS[locale]["missing_text"] in html
        assert unbroken(WORDING.contacts[locale]) in html


def test_a_telephone_number_stays_on_a_line() -> None:
    """Only between digits do spaces and hyphens hold together; other words may break as ever."""
    shown = unbroken("Call 8 800 000-00-00, call-centre from 8 to 22")
    assert shown == "Call 8\u00a0800\u00a0000\u201100\u201100, call-centre from 8 to 22"


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("const long=1;use(long)", "const a=1;use(a)"),
        ("const f=(first,...others)=>first+others", "const f=(a,...b)=>a+b"),
        ("const make=async name=>name.name", "const a=async name=>name.name"),
        ("const body=1;const o={body,x:2}", "const body=1,o={body,x:2}"),
        ("const key=1;const o={key:2};use(key)", "const key=1,o={key:2};use(key)"),
        ("const word='word';say(`${word}`)", "const word='word';say(`${word}`)"),
        ('const text="text /text/";use(text)', 'const a="text /text/";use(a)'),
        ("const quote=/['\"]quote/;use(quote)", "const a=/['\"]quote/;use(a)"),
        ("const half=size/2;const rest=half/3", "const a=size/2,b=a/3"),
        ("const one=()=>{go();};const{two}=one;", "const a=()=>{go()},{two}=a;"),
        ("if(x){y();}const one=1;let two=2;const six=3", "if(x){y()}const a=1;let c=2;const b=3"),
        (
            "for(const one of all){const two=one;}const six=1",
            "for(const a of all){const c=a}const b=1",
        ),
    ],
)
def test_shorten(script: str, expected: str) -> None:
    """Own names become short and declarations are joined; properties and strings stay."""
    assert shorten(script) == expected


def test_short_names_do_not_collide() -> None:
    """A short name is never one that the script already uses, nor a word of the language."""
    names = [f"name{number}" for number in range(120)]
    script = "".join(f"const {name}=a+b;" for name in names)
    declared = re.findall(r"[ ,](\w+)=", shorten(script))
    assert len(set(declared)) == 120
    assert not {"a", "b", "do", "if", "in", "of", "as"} & set(declared)
