"""A request to any HTTP gateway, made of what an operator wrote and of one message.

Jinja in its sandbox. Every value is escaped where it is put, whatever the template forgets: quoted
in the URL and in a form, escaped in JSON and in XML; in a header it may not hold a line's end. So a
text cannot become a second field, and a name cannot become a second recipient.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from html import escape
from typing import Any
from urllib.parse import quote, urlsplit

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from generator.base.errors import InputError, Problem
from generator.base.sending import Channel
from generator.send.channels.channel import SETTINGS
from generator.send.channels.wire import Request
from generator.send.values import Outgoing

PROBE = "a\"b\\c\n'<&>{{ }}=;/%0a"
"""As a value: what tears a body apart if it is not escaped."""
PLAIN = "a"
SENDABLE = re.compile(r"[!-~]+")
UNFILLED = (TemplateError, ArithmeticError, LookupError, TypeError, ValueError)
"""What a template may fail with: its author may divide by nothing."""
VALUES = ("to", "text", "id", "subject", "html", "link")
KINDS = {"json": "application/json", "xml": "application/xml; charset=utf-8"}
FORM = "application/x-www-form-urlencoded; charset=utf-8"
Escape = Callable[[Any], str]
Render = Callable[[Mapping[str, str]], str]


class RequestTemplate:
    """The templates of ``settings``, looked at once; its repr shows none of them."""

    def __init__(self, settings: Channel, secret: str) -> None:
        """Compile them, and try them on a value of signs that break what is not escaped.

        Raises:
            InputError: with everything that is wrong with them.
        """
        self._constant = {"sender": settings.sender, "secret": secret}
        self._method = settings.method
        self._kind = _kind(settings.body)
        problems: list[Problem] = []
        self._url = _compiled("url", settings.url, _quoted, problems)
        self._body = _compiled("body", settings.body, _escape_of(self._kind), problems)
        self._headers = {
            name: _compiled(f"headers.{name}", text, _header, problems)
            for name, text in settings.headers.items()
        }
        if not _has_host(settings.url):
            hint = "write https://, the gateway's name and a path; values come behind the name"
            problems.append(Problem(SETTINGS, "does not begin with an address", hint, "url"))
        if not problems:
            problems.extend(self._torn())
        if problems:
            raise InputError(problems)

    def __repr__(self) -> str:
        """The method, and what the body is."""
        return f"RequestTemplate({self._method} {self._kind})"

    def request(self, outgoing: Outgoing) -> Request:
        """The request that hands ``outgoing`` over.

        Raises:
            ValueError: a header would hold a line's end, or the template cannot be filled.
        """
        try:
            return self._rendered({name: getattr(outgoing, name) for name in VALUES})
        except UNFILLED:
            raise ValueError("not a request") from None

    def _rendered(self, values: Mapping[str, str]) -> Request:
        known = {**self._constant, **values}
        parts = urlsplit(self._url(known))
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {name: render(known) for name, render in self._headers.items()}
        if self._method == "GET":
            return Request(target, "GET", headers)
        names = {name.lower() for name in headers}
        if "content-type" not in names:
            headers["Content-Type"] = KINDS.get(self._kind, FORM)
        return Request(target, self._method, headers, self._body(known).encode())

    def _torn(self) -> Iterator[Problem]:
        """What a value of such signs tears apart, or a plain one."""
        trials = [{**self._constant, **dict.fromkeys(VALUES, value)} for value in (PROBE, PLAIN)]
        if not all(SENDABLE.fullmatch(self._url(values)) for values in trials):
            hint = "write %20 for a space, and other signs likewise"
            yield Problem(SETTINGS, "holds what no address may", hint, "url")
        if self._kind == "json" and not all(_is_json(self._body(values)) for values in trials):
            hint = 'put every value in quotes: {"to": "{{ to }}"}'
            yield Problem(SETTINGS, "is not JSON when a message is in it", hint, "body")


def _kind(body: str) -> str:
    begin = body.lstrip()
    if begin.startswith("<"):
        return "xml"
    is_json = begin.startswith(("{", "[")) and not begin.startswith(("{{", "{%", "{#"))
    return "json" if is_json else "form"


def _compiled(key: str, text: str, escaping: Escape, problems: list[Problem]) -> Render:
    """A template as a function, tried once; what is wrong with it is added to ``problems``."""
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        autoescape=False,  # HTML's escaping is the wrong one here
        finalize=escaping,
    )
    environment.filters = {  # tojson and urlencode would escape what is escaped anyway
        name: filter_
        for name, filter_ in environment.filters.items()
        if name not in {"tojson", "urlencode", "safe", "escape", "e", "forceescape", "urlize"}
    }
    known = dict.fromkeys((*VALUES, "sender", "secret"), PLAIN)
    try:
        render: Render = environment.from_string(text).render
        render(known)
    except UNFILLED:
        hint = f"known are {', '.join(known)}; values are escaped by themselves"
        problems.append(Problem(SETTINGS, "is not a template that can be filled", hint, key))
        return lambda _: ""
    return render


def _has_host(url: str) -> bool:
    """Whether scheme and host stand there themselves: no value decides whom a text is sent to."""
    scheme, _, rest = url.partition("://")
    authority = rest.partition("/")[0].partition("?")[0]
    has_value = any(sign in scheme + authority for sign in "{}%@")
    return scheme in {"http", "https"} and bool(authority) and not has_value


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _escape_of(kind: str) -> Escape:
    return {"json": _json, "xml": _xml}.get(kind, _quoted)


def _quoted(value: object) -> str:
    return quote(str(value), safe="")


def _json(value: object) -> str:
    return json.dumps(str(value))[1:-1]


def _xml(value: object) -> str:
    return escape(str(value))


def _header(value: object) -> str:
    text = str(value)
    if any(ord(sign) < 0x20 or ord(sign) == 0x7F for sign in text):  # noqa: PLR2004 - controls
        raise ValueError("not a header")
    return text
