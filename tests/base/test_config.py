"""The settings of a site: right or refused with a place, and addresses that links can stand on."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.config import CONFIG, Distribution, Query, Site, load_site
from generator.base.errors import InputError, Problem
from generator.base.model import checked
from generator.base.yamldoc import parse_yaml
from tests.builders import ROOT, SITE_YAML, place_of, write

ADDRESS = "https://clients.example.org"


def refusal(root: Path, text: str) -> tuple[Problem, ...]:
    """The problems of a site whose settings are ``text``."""
    with pytest.raises(InputError) as caught:
        load_site(write(root, {CONFIG: text}))
    return caught.value.problems


def test_settings_are_read(tmp_path: Path) -> None:
    """What is set is set, and the rest has the documented defaults."""
    site, document = load_site(write(tmp_path, {CONFIG: SITE_YAML}))
    assert site.name == {"ru": "Северный берег", "en": "North Shore"}
    assert site.locales == ("ru", "en")
    assert (site.theme, site.keys) == ("default", Path("keys/ring.json"))
    assert (site.news_days, site.digest_day) == (7, 5)
    assert (site.tables.refused_percent, site.tables.stale_after_days) == (Decimal(0), 7)
    assert document.path == CONFIG


def test_the_shipped_settings_are_right() -> None:
    """The sample site's own settings load."""
    site, _ = load_site(ROOT)
    assert site.clock == date(2011, 12, 2)


@pytest.mark.parametrize(
    ("written", "address"),
    [
        (ADDRESS, ADDRESS),
        (f"{ADDRESS}/", ADDRESS),
        (f"{ADDRESS}:8443", f"{ADDRESS}:8443"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost", "http://localhost"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
    ],
)
def test_base_urls(tmp_path: Path, written: str, address: str) -> None:
    """An address is https, or http on this machine, and ends without a slash."""
    text = SITE_YAML.replace(ADDRESS, f'"{written}"')
    assert load_site(write(tmp_path, {CONFIG: text}))[0].base_url == address


@pytest.mark.parametrize(
    "written",
    [
        "http://clients.example.org",
        "http://127.0.0.1.example.org",
        "clients.example.org",
        "//clients.example.org",
        "//localhost",
        "ftp://localhost",
        "javascript://localhost",
        f"{ADDRESS}/pages",
        f"{ADDRESS}?a=1",
        f"{ADDRESS}?",
        f"{ADDRESS}/#",
        f"{ADDRESS}#",
        f"{ADDRESS}/#x",
        f"{ADDRESS}:port",
        "https://editor:word@clients.example.org",
        "https://clients example.org",
        "https://",
        "https://[::1",
        "",
    ],
)
def test_base_urls_on_which_no_link_can_stand(tmp_path: Path, written: str) -> None:
    """Another scheme, a path, a query, a fragment or a name and password are refused."""
    text = SITE_YAML.replace(ADDRESS, f'"{written}"')
    (problem,) = refusal(tmp_path, text)
    assert problem.field == "base_url"
    assert (problem.line, problem.column) == (3, len("base_url: ") + 1)


@pytest.mark.parametrize(
    ("old", "new", "field", "sentence"),
    [
        ("locales: [ru, en]", "locales: []", "locales", "must not be empty"),
        ("locales: [ru, en]", "locales: [ru, qq]", "locales[2]", "is not a locale"),
        ("locales: [ru, en]", "locales: ru", "locales", "expected a list"),
        ("name: {ru: Северный берег, en", "name: {ru: Северный берег, eng", "name", "into en"),
        ("contacts: {ru: Звоните 8 800,", "contacts: {", "contacts", "into ru is missing"),
        ("clock: 2026-03-10", "clock: 10.03.2026", "clock", "expected a date"),
        ("clock: 2026-03-10", "digest_day: 31", "digest_day", "less than or equal to 28"),
        ("clock: 2026-03-10", "news_days: 0", "news_days", "greater than or equal to 1"),
        ("clock: 2026-03-10", "theme: ../x", "theme", "is not a usable name"),
        ("clock: 2026-03-10", "tables: {quote: x}", "tables.quote", "unknown key"),
        ("clock: 2026-03-10", "publish: {store: ftp}", "publish.store", "one of the choices"),
        ("clock: 2026-03-10", "tables: {refused_percent: 0.5}", "tables.refused_percent", "quoted"),
    ],
)
def test_wrong_settings(tmp_path: Path, old: str, new: str, field: str, sentence: str) -> None:
    """A wrong setting is told by its field, at its line."""
    assert SITE_YAML.count(old) == 1
    text = SITE_YAML.replace(old, new)
    (problem,) = refusal(tmp_path, text)
    assert problem.field == field
    assert sentence in problem.sentence
    assert problem.line == place_of(text, new)[0]


CLOUDFRONT = "{kind: cloudfront, distribution: E2QWRUHEXAMPLE"


def with_cdn(written: str) -> str:
    """Settings whose CDN is ``written``, on a line of its own."""
    return f"{SITE_YAML}publish:\n  cdn: {written}\n"


@pytest.mark.parametrize(("written", "tags"), [("", False), (", tags: true", True)])
def test_a_cdn(tmp_path: Path, written: str, *, tags: bool) -> None:
    """A CDN is named by its kind and its id; it reads no tags unless that is written."""
    site, _ = load_site(write(tmp_path, {CONFIG: with_cdn(f"{CLOUDFRONT}{written}}}")}))
    wanted = Distribution(kind="cloudfront", distribution="E2QWRUHEXAMPLE", tags=tags)
    assert site.publish.cdn == wanted


@pytest.mark.parametrize(
    ("written", "field", "sentence"),
    [
        ("{distribution: E2QWRUHEXAMPLE}", "publish.cdn", "is required"),
        ("{kind: cloudfront}", "publish.cdn", "is required"),
        ("{kind: akamai, distribution: E2QWRUHEXAMPLE}", "publish.cdn.kind", "one of the choices"),
        ("{kind: cloudfront, distribution: d111111abcdef8.cloudfront.net}",
         "publish.cdn.distribution", "is not the id of a distribution"),
        (f"{CLOUDFRONT}, tags: maybe}}", "publish.cdn.tags", "expected true or false"),
        (f"{CLOUDFRONT}, tag: true}}", "publish.cdn.tag", "unknown key"),
        ("cloudfront", "publish.cdn", "expected a group of keys"),
    ],
)  # fmt: skip
def test_wrong_cdns(tmp_path: Path, written: str, field: str, sentence: str) -> None:
    """A wrong CDN is told by its field, at its line."""
    text = with_cdn(written)
    (problem,) = refusal(tmp_path, text)
    assert problem.field.startswith(field)
    assert sentence in problem.sentence
    assert problem.line == place_of(text, "  cdn:")[0]


# ── Tables ───────────────────────────────────────────────────────────────────────────────────

QUERY = "select * from clients"
PLACE = "expected a path, or a database and a query"


def with_clients(written: str) -> str:
    """Settings whose table of clients is ``written``, on a line of its own."""
    return f"{SITE_YAML}tables:\n  clients: {written}\n"


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("data/base.csv", Path("data/base.csv")),
        ('" data/base.csv.gz "', Path("data/base.csv.gz")),
        *(
            (f'{{database: "{uri}", query: {QUERY}}}', Query(database=uri, query=QUERY))
            for uri in (
                "postgresql://reader@db.internal/bank",
                "postgres://db.internal:5432,[::1]:5433/bank?sslmode=verify-full&user=a@b:c",
                "postgresql:///bank",
                "sqlite:data/base.db",
                "env:BANK_DATABASE",
            )
        ),
    ],
)
def test_places_of_tables(tmp_path: Path, written: str, place: Path | Query) -> None:
    """A table lies in a file, or is what a database answers."""
    site, _ = load_site(write(tmp_path, {CONFIG: with_clients(written)}))
    assert site.tables.clients == place
    assert site.tables.policies == Path("data/policies.csv")


@pytest.mark.parametrize(
    "uri",
    [
        "postgresql://reader:zqword@db.internal/bank",
        "postgres://reader:@db.internal/bank",
        "postgresql://reader:zq/wo@rd@db.internal/bank",
        "postgresql://db.internal/bank?sslmode=require&password=zqword",
        "postgresql://db.internal/bank?sslpassword=zqword",
    ],
)
def test_a_password_in_the_settings_is_refused(tmp_path: Path, uri: str) -> None:
    """The settings are a file that many read; the problem does not repeat it."""
    (problem,) = refusal(tmp_path, with_clients(f'{{database: "{uri}", query: {QUERY}}}'))
    assert (problem.field, problem.sentence) == ("tables.clients.database", "holds a password")
    assert "~/.pgpass" in problem.hint
    assert "zq" not in repr(problem)


@pytest.mark.parametrize(
    ("written", "field", "sentence", "hint"),
    [
        ("", "", PLACE, "data/clients.csv"),
        ("[a.csv]", "", PLACE, "data/clients.csv"),
        ('""', "", PLACE, "data/clients.csv"),
        ('{database: "sqlite:a.db"}', ".query", "is required", ""),
        (f"{{query: {QUERY}}}", ".database", "is required", ""),
        ('{database: "sqlite:a.db", query: ""}', ".query", "must not be empty", ""),
        (f'{{database: "mysql://db/x", query: {QUERY}}}', ".database", "is not a database", "env:"),
        (f'{{database: "env:", query: {QUERY}}}', ".database", "is not a database", "env:"),
        (f'{{database: "host=db", query: {QUERY}}}', ".database", "is not a database", "env:"),
        (f'{{database: "sqlite:a", queri: {QUERY}}}', ".queri", "unknown key", "query?"),
    ],
)
def test_wrong_places_of_tables(
    tmp_path: Path, written: str, field: str, sentence: str, hint: str
) -> None:
    """One mistake is one problem, of the key where it stands, in the words of its kind of place."""
    problems = refusal(tmp_path, with_clients(written))
    told = {problem.field: problem for problem in problems}
    problem = told[f"tables.clients{field}"]
    assert sentence in problem.sentence
    assert hint in problem.hint
    assert {problem.line for problem in problems} == {SITE_YAML.count("\n") + 2}
    assert set(told) <= {problem.field, "tables.clients.query"}


def test_a_missing_translation_is_told_for_each_text(tmp_path: Path) -> None:
    """All that lacks a locale is told at once."""
    problems = refusal(tmp_path, SITE_YAML.replace("locales: [ru, en]", "locales: [ru, en, de]"))
    assert [problem.field for problem in problems] == ["name", "contacts"]


def test_no_settings_at_all(tmp_path: Path) -> None:
    """A folder that is no site says so, and how to make one."""
    with pytest.raises(InputError) as caught:
        load_site(tmp_path)
    assert "sealpress init" in str(caught.value)


def test_damaged_settings(tmp_path: Path) -> None:
    """Settings that are not YAML, or not UTF-8, are told with their place."""
    assert "invalid YAML" in refusal(tmp_path, "name: [\n")[0].sentence
    write(tmp_path, {CONFIG: b"name: \xff"})
    with pytest.raises(InputError, match="not UTF-8"):
        load_site(tmp_path)


@pytest.mark.parametrize(
    ("clock", "own", "day"),
    [
        (date(2020, 1, 1), date(2021, 1, 1), date(2020, 1, 1)),
        (None, date(2021, 1, 1), date(2021, 1, 1)),
        (None, None, date(2022, 1, 1)),
    ],
)
def test_the_day_of_the_build(clock: date | None, own: date | None, day: date) -> None:
    """The command line's day comes before the setting's, and this before today."""
    site = Site(
        name={}, contacts={}, base_url=ADDRESS, locales=("ru",), clock=f"{own}" if own else None
    )
    assert site.as_of(clock, date(2022, 1, 1)) == day


FIELDS = [line.partition(":")[0] for line in SITE_YAML.splitlines()]


@given(marker=st.from_regex(r"zq[A-Z0-9]{6}", fullmatch=True), field=st.sampled_from(FIELDS))
def test_no_problem_quotes_a_setting(marker: str, field: str) -> None:
    """Whatever stands in a setting, no message repeats it."""
    lines = [line for line in SITE_YAML.splitlines() if not line.startswith(f"{field}:")]
    problems: list[Problem] = []
    document = parse_yaml("\n".join([*lines, f"{field}: {marker}"]), CONFIG, problems)
    assert document
    checked(Site, document, problems)
    assert problems
    assert marker not in "".join(map(repr, problems))
