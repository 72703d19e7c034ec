"""What an operator, a law or a phone would object to in a text, told with its place."""

import re
from collections.abc import Iterable, Iterator, Mapping

from jinja2.environment import Environment

from generator.base.errors import Problem
from generator.send.messages.files import Source
from generator.send.messages.marks import words_of

PROMOTION = re.compile(
    r"\b(?:скидк|акци(?:я|и|ю|ей|й|ям|ях|ями)\b|выгод|бонус|предложени|кэшб[эе]к|промокод|распродаж"
    r"|подар(?:ок|к)|бесплатн|розыгрыш|выигр|успейте|спешите|только сегодня|специальн"
    r"|discount|sale\b|bonus|offers?\b|deals?\b|promo|exclusive|free\b|prize|win\b|winner|gift"
    r"|hurry|limited time|cashback|special\b)\w*",
    re.IGNORECASE,
)
"""Words of promotion by their stems: an operator bills or blocks a service message that has one."""
SHORTENERS = re.compile(
    r"\b(?:bit\.ly|clck\.ru|goo\.gl|tinyurl\.com|t\.co|is\.gd|v\.gd|ow\.ly|buff\.ly|cutt\.ly"
    r"|rb\.gy|vk\.cc|u\.to|t\.ly|rebrand\.ly|shorturl\.at|qps\.ru|goo\.su|tiny\.cc|bl\.ink)\b",
    re.IGNORECASE,
)
ADDRESS = re.compile(
    r"(?:https?://|www\.)\S+"
    r"|(?<![\w@.-])[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:ru|com|org|net|info|biz|me|io|app|su|рф)\b\S*",
    re.IGNORECASE,
)
MONEY = re.compile(
    r"\d[\d\s.,]*(?:₽|руб|\$|€|£|RUB|USD|EUR|dollar)|(?:[₽$€£]|RUB|USD|EUR)\s*\d",
    re.IGNORECASE,
)
SECOND_LINK = "a second address stands here"
ONE_LINK = "an SMS has one, and the client's page has the others"


def lint(
    source: Source, forbidden: Mapping[str, tuple[str, ...]], environment: Environment
) -> Iterator[Problem]:
    """Everything in the editor's own words that must not go out; values are not looked at."""
    phrases = list(_phrases(forbidden, source.front.products))
    for field, text, line in source.texts():
        words = words_of(text, environment)
        for place, sentence, hint in _found(source, words, phrases):
            yield _at(source, field, words, place, line, sentence, hint)


Found = tuple[int, str, str]


def _found(source: Source, words: str, phrases: list[re.Pattern[str]]) -> Iterator[Found]:
    if source.front.purpose == "service":
        yield from _promotion(words, source.front.allow)
    for phrase in phrases:
        for found in phrase.finditer(words):
            yield found.start(), "a forbidden phrase stands here", "say it in another way"
    for found in SHORTENERS.finditer(words):
        hint = "write the address itself: others would see who follows it"
        yield found.start(), "a shortener stands here", hint
    if source.key.kind != "email":
        for found in ADDRESS.finditer(words):
            yield found.start(), SECOND_LINK, ONE_LINK
    if source.key.kind == "push":
        for found in MONEY.finditer(words):
            yield found.start(), "an amount stands here", "a locked screen shows it to anybody"


def _promotion(words: str, allowed: Iterable[str]) -> Iterator[Found]:
    fine = {word.casefold() for word in allowed}
    for found in PROMOTION.finditer(words):
        if found[0].casefold() not in fine:
            hint = "leave the word out, set purpose: promotion, or name it under allow"
            yield found.start(), f"a word of promotion in a service message: {found[0]}", hint


def _phrases(
    forbidden: Mapping[str, tuple[str, ...]], products: tuple[str, ...]
) -> Iterator[re.Pattern[str]]:
    """What must not be said about ``products``; about anything, where none is named."""
    for product, phrases in forbidden.items():
        if product == "all" or not products or product in products:
            for phrase in phrases:
                spaced = r"\s+".join(map(re.escape, phrase.split()))
                yield re.compile(rf"(?<!\w){spaced}", re.IGNORECASE)


def _at(
    source: Source, field: str, words: str, place: int, line: int, sentence: str, hint: str
) -> Problem:
    if field:
        return source.document.problem((field,), sentence, hint)
    line += words.count("\n", 0, place)
    column = place - words.rfind("\n", 0, place)
    return Problem(source.path, sentence, hint, line=line, column=column)
