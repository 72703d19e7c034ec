"""What is wrong with messages is told when they are loaded: all of it, with its place."""

from pathlib import Path

import pytest

from generator.base.errors import InputError
from generator.base.sending import Send
from tests.send.letters import email, sms, written

FINE = "{{ name.full }}: {{ link }}"


def told(root: Path, files: dict[str, str], send: Send | None = None, locales: str = "en") -> str:
    """Everything that loading these files complains of."""
    with pytest.raises(InputError) as error:
        written(root, files, send, locales)
    return str(error.value)


CASES: dict[str, tuple[dict[str, str], str]] = {
    "unknown-name": (
        {"a.sms.md": sms("Hi\n{{ nam.full }} {{ link }}")},
        "a.sms.md:5:4: there is no value nam — hint: did you mean name?",
    ),
    "unknown-field": (
        {"a.sms.md": sms("{{ reason.ammount }} {{ link }}")},
        "a.sms.md:4:11: there is no field ammount — hint: did you mean amount?",
    ),
    "unknown-field-of-name": (
        {"a.sms.md": sms("{{ name['first'] }} {{ link }}")},
        "a.sms.md:4:10: there is no field first — hint: known: full, polite, short",
    ),
    "field-of-another-kind": (
        {"a.sms.md": sms("{{ reason.amount }} {{ link }}", reason="stage")},
        "there is no field amount — hint: known: kind, link, product, since, stage, stage_name",
    ),
    "field-in-a-loop": (
        {"a.sms.md": sms("{% for r in reasons[1:] | sort %}{{ r.sum }}{% endfor %} {{ link }}")},
        "a.sms.md:4:39: there is no field sum",
    ),
    "field-of-an-item": (
        {
            "a.sms.md": sms(
                "{% set r = (reasons | last) %}{{ r.summ }}{{ reasons[0].x }} {{ link }}"
            )
        },
        "there is no field x",
    ),
    "field-of-a-policy": (
        {
            "a.email.md": email(
                "{% for p in reason.policies | reverse %}{{ p.premium }}{% endfor %}",
                reason="digest",
            )
        },
        "there is no field premium — hint: known: currency, income, income_text, policy, series",
    ),
    "field-of-the-first-policy": (
        {"a.email.md": email("{{ (reason.policies | first).sum }}", reason="digest")},
        "there is no field sum",
    ),
    "first-of-no-policies": (
        {"a.email.md": email("{{ reason.policies[0].income_text }}", reason="digest")},
        "a.email.md: a value that the message names is missing",
    ),
    "name-in-subject": (
        {"a.email.md": email("Hi", 'subject: "{{ reson }}"')},
        "a.email.md:6:10: subject: there is no value reson — hint: did you mean reason?",
    ),
    "letters-only": (
        {"a.sms.md": sms("{{ unsubscribe_link }} {{ link }}")},
        "there is no value unsubscribe_link",
    ),
    "syntax": (
        {"a.sms.md": sms("ok\n{% if %}{{ link }}")},
        "a.sms.md:5:1: Jinja: ",
    ),
    "filter": (
        {"a.sms.md": sms("{{ reason.date | dya }} {{ link }}")},
        "Jinja: No filter named 'dya'. — hint: did you mean day?",
    ),
    "include": (
        {"a.sms.md": sms("{% include '/etc/passwd' %}{{ link }}")},
        "a message stands alone",
    ),
    "no-link": ({"a.sms.md": sms("{{ name.full }}")}, "the link stands 0 times in the SMS"),
    "two-links": ({"a.sms.md": sms("{{ link }} {{ link }}")}, "the link stands 2 times"),
    "link-not-last": ({"a.sms.md": sms("{{ link }}.")}, "something follows the link"),
    "link-touches": ({"a.sms.md": sms("Here:{{ link }}")}, "the link touches the word before it"),
    "second-address": (
        {"a.sms.md": sms("north-shore.ru or {{ link }}")},
        "a.sms.md:4:1: a second address stands here",
    ),
    "second-address-of-the-site": (
        {"a.sms.md": sms("{{ account_url }} or {{ link }}")},
        "a second address stands here",
    ),
    "shortener": (
        {"a.email.md": email("See https://clck.ru/3abc")},
        "a.email.md:8:13: a shortener stands here",
    ),
    "promotion": (
        {"a.sms.md": sms("A bonus for you: {{ link }}")},
        "a.sms.md:4:3: a word of promotion in a service message: bonus",
    ),
    "promotion-in-russian": (
        {"a.sms.md": sms("Вам скидка и выгодное Предложение: {{ link }}")},
        "a word of promotion in a service message: Предложение",
    ),
    "amount-in-push": (
        {"a.push.md": sms("You got {{ reason.amount_text }}", "title: Hi")},
        "a.push.md:5:19: an amount in a push",
    ),
    "written-amount-in-push": (
        {"a.push.md": sms("You got 500 RUB", "title: Hi")},
        "a.push.md:5:9: an amount stands here",
    ),
    "link-in-push": ({"a.push.md": sms("{{ link }}", "title: Hi")}, "there is no value link"),
    "two-stops": (
        {"a.sms.md": sms("On the day.. {{ link }}")},
        "two full stops stand together",
    ),
    "no-subject": (
        {"a.email.md": sms("Hi", "title: Hello", "button: Open", "preheader: x")},
        "a.email.md:2:1: subject: is required — hint: write subject: …",
    ),
    "subject-of-sms": (
        {"a.sms.md": sms(FINE, "subject: Hi")},
        "a.sms.md:3:10: subject: has no place here: of kind sms",
    ),
    "unknown-key": (
        {"a.sms.md": sms(FINE, "purpos: service")},
        "a.sms.md:3:1: purpos: unknown key — hint: did you mean purpose?",
    ),
    "no-front-matter": ({"a.sms.md": FINE}, "a.sms.md:1:1: there is no front matter"),
    "file-name": (
        {"a.fax.md": sms(FINE)},
        "a.fax.md: the file's name is not usable — hint: write name.sms.md",
    ),
    "file-ending": ({"a.sms.txt": sms(FINE)}, "a.sms.txt: the file's name is not usable"),
    "empty-for-some": (
        {"a.push.md": sms("{% if reason.outcome == 'saved' %}x{% endif %}", "title: Hi")},
        "the message is empty for some clients",
    ),
    "division": (
        {"a.sms.md": sms("{{ reason.amount // 2 }} {{ link }}")},
        "a value that the message",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_is_told_with_its_place(name: str, tmp_path: Path) -> None:
    """Each by itself."""
    files, expected = CASES[name]
    assert expected in told(tmp_path, files)


def test_all_mistakes_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    """Nobody mends one to learn of the next."""
    files = {
        "a.sms.md": sms("{{ nam }} {{ reason.x }} {{ link }}"),
        "b.push.md": sms("Hello", "titel: Hi"),
        "c.sms.md": sms("A gift: {{ link }}"),
    }
    lines = told(tmp_path, files).splitlines()
    assert [line.split(":")[0][-9:] for line in lines] == [
        *("/a.sms.md", "/a.sms.md"),
        "b.push.md",
        "/c.sms.md",
    ]


def test_a_translation_that_is_missing_is_told(tmp_path: Path) -> None:
    """Each message is written in every locale of the site."""
    files = {"a.sms.md": sms(FINE), "b.sms.en.md": sms(FINE)}
    assert told(tmp_path, files, locales="ru, en").splitlines() == [
        "content/messages/a.sms.en.md: the translation into en is missing — hint: add this file",
        "content/messages/b.sms.md: the translation into ru is missing — hint: add this file",
    ]


def test_a_site_without_messages_has_none(tmp_path: Path) -> None:
    """It is no mistake: a site need not send."""
    assert written(tmp_path, {}).names == ()


FORBIDDEN = Send(
    channels={}, forbidden={"all": ("guaranteed  income",), "tech-2009-03": ("no risk",)}
)


@pytest.mark.parametrize(
    ("front", "words", "is_refused"),
    [
        ((), "Guaranteed\nincome", True),
        ((), "There is no risk", True),
        (("products: [tech-2009-03]",), "no risk", True),
        (("products: [pair-2010-12]",), "no risk", False),
        (("products: [pair-2010-12]",), "guaranteed income", True),
        ((), "guaranteed", False),
    ],
)
def test_forbidden_phrases_hold_for_their_products(
    front: tuple[str, ...], words: str, tmp_path: Path, *, is_refused: bool
) -> None:
    """A message that names no product may be about any."""
    files = {"a.sms.md": sms(f"{words}: {{{{ link }}}}", *front)}
    if is_refused:
        assert "a forbidden phrase stands here" in told(tmp_path, files, FORBIDDEN)
    else:
        assert written(tmp_path, files, FORBIDDEN).names == ("a",)


def test_words_of_promotion_may_be_meant_otherwise(tmp_path: Path) -> None:
    """A promotion may have them, and a service message those that it allows."""
    files = {
        "a.sms.md": sms("Акции выросли: {{ link }}", "allow: [акции]"),
        "b.sms.md": sms("Вам скидка: {{ link }}", "purpose: promotion"),
    }
    messages = written(tmp_path, files)
    assert messages.names == ("a", "b")
    assert messages.of("b", "sms", "en").front.purpose == "promotion"
