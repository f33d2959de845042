"""A page with the same button for many says with each press of which of them it is (31)."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SERVICES = Path(__file__).parents[2] / "services"
_STEP = re.compile(r"{%-?\s*(for|endfor)\b|post_button\((?P<of>.*?)\) }}")
OF_ITSELF = {
    "bank_statement.html": "its words name the line",
    "second-step-there.html": "its words name the passkey",
    "set_aside.html": "a claim's few lines, on a page that holds no more of them than of receipts",
    "confirm_details.html": "its page has one account, with one number",
}


def of_many(text: str) -> Iterator[str]:
    depth = 0
    for found in _STEP.finditer(text):
        depth += {"for": 1, "endfor": -1}.get(found[1], 0)
        if found[1] is None and depth:
            yield found["of"]


@pytest.mark.parametrize("page", sorted(SERVICES.rglob("templates/**/*.html")), ids=lambda page: page.name)
def test_a_button_that_a_page_has_for_many_says_of_which_it_is(page: Path) -> None:
    if page.name not in OF_ITSELF:
        unsaid = [each for each in of_many(page.read_text()) if "about=" not in each and " at=" not in each]
        assert unsaid == []


def test_a_button_in_a_loop_is_found() -> None:
    assert list(of_many('{% for each in all %}{{ post_button("/x", "Go") }}{% endfor %}{{ post_button("/y") }}')) == [
        '"/x", "Go"'
    ]
