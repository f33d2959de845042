"""A number on a page stands beside its own singular or plural: "1 day", "both dates", never "1 days" or "all 2
dates"."""

import re
from pathlib import Path

import pytest

from shared.text import all_of, counted

ROOT = Path(__file__).parents[2]
_NOUNS = (
    "accounts|answers|calls|characters|claims|codes|dates|days|events|files|guests|hours|items|lines|listings|messages|miles|minutes|months|names"
    "|organisations|pages|payments|people|places|questions|receipts|rows|rules|seconds|sessions|spans|steps|times|traces|vouchers|weeks"
)
_BARE = re.compile(
    rf"\}}\}} (?:more |other |new |working )?(?:{_NOUNS})\b|~ \" (?:more |other |new |working )?(?:{_NOUNS})\b|\b[Aa]ll (?:\{{\{{|\" ~)"  # noqa: E501
)
_CHOSEN = re.compile(r"== 1 else|my \| capitalize|\b(?:asked == 1)")
"""Where the one is spelt out beside the many; or no number stands before the noun."""


def test_opp_11_no_template_puts_a_number_before_a_plural_that_may_be_one() -> None:
    bare = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for path in [*ROOT.glob("services/**/templates/**/*.*"), *ROOT.glob("shared/web/templates/**/*.*")]
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if _BARE.search(line) and not _CHOSEN.search(line)
    ]
    assert bare == []


@pytest.mark.parametrize(
    ("count", "all_", "number"),
    [(1, "the date", "1 date"), (2, "both dates", "2 dates"), (1500, "all 1,500 dates", "1,500 dates")],
)
def test_a_count_is_said_as_a_person_says_it(count: int, all_: str, number: str) -> None:
    assert (all_of(count, "date"), counted(count, "date")) == (all_, number)
