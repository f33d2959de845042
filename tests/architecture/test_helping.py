"""PEO-02: what is "My claims" to a person is "Their claims" to whoever helps them: the filter `theirs` says so of
one text, the tag of a page."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "services"
TEMPLATES = sorted(ROOT.rglob("*.html"))
PAGES = sorted(path for path in ROOT.rglob("*.py") if "pages" in str(path.relative_to(ROOT)))

NOT_WHILE_HELPING = {
    "feedback/templates/board.html": "a link that names another page's heading",
    "people/templates/helped.html": "a helper does not see who has helped",
    "people/templates/me.html": "signing in is shown to the person alone",
    "people/templates/passkey.html": "nobody sets up another's second step",
    "people/templates/second-step-there.html": "nobody sets up another's second step",
    "people/templates/sign-ins.html": "nobody sees another's sign-ins",
    "people/pages/second_step.py": "nobody sets up another's second step",
    "payments/approving/templates/approve.html": "the approver's own decision",
}
"""Pages that nobody sees while helping, or whose words are somebody else's."""

NEVER_WHILE_HELPING = {
    "payments/claims/templates/my_limit.html",
    "payments/claims/templates/passes_limit.html",
    "people/templates/kept.html",
    "people/templates/prove.html",
}
"""Only the person sees their own limit and proves who they are; what was kept was typed by whoever reads it."""

OWNED = re.compile(
    r"""<h1[^>]*>(?:My|Your)\s|back_link\([^{}]*?,\s"(?:My|Your)\s[^"]*"\)|</?a\s[^>]*>(?:My|Your)\s[^<]*</a>"""
    r"""|\b(?:title|caption)="(?:My|Your)\s[^"]*"|<h2[^>]*>(?:My|Your)\s"""
)

SAID_BY_THE_TAG = re.compile(r"\{% theirs %\}.*\{% endtheirs %\}", re.DOTALL)


def test_peo_02_headings_links_and_titles_say_their_while_somebody_is_helped():
    files = {str(path.relative_to(ROOT)): path.read_text() for path in TEMPLATES + PAGES}
    files = {name: SAID_BY_THE_TAG.sub("", text) for name, text in files.items()}
    found = {name: OWNED.findall(text) for name, text in files.items() if name not in NOT_WHILE_HELPING}
    assert {name: words for name, words in found.items() if words} == {}


def test_peo_02_a_page_that_says_their_in_one_place_says_so_of_all_its_words():
    mixed = {
        str(path.relative_to(ROOT))
        for path in TEMPLATES
        if "| theirs(who)" in path.read_text() and "{% theirs %}" not in path.read_text()
    }
    assert mixed == NEVER_WHILE_HELPING


@pytest.mark.parametrize(
    "said",
    [
        '<h1 class="govuk-heading-l">Your name at the bank</h1>',
        '{{ back_link("/payments/claims", "My claims") }}',
        '<a class="govuk-link" href="/payments/bank-details">My bank details</a>',
        'page(request, "x.html", title="My bank details")',
    ],
)
def test_words_that_name_the_helper_instead_are_seen(said: str):
    assert OWNED.search(said)
