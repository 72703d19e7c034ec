"""``sealpress coupons``: a series worked out, for actuaries and tests."""

from datetime import date
from pathlib import Path

import click
from rich.table import Table

from generator.base.errors import InputError, Problem
from generator.base.money import decimals, to_minor
from generator.cli.console import Voice
from generator.cli.options import Day, with_exit_codes
from generator.content import read_series
from generator.data import read_quotes
from generator.strategy import observe, worked


@click.command()
@click.argument("series", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--quotes",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default="data/quotes.csv",
    show_default=True,
    help="The table of closes.",
)
@click.option(
    "--premium",
    "premiums",
    multiple=True,
    default=["1000000.00"],
    show_default=True,
    help="Give it again for more than one.",
)
@click.option("--as-of", type=Day(), required=True, help="The day up to which is observed.")
@click.option("--stale-after", type=int, default=7, show_default=True, help="Days.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for machines.")
def coupons(
    series: Path,
    quotes: Path,
    premiums: tuple[str, ...],
    as_of: date,
    stale_after: int,
    *,
    as_json: bool,
) -> None:
    """Work out every observation of SERIES, a file of terms.

    \b
    Example:
      sealpress coupons content/strategies/tech-2009-03.yaml --as-of 2011-12-02
    """
    voice = Voice(as_json=as_json)
    with_exit_codes(voice, lambda: _print(voice, series, quotes, premiums, as_of, stale_after))


def _print(
    voice: Voice, path: Path, quotes: Path, premiums: tuple[str, ...], as_of: date, stale: int
) -> None:
    series = read_series(path, path.parent)
    problems: list[Problem] = []
    closes = read_quotes(quotes, quotes.parent, problems)
    problems.extend(_bad_premiums(premiums, decimals(series.currency)))
    if problems:
        raise InputError(problems)
    answer = worked(series, observe(series, closes, as_of, stale), list(premiums))
    if voice.as_json:
        voice.result(answer, {})
        return
    table = Table("date", "performance", "band", "outcome", "rate", *premiums, box=None)
    for made in answer["observations"]:
        shown = [made.get(name, "") for name in ("performance", "band", "outcome")]
        amounts = [made.get("amounts", {}).get(premium, "") for premium in premiums]
        table.add_row(made["date"], *shown, made.get("rate_paid_percent", made["state"]), *amounts)
    table.add_section()
    table.add_row("income", "", "", "", "", *[answer["income"][premium] for premium in premiums])
    voice.out.print(table)


def _bad_premiums(premiums: tuple[str, ...], places: int) -> list[Problem]:
    bad = []
    for premium in premiums:
        try:
            to_minor(premium, places)
        except ValueError:
            bad.append(Problem("--premium", "is not an amount", "write it as in 1000000.00"))
    return bad
