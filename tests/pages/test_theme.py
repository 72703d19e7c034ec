"""A theme in layers, its assets, and mistakes in templates that are told with file and line."""

import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import pytest
from jinja2 import Environment

from generator.base.errors import InputError, Problem
from generator.base.shipped import shipped
from generator.pages.theme import ONLY_SHOWN, Block, Hole, Theme, escaped, load_theme
from tests.builders import write

DEFAULT = shipped("themes") / "default"
OFFER = "themes/own/templates/offer.html"
HOSTILE = "<script>alert(\"1\")</script> & 'Co'"
ESCAPED = "&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt; &amp; &#39;Co&#39;"


def own_theme(root: Path, files: Mapping[str, str | bytes]) -> Theme:
    """The theme ``own`` of a site in ``root`` with these files, over the default one."""
    write(root / "themes/own", {"templates/.keep": "", **files})
    return load_theme(root, "own")


def english(theme: Theme) -> Environment:
    """The environment that needs no catalog."""
    return theme.environment("en", {})


def problem_of(error: pytest.ExceptionInfo[InputError]) -> Problem:
    """The one problem of an error."""
    [problem] = error.value.problems
    return problem


# ── Layers ───────────────────────────────────────────────────────────────────────────────────


def test_own_template_takes_the_place_of_the_defaults(tmp_path: Path) -> None:
    """A site overrides one template; every other stays the default's."""
    theme = own_theme(tmp_path, {"templates/offer.html": "ours"})
    environment = english(theme)
    assert theme.render(theme.template(environment, "offer.html"), {}) == "ours"
    assert theme.template(environment, "stage.html").filename == str(
        DEFAULT / "templates/stage.html"
    )


def test_own_template_may_extend_a_default_by_including_its_neighbours(tmp_path: Path) -> None:
    """An included template is the nearest one too."""
    theme = own_theme(tmp_path, {"templates/questions.html": "OUR QUESTIONS"})
    template = theme.template(english(theme), "faq.html")
    assert "OUR QUESTIONS" in theme.render(template, {"intro": ""})


def test_theme_named_like_the_default_lies_over_it(tmp_path: Path) -> None:
    """``themes/default`` of a site adds to the default theme instead of hiding it."""
    write(tmp_path / "themes/default", {"templates/offer.html": "ours"})
    theme = load_theme(tmp_path, "default")
    assert theme.folders == (DEFAULT, tmp_path / "themes/default")
    assert theme.find("templates/offer.html") == tmp_path / "themes/default/templates/offer.html"
    assert theme.find("templates/stage.html") == DEFAULT / "templates/stage.html"


def test_site_without_a_theme_gets_the_default(tmp_path: Path) -> None:
    """The default theme needs no folder of the site."""
    assert load_theme(tmp_path, "default").folders == (DEFAULT,)


def test_default_theme_is_one_layer_in_its_own_checkout() -> None:
    """Where the site's theme is the shipped one, it is not laid over itself."""
    assert load_theme(DEFAULT.parents[1], "default").folders == (DEFAULT,)


def test_unknown_theme(tmp_path: Path) -> None:
    """A theme that is not there is told by name, with what to do."""
    with pytest.raises(InputError) as error:
        load_theme(tmp_path, "nowhere")
    assert str(error.value) == (
        "themes/nowhere: there is no such theme — hint: make the folder, or set theme: default"
    )


def test_missing_source(tmp_path: Path) -> None:
    """A file that every theme needs is asked for by its path."""
    with pytest.raises(InputError, match=r"themes/scripts/none\.js: the theme lacks this file"):
        own_theme(tmp_path, {}).source("scripts/none.js")


# ── Assets ───────────────────────────────────────────────────────────────────────────────────


def test_brand_sets_variables_after_the_default_has(tmp_path: Path) -> None:
    """``styles/brand.css`` is the last word on a colour."""
    theme = own_theme(tmp_path, {"styles/brand.css": ":root { --sp-accent: #123456; }"})
    css = theme.assets["page.css"].content.decode()
    assert re.findall(r"--sp-accent:([^;}]+)", css)[-1] == "#123456"
    assert len(re.findall(r"--sp-accent:", css)) > 1


def test_page_css_holds_the_page_and_the_chart() -> None:
    """One style sheet: page and chart, without comments."""
    css = load_theme(Path("nowhere"), "default").assets["page.css"].content.decode()
    assert ".policy" in css
    assert ".sp-chart" in css
    assert "/*" not in css


def test_own_page_css_replaces_the_defaults(tmp_path: Path) -> None:
    """A theme may bring a look of its own and keep the chart's."""
    css = own_theme(tmp_path, {"styles/page.css": "p { margin: 0 }"}).assets["page.css"]
    assert css.content.startswith(b"p{margin:0}")
    assert b".sp-chart" in css.content


def test_asset_is_named_after_its_content(tmp_path: Path) -> None:
    """A name changes with the content and with nothing else, so a name can be cached for ever."""
    logo, changed = b"\x89PNG one", b"\x89PNG two"
    theme = own_theme(tmp_path / "a", {"assets/logo.png": logo})
    asset = theme.assets["logo.png"]
    assert asset.content == logo
    assert asset.path == f"assets/logo.{sha256(logo).hexdigest()[:12]}.png"
    assert own_theme(tmp_path / "b", {"assets/logo.png": logo}).assets["logo.png"] == asset
    other = own_theme(tmp_path / "c", {"assets/logo.png": changed}).assets["logo.png"]
    assert other.path != asset.path


def test_own_asset_replaces_the_defaults(tmp_path: Path) -> None:
    """A theme's script of the same name is served instead of the default's."""
    theme = own_theme(tmp_path, {"assets/search.js": "let ours = 1;  // a reason\n"})
    assert theme.assets["search.js"].content == b"let ours=1;"
    assert set(load_theme(tmp_path, "default").assets) <= set(theme.assets)


def test_licence_survives_minifying() -> None:
    """The comment that a licence asks to keep is kept."""
    asset = load_theme(Path("nowhere"), "default").assets["inflate.js"]
    assert asset.content.startswith(b"/*! fflate")
    assert b"MIT" in asset.content


def test_templates_know_where_assets_lie(tmp_path: Path) -> None:
    """``assets['page.css']`` in a template is the hashed address, from the root of the site."""
    theme = own_theme(tmp_path, {"templates/offer.html": "{{ assets['page.css'] }} {{ lang }}"})
    shown = theme.render(theme.template(english(theme), "offer.html"), {})
    assert shown == f"/{theme.assets['page.css'].path} en"


# ── Mistakes ─────────────────────────────────────────────────────────────────────────────────

UNREADABLE = {
    "{% if x %}\n{{ x }}": (2, "Unexpected end of template"),
    "\n\n{{ x | nosuchfilter }}": (3, "No filter named 'nosuchfilter'"),
    "{{ x }\n": (1, "unexpected '}'"),
    "one\n{% nosuchtag %}": (2, "unknown tag 'nosuchtag'"),
}


@pytest.mark.parametrize("text", UNREADABLE)
def test_template_that_cannot_be_read(tmp_path: Path, text: str) -> None:
    """A mistake of syntax is told with file, line and the reason."""
    theme = own_theme(tmp_path, {"templates/offer.html": text})
    with pytest.raises(InputError) as error:
        theme.template(english(theme), "offer.html")
    line, reason = UNREADABLE[text]
    problem = problem_of(error)
    assert (problem.path, problem.line, problem.column) == (OFFER, line, 1)
    assert problem.sentence.startswith("the template has a mistake: ")
    assert reason.lower() in problem.sentence.lower()


FAILING = {
    "a\n{{ nobody }}": (2, "'nobody' is undefined"),
    "\n\n{{ title.nothing }}": (3, "no attribute 'nothing'"),
    "{% if nobody %}{% endif %}": (1, "'nobody' is undefined"),
    "{% for x in nobody %}{% endfor %}": (1, "'nobody' is undefined"),
    "{{ 'a' ~ nobody }}": (1, "'nobody' is undefined"),
    "a\nb\n{% include 'no-such.html' %}": (3, "no template 'no-such.html'"),
}


@pytest.mark.parametrize("text", FAILING)
def test_template_that_asks_for_what_is_not_there(tmp_path: Path, text: str) -> None:
    """An unknown name is an error where it stands, not a hole in a client's page."""
    theme = own_theme(tmp_path, {"templates/offer.html": text})
    template = theme.template(english(theme), "offer.html")
    with pytest.raises(InputError) as error:
        theme.render(template, {"title": "T"})
    line, reason = FAILING[text]
    problem = problem_of(error)
    assert (problem.path, problem.line) == (OFFER, line)
    assert problem.sentence.startswith("cannot be rendered: ")
    assert reason in problem.sentence


def test_mistake_in_an_included_template_names_that_file(tmp_path: Path) -> None:
    """The place is where the mistake stands, not where the file is included."""
    theme = own_theme(tmp_path, {"templates/questions.html": "\n{{ nobody }}"})
    with pytest.raises(InputError) as error:
        theme.render(theme.template(english(theme), "faq.html"), {"intro": ""})
    problem = problem_of(error)
    assert (problem.path, problem.line) == ("themes/own/templates/questions.html", 2)


@pytest.mark.parametrize(
    "text",
    [
        "{% include name %}",
        '{{ {}["O\'Brien " ~ name] + 1 }}',
        "{{ name + 1 }}",
        "{{ '%d' | format(name) }}",
        "{{ 1 // zero }}",
        "{{ {}[name] | length }}",
        "{{ name.index('?') }}",
    ],
)
def test_error_never_quotes_a_value(tmp_path: Path, text: str) -> None:
    """Whatever fails on a client's value, the value does not get into the log."""
    theme = own_theme(tmp_path, {"templates/offer.html": text})
    template = theme.template(english(theme), "offer.html")
    with pytest.raises(InputError) as error:
        theme.render(template, {"name": "Зимородкова", "zero": 0})
    assert "Зимородкова" not in str(error.value)
    assert problem_of(error).path == OFFER


def test_default_template_is_named_by_its_place_in_the_program(tmp_path: Path) -> None:
    """A mistake that shows in the default theme is told by a path that can be found."""
    theme = load_theme(tmp_path, "default")
    with pytest.raises(InputError) as error:
        theme.render(theme.template(english(theme), "offer.html"), {})
    assert problem_of(error).path == "themes/default/templates/offer.html"
    assert problem_of(error).sentence == "cannot be rendered: 'title' is undefined"


def test_missing_template(tmp_path: Path) -> None:
    """A template that no folder has is told by its name."""
    theme = own_theme(tmp_path, {})
    with pytest.raises(InputError, match=r"templates/none\.html: no such template"):
        theme.template(english(theme), "none.html")


def test_check_finds_every_mistake_at_once(tmp_path: Path) -> None:
    """All templates in all locales are tried, and each mistake is told once."""
    files = {"templates/offer.html": "{% if %}", "templates/extra.html": "\n{{ x | nope }}"}
    theme = own_theme(tmp_path, files)
    with pytest.raises(InputError) as error:
        theme.check(["ru", "en", "de"])
    assert [(problem.path, problem.line) for problem in error.value.problems] == [
        ("themes", 0),
        ("themes/own/templates/extra.html", 2),
        (OFFER, 1),
    ]
    assert error.value.problems[0].sentence == "the theme has no texts in de"


def test_shipped_theme_is_right(tmp_path: Path) -> None:
    """The default theme compiles in both languages."""
    load_theme(tmp_path, "default").check(["ru", "en"])


# ── Values ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<p>{{ name }}</p>", f"<p>{ESCAPED}</p>"),
        ('<a title="{{ name }}">', f'<a title="{ESCAPED}">'),
        ("{% trans %}Hello, {{ name }}{% endtrans %}", f"Hello, {ESCAPED}"),
        ("{{ [name] | join }}", ESCAPED),
        ("{% set x %}<b>{{ name }}</b>{% endset %}{{ x }}", f"<b>{ESCAPED}</b>"),
    ],
)
def test_values_are_escaped(tmp_path: Path, text: str, shown: str) -> None:
    """A value is text wherever it stands; it never becomes a tag or ends an attribute."""
    theme = own_theme(tmp_path, {"templates/offer.html": text})
    template = theme.template(english(theme), "offer.html")
    assert theme.render(template, {"name": HOSTILE}) == shown


# ── Blocks ───────────────────────────────────────────────────────────────────────────────────


def block_of(root: Path, text: str) -> Block:
    """The block of a template with two holes, ``name`` and ``number``."""
    theme = own_theme(root, {"templates/offer.html": text})
    template = theme.template(english(theme), "offer.html")
    return theme.block(template, {"name": Hole(0), "number": Hole(1)})


def filled(block: Block, *texts: str) -> str:
    """The block with these texts in its holes."""
    return block.filled([*map(escaped, texts)]).decode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{{ name }}, {{ number }}, {{ name }}", "Anna, 7, Anna"),
        ("{{ number }}{{ name }}", "7Anna"),
        ('<a title="{{ name }}">', '<a title="Anna">'),
        ("{% if name %}{{ name }}{% else %}nobody{% endif %}", "Anna"),
        ("{% trans %}Hello, {{ name }}{% endtrans %}", "Hello, Anna"),
        ("{{ [name, number] | join('/') }}", "Anna/7"),
        ("{% set x %}<b>{{ name }}</b>{% endset %}{{ x }}", "<b>Anna</b>"),
        ("{{ name | safe }}{{ number | e }}", "Anna7"),
        ("nothing of one's own", "nothing of one's own"),
        ("", ""),
    ],
)
def test_block_is_filled_where_its_holes_are_shown(tmp_path: Path, text: str, shown: str) -> None:
    """A hole may be shown anywhere and often; the same block is filled again and again."""
    block = block_of(tmp_path, text)
    assert filled(block, "Anna", "7") == shown
    assert filled(block, "Boris", "8") == shown.replace("Anna", "Boris").replace("7", "8")


@pytest.mark.parametrize("text", ["{{ name }}", "{{ name | safe }}", "{{ name | e }}"])
def test_texts_of_a_block_are_escaped(tmp_path: Path, text: str) -> None:
    """What is put into a hole is text, whatever the template did with the hole."""
    assert filled(block_of(tmp_path, text), HOSTILE, "") == ESCAPED


def test_text_that_looks_like_a_hole_is_text(tmp_path: Path) -> None:
    """Nothing that a client's value holds is taken for a place to put another one."""
    block = block_of(tmp_path, "{{ name }}|{{ number }}")
    for name in ("{{ number }}", "%s", "{0}", "\\1"):
        assert filled(block, name, "7") == f"{name}|7"


@pytest.mark.parametrize(
    "text",
    [
        "{{ name | upper }}",
        "{{ name == 'Anna' }}",
        "{{ name != number }}",
        "{% if name in ['Anna'] %}{% endif %}",
        "{{ '%s' | format(name) }}",
        "{{ name | string }}",
        "{{ 'No. ' ~ name }}",
        "{{ name | replace('a', 'b') }}",
    ],
)
def test_hole_can_only_be_shown(tmp_path: Path, text: str) -> None:
    """What would hold for one client and be shown to all is refused, where it stands."""
    with pytest.raises(InputError) as error:
        block_of(tmp_path, f"\n{text}")
    problem = problem_of(error)
    assert (problem.path, problem.line) == (OFFER, 2)
    assert problem.sentence == f"cannot be rendered: {ONLY_SHOWN}"


@pytest.mark.parametrize("text", ["{{ name | length }}", "{{ name > 1 }}", "{{ {name: 1} }}"])
def test_hole_has_no_length_or_order(tmp_path: Path, text: str) -> None:
    """Whatever else is asked of a hole is an error too."""
    with pytest.raises(InputError, match=r"offer\.html:1:1: cannot be rendered: TypeError"):
        block_of(tmp_path, text)


def test_included_template_knows_what_all_templates_know(tmp_path: Path) -> None:
    """What is shared reaches a template and those that it includes."""
    files = {
        "templates/offer.html": "{{ site }}{% include 'more.html' %}",
        "templates/more.html": " {{ site }} {{ lang }} {% trans %}yes{% endtrans %}",
    }
    theme = own_theme(tmp_path, files)
    environment = theme.environment("en", {"site": "Shore"})
    assert theme.render(theme.template(environment, "offer.html"), {}) == "Shore Shore en yes"
