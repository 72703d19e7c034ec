"""The headers of every kind of file, and the file that hosts read them from."""

import pytest

from generator.site.headers import (
    COMMON,
    SiteCsp,
    allowing_both,
    headers_for,
    is_kept,
    matches,
    matching,
    netlify_headers,
    parse_headers,
    site_rules,
)

CSP = SiteCsp(
    loader="default-src 'none'; script-src 'sha256-loader=' 'self'; frame-ancestors 'none'",
    not_found="default-src 'none'; script-src 'sha256-Ab/+9='; style-src 'sha256-Cd=' 'self'",
)
PATHS = (
    "/", "/index.html", "/404.html", "/robots.txt", "/q/3kTMd8vWnPf1cRzXyB4aGh",
    "/p/R6/ni7a2UeCV3mMwTxs2KzC", "/assets/page.3f2a91c4.css", "/old/address", "/q", "/pq/x",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_no_header_stands_in_two_rules(path: str) -> None:
    """Hosts merge all rules that match: a second policy would bind a page as well."""
    rules = [rule for pattern, rule in site_rules(CSP).items() if matches(pattern, path)]
    names = [name for rule in rules for name in rule]
    assert len(names) == len(set(names)) >= len(COMMON)


@pytest.mark.parametrize("path", PATHS)
def test_common_headers_are_everywhere(path: str) -> None:
    """Every answer forbids referrers, indexing, sniffing, frames and powerful features."""
    headers = headers_for(path, CSP)
    assert COMMON.items() <= headers.items()
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    assert headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"
    assert "geolocation=()" in headers["Permissions-Policy"]


@pytest.mark.parametrize(
    ("path", "policy", "cache", "media_type"),
    [
        ("/", "loader", "stale-while-revalidate=604800", "text/html; charset=utf-8"),
        ("index.html", "loader", "max-age=86400", "text/html; charset=utf-8"),
        ("404.html", "not_found", "max-age=60", "text/html; charset=utf-8"),
        ("/q/3kTMd8vWnPf1cRzXyB4aGh", "stage", "public, no-cache", "text/html; charset=utf-8"),
    ],
)
def test_pages(path: str, policy: str, cache: str, media_type: str) -> None:
    """Each page has its policy, its life in caches, and is HTML whatever it is called."""
    headers = headers_for(path, CSP)
    assert headers["Content-Security-Policy"] == getattr(CSP, policy)
    assert cache in headers["Cache-Control"]
    assert headers["Content-Type"] == media_type


@pytest.mark.parametrize(
    ("path", "cache", "media_type"),
    [
        ("p/R6/ni7a2UeCV3mMwTxs2KzC", "public, no-cache", "application/octet-stream"),
        ("assets/page.3f.css", "public, max-age=31536000, immutable", "text/css; charset=utf-8"),
        ("assets/x.js", "public, max-age=31536000, immutable", "text/javascript; charset=utf-8"),
        ("robots.txt", "public, max-age=86400", "text/plain; charset=utf-8"),
    ],
)
def test_files(path: str, cache: str, media_type: str) -> None:
    """Files that are no page may load nothing; sealed ones are revalidated, assets never change."""
    headers = headers_for(path, CSP)
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["Cache-Control"] == cache
    assert headers["Content-Type"] == media_type


def test_stage_policy() -> None:
    """Stage pages run assets alone; the digests are those of the page for unknown addresses."""
    assert CSP.stage == (
        "default-src 'none'; script-src 'self' 'sha256-Ab/+9='; style-src 'self' 'sha256-Cd='; "
        "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def test_unknown_address_has_the_common_headers_alone() -> None:
    """No rule knows it, so that the policy comes from the page that is shown there."""
    found = matching(site_rules(CSP), "/old/address")
    assert found == dict(COMMON)


def test_merging_joins_as_hosts_do() -> None:
    """Were a header in two rules, a browser would get both: the checks above can see it."""
    rules = {"/*": {"X": "1"}, "/a/*": {"X": "2"}}
    assert matching(rules, "/a/b") == {"X": "1, 2"}


def test_text_and_back() -> None:
    """The file names every rule, and is read back as what it was made from."""
    text = netlify_headers(CSP)
    assert parse_headers(text) == {path: dict(rule) for path, rule in site_rules(CSP).items()}
    assert text.startswith("/*\n  Referrer-Policy: no-referrer\n")


def test_comments_and_empty_lines_are_read_over() -> None:
    """A file that somebody annotated is still read."""
    assert parse_headers("# ours\n\n/a\n  # why\n  X: 1:2\n") == {"/a": {"X": "1:2"}}


@pytest.mark.parametrize(
    ("text", "line"), [("  X: 1\n", 1), ("/a\nX: 1\n", 2), ("/a\n  X: 1\n  nothing\n", 3)]
)
def test_malformed_file_is_refused(text: str, line: int) -> None:
    """A header without a path, or a line that is neither, is told with its number."""
    with pytest.raises(ValueError, match=f"_headers:{line}: "):
        parse_headers(text)


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("index.html", True),
        ("404.html", True),
        ("robots.txt", True),
        ("p/R6/ni7a2UeCV3mMwTxs2KzC", False),
        ("q/3kTMd8vWnPf1cRzXyB4aGh", False),
        ("assets/page.3f2a91c4.css", False),
        ("anything/else", False),
    ],
)
def test_what_a_cdn_keeps(path: str, *, kept: bool) -> None:
    """Pages beside the folders are kept; all else is asked for, or never changes under its name."""
    assert is_kept(path) is kept


def test_a_policy_that_allows_what_either_does() -> None:
    """Sources are put together, none of them twice; what only one policy says stays as it is."""
    old = "default-src 'none'; script-src 'sha256-old=' 'self'; trusted-types 'none'; sandbox"
    new = "default-src 'none'; script-src 'sha256-new=' 'self'; trusted-types sealpress"
    both = "default-src 'none'; script-src 'sha256-new=' 'self' 'sha256-old='; "
    assert allowing_both(new, old) == f"{both}trusted-types sealpress; sandbox"
    assert allowing_both(old, old) == old
