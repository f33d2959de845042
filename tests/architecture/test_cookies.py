"""Every cookie is set in one way, and the privacy page names it."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMED = {
    "services/people/pages/sign_in.py": "keeps you signed in",
    "services/people/pages/slowing.py": "knows this phone or computer again",
    "services/people/pages/join.py": "keeps your answers while you join",
    "services/people/pages/keeping_drafts.py": "keeps what you typed",
    "services/people/pages/former_sign_in.py": "remembers for a day which sign-in was last here",
    "services/feedback/pages/so_far.py": "keeps your feedback while you write it",
    "shared/web/answers.py": "go back to what you typed",
    "shared/web/pages.py": "lives for a minute",
}
"""Where a cookie is set -> the words that name it."""


def those_with(words: str) -> set[str]:
    code = [path for folder in ("services", "shared", "deploy") for path in (ROOT / folder).rglob("*.py")]
    return {str(path.relative_to(ROOT)) for path in code if words in path.read_text()}


def test_every_cookie_is_set_and_dropped_in_one_way() -> None:
    assert those_with(".set_cookie(") == those_with(".delete_cookie(") == {"shared/web/cookies.py"}


def test_the_privacy_page_names_every_cookie() -> None:
    assert those_with("cookies.keep(") == set(NAMED), (
        "say on the privacy page what a new cookie is for, and name it here"
    )
    page = (ROOT / "shared/web/templates/privacy.html").read_text()
    assert [words for words in NAMED.values() if words not in page] == []
    assert len(re.findall(r"<li>One ", page)) == len(NAMED)
