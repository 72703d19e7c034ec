"""Markdown: all of the dialect that editors know, and nothing that acts."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.content.markdown import to_html

ACTIVE = {
    *("script", "style", "iframe", "object", "embed", "form", "input", "button", "svg", "math"),
    *("link", "meta", "base", "template", "img", "video", "audio", "noscript", "frame", "body"),
}
SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
HARMLESS = {"http", "https", "mailto", "tel"}


class Elements(HTMLParser):
    """The elements of a fragment, as a browser's parser finds them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.found.append((tag, {name: value or "" for name, value in attrs}))


def acting(html: str) -> list[str]:
    """What in a fragment could act, load, or reach into the page around it."""
    found = []
    for tag, attributes in Elements(html).found:
        found += [tag] if tag in ACTIVE else []
        found += [
            f"{tag} {name}" for name in attributes if name.startswith(("on", "data-", "style"))
        ]
        found += [f"{tag} {name}" for name in ("src", "srcdoc", "formaction") if name in attributes]
        href = re.sub(r"[\t\r\n]", "", attributes.get("href", "")).lstrip(
            "".join(map(chr, range(33)))
        )
        scheme = SCHEME.match(href)  # as the URL standard reads it
        found += [f"{tag} href"] if scheme and scheme[1].lower() not in HARMLESS else []
        found += [] if attributes.get("id", "x-").startswith("x-") else [f"{tag} id"]
    return found


XSS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    '<img src="x" onerror="alert(1)">',
    "<img src=x onerror=alert(1)//",
    '<p onclick="alert(1)">a</p>',
    '<a href="https://example.org" onmouseover=alert(1)>a</a>',
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](&#106;avascript:alert(1))",
    "[a](java\tscript:alert(1))",
    '<a href="jav&#x09;ascript:alert(1)">a</a>',
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "[a](vbscript:msgbox)",
    "[a]: javascript:alert(1)\n\n[b][a]",
    "<javascript:alert(1)>",
    "![a](javascript:alert(1))",
    '<iframe src="https://evil.example"></iframe>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "<style>body { background: url(//evil.example) }</style>",
    '<p style="background: url(//evil.example)">a</p>',
    "a\n{: onclick=alert(1) style=position:fixed }",
    "## a {: onclick=alert(1) #top }",
    '<svg onload="alert(1)"><a xlink:href="javascript:alert(1)">a</a></svg>',
    '<math><mtext></form><form><mglyph><style></math><img src onerror="alert(1)">',
    '<form action="//evil.example"><button formaction="javascript:alert(1)">a</button></form>',
    '<object data="x.swf"></object><embed src="x.swf">',
    '<base href="//evil.example"><meta http-equiv="refresh" content="0;url=//evil.example">',
    '<div data-part="G6wFjNehjs9Cih8UWvSWCL"></div>',
    "<template><script>alert(1)</script></template>",
    '<div markdown="1" onclick="alert(1)">*a*</div>',
    "`<script>`<script>alert(1)</script>",
    "a[^1]\n\n[^1]: <script>alert(1)</script>",
    '|a|\n|-|\n|<img src=x onerror="alert(1)">|',
    '!!! note "<script>alert(1)</script>"\n    a',
    '*[HTML]: " onmouseover="alert(1)\nHTML',
]


@pytest.mark.parametrize("text", XSS)
def test_nothing_that_acts_survives(text: str) -> None:
    """What an editor pastes never becomes a script, a style, a frame or a slot."""
    assert acting(to_html(text, "x")) == []


@given(
    pieces=st.lists(st.sampled_from([*XSS, "\n\n", "> ", "- ", "<", '"', "'>", "</p>", "`", "\0"]))
)
def test_no_mixture_acts(pieces: list[str]) -> None:
    """Nor do pieces of attacks put together in any order."""
    assert acting(to_html("".join(pieces), "x")) == []


@pytest.mark.parametrize("text", ["<script>x</script>", '<p onclick="x">', "<a href=javascript:x>"])
def test_the_watchman_sees(text: str) -> None:
    """The check of these tests finds what it looks for in a text that was not cleaned."""
    assert acting(text)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a **b** *c* `d`", "<p>a <strong>b</strong> <em>c</em> <code>d</code></p>"),
        ("### a", "<h3>a</h3>"),
        ("> a", "<blockquote>\n<p>a</p>\n</blockquote>"),
        ("3. a\n4. b", '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>'),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("Term\n: What it is", "<dl>\n<dt>Term</dt>\n<dd>What it is</dd>\n</dl>"),
        ("MFC\n\n*[MFC]: centre", '<p><abbr title="centre">MFC</abbr></p>'),
        ("a\n{: .lead }", '<p class="lead">a</p>'),
        ("a\n{: .client #top }", "<p>a</p>"),
        ("one -- two...", "<p>one – two…</p>"),
        ("\"a\" 'b'", "<p>\"a\" 'b'</p>"),
        ("«Рост»", "<p>«Рост»</p>"),
        ("1 < 2 & 3", "<p>1 &lt; 2 &amp; 3</p>"),
    ],
)
def test_the_dialect(text: str, html: str) -> None:
    """What editors know from other tools comes out as they expect."""
    assert to_html(text, "x").replace(' class=""', "") == html


def test_links_open_without_telling_where_from() -> None:
    """Links to sites, mail and phones stay, and give nothing of the page away."""
    for href in ("https://example.org/a?b=1", "mailto:a@example.org", "tel:+78000000000"):
        html = to_html(f'[a]({href} "t")', "x")
        assert html == f'<p><a href="{href}" title="t" rel="noopener noreferrer">a</a></p>'


def test_tables_keep_their_alignment() -> None:
    """Columns are aligned without a style, which a page's policy would refuse."""
    html = to_html("|a|b|c|\n|:-|-:|:-:|\n|1|2|3|\n", "x")
    assert [attributes.get("align") for _, attributes in Elements(html).found if attributes] == [
        *("left", "right", "center"),
        *("left", "right", "center"),
    ]
    assert "style" not in html


@pytest.mark.parametrize("kind", ["note", "tip", "warning", "important"])
def test_admonitions(kind: str) -> None:
    """A box has its kind and its title."""
    html = to_html(f'!!! {kind} "Mind"\n    a', "x")
    assert html == (
        f'<div class="admonition {kind}">\n<p class="admonition-title">Mind</p>\n<p>a</p>\n</div>'
    )


def ids_and_targets(html: str) -> tuple[list[str], list[str]]:
    """The ids of a fragment, and the ids that its links lead to."""
    attributes = [attributes for _, attributes in Elements(html).found]
    ids = [each["id"] for each in attributes if "id" in each]
    return ids, [each["href"][1:] for each in attributes if each.get("href", "").startswith("#")]


def test_footnotes_link_there_and_back() -> None:
    """A footnote and its mark lead to each other, and to nothing of another text."""
    text = "a[^1] b[^long-name] a again[^1]\n\n[^1]: One\n[^long-name]: Two\n"
    ids, targets = ids_and_targets(to_html(text, "first"))
    assert len(ids) == len(set(ids)) == 5  # two notes, three marks
    assert set(targets) == set(ids)
    assert all(name.startswith("first-") for name in ids)
    others, _ = ids_and_targets(to_html(text, "second"))
    assert set(ids).isdisjoint(others)


def test_one_text_leaves_nothing_in_the_next() -> None:
    """Footnotes, references and abbreviations of a text are unknown to the next."""
    plain = to_html("a[^1] [b][ref] MFC", "x")
    to_html("a[^1] [b][ref] MFC\n\n[^1]: One\n\n[ref]: https://e.example\n\n*[MFC]: x", "x")
    assert to_html("a[^1] [b][ref] MFC", "x") == plain
