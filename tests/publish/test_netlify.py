"""A whole site at Netlify: what is missing is sent, what failed is never seen, and back again."""

import os
import subprocess
import sys
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path

import pytest

from generator.base.errors import InputError, OutsideError
from generator.publish import Publication
from generator.publish.netlify import files as netlify_files
from generator.publish.netlify.api import LANES, LONGEST, TRIES, Api
from generator.publish.netlify.files import digests_of, title_of
from generator.publish.netlify.pages import NetlifyPages
from generator.publish.netlify.site import PATIENCE, Deployed, Netlify
from tests.netlify import CUT, EPOCH, SITE, TOKEN, Answer, Fake, netlify, refusal
from tests.openapi import Request
from tests.publish.conftest import SITE as FILES
from tests.publish.conftest import silent, site_of

PLAIN = {path: content for path, content in FILES.items() if not path.startswith("p/")}
NEXT = {**PLAIN, "q/stage": b"another text", "q/new": b"a new stage"}
del NEXT["robots.txt"]


@pytest.fixture
def fake() -> Iterator[Fake]:
    """Netlify, to which nothing is said that its description does not know."""
    with netlify() as made:
        yield made
    assert made.faults == []


def deployed(
    root: Path, fake: Fake, files: dict[str, bytes], client: Netlify | None = None
) -> Deployed:
    """Publish a site of exactly these files."""
    site = site_of(root, files)
    return (client or fake.open()).deploy(site, digests_of(site, files), silent)


def once(*answers: Answer, at: str = "") -> object:
    """These answers first, at the operation that is meant."""
    left = deque(answers)
    return lambda operation, _: left.popleft() if left and operation == (at or operation) else None


def test_a_new_site_is_sent_whole(tmp_path: Path, fake: Fake) -> None:
    """Readers see every file, and each content was sent once."""
    done = deployed(tmp_path, fake, {**FILES, "q/twin": b"a stage"})
    assert done.done == Publication(added=len(FILES) + 1)
    assert fake.seen() == {**FILES, "q/twin": b"a stage"}
    assert len(fake.sent()) == len(FILES)
    assert fake.published == done.id


def test_only_what_is_missing_is_sent(tmp_path: Path, fake: Fake) -> None:
    """Of a changed site the new contents go, and what is gone is not seen any more."""
    deployed(tmp_path, fake, PLAIN)
    fake.asked.clear()
    done = deployed(tmp_path, fake, NEXT)
    assert fake.sent() == ["q/new", "q/stage"]
    assert done.done == Publication(added=1, changed=1, deleted=1, unchanged=len(PLAIN) - 2)
    assert fake.seen() == NEXT


def test_the_same_bytes_send_nothing(tmp_path: Path, fake: Fake) -> None:
    """One look at the site tells that it is the same: no deploy is made."""
    first = deployed(tmp_path, fake, PLAIN)
    fake.asked.clear()
    again = deployed(tmp_path, fake, PLAIN)
    assert again == Deployed(first.id, Publication(unchanged=len(PLAIN)))
    assert fake.asked == [("getSite", "")]


def test_a_list_of_many_pages_is_read_to_its_end(tmp_path: Path, fake: Fake) -> None:
    """What Netlify lists page by page is compared in full; its link leads to no other host."""
    many = {f"q/{number:03}": b"%d" % number for number in range(250)}
    deployed(tmp_path, fake, many)
    done = deployed(tmp_path, fake, {**many, "q/one-more": b"x"})
    assert done.done == Publication(added=1, unchanged=250)


def test_a_plan_sends_nothing(tmp_path: Path, fake: Fake) -> None:
    """What would be done is known from the published deploy; none is made."""
    deployed(tmp_path, fake, PLAIN)
    fake.asked.clear()
    digests = digests_of(site_of(tmp_path, NEXT), NEXT)
    plan = fake.open().compared(digests)
    assert (plan.added, plan.changed, plan.gone) == (["q/new"], ["q/stage"], ["robots.txt"])
    assert fake.operations() == ["getSite", "listSiteFiles"]


@pytest.mark.parametrize(
    "wrong", [refusal(503), refusal(500), refusal(502), CUT, refusal(429, Retry_After="1")]
)
@pytest.mark.parametrize(
    "at", ["getSite", "createSiteDeploy", "getSiteDeploy", "uploadDeployFile", "restoreSiteDeploy"]
)
def test_what_may_go_well_is_asked_again(
    wrong: Answer, at: str, tmp_path: Path, fake: Fake
) -> None:
    """Busy, broken or cut off twice at any step: the site arrives all the same."""
    fake.misbehave = once(wrong, wrong, at=at)  # type: ignore[assignment]
    deployed(tmp_path, fake, PLAIN)
    assert fake.seen() == PLAIN


def test_a_time_that_netlify_names_is_kept(tmp_path: Path, fake: Fake) -> None:
    """The reset of the rate limit is read by the server's clock, whatever this machine's says."""
    busy = refusal(429, X_RateLimit_Reset=f"{EPOCH + 42}")
    fake.misbehave = once(busy, at="getSite")  # type: ignore[assignment]
    deployed(tmp_path, fake, PLAIN)
    assert fake.slept[0] == 42 + fake.waits().chance()


@pytest.mark.parametrize(
    "named", [{"Retry_After": "3600"}, {"X_RateLimit_Reset": f"{EPOCH + 3600}"}]
)
def test_nobody_waits_for_an_hour(named: dict[str, str], tmp_path: Path, fake: Fake) -> None:
    """A limit that ends much later is told at once."""
    fake.misbehave = lambda *_: refusal(429, **named)
    with pytest.raises(OutsideError, match="it permits no more for now"):
        deployed(tmp_path, fake, PLAIN)
    assert (len(fake.asked), fake.slept) == (1, [])


def test_pauses_grow_and_end(tmp_path: Path, fake: Fake) -> None:
    """What stays away is asked a bounded number of times, each pause longer than the last."""
    fake.misbehave = lambda *_: CUT
    with pytest.raises(OutsideError, match="it cannot be reached") as caught:
        deployed(tmp_path, fake, PLAIN)
    assert len(fake.asked) == TRIES
    assert fake.slept == sorted(set(fake.slept))
    assert sum(fake.slept) < LONGEST
    assert fake.address not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "told"),
    [(400, "did not do what"), (401, "the token"), (403, "the token"), (404, "no such site")],
)
def test_what_cannot_go_well_is_told_at_once(
    status: int, told: str, tmp_path: Path, fake: Fake
) -> None:
    """No request is made again, and neither words of the server nor the token are told."""
    fake.misbehave = lambda *_: refusal(status)
    with pytest.raises(OutsideError, match=told) as caught:
        deployed(tmp_path, fake, PLAIN)
    assert (len(fake.asked), fake.slept) == (1, [])
    assert not any(word in str(caught.value) for word in (TOKEN, SITE, "words of the server"))


def test_a_wrong_token_and_an_unknown_site(tmp_path: Path, fake: Fake) -> None:
    """Each is told with what mends it."""
    with pytest.raises(OutsideError, match="hint: see NETLIFY_AUTH_TOKEN"):
        deployed(tmp_path, fake, PLAIN, fake.open("another"))
    with pytest.raises(OutsideError, match="hint: correct site below publish"):
        deployed(tmp_path, fake, PLAIN, fake.open(site="another"))
    assert fake.deploys == {}


def test_a_file_that_arrives_otherwise(
    tmp_path: Path, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Netlify refuses what is not the content that was listed: nothing is published."""
    deployed(tmp_path, fake, PLAIN)
    real = fake.answer

    def altered(request: Request, token: str) -> Answer:
        spoilt = request._replace(body=request.body + b"!")
        return real(spoilt if request.method == "PUT" else request, token)

    monkeypatch.setattr(fake, "answer", altered)
    with pytest.raises(OutsideError, match="it did not get what was to be sent"):
        deployed(tmp_path, fake, NEXT)
    assert fake.seen() == PLAIN


def test_a_site_that_is_built_meanwhile(tmp_path: Path, fake: Fake) -> None:
    """A file that changed after it was listed is not sent."""
    site = site_of(tmp_path, PLAIN)
    digests = digests_of(site, PLAIN)
    (site / "q/stage").write_bytes(b"built anew")
    with pytest.raises(OutsideError, match="build/site changed meanwhile"):
        fake.open().deploy(site, digests, silent)
    assert fake.seen() == {}


@pytest.mark.parametrize(
    ("state", "end"), [("preparing", "prepared"), ("prepared", "ready"), ("processing", "ready")]
)
def test_a_deploy_that_takes_too_long(state: str, end: str, tmp_path: Path, fake: Fake) -> None:
    """It is given up after the time that we have, and never published, however late it is ready."""
    deployed(tmp_path, fake, PLAIN)
    fake.stuck = state
    with pytest.raises(OutsideError, match="took over 20 minutes; nothing was published"):
        deployed(tmp_path, fake, NEXT)
    assert PATIENCE.total_seconds() <= sum(fake.slept) < PATIENCE.total_seconds() + 30
    fake.let_time_pass()
    assert [made.state for made in fake.deploys.values()] == ["ready", end]
    assert fake.seen() == PLAIN


@pytest.mark.parametrize("state", ["error", "rejected"])
def test_a_deploy_that_breaks_off(state: str, tmp_path: Path, fake: Fake) -> None:
    """It is told at once, in our words, and readers see what they saw."""
    deployed(tmp_path, fake, PLAIN)
    fake.asked.clear()
    broken: Answer = 200, {}, {"id": "b", "state": state, "error_message": "words of the server"}
    fake.misbehave = once(broken, at="getSiteDeploy")  # type: ignore[assignment]
    with pytest.raises(OutsideError, match="the deploy broke off") as caught:
        deployed(tmp_path, fake, NEXT)
    assert "words" not in str(caught.value)
    assert fake.seen() == PLAIN
    assert fake.operations() == ["getSite", "listSiteFiles", "createSiteDeploy"]


def test_what_a_person_stopped_stays_stopped(tmp_path: Path, fake: Fake) -> None:
    """Where publishing is locked at Netlify, no deploy is made over it."""
    deployed(tmp_path, fake, PLAIN)
    fake.deploys[fake.published].locked = True
    with pytest.raises(OutsideError, match="publishing is locked there"):
        deployed(tmp_path, fake, NEXT)
    assert len(fake.deploys) == 1


@pytest.mark.parametrize("data", [{}, [], None, {"id": "x"}, {"published_deploy": {"id": "x"}}])
def test_answers_that_make_no_sense(data: object, tmp_path: Path, fake: Fake) -> None:
    """An answer of another shape is told, not stumbled over; nothing is published."""
    fake.misbehave = lambda *_: (200, {}, data)
    with pytest.raises(OutsideError, match="not understood"):
        deployed(tmp_path, fake, PLAIN)
    fake.faults.clear()  # they are the fake's own
    assert fake.seen() == {}


def test_fields_that_are_null(tmp_path: Path, fake: Fake) -> None:
    """Netlify writes null for what is not there, whatever its description says."""
    fake.misbehave = once((200, {}, {"id": SITE, "published_deploy": None}), at="getSite")  # type: ignore[assignment]
    deployed(tmp_path, fake, PLAIN)
    fake.faults.clear()  # the description knows no null
    assert fake.seen() == PLAIN


# ── Going on, and back ───────────────────────────────────────────────────────────────────────

KILLED = """
import os, sys
from pathlib import Path
from generator.publish.netlify.site import Netlify
from generator.publish.netlify.api import Api
from generator.publish.netlify.files import digests_of
site, address, number = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
paths = [path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()]
def progress(done, total):
    if done == number:
        os.kill(os.getpid(), 9)
Netlify(sys.argv[4], Api(sys.argv[5], address)).deploy(site, digests_of(site, paths), progress)
"""


def test_a_run_that_is_killed_is_gone_on_with(tmp_path: Path, fake: Fake) -> None:
    """The next run sends only what did not arrive, and until then readers see what they saw."""
    many = {f"q/{number:03}": b"%d" % number for number in range(100)}
    site = site_of(tmp_path, many)
    words = [str(site), fake.address, "40", SITE, TOKEN]
    root = Path(__file__).parents[2]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, *words],
        env={**os.environ, "PYTHONPATH": str(root)},
        check=False,
    )
    assert killed.returncode == -9
    fake.wait_until_alone()
    arrived = len(fake.contents)
    assert 40 <= arrived <= 40 + LANES
    assert fake.seen() == {}
    fake.asked.clear()
    deployed(tmp_path, fake, many)
    assert len(fake.sent()) == 100 - arrived
    assert fake.seen() == many


def test_an_earlier_deploy_is_published_again(tmp_path: Path, fake: Fake) -> None:
    """Rolling back goes to the deploy before, and to the one before that; nothing is sent."""
    sites = [PLAIN, NEXT, {"index.html": b"third"}]
    first, _, _ = [deployed(tmp_path, fake, files) for files in sites]
    fake.asked.clear()
    for files in (NEXT, PLAIN):
        fake.open().roll_back()
        assert fake.seen() == files
    assert fake.sent() == []
    assert fake.published == first.id
    with pytest.raises(InputError, match="there is no earlier deploy"):
        fake.open().roll_back()


def test_no_draft_is_rolled_back_to(tmp_path: Path, fake: Fake) -> None:
    """A deploy that was ready and never published is not what readers saw before."""
    first = deployed(tmp_path, fake, PLAIN)
    fake.misbehave = once(refusal(401), at="restoreSiteDeploy")  # type: ignore[assignment]
    with pytest.raises(OutsideError):
        deployed(tmp_path, fake, NEXT)
    deployed(tmp_path, fake, {"index.html": b"third"})
    assert fake.open().roll_back().id == first.id


def test_what_was_taken_away_does_not_come_back(tmp_path: Path, fake: Fake) -> None:
    """Rolling back passes over deploys with sealed files where now there are none."""
    for files in ({"index.html": b"first"}, FILES, PLAIN):
        deployed(tmp_path, fake, files)
    fake.open().roll_back()
    assert fake.seen() == {"index.html": b"first"}


# ── Limits, and clients' pages ───────────────────────────────────────────────────────────────


def test_too_many_files_are_refused(
    tmp_path: Path, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before Netlify is asked anything, with the numbers and the way out."""
    assert netlify_files.MOST_FILES == 50_000
    monkeypatch.setattr(netlify_files, "MOST_FILES", len(PLAIN) - 1)
    with pytest.raises(InputError, match=f"these are {len(PLAIN)} — hint: publish to an object"):
        deployed(tmp_path, fake, PLAIN)
    assert fake.asked == []


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A file of the record that is missing is told with how to mend it."""
    with pytest.raises(InputError, match="is missing — hint: run: sealpress build --full"):
        digests_of(site_of(tmp_path, PLAIN), [*PLAIN, "q/lost"])


def test_deploys_with_sealed_files_are_found_again(tmp_path: Path, fake: Fake) -> None:
    """Withdrawing deletes all of them but the published one, which must not have the page."""
    for files in (FILES, PLAIN, {**FILES, "q/new": b"x"}):
        deployed(tmp_path, fake, files)
    store = NetlifyPages(fake.open())
    assert (store.has("p/zz/page"), store.has("p/zz/none")) == (True, False)
    with pytest.raises(OutsideError, match="the page is published at Netlify"):
        store.erase_all(["p/zz/page"])
    assert len(fake.deploys) == 3
    deployed(tmp_path, fake, NEXT)
    store.erase_all(["p/zz/page"])
    left = [made.files for made in fake.deploys.values()]
    assert all("p/zz/page" not in files for files in left)
    assert Counter(map(len, left)) == Counter([len(PLAIN), len(NEXT)])
    store.erase_all(["p/zz/page"])


def test_a_title_stands_for_every_byte() -> None:
    """Another path, another content: another title."""
    titles = {title_of(one) for one in ({"a": "1"}, {"b": "1"}, {"a": "2"}, {"a": "1", "b": "2"})}
    assert len(titles) == 4


def test_the_proxy_of_the_environment(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Netlify is reached by way of it, and the token is not for its eyes."""
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, fake.address)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with pytest.raises(OutsideError, match="it cannot be reached"):
        Netlify(SITE, Api(TOKEN, waits=fake.waits())).published()
    assert fake.asked == [("CONNECT", "api.netlify.com:443")] * TRIES


def test_the_token_is_in_no_text() -> None:
    """What a debugger or a log shows of the client has no token in it."""
    api = Api(TOKEN)
    assert TOKEN not in f"{api!r} {Netlify(SITE, api)!r}"
