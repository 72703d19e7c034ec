"""A journey as a flowchart in Mermaid's language."""

from pathlib import Path

from generator.send.journeys import drawn
from tests.send.journeys.texts import JOURNEY, OTHER, journey, load, with_steps

CHART = """\
flowchart TD
  subgraph j0["Купон"]
    j0_start(["when coupon: accrued<br/>for segment == 'premium' and 'duo' in series"])
    j0_start --> j0_s0
    j0_s0["send coupon<br/>first of push, sms, email"]
    j0_s0 --> j0_s1
    j0_s1[/"wait 3d"/]
    j0_s1 --> j0_s2
    j0_s2{"not page opened?"}
    j0_s2 -->|yes| j0_s5
    j0_s2 -->|no| j0_end
    j0_s5["send reminder<br/>over email"]
    j0_s5 --> j0_end
    j0_end(["the end"])
  end
"""


def test_a_journey_is_drawn(tmp_path: Path) -> None:
    """A node for each step, an arrow for each way."""
    assert drawn([journey(tmp_path, JOURNEY)], "ru") == CHART


def test_branches_are_drawn(tmp_path: Path) -> None:
    """Both ways come together behind; what no way leads to is left out."""
    text = with_steps(
        "{send: coupon, over_all: [sms, email]}",
        "{if: page opened, then: [{wait: until monday 10:00}, stop], else: [{wait: 2h}]}",
        "{send: coupon, over: [sms]}",
    )
    assert drawn([journey(tmp_path, text)], "ru").splitlines()[2:-1] == [
        '    j0_start(["when coupon: accrued"])',
        "    j0_start --> j0_s0",
        '    j0_s0["send coupon<br/>all of sms, email"]',
        "    j0_s0 --> j0_s1",
        '    j0_s1{"page opened?"}',
        "    j0_s1 -->|yes| j0_s2",
        "    j0_s1 -->|no| j0_s5",
        '    j0_s2[/"until monday 10:00"/]',
        "    j0_s2 --> j0_end",
        '    j0_s5[/"wait 2h"/]',
        "    j0_s5 --> j0_s6",
        '    j0_s6["send coupon<br/>over sms"]',
        "    j0_s6 --> j0_end",
        '    j0_end(["the end"])',
    ]


def test_labels_show_what_is_written(tmp_path: Path) -> None:
    """Quotation marks, brackets and signs that mean something to Mermaid or HTML."""
    text = JOURNEY.replace("{ru: Купон,", """{ru: '"A" <b>#1</b> [x] & `y`',""")
    text = text.replace("'premium'", '"premium"')
    chart = drawn([journey(tmp_path, text)], "ru")
    name = "#quot;A#quot; #lt;b#gt;#35;1#lt;/b#gt; [x] & #96;y#96;"
    assert f'subgraph j0["{name}"]' in chart
    assert "segment == #quot;premium#quot; and" in chart


def test_several_share_one_chart(tmp_path: Path) -> None:
    """Each has a box and nodes of its own, and is named in the language that is asked for."""
    journeys = load(tmp_path, {"it": JOURNEY, "other": OTHER})
    lines = drawn(journeys.by_id.values(), "en").splitlines()
    assert lines.count("flowchart TD") == 1
    boxes = [line for line in lines if "subgraph" in line]
    assert boxes == ['  subgraph j0["Coupon"]', '  subgraph j1["other"]']
    assert [line for line in lines if "j0" in line and "j1" in line] == []
