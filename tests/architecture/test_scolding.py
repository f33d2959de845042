"""Words that scold, hide or promise what nobody keeps stand nowhere; what we say instead stands where it should."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOPS = ("services", "shared", "deploy")
TEMPLATES = sorted(path for top in TOPS for ending in ("html", "j2") for path in (ROOT / top).rglob(f"*.{ending}"))
CODE = sorted(path for top in TOPS for path in (ROOT / top).rglob("*.py"))

NOT_SAID = {
    r"no receipt,? no money": "it scolds: we need a receipt to pay a fare back, and say until when",
    r"\d+p an? (?:mile|hour)": "a figure of the policy, and not as we write money",
    r"internal control": "our own bookkeeping is nobody's concern who reads how we pay",
    r"(?:counts as a )?failure in our record": "a team of two reads it on its own page",
    r"\bnot sent yet\b.{0,80}\bgoes on\b": "it is ready to send",
    r"being with you": "what they agreed to is called what it is",
    r"\bnow: here\b": "it says nothing",
    r"nobody reads it at once": "who reads it, and when, is said",
    r"no invoice,? no payment": "it scolds",
    r"failure to (?:comply|provide|submit)": "it scolds",
}
"""What must not be read anywhere, in lower case, and why."""

SAID = {
    "payments/policy/templates/policy.html": (
        "We need a receipt to pay a fare back. You have {{ rates.receipt_days",
        "we pay {{ rates.mileage | in_pence }} for each mile",
    ),
    "payments/claims/pages/common.py": ('"open": ("Ready to send"',),
    "payments/claims/queries/views.py": ('"open": "Ready to send"',),
    "opportunities/coordinating/templates/opportunity.html": ("That is too short for many people.",),
    "opportunities/writing/templates/draft.html": ("Two days or fewer is too short for many people.",),
    "opportunities/ending/templates/close.html": (
        "Write down that I have thanked people",
        "The buttons below only write down what you have done. They send nothing.",
    ),
    "people/templates/me.html": ("What I agreed to", "Member of "),
    "opportunities/places/templates/needs.html": ("read_by_us(",),
    "opportunities/places/templates/take-part.html": ("read_by_us(",),
    "opportunities/places/templates/_needs_fields.html": ("who_reads_this(",),
    "feedback/templates/giver_item.html": ("who_reads_this(", "We aim to answer by"),
}
"""Where the words stand that took their place."""


def scolding_in(*texts: str) -> Iterator[str]:
    plain = "\n".join(" ".join(text.split()) for text in texts).lower()
    yield from (found[0] for words in NOT_SAID if (found := re.search(words, plain)))


def words_in_code(source: str) -> Iterator[str]:
    """What may be shown of a module: its strings, but for those that only explain."""
    tree = ast.parse(source)
    explains = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in explains:
            yield node.value


def test_no_template_and_no_mail_says_what_scolds_or_says_nothing():
    assert len(TEMPLATES) > 150
    found = {str(path.relative_to(ROOT)): list(scolding_in(path.read_text())) for path in TEMPLATES}
    assert {path: words for path, words in found.items() if words} == {}


def test_no_words_in_the_code_do():
    found = {str(path.relative_to(ROOT)): list(scolding_in(*words_in_code(path.read_text()))) for path in CODE}
    assert {path: words for path, words in found.items() if words} == {}


@pytest.mark.parametrize("path", SAID)
def test_what_we_say_instead_stands_where_it_should(path: str):
    text = (ROOT / "services" / path).read_text()
    assert [words for words in SAID[path] if words not in text] == []


@pytest.mark.parametrize(
    "said",
    [
        "<p>No receipt, no money back.</p>",
        "We pay 45p a mile",
        "This counts as a failure in our record",
        "Not sent yet. Goes on when you send it",
        "Being with you: agreed on Monday",
        "Now: Here",
        "Nobody reads it\n  at once.",
    ],
)
def test_words_that_scold_are_seen(said: str):
    assert list(scolding_in(said))
