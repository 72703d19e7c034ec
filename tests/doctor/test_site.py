"""The site as it is served: every check passes on a right host, and fails on one that is wrong."""

import gzip
from dataclasses import replace

import pytest

from generator.base.config import Publish
from generator.base.errors import OutsideError
from generator.doctor import Finding, Level, Patient, examine
from generator.doctor.hands import NAMED
from generator.doctor.private import private_names
from generator.doctor.stranger import Answer
from generator.site.headers import COMMON, POLICY
from tests.doctor.conftest import NOW, Examined
from tests.doctor.host import (
    CUT,
    FILES,
    PART,
    STAGE,
    Host,
    Request,
    Spoil,
    everywhere,
    header,
    is_lost,
    only,
    right,
    status,
)

SHORT = "max-age=86400"


def is_sealed(request: Request) -> bool:
    """Whether a sealed part was asked for, and is there."""
    return request.path == f"/{PART}"


def compressed(answer: Answer) -> Answer:
    """An answer as a host sends it that compresses everything."""
    return header("Content-Encoding", "gzip")(replace(answer, body=gzip.compress(answer.body)))


def echoing(request: Request, answer: Answer) -> Answer:
    """A host whose page for unknown addresses names them."""
    if not is_lost(request):
        return answer
    return replace(answer, body=f"<h1>{request.path} is not here</h1>".encode())


def like_s3(request: Request, answer: Answer) -> Answer:
    """A host that hands on what the store says of an object that is not there."""
    if not is_lost(request):
        return answer
    body = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><RequestId>1</RequestId></Error>"
    return replace(answer, status=403, body=body)


def having(path: str) -> Spoil:
    """A host where something lies at a path at which nothing may."""
    return only(f"/{path}", status(206, b"x"))


def writable(request: Request, answer: Answer) -> Answer:
    """A host that takes in what anybody sends."""
    return Answer(201) if request.method in {"PUT", "DELETE"} else answer


def test_a_host_on_which_nothing_is_wrong(examined: Examined) -> None:
    """All is right but TLS, which cannot be looked at here."""
    found = examined()
    assert len(found) > 25
    tls = found.pop("TLS")
    assert (tls.level, tls.mend) == (Level.UNKNOWN, "")
    assert {finding.level for finding in found.values()} == {Level.OK}
    assert not any(finding.mend for finding in found.values())
    assert {*COMMON, POLICY} < set(found)


def test_only_what_is_for_everyone_is_asked_for(host: Host, examined: Examined) -> None:
    """Files that were published, private names, made-up addresses; writing to made-up names."""
    examined()
    names = {f"/{name}" for name in private_names()}
    known = {"/", "/p/", "/q/", "/assets/", "/_headers", *(f"/{path}" for path in FILES)}
    asked = {request.path for request in host.asked if request.method == "GET"}
    made_up = asked - names - known
    assert {f"/{PART}", f"/{STAGE}", "/keys/ring.json", "/manifest.jsonl"} < asked
    assert len(made_up) == 5
    assert all(len(path.replace("/", "").removeprefix("%23")) >= 22 for path in made_up)
    written = {request.path for request in host.asked if request.method in {"PUT", "DELETE"}}
    assert len(written) == 1
    assert written.pop().startswith(f"/{NAMED}")


def test_made_up_names_are_new_each_time(host: Host, examined: Examined) -> None:
    """Nobody can know them before, and put something there."""
    examined()
    first = {request.path for request in host.asked if is_lost(request)}
    host.asked.clear()
    examined()
    both = first & {request.path for request in host.asked if is_lost(request)}
    assert {path.removeprefix("/") for path in both} <= {
        *private_names(),
        "p/",
        "q/",
        "assets/",
    } | {"_headers"}


@pytest.mark.parametrize(
    ("spoil", "check", "level", "told"),
    [
        (only("/", status(200, b"evil")), "content: the loader", "wrong", "not the published one"),
        (only("/", status(503)), "content: the loader", "wrong", "answered with 503"),
        (
            only("/404.html", status(200, b"evil")),
            "content: 404.html", "wrong", "not the published one",
        ),
        (only(f"/{STAGE}", status(403)), "content: a stage page", "wrong", "answered with 403"),
        (only(is_sealed, status(200, b"SP")), "content: a sealed part", "wrong", "altered"),
        (only("/robots.txt", status(404)), "content: robots.txt", "wrong", "answered with 404"),
        (
            only("/assets/page.3f.css", status(200, b"body{ }")),
            "content: an asset (.css)", "wrong", "altered on the way",
        ),
        (only(f"/{STAGE}", header("Set-Cookie", "id=1")), "cookies", "wrong", "by a stage page"),
        (everywhere(header("NEL", "{}")), "reports", "warning", "to report addresses to others"),
        (only(is_sealed, compressed), "compression", "warning", "compressed again"),
        (only(is_sealed, status(404)), "compression", "unknown", "cannot be told here"),
    ],
)  # fmt: skip
def test_what_is_served(
    spoil: Spoil, check: str, level: str, told: str, host: Host, examined: Examined
) -> None:
    """Bytes that are not the published ones, and what was added to them."""
    host.spoil = spoil
    holds(examined()[check], level, told)


def test_text_may_be_compressed(host: Host, examined: Examined) -> None:
    """A page that is compressed on the way is the same page."""
    host.spoil = only(f"/{STAGE}", compressed)
    found = examined()
    assert found["content: a stage page"].level is Level.OK
    assert found["compression"].level is Level.OK


@pytest.mark.parametrize("name", [*COMMON, POLICY, "Content-Type", "Cache-Control"])
def test_a_header_that_is_missing(name: str, host: Host, examined: Examined) -> None:
    """Each header is missed where it should be, and the kinds of files are named."""
    host.spoil = everywhere(header(name))
    holds(examined()[name], "wrong", "is missing on every file that was looked at")
    host.spoil = only(f"/{STAGE}", header(name))
    found = examined()[name]
    holds(found, "wrong", "is missing on a stage page")
    assert "the loader" not in found.what


@pytest.mark.parametrize(
    ("name", "values", "level", "told"),
    [
        (POLICY, ["default-src *"], "wrong", "says something else"),
        (POLICY, ["default-src 'none'", "script-src 'self'"], "wrong", "says something else"),
        ("X-Robots-Tag", ["all"], "warning", "says less"),
        ("X-Robots-Tag", ["noindex", "nofollow", "noarchive, nosnippet"], "ok", "right"),
        ("Referrer-Policy", ["unsafe-url"], "wrong", "says something else"),
        ("Referrer-Policy", ["No-Referrer"], "ok", "right"),
        ("Permissions-Policy", ["camera=()"], "warning", "says less"),
        ("X-Frame-Options", ["SAMEORIGIN"], "wrong", "says something else"),
        ("Cache-Control", ["max-age=31536000"], "wrong", "says something else"),
        ("Cache-Control", ["stale-while-revalidate=604800,max-age=86400,public"], "ok", "right"),
        ("Content-Type", ["text/html"], "wrong", "says something else"),
        ("Content-Type", ["text/html;charset=UTF-8"], "ok", "right"),
        ("Strict-Transport-Security", [SHORT], "warning", "says less"),
        ("Strict-Transport-Security", ["max-age=0"], "wrong", "says something else"),
        (
            "Strict-Transport-Security",
            ["max-age=99999999; includeSubDomains; preload"], "ok", "right",
        ),
    ],
)  # fmt: skip
def test_a_header_that_says_something_else(
    name: str, values: list[str], level: str, told: str, host: Host, examined: Examined
) -> None:
    """Another value is told by what it does; the same in other words is right."""
    host.spoil = only("/", header(name, *values))
    holds(examined()[name], level, told)


def test_how_a_header_is_mended(host: Host, examined: Examined) -> None:
    """A short value is given in full, of a long one it is said where it stands."""
    host.spoil = everywhere(lambda answer: replace(answer, headers=()))
    found = examined()
    assert found["X-Frame-Options"].mend.endswith("send X-Frame-Options: DENY")
    assert "build/site/_headers" in found[POLICY].mend


@pytest.mark.parametrize(
    ("spoil", "check", "level", "told"),
    [
        (only(is_lost, status(200)), "unknown address", "wrong", "with 200"),
        (like_s3, "unknown address", "wrong", "with 403"),
        (like_s3, "unknown address: text", "wrong", "names the address, the store"),
        (echoing, "unknown address: text", "wrong", "names the address"),
        (
            only(is_lost, status(404, b"<h1>Not found in clients-pages</h1>")),
            "unknown address: text", "wrong", "names the address, the store",
        ),
        (
            only(is_lost, status(404, b"<h1>404</h1>nginx")),
            "unknown address: text", "warning", "another page than ours",
        ),
        (
            only(is_lost, header("X-Robots-Tag")),
            "unknown address: headers", "wrong", "X-Robots-Tag",
        ),
        (having("keys/ring.json"), "private files", "wrong", "read keys/ring.json"),
        (only("/lock", status(416)), "private files", "wrong", "read lock"),
        (having("build/private/manifest.jsonl"), "private files", "wrong", "manifest.jsonl"),
        (having("manifest.jsonl"), "private files", "wrong", "read manifest.jsonl"),
        (having("private/published"), "private files", "wrong", "private/published"),
        (having(".sealpress/pointer"), "private files", "wrong", "pointer"),
        (having("_headers"), "private files: _headers", "warning", "_headers can be read"),
        (only(is_lost, status(200)), "private files", "unknown", "cannot be told here"),
        (only(is_lost, status(200)), "folders", "unknown", "cannot be told here"),
        (having("p/"), "folders", "wrong", "p/"),
        (
            everywhere(header("Access-Control-Allow-Origin", "*")),
            "other sites", "wrong", "may read ours",
        ),
        (writable, "site: writing", "wrong", "can write files"),
        (writable, "site: deleting", "wrong", "can delete files"),
        (
            only(lambda request: request.method == "PUT", status(502)),
            "site: writing", "unknown", "the answer is 502",
        ),
    ],
)  # fmt: skip
def test_what_a_stranger_may_not_meet(
    spoil: Spoil, check: str, level: str, told: str, host: Host, examined: Examined
) -> None:
    """Unknown addresses that say something, private files, open doors."""
    host.spoil = spoil
    holds(examined(Publish(bucket="clients-pages"))[check], level, told)


def test_our_own_scripts_may_read(host: Host, examined: Examined) -> None:
    """A host that allows the site itself allows nobody else."""
    host.spoil = everywhere(header("Access-Control-Allow-Origin", host.url))
    assert examined()["other sites"].level is Level.OK


def test_a_file_that_could_be_written_and_stays(host: Host, examined: Examined) -> None:
    """Its name is told, so that somebody can delete it."""
    host.spoil = only(lambda request: request.method == "PUT", lambda _: Answer(201))
    mend = examined()["site: writing"].mend
    written = next(request.path for request in host.asked if request.method == "PUT")
    assert mend.endswith(f"an empty file {written[1:]} stays there: delete it")


def test_a_publication_that_broke_off(host: Host) -> None:
    """A file of which nobody knows what was published is neither right nor wrong."""
    expected = host.expected()
    unsure = replace(expected, files={**expected.files, "index.html": "", "404.html": ""})
    host.spoil = only(is_lost, status(404, b"another"))
    found = {one.check: one for one in examine(Patient(unsure, Publish(), NOW), lambda *_: None)}
    holds(found["content: the loader"], "unknown", "under way, or broke off")
    holds(found["unknown address: text"], "unknown", "cannot be told here")


@pytest.mark.parametrize("wrong", ["/", "/404.html", "/keys/ring.json"])
def test_a_host_that_cuts_connections(wrong: str, host: Host) -> None:
    """Whatever is cut off, there are no findings at all; no address is told."""
    host.spoil = only(wrong, lambda _: CUT)
    with pytest.raises(
        OutsideError, match="the site cannot be looked at: the answer broke off"
    ) as e:
        examine(Patient(host.expected(), Publish(), NOW), lambda *_: None)
    assert wrong == "/" or wrong not in str(e.value)
    assert "127.0.0.1" not in str(e.value)


def test_one_cut_is_forgiven(host: Host, examined: Examined) -> None:
    """A connection that is cut once is made again."""
    cuts = [CUT]
    host.spoil = only("/", lambda answer: cuts.pop() if cuts else answer)
    assert examined()["content: the loader"].level is Level.OK
    assert not cuts


def test_findings_come_worst_first(host: Host) -> None:
    """What is wrong is read first, what is right last; progress ends."""
    host.spoil = only("/", lambda answer: header("X-Robots-Tag", "all")(status(200, b"x")(answer)))
    steps: list[tuple[str, int, int]] = []
    findings = examine(Patient(host.expected(), Publish(), NOW), lambda *step: steps.append(step))
    order = list(Level)
    places = [order.index(finding.level) for finding in findings]
    assert places == sorted(places)
    assert len(set(places)) == len(order)
    assert [done for _, done, _ in steps] == list(range(1, steps[-1][2] + 1))


def test_no_finding_holds_an_address(host: Host) -> None:
    """However wrong the host is, no page is named and no word of the host repeated."""
    host.spoil = lambda request, _: Answer(500, (("Set-Cookie", "words"),), request.path.encode())
    findings = examine(Patient(host.expected(), Publish(), NOW), lambda *_: None)
    text = "\n".join(map(str, findings))
    assert sum(finding.level is Level.WRONG for finding in findings) > 10
    assert not any(secret in text for secret in (PART, STAGE, PART[5:], STAGE[2:], "words"))
    assert all(finding.mend for finding in findings if finding.level in {"wrong", "warning"})


def holds(finding: Finding, level: str, told: str) -> None:
    """A finding has this level, says this, and how to mend it where it should be mended."""
    assert (finding.level.value, told in finding.what) == (level, True), finding
    assert bool(finding.mend) == (level in {"wrong", "warning"}) or level == "unknown"


def test_the_host_of_these_tests_is_right() -> None:
    """What is not spoilt is what the rules of the site demand."""
    assert right(Request("GET", "/", "", {})).body == FILES["index.html"]
