"""What the pages say, in the languages that they speak."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """Of one language."""

    leave: str
    leave_hint: str
    leave_button: str
    left: str
    left_hint: str
    vote: str
    vote_hint: str
    liked: str
    yes: str
    no: str
    send: str
    thanks: str
    thanks_hint: str
    missing: str
    missing_hint: str
    failed: str
    failed_hint: str


WORDS: Mapping[str, Words] = {
    "ru": Words(
        leave="Отписаться от рассылки?",
        leave_hint="Нажмите кнопку — и таких писем больше не будет.",
        leave_button="Отписаться",
        left="Вы отписались",
        left_hint="Таких писем больше не будет. Эту страницу можно закрыть.",
        vote="Насколько вероятно, что вы порекомендуете нас близким?",
        vote_hint="0\N{NO-BREAK SPACE}— точно нет, 10\N{NO-BREAK SPACE}— обязательно",
        liked="Вам понравилось письмо?",
        yes="Да",
        no="Нет",
        send="Отправить",
        thanks="Спасибо!",
        thanks_hint="Ваш ответ записан. Эту страницу можно закрыть.",
        missing="Такой страницы нет",
        missing_hint="Похоже, ссылка обрезана. Откройте её из письма ещё раз.",
        failed="Сейчас не получилось",
        failed_hint="Попробуйте ещё раз через несколько минут.",
    ),
    "en": Words(
        leave="Unsubscribe from these letters?",
        leave_hint="Press the button, and no more of them will come.",
        leave_button="Unsubscribe",
        left="You are unsubscribed",
        left_hint="No more of these letters will come. You can close this page.",
        vote="How likely are you to recommend us to those close to you?",
        vote_hint="0 is not at all likely, 10 is certain",
        liked="Did you like this letter?",
        yes="Yes",
        no="No",
        send="Send",
        thanks="Thank you!",
        thanks_hint="Your answer is recorded. You can close this page.",
        missing="There is no such page",
        missing_hint="The link seems to be cut. Open it from the letter again.",
        failed="This did not work just now",
        failed_hint="Try again in a few minutes.",
    ),
}


def language_of(accepted: str, known: Sequence[str]) -> str:
    """Of the languages ``known``, the one that a browser likes best; the first without a wish.

    Source: RFC 9110, 12.5.4; of a language's region nothing depends.
    """
    liked: dict[str, float] = {}
    for wish in accepted.lower().split(","):
        name, _, weight = wish.partition(";")
        code = name.strip().partition("-")[0]
        if code in known:
            liked[code] = max(liked.get(code, 0.0), _weight(weight))
    best = max(liked, key=liked.__getitem__, default=known[0])
    return best if liked.get(best) else known[0]


def _weight(text: str) -> float:
    name, _, value = text.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0
