"""``content/site.yaml``: one model of everything an operator sets."""

import re
from base64 import b64decode
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from babel import Locale, UnknownLocaleError
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from generator.base.errors import InputError, Problem
from generator.base.model import Day, Exact, Slug, Strict, checked, wrong
from generator.base.sending import Send
from generator.base.text import read_text
from generator.base.yamldoc import Document, parse_yaml

CONFIG = "content/site.yaml"
ADDRESS = re.compile(r"https?://([\w.-]+|\[[0-9a-f:]+\])(:\d{1,5})?/?", re.IGNORECASE)
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
POSTGRESQL = ("postgresql://", "postgres://")
SQLITE = "sqlite:"
ENVIRONMENT = "env:"
DATABASES = (*POSTGRESQL, SQLITE)
KEY = 32  # bytes of a public key

Texts = dict[str, str]


def _base_url(value: str) -> str:
    if not ADDRESS.fullmatch(value):
        raise wrong("expected an address without a path", "write https://clients.example.org")
    parts = urlsplit(value)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise wrong("must begin with https://", "a browser opens sealed pages over https only")
    return value.rstrip("/")


def _locale(value: str) -> str:
    try:
        Locale.parse(value)
    except (UnknownLocaleError, ValueError):
        raise wrong("is not a locale", "write ru or en") from None
    return value


LocaleName = Annotated[str, AfterValidator(_locale)]
"""A locale that Babel knows; the same in the settings and in a product."""


def _database(value: str) -> str:
    if value.startswith(POSTGRESQL):
        return _without_password(value)
    if not value.startswith((SQLITE, ENVIRONMENT)) or not value.partition(":")[2]:
        hint = "write postgresql://USER@HOST/NAME, sqlite:PATH, or env:NAME of a variable"
        raise wrong("is not a database that can be read", hint)
    return value


def _without_password(uri: str) -> str:
    """A URI that may stand in a file which many can read."""
    authority, _, options = uri.partition("://")[2].partition("?")
    who, _, _ = authority.rpartition("@")
    if ":" in who or re.search(r"(^|&)(ssl)?password=", options):
        raise wrong("holds a password", "keep it in PGPASSWORD, PGPASSFILE or ~/.pgpass")
    return uri


class Query(Strict):
    """A table that a database gives."""

    database: Annotated[str, AfterValidator(_database)]
    """A URI of PostgreSQL, ``sqlite:`` and a path, or ``env:`` and the variable that holds one."""
    query: Annotated[str, Field(min_length=1)]
    """A ``select`` that gives the table's columns under their names."""


def _place(value: object) -> object:
    """A validator of its own: pydantic would tell what is wrong with every kind of place."""
    if isinstance(value, dict):
        return Query.model_validate(value)
    if isinstance(value, str) and value.strip():
        return Path(value.strip())
    if isinstance(value, Path | Query):
        return value
    hint = "write data/clients.csv, or the keys database and query below this one"
    raise wrong("expected a path, or a database and a query", hint)


Place = Annotated[Path | Query, BeforeValidator(_place)]
"""Where a table lies: a file below the site's folder, or what a database answers to a query."""


class Tables(Strict):
    """Where the tables lie, and what is done about bad rows."""

    clients: Place = Path("data/clients.csv")
    policies: Place = Path("data/policies.csv")
    situations: Place = Path("data/situations.csv")
    quotes: Place = Path("data/quotes.csv")
    refused_percent: Exact = Decimal(0)
    """More refused rows of a table than this share stop the night before anything is written."""
    stale_after_days: Annotated[int, Field(ge=1, le=31)] = 7
    """A close older than this does not stand for an observation or for today."""


class Feed(Strict):
    """Where changes to single clients come from during the day: a folder, or a database."""

    folder: Path | None = None
    """Into it other systems put files of JSON lines."""
    database: Annotated[str, AfterValidator(_database)] = ""
    """A URI of PostgreSQL, or ``env:`` and the variable that holds one; its table is
    ``sealpress_events``."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.folder is None) == (not self.database):
            raise wrong("expected a folder or a database", "write one of the two keys")
        return self


def _endpoint(value: str) -> str:
    return _base_url(value) if value else value


def _distribution(value: str) -> str:
    if not re.fullmatch(r"E[A-Z0-9]{6,31}", value):
        raise wrong("is not the id of a distribution", "write it as CloudFront shows it: E2QWRUHE…")
    return value


class Distribution(Strict):
    """A CDN that keeps copies of what is published, and is told what to forget."""

    kind: Literal["cloudfront"]
    distribution: Annotated[str, AfterValidator(_distribution)]
    tags: bool = False
    """Whether the distribution reads cache tags, so that a kind of files can be named."""


class Guard(Strict):
    """How many clients a publication may concern before somebody has to allow it."""

    changed_percent: Annotated[Exact, Field(ge=0, le=100)] = Decimal(50)
    """Of the clients who have a page in the store, those whose page changes."""
    deleted_percent: Annotated[Exact, Field(ge=0, le=100)] = Decimal(10)
    """Of the same, those who will have none."""


class Publish(Strict):
    """Where ``publish`` brings the site: a folder, a bucket of an object store, or Netlify."""

    store: Literal["directory", "s3", "netlify"] = "directory"
    path: Path = Path("build/published")
    """The folder of a ``directory``."""
    bucket: str = ""
    prefix: str = ""
    """The part of the bucket that is the site's; all of it without one."""
    endpoint: Annotated[str, AfterValidator(_endpoint)] = ""
    """The address of the object store; AWS without one. Of Netlify's API, where it is another."""
    region: str = ""
    site: Annotated[str, Field(pattern=r"^([A-Za-z0-9][A-Za-z0-9.-]*)?$")] = ""
    """The id of the site at Netlify, or its host name."""
    puts: Literal["libcurl", "boto3"] = "libcurl"
    """By what files go to a bucket; boto3 takes ten times as long, and speaks to any store."""
    grace_days: Annotated[int, Field(ge=0, le=366)] = 7
    """How long the store keeps common files that are no longer wanted: an open page may ask."""
    guard: Guard = Guard()
    price_per_1000_puts: Annotated[Exact, Field(ge=0)] = Decimal("0.005")
    """What the store charges for a thousand requests that write, for plans: the list price of AWS
    in dollars without it."""
    cdn: Distribution | None = None
    """What stands between the store and the readers, and keeps copies; none without it."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.store == "s3" and not self.bucket:
            raise wrong("lacks the key bucket", "write bucket: and the name of the bucket")
        if self.store == "netlify" and not self.site:
            raise wrong("lacks the key site", "write site: and the site's id at Netlify")
        return self


def _public_key(value: str) -> str:
    try:
        is_key = not value or len(b64decode(value, validate=True)) == KEY
    except ValueError:
        is_key = False
    if not is_key:
        raise wrong("is not a public key", "write what sealpress keys sender printed")
    return value


class Site(Strict):
    """The settings of one site; paths are below the site's folder."""

    name: Texts
    contacts: Texts
    """Whom a client may ask when a link does not open: shown on the public loader."""
    base_url: Annotated[str, AfterValidator(_base_url)]
    account_url: str = ""
    """The personal account of the insurer or bank, linked from the pages."""
    locales: Annotated[tuple[LocaleName, ...], Field(min_length=1)]
    """The first is the one that content is written in; others are its translations."""
    clock: Day | None = None
    """The day for which the site is built; today when it is not set."""
    theme: Slug = "default"
    keys: Path = Path("keys/ring.json")
    tables: Tables = Tables()
    news_days: Annotated[int, Field(ge=1, le=366)] = 7
    """How far back events are told to a client on the first night."""
    retention_days: Annotated[int, Field(ge=0, le=366)] = 7
    """How long a page outlives its client's row: an export may lack someone for a night."""
    digest_day: Annotated[int, Field(ge=1, le=28)] = 5
    """The day of the month from which the digest is due."""
    publish: Publish = Publish()
    recipient: Annotated[str, AfterValidator(_public_key)] = ""
    """The sender's public key: manifests are sealed to it; without one they go in plain."""
    events: Feed | None = None
    """Where ``watch`` takes changes from; none without it."""
    send: Send | None = None
    """How messages are made of manifests and handed over; none are without it."""

    def as_of(self, clock: date | None, today: date) -> date:
        """The day of the build: the command line's, the setting's or today."""
        return clock or self.clock or today


def load_site(root: Path) -> tuple[Site, Document]:
    """The settings of the site in ``root``.

    Raises:
        InputError: there is none, or it is wrong.
    """
    problems: list[Problem] = []
    if not (root / CONFIG).is_file():
        hint = "give the site's folder with --site, or make a new one with: sealpress init"
        raise InputError([Problem(CONFIG, "there is no such file", hint)])
    text = read_text(root / CONFIG, CONFIG, problems)
    document = parse_yaml(text, CONFIG, problems) if text is not None else None
    site = checked(Site, document, problems) if document else None
    if site is None or document is None:
        raise InputError(problems)
    for field in ("name", "contacts"):
        problems.extend(missing_locales(document, (field,), getattr(site, field), site.locales))
    if problems:
        raise InputError(problems)
    return site, document


def missing_locales(
    document: Document, route: tuple[str | int, ...], texts: Texts, locales: tuple[str, ...]
) -> list[Problem]:
    """A problem for each locale in which the texts at ``route`` are not written."""
    absent = [locale for locale in locales if not texts.get(locale)]
    return [
        document.problem(route, f"the translation into {locale} is missing", f"add {locale}: …")
        for locale in absent
    ]
