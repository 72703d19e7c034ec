"""What a mail server would think of our letters: SpamAssassin, asked offline."""

import os
import re
import shutil
import subprocess

import pytest

from generator.send.messages.chart import chart_png, chart_styles
from generator.send.messages.look import look_of
from tests.send.charts import sample_chart
from tests.send.letters import ROOT, sample_values, shipped, whole_mail

NAMES = [("digest", "ru"), ("digest", "en"), ("coupon-accrued", "ru"), ("stage", "ru")]
SCORE = re.compile(r"^X-Spam-Status:.*?score=(-?[0-9.]+)", re.MULTILINE | re.DOTALL)
MOST = 2.0


def score(mail: bytes) -> float:
    """The points that a mail gets; five are spam."""
    program = shutil.which("spamassassin") or "/usr/bin/spamassassin"
    if not os.access(program, os.X_OK):
        missing = "SpamAssassin is not installed: sh .ci/spamassassin.sh"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    done = subprocess.run([program, "-L", "-t"], input=mail, capture_output=True, check=True)
    found = SCORE.search(done.stdout.decode(errors="replace"))
    assert found, "SpamAssassin gave no score"
    return float(found[1])


@pytest.mark.parametrize(("name", "locale"), NAMES)
def test_a_letter_is_no_spam(name: str, locale: str) -> None:
    """The digest, and one of each kind of letter: with a picture, and without votes."""
    letter = shipped().of(name, "email", locale)
    rendered = letter.rendered(sample_values(letter))
    styles = chart_styles(look_of(ROOT, "default"))
    png = chart_png(sample_chart("tech-2009-03"), 536, styles) if rendered.images else b""
    assert score(whole_mail(rendered, dict.fromkeys(rendered.images, png))) < MOST


def test_spam_is_told_from_a_letter() -> None:
    """Else the test above could not fail. Source: GTUBE, SpamAssassin's own test string."""
    gtube = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
    assert score(b"Subject: test\r\n\r\n" + gtube + b"\r\n") > MOST
