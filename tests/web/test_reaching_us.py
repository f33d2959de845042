"""Whoever is told to ring or ask us finds on the same page where we are."""

import re
from datetime import date
from pathlib import Path

import pytest

from shared.web.pages import example_date
from shared.web.templating import ASK_US

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted(
    path
    for folder in ("services", "shared")
    for path in (ROOT / folder).rglob("templates/**/*")
    if path.suffix in (".html", ".txt")
)
SAYS_HOW = re.compile(r"<a |duty_number|/contact")
ASKED_ON_THE_PAGE = {
    "services/notifications/templates/contact.html": "",  # this is where they stand
    "shared/web/templates/privacy.html": "until you ask us to remove them",  # how stands below
    "services/payments/claims/templates/claim.html": "You can ask us to",  # a button stands below
    "services/feedback/templates/give/done.html": "ask us to look again",  # by the code, whose page is linked below
}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_not_01_a_page_that_says_to_ring_or_ask_us_says_where_we_are(path: Path) -> None:
    allowed = ASKED_ON_THE_PAGE.get(str(path.relative_to(ROOT)), "\0")
    lines = [line for line in path.read_text().splitlines() if ASK_US.search(line) and allowed not in line]
    assert [line for line in lines if not SAYS_HOW.search(line)] == []


def test_there_are_such_pages() -> None:
    assert any(ASK_US.search(path.read_text()) for path in TEMPLATES)


def test_an_example_of_a_date_never_lies_behind_us() -> None:
    assert [example_date(date(2026, 11, 28)), example_date(date(2026, 12, 3)), example_date(date(2026, 12, 4))] == [
        "3 12 2026",
        "3 12 2026",
        "3 12 2027",
    ]
