"""Nothing goes of which the published page does not show what the text says, to the very client."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from random import SystemRandom

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.ids import client_mark
from generator.sealing import open_sealed, parse_link, seal
from generator.send.intake import Trust, read_manifest, waiting
from generator.send.proof import Mismatch, Prover, sample
from generator.send.shown import is_amount_in, is_word_in, normalised, outcomes_in, shown
from generator.send.values import Entry
from generator.site.layout import Layout
from tests.nights import FRIDAY, build, edit, publish, ring_of
from tests.send.manifests import Known, digest, held, stage, strategy
from tests.sites import copy_site, with_keys

NBSP = "\u00a0"


@dataclass(frozen=True)
class Published:
    """What is published, and what was handed on of it."""

    folder: Path
    entries: Mapping[str, Entry]

    def fetch(self, path: str) -> bytes | None:
        """A published file."""
        place = self.folder / path
        return place.read_bytes() if place.exists() else None

    def html(self, client: str) -> str:
        """A client's own part, as it is published."""
        keys = parse_link(self.entries[client].link).secret.keys()
        return open_sealed((self.folder / keys.path).read_bytes(), keys).decode()


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """The small site, built and published, and its manifest as a sender reads it."""
    site = with_keys(copy_site(tmp_path_factory.mktemp("night") / "site"))
    edit(site / "content/site.yaml", "clock: 2011-12-02", "retention_days: 0")
    build(site, FRIDAY)
    publish(site)
    (path,) = waiting(Layout(site).queue)
    trust = Trust("https://clients.quiet-harbour.example", (ring_of(site).signer.public,))
    entries = {entry.client: entry for entry in read_manifest(path, trust, Known()).entries}
    return Published(site / "build/published", entries)


@pytest.fixture
def prover(night: Published) -> Prover:
    """Proves by what is published."""
    return Prover(night.fetch)


def text_of(entry: Entry) -> str:
    """A message that names whatever the entry has, and the link."""
    values = [
        f"{reason[name]}"
        for reason in entry.reasons
        for name in ("series_name", "date_text", "amount_text", "income_text", "stage_name")
        if name in reason
    ]
    return f"{entry.name['polite']}: {', '.join(values)} {entry.link}x7Q"


def altered(night: Published, client: str, html: str) -> tuple[Entry, Prover]:
    """The client's entry after another page was built and published for them, by mistake."""
    entry = night.entries[client]
    keys = parse_link(entry.link).secret.keys()
    file = seal(html.encode(), keys, deflate=True)
    page = {**entry.page, "sha256": sha256(file).hexdigest()}

    def fetch(path: str) -> bytes | None:
        return file if path == keys.path else night.fetch(path)

    return replace(entry, page=page), Prover(fetch)


def test_a_whole_night_is_proved(night: Published, prover: Prover) -> None:
    """Every client's message fits the published page, in each language."""
    assert {"C-001", "C-002", "C-003", "C-004"} <= night.entries.keys()
    for entry in night.entries.values():
        assert prover.prove(entry, [text_of(entry)]) is None
        assert prover.prove(entry, []) is None


def test_every_kind_of_reason(night: Published, prover: Prover) -> None:
    """A band is looked for in the part of the series."""
    entry = night.entries["C-001"]
    moved = replace(entry, reasons=[strategy(band="above"), digest(policies=[])])
    assert prover.prove(moved, [text_of(entry)]) is None
    for reason, what in (
        (strategy(band="below"), "the band is another"),
        (strategy(band="corridor"), "the band is another"),
        (strategy(series_name="Другая"), "the page does not show the series"),
        (stage(stage_name="Другая"), "the page does not show the stage since that day"),
        (stage(stage_name="Заявка подана"), None),
        (
            stage(stage_name="Заявка подана", since="2011-11-27"),
            "the page does not show the stage since that day",
        ),
    ):
        found = prover.prove(replace(entry, reasons=[reason]), [])
        assert found == (what and Mismatch(what))


def test_a_digest(night: Published, prover: Prover) -> None:
    """It tells the income of each policy; figures that are others by now are another thing."""
    entry = night.entries["C-001"]
    told = [one for one in entry.reasons if one["kind"] == "coupon"][-1]
    mine = {name: told[name] for name in held()}
    right = replace(entry, reasons=[digest(policies=[mine])])
    assert prover.prove(right, [told["income_text"]]) is None
    other = held(**{**mine, "income_text": f"1{NBSP}000,00{NBSP}₽"})
    old = replace(entry, reasons=[digest(policies=[mine, other])])
    assert prover.prove(old, [told["income_text"]]) is None
    found = prover.prove(old, [other["income_text"]])
    assert found == Mismatch("the page shows another income", is_newer=True)
    gone = replace(entry, reasons=[digest(policies=[{**mine, "policy": "QH-0"}])])
    assert prover.prove(gone, []) == Mismatch("the page does not show the policy", is_newer=True)
    name = {**entry.name, "full": "Другой Клиент"}
    assert prover.prove(replace(old, name=name), []) == Mismatch("the page is another client's")
    assert list(prover.parts(right)) == [mine["series"]]
    assert "<svg" in prover.parts(right)[mine["series"]]


def test_a_page_is_fetched_once_for_proof_and_charts(night: Published) -> None:
    """A letter's charts are of the page that was just proved, until the next batch begins."""
    asked: list[str] = []

    def fetch(path: str) -> bytes | None:
        asked.append(path)
        return night.fetch(path)

    prover, entry = Prover(fetch), night.entries["C-001"]
    assert prover.prove(entry, []) is None
    assert prover.parts(entry)
    assert asked.count(entry.page["path"]) == 1
    assert prover.prove(entry, []) is None
    prover.turn()
    assert prover.parts(entry)
    assert asked.count(entry.page["path"]) == 3


def test_a_shared_part_is_fetched_once(night: Published) -> None:
    """A part of a series serves all its clients."""
    asked: list[str] = []

    def fetch(path: str) -> bytes | None:
        asked.append(path)
        return night.fetch(path)

    prover, moved = Prover(fetch), [strategy(band="above")]
    for client in ("C-001", "C-002", "C-002"):
        assert prover.prove(replace(night.entries[client], reasons=moved), []) is None
    assert len(asked) == 4


def test_a_page_that_is_another_clients(night: Published) -> None:
    """A page of somebody else under this link is found out, though it opens and is as built."""
    for other in ("C-002", "C-003", "C-004"):
        entry, prover = altered(night, "C-001", night.html(other))
        assert prover.prove(entry, []) == Mismatch("the page is another client's")


def test_a_namesake(night: Published) -> None:
    """Two of one name, who may have nothing else: a page says whose it is, and just once."""
    name, another = night.entries["C-001"].name["full"], Mismatch("the page is another client's")
    html = night.html("C-002").replace(night.entries["C-002"].name["full"], name)
    mine, theirs = client_mark("C-001"), client_mark("C-002")
    assert html.count(theirs) == 1
    for wrong in (
        html,
        html.replace(f' data-client="{theirs}"', ""),
        html.replace("<h1", f'<h1 data-client="{mine}"'),
    ):
        entry, prover = altered(night, "C-001", wrong)
        assert prover.prove(entry, []) == another
    entry, prover = altered(night, "C-001", html.replace(theirs, mine))
    assert prover.prove(entry, []) == Mismatch("the page does not show the policy")


def test_a_name_that_is_part_of_another(night: Published) -> None:
    """Who has no middle name is not whoever has one."""
    entry, prover = altered(night, "C-001", night.html("C-001"))
    short = {**entry.name, "full": entry.name["full"].rpartition(" ")[0]}
    assert prover.prove(replace(entry, name=short), []) == Mismatch("the page is another client's")


def test_a_page_that_changed_elsewhere(night: Published) -> None:
    """Days may have gone by since the manifest: what the text says is still there."""
    entry, prover = altered(night, "C-001", night.html("C-001").replace("Полис", "Полисы"))
    assert prover.prove(entry, []) is None


def test_nothing_is_published(night: Published) -> None:
    """Somebody who was revoked, or a store that lacks a file."""
    found = Prover(lambda _: None).prove(night.entries["C-001"], [])
    assert found == Mismatch("no page is published at its address", is_absent=True)


def test_a_file_that_does_not_open(night: Published) -> None:
    """Other bytes of the right digest: no page at all, or one under another link."""
    entry = night.entries["C-001"]
    other = night.fetch(night.entries["C-002"].page["path"]) or b""
    for file in (b"", b"<html>", other, other[:-1]):
        mine = replace(entry, page={**entry.page, "sha256": sha256(file).hexdigest()})
        found = Prover({entry.page["path"]: file}.get).prove(mine, [])
        assert found == Mismatch("the published page does not open with its link")


def test_the_link_of_another_client(night: Published, prover: Prover) -> None:
    """In the entry or in the text, with a tag or in a letter's HTML."""
    entry, other = night.entries["C-001"], night.entries["C-002"]
    found = prover.prove(replace(entry, link=other.link), [])
    assert found == Mismatch("the link leads to another page")
    for text in (other.link, f"{entry.link}abc и {other.link}abc", f'<a href="{other.link}">'):
        found = prover.prove(entry, ["Здравствуйте!", text])
        assert found == Mismatch("the text has another client's link")
    assert prover.prove(entry, [f'<a href="{entry.link}abc">'] * 2) is None
    for cut in (entry.link[:-1], entry.link[:-1] + "0"):
        assert prover.prove(entry, [cut]) == Mismatch("the link is not whole")
    assert prover.prove(replace(entry, link="https://x/#1"), []) == Mismatch(
        "the link is not whole"
    )


OLD = f"25{NBSP}000,00{NBSP}₽"


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        (OLD, f"25{NBSP}000,01{NBSP}₽", "another coupon"),
        (f"<b>+{OLD}", f"<b>+26{NBSP}000,00{NBSP}₽", None),  # the table still has it
        (OLD, f"125{NBSP}000,00{NBSP}₽", "another coupon"),
        (OLD, f"1{NBSP}25{NBSP}000,00{NBSP}₽", "another coupon"),
        (OLD, f"-{OLD}", "another coupon"),
        (f"2{NBSP}декабря", f"3{NBSP}декабря", "another coupon"),
        (f"2{NBSP}декабря", f"12{NBSP}декабря", "another coupon"),
        ("QH-7000001", "QH-70000011", "not show the policy"),
        ("QH-7000001", "QH-7000001-2", "not show the policy"),
        ("Два флагмана", "Три флагмана", "not show the series"),
        (f"50{NBSP}000,00{NBSP}₽", f"50{NBSP}000,01{NBSP}₽", "another income"),
        ('class="latest accrued"', 'class="latest saved"', None),  # likewise
        ('"accrued"', '"saved"', None),
    ],
)
def test_a_page_that_shows_something_else(
    old: str, new: str, what: str | None, night: Published
) -> None:
    """An amount, a day, a policy, a series or an income other than the text's stops the batch."""
    html = night.html("C-001")
    assert old in html
    entry, prover = altered(night, "C-001", html.replace(old, new))
    found = prover.prove(entry, [text_of(entry)])
    assert (found.what if found else "").endswith(what or "")
    assert (found is None) == (what is None)


def test_an_outcome_that_is_another(night: Published) -> None:
    """Where every line of that day says saved, a text of a coupon does not go."""
    html = night.html("C-001").replace('class="accrued"', 'class="saved"')
    entry, prover = altered(night, "C-001", html.replace("latest accrued", "latest saved"))
    assert prover.prove(entry, []) == Mismatch("the page shows another coupon")


def test_an_amount_of_another_policy_proves_nothing(night: Published) -> None:
    """The day and the amount must stand with the policy itself."""
    entry = night.entries["C-001"]
    one = next(reason for reason in entry.reasons if reason["policy"] == "QH-7000001")
    other = {**one, "policy": "QH-7000002", "series_name": "Голубая фишка"}
    prover = Prover(night.fetch)
    assert prover.prove(replace(entry, reasons=[one]), []) is None
    found = prover.prove(replace(entry, reasons=[other]), [])
    assert found == Mismatch("the page shows another coupon")


def test_an_income_before_the_last_coupon(night: Published) -> None:
    """The page shows the income of today; an earlier one counts only where the text names it."""
    entry = night.entries["C-001"]
    last = next(reason for reason in entry.reasons if reason["policy"] == "QH-7000001")
    first = {
        **last,
        "date": "2011-09-02",
        "date_text": f"2{NBSP}сентября 2011{NBSP}г.",
        "income_text": last["amount_text"],
    }
    prover, both = Prover(night.fetch), replace(entry, reasons=[first, last])
    assert prover.prove(both, ["без дохода"]) is None
    early = {**first, "income_text": f"24{NBSP}999,00{NBSP}₽"}
    both = replace(entry, reasons=[early, last])
    assert prover.prove(both, ["без дохода"]) is None
    assert prover.prove(both, ["доход 24 999,00 ₽"]) == Mismatch("the page shows another income")
    found = prover.prove(replace(entry, reasons=[early]), [])
    assert found == Mismatch("the page shows another income")


def test_a_mismatch_names_no_value(night: Published) -> None:
    """What is said may stand in a log."""
    entry, prover = altered(night, "C-001", night.html("C-002"))
    found = repr(prover.prove(entry, []))
    words = 'what="the page is another client\'s", is_absent=False, is_newer=False'
    assert found == f"Mismatch({words})"
    page = shown(night.html("C-001"))
    assert repr(page) == f"Shown({len(page.sections)} sections)"
    assert "QH" not in repr(page.sections[0])


# ── What a page shows ────────────────────────────────────────────────────────────────────────


def test_a_page_as_text() -> None:
    """Entities and blanks as people read them, cells in a row, parts and comments apart."""
    page = shown(
        '<article><h1>A &amp; B&nbsp;C</h1><!-- <p>no</p> --><section class="x"><table>'
        '<tr class="saved"><td>1 <i>a</i></td><td>2</td></tr></table></section>'
        '<div data-part="abc" class="slot"></div></article>'
    )
    first, table, last = page.sections
    assert page.has_line("A & B C")
    assert not page.has_line("A & B")
    (row,) = table.lines_with("1")
    assert row.split() == ["\x04saved\x05", "1", "a", "2"]
    assert outcomes_in(row) == {"saved"}
    assert list(table.lines_with("A")) == []
    assert (first.parts, last.parts) == ((), ("abc",))
    assert "no" not in first.text


@pytest.mark.parametrize(
    ("amount", "text", "stands"),
    [
        ("750,00 ₽", "750,00 ₽", True),
        ("750,00 ₽", "+750,00 ₽", True),
        ("750,00 ₽", "8 750,00 ₽", False),
        ("750,00 ₽", "8 750,00 ₽ и 750,00 ₽", True),
        ("750,00 ₽", "-750,00 ₽", False),
        ("750,00 ₽", "−750,00 ₽", False),
        ("₽750.00", "₽750.00.", True),
        ("₽750.00", "₽750.001", False),
        ("₽1,750", "₽1,750,000", False),
        ("₽750.00", "-₽750.00", False),
        ("5 $", "за 15 $", False),
        ("5 $", "1.5 $", False),
    ],
)
def test_an_amount_stands_by_itself(amount: str, text: str, stands: bool) -> None:  # noqa: FBT001
    """The end of a larger amount is none."""
    assert is_amount_in(amount, text) is stands


@given(word=st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=4))
def test_a_word_stands_by_itself(word: str) -> None:
    """It is found between other things, and not in a longer word."""
    assert is_word_in(word, f"a, {word}: b")
    assert is_word_in(word, word)
    assert not is_word_in(word, f"№{word}Ж") or word == "Ж"
    assert normalised(f"{word}\u202f{NBSP} {word}") == f"{word} {word}"


@given(html=st.text("<>/ab&;\"'=\x01\x02\x05\n\u00a0 ", max_size=60))
def test_any_html_is_read(html: str) -> None:
    """Whatever stands on a page, it is text afterwards."""
    for section in shown(html).sections:
        assert NBSP not in section.text
        assert "  " not in section.text


def test_a_sample() -> None:
    """All, or so many by lot, none twice."""
    batch, lot = list(range(50)), SystemRandom()
    assert list(sample(batch, "all", lot)) == batch
    assert list(sample(batch, 50, lot)) == batch
    drawn = sample(batch, 7, lot)
    assert len(set(drawn)) == 7
    assert set(drawn) < set(batch)
