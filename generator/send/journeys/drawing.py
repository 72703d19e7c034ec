"""Journeys as a Mermaid flowchart, for people who decide and do not read YAML."""

from collections.abc import Iterable, Iterator

from generator.send.journeys.journey import Ask, Journey, Pause, Skip, Step, Stop, Tell

SPECIAL = {'"': "#quot;", "#": "#35;", "<": "#lt;", ">": "#gt;", "`": "#96;", "\\": "#92;"}
"""Signs that would end a label or mean something in it; the rest may stand in quotes."""


def drawn(journeys: Iterable[Journey], locale: str) -> str:
    """One flowchart with a box for each journey."""
    lines = ["flowchart TD"]
    for number, journey in enumerate(journeys):
        lines += [f"  {line}" for line in _box(journey, f"j{number}", locale)]
    return "\n".join(lines) + "\n"


def _box(journey: Journey, prefix: str, locale: str) -> Iterator[str]:
    name = journey.names.get(locale) or journey.id
    yield f'subgraph {prefix}["{_label(name)}"]'
    lines = [*_begin(journey, prefix), *_steps(journey, prefix)]
    yield from (f"  {line}" for line in lines)
    yield "end"


def _begin(journey: Journey, prefix: str) -> Iterator[str]:
    parts = [f"when {journey.when}", journey.audience.text and f"for {journey.audience.text}"]
    yield f'{prefix}_start(["{_label(*filter(None, parts))}"])'
    yield f"{prefix}_start --> {_target(journey, 0, prefix)}"


def _steps(journey: Journey, prefix: str) -> Iterator[str]:
    reached = _reached(journey)
    for number, step in enumerate(journey.steps):
        if number not in reached or isinstance(step, Skip | Stop):
            continue
        yield f"{prefix}_s{number}{_shape(step)}"
        following = _target(journey, number + 1, prefix)
        if isinstance(step, Ask):
            yield f"{prefix}_s{number} -->|yes| {following}"
            yield f"{prefix}_s{number} -->|no| {_target(journey, step.otherwise, prefix)}"
        else:
            yield f"{prefix}_s{number} --> {following}"
    yield f'{prefix}_end(["the end"])'


def _shape(step: Step) -> str:
    match step:
        case Tell(message, channels, over_each):
            how = ("all of " if over_each else "first of ") if len(channels) > 1 else "over "
            return f'["{_label(f"send {message}", how + ", ".join(channels))}"]'
        case Pause(wait):
            shown = str(wait) if str(wait).startswith("until") else f"wait {wait}"
            return f'[/"{_label(shown)}"/]'
        case Ask(condition):
            return f'{{"{_label(f"{condition}?")}"}}'
    raise AssertionError(step)


def _target(journey: Journey, number: int, prefix: str) -> str:
    """The node at which whoever comes to step ``number`` arrives."""
    while number < len(journey.steps):
        step = journey.steps[number]
        if isinstance(step, Stop):
            break
        if not isinstance(step, Skip):
            return f"{prefix}_s{number}"
        number = step.to
    return f"{prefix}_end"


def _reached(journey: Journey) -> set[int]:
    """The steps to which a way leads; every step leads to later ones only."""
    reached = {0}
    for number, step in enumerate(journey.steps):
        if number not in reached or isinstance(step, Stop):
            continue
        reached.add(step.to if isinstance(step, Skip) else number + 1)
        if isinstance(step, Ask):
            reached.add(step.otherwise)
    return reached


def _label(*lines: str) -> str:
    """Lines of a label; whatever is in them shows as it is."""
    return "<br/>".join("".join(SPECIAL.get(sign, sign) for sign in line) for line in lines)
