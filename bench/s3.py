"""What an object store answers, as far as publishers ask: objects in memory, the way S3 tells them.

In come the head and the body of a request, as bytes; out goes the whole answer. The ETag is the
MD5, as rclone and ``hugo deploy`` expect it; conditions are kept; lists come in both versions.
Signatures, digests and dates are not looked at. ``GET /`` tells what was asked so far.
"""

import json
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass, field
from email.utils import formatdate
from hashlib import md5
from http import HTTPStatus
from itertools import islice
from time import time
from typing import NamedTuple
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import escape, unescape

BUCKET, REGION = "sink", "us-east-1"
SIZE = 3072  # bytes of an object that is measured
MOST_LISTED = 1000  # keys an answer
OTHERS = {"location", "acl", "versioning", "policy", "lifecycle", "publicAccessBlock"}
"""What else a bucket may be asked for."""
WHEN = "2011-12-02T12:00:00.000Z"  # in lists, where nobody looks at it
DELETED = re.compile(rb"<Key>(.*?)</Key>")


class Thing(NamedTuple):
    """An object."""

    etag: bytes
    kind: bytes
    content: bytes
    when: float


@dataclass(slots=True)
class Objects:
    """A bucket's objects by key, and how often each method was asked for."""

    things: dict[str, Thing] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    keys: list[str] = field(default_factory=list)
    """Sorted; empty when they are to be sorted anew."""

    def answer(self, head: bytes, body: bytes) -> bytes:
        """The answer to a request whose ``head`` ends before the empty line."""
        method, target, _ = head[: head.index(b"\r\n")].decode().split(" ")
        head = head.lower()
        self.asked[method] += 1
        path, _, query = target.partition("?")
        bucket, _, key = path[1:].partition("/")
        if not bucket:
            told = {"objects": len(self.things), "asked": self.asked}
            return answered(HTTPStatus.OK, b"", json.dumps(told).encode())
        if not key:
            return self._of_bucket(method, parse_qs(query, keep_blank_values=True), body)
        return self._of_object(method, unquote(key), head, body)

    def _of_object(self, method: str, key: str, head: bytes, body: bytes) -> bytes:
        if method == "PUT":
            return self._put(key, head, body)
        if method == "DELETE":
            self._drop(key)
            return answered(HTTPStatus.NO_CONTENT)
        found, with_body = self.things.get(key), method == "GET"
        if found is None:
            return refused(HTTPStatus.NOT_FOUND, "NoSuchKey", with_body=with_body)
        headers = b'Content-Type: %s\r\nETag: "%s"\r\n' % (found.kind, found.etag)
        times = f"Date: {_date(time())}\r\nLast-Modified: {_date(found.when)}\r\n".encode()
        return answered(HTTPStatus.OK, headers + times, found.content, with_body=with_body)

    def _put(self, key: str, head: bytes, body: bytes) -> bytes:
        if not self._may_put(key, head):
            return refused(HTTPStatus.PRECONDITION_FAILED, "PreconditionFailed")
        if key not in self.things:
            self.keys.clear()
        etag = md5(body, usedforsecurity=False).hexdigest().encode()
        kind = header(head, b"content-type") or b"text/plain"
        self.things[key] = Thing(etag, kind, body, time())
        return answered(HTTPStatus.OK, b'ETag: "%s"\r\n' % etag)

    def _may_put(self, key: str, head: bytes) -> bool:
        there = self.things.get(key)
        if header(head, b"if-none-match"):
            return there is None
        wanted = header(head, b"if-match")
        return not wanted or (there is not None and wanted.strip(b'"') == there.etag)

    def _drop(self, key: str) -> None:
        if self.things.pop(key, None):
            self.keys.clear()

    def _of_bucket(self, method: str, asked: dict[str, list[str]], body: bytes) -> bytes:
        if "delete" in asked:
            return self._delete(DELETED.findall(body))
        if method == "GET" and not asked.keys() & OTHERS:
            return self._list({name: values[0] for name, values in asked.items()})
        return answered(HTTPStatus.OK, b"", b"<Empty/>" if method == "GET" else b"")

    def _delete(self, keys: list[bytes]) -> bytes:
        for key in keys:
            self._drop(unescape(key.decode()))
        told = b"".join(b"<Deleted><Key>%s</Key></Deleted>" % key for key in keys)
        return answered(HTTPStatus.OK, b"", b"<DeleteResult>%s</DeleteResult>" % told)

    def _list(self, asked: dict[str, str]) -> bytes:
        """A page of the keys with a prefix; which are folders is not told."""
        self.keys = self.keys or sorted(self.things)
        prefix = asked.get("prefix", "")
        after = asked.get("continuation-token") or asked.get("start-after") or asked.get("marker")
        begin = bisect_right(self.keys, after) if after else bisect_left(self.keys, prefix)
        most = min(int(asked.get("max-keys", MOST_LISTED)), MOST_LISTED)
        page = islice(self.keys, begin, begin + most + 1)
        found = [key for key in page if key.startswith(prefix)]
        last = found[most - 1] if len(found) > most else ""
        entries = "".join(_entry(key, self.things[key]) for key in found[:most])
        return answered(HTTPStatus.OK, b"", _page(prefix, last, entries))


def header(head: bytes, name: bytes) -> bytes:
    """The value of the header ``name``, in small letters; empty where there is none.

    ``head`` has small letters too: to look for either case costs five times as much.
    """
    begin = head.find(b"\r\n%s:" % name)
    if begin < 0:
        return b""
    begin += len(name) + 3
    end = head.find(b"\r\n", begin)
    return head[begin : end if end >= 0 else None].strip()


def _date(when: float) -> str:
    return formatdate(when, usegmt=True)


def _entry(key: str, thing: Thing) -> str:
    return (
        f"<Contents><Key>{escape(key)}</Key><LastModified>{WHEN}</LastModified>"
        f"<ETag>&quot;{thing.etag.decode()}&quot;</ETag><Size>{len(thing.content)}</Size>"
        "<StorageClass>STANDARD</StorageClass></Contents>"
    )


def _page(prefix: str, last: str, entries: str) -> bytes:
    """A page of a list, which goes on after the key ``last`` if there is one."""
    marks = ("NextContinuationToken", "NextMarker")
    following = "".join(f"<{mark}>{escape(last)}</{mark}>" for mark in marks) if last else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>{BUCKET}</Name>'
        f"<Prefix>{escape(prefix)}</Prefix><MaxKeys>{MOST_LISTED}</MaxKeys>"
        f"<IsTruncated>{'true' if last else 'false'}</IsTruncated>{following}"
        f"{entries}</ListBucketResult>"
    ).encode()


def answered(
    status: HTTPStatus, headers: bytes = b"", body: bytes = b"", *, with_body: bool = True
) -> bytes:
    """A whole answer; its body is left out where only the head was asked for."""
    line = b"HTTP/1.1 %d %s\r\n" % (status, status.phrase.encode())
    if status == HTTPStatus.NO_CONTENT:
        return line + headers + b"\r\n"
    head = b"%s%sContent-Length: %d\r\n\r\n" % (line, headers, len(body))
    return head + body if with_body else head


def refused(status: HTTPStatus, code: str, *, with_body: bool = True) -> bytes:
    """What is answered when something cannot be done."""
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>no</Message></Error>"
    return answered(status, b"", body.encode(), with_body=with_body)
