"""PEO-02: what is "My claims" to a person is "Their claims" to whoever helps them: the filter `theirs` says so of
one text, the tag of a page."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import nodes

from shared.web.helping import not_known, says_you
from shared.web.templating import environment
from tests.architecture.test_scolding import words_in_code

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
    "payments/claims/templates/claim_form.html": "on paper it speaks to whoever fills it in",
}
"""Pages that nobody sees while helping, or whose words are somebody else's."""

NEVER_WHILE_HELPING = {
    "payments/claims/templates/claim_form.html",
    "payments/claims/templates/my_limit.html",
    "payments/claims/templates/passes_limit.html",
    "people/templates/kept.html",
    "people/templates/prove.html",
}
"""Only the person sees their own limit and proves who they are; what was kept was typed by whoever reads it; a form on
paper speaks to whoever fills it in."""

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
        if "| theirs(who)" in path.read_text() and "{% theirs %}" not in path.read_text() and says_you(path.read_text())
    }
    assert mixed == NEVER_WHILE_HELPING


FOR_THE_HELPER = {
    "feedback/templates/mine.html": ["There is nothing here that we may show you while you help them."],
    "payments/bank_details/templates/bank_details_change.html": ["You are filling this in for"],
}
"""What a page with the tag says to whoever helps, as "you"."""

TAGGED = [path for path in TEMPLATES if "{% theirs %}" in path.read_text()]
REACHED = (
    "feedback/templates/give",
    "feedback/templates/giver_item.html",
    "feedback/templates/mine.html",
    "feedback/templates/worry.html",
    "notifications/templates/home.html",
    "notifications/templates/messages.html",
    "opportunities/finding/templates",
    "opportunities/questions/templates/ask.html",
    "opportunities/questions/templates/question.html",
    "payments/claims/templates",
    "people/templates/me.html",
    "people/templates/withdraw-consent.html",
)
"""Where a helper goes with somebody."""

SAID_IN_CODE = (
    "feedback/domain/giving.py",
    "feedback/pages/give.py",
    "feedback/pages/giver.py",
    "opportunities/listings/domain.py",
    "opportunities/places",
    "opportunities/questions/pages.py",
    "payments/claims",
    "people/domain/choices.py",
    "people/pages/me.py",
    "people/pages/questions.py",
)
"""Modules whose sentences a helper reads: what was done, what is refused, headings."""
NOT_TO_A_HELPER = ("Was it you who started?",)


def said_as_it_stands(node: nodes.Node) -> Iterator[str]:
    """The words of a page that the tag does not turn."""
    if (isinstance(node, nodes.Filter) and node.name == "theirs") or isinstance(node, nodes.Compare):
        return
    text = node.data if isinstance(node, nodes.TemplateData) else node.value if isinstance(node, nodes.Const) else None
    if isinstance(text, str) and says_you(text):
        yield " ".join(re.sub(r"<[^>]*>", "", text).split())
    for child in node.iter_child_nodes(exclude=("key",) if isinstance(node, nodes.Pair) else ()):
        yield from said_as_it_stands(child)


def test_peo_02_a_page_with_the_tag_says_you_to_nobody_but_the_helper():
    said = {
        str(path.relative_to(ROOT)): list(said_as_it_stands(environment(path.parent).parse(path.read_text())))
        for path in TAGGED
    }
    assert {name: words for name, words in said.items() if words} == FOR_THE_HELPER


def test_peo_02_every_page_that_a_helper_reaches_has_the_tag():
    reached = [path for path in TEMPLATES if str(path.relative_to(ROOT)).startswith(REACHED)]
    saying = {str(path.relative_to(ROOT)) for path in set(reached) - set(TAGGED) if says_you(path.read_text())}
    assert saying - NEVER_WHILE_HELPING == {
        "payments/claims/templates/confirmation.html",  # asks the helper
        "payments/claims/templates/own_limit.html",
    }


TAKES_IN = re.compile(r"""\{% (?:from|include|import) "([^"]+)\"""")


def test_peo_02_what_a_page_with_the_tag_takes_in_has_the_tag_too():
    taken = {name for path in TAGGED for name in TAKES_IN.findall(path.read_text())}
    parts = [path for path in TEMPLATES if names_of(path) & taken]
    assert parts
    without = [str(path.relative_to(ROOT)) for path in parts if path not in TAGGED and says_you(path.read_text())]
    assert set(without) - NEVER_WHILE_HELPING == {
        "payments/claims/templates/confirmation.html",  # asks the helper
        "payments/claims/templates/own_limit.html",
        "people/templates/_who_helped.html",  # a helper does not see who has helped
    }


def names_of(path: Path) -> set[str]:
    """What pages call it: in a service with features, by its feature too."""
    folder, _, name = str(path.relative_to(ROOT)).rpartition("templates/")
    return {name, f"{Path(folder).name}/{name}"}


def test_peo_02_of_every_sentence_in_code_that_a_helper_reads_the_filter_knows_who_you_is():
    modules = [path for path in ROOT.rglob("*.py") if str(path.relative_to(ROOT)).startswith(SAID_IN_CODE)]
    unknown = [each for path in modules for words in words_in_code(path.read_text()) for each in not_known(words)]
    assert [each for each in unknown if " " in each and each not in NOT_TO_A_HELPER] == []


@pytest.mark.parametrize("said", ["We greeted you warmly.", "Nobody expected you there."])
def test_peo_02_a_page_whose_you_nobody_can_tell_apart_does_not_load(said: str):
    with pytest.raises(ValueError, match="they or them"):
        environment(ROOT / "people/templates").parse("{% theirs %}" + said + "{% endtheirs %}")


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
