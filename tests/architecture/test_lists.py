"""Nothing is cut off silently: a list that grows is read with `shared.paging.page_of`, or says here why it may end
where it does."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
READS = [
    path
    for word in ("queries", "pages")
    for path in [*ROOT.glob(f"services/**/{word}.py"), *ROOT.glob(f"services/**/{word}/**/*.py")]
]

ALLOWED = {
    "notifications.people_to_tell": "pages by key of its own",
    "notifications.to_print": "one print; the page says that the next come once these are printed",
    "notifications.to_post": "those of a print or two; the page says that the next come once these are posted",
    "notifications.what_is_next": "one more than is shown: the page then says where all are",
    "notifications.what_they_wait_for": "the next ones on the first page, which says where all are",
    "notifications.what_they_asked": "the next ones on the first page; all are under My places",
    "notifications.what_came_of_it": "the newest on the first page; all are under claims and feedback",
    "opportunities.changes_after": "RPDE: the feed names its next page",
    "opportunities._past": "pages by key of its own",
    "opportunities.public_opportunities": "JSON, pages by key of its own",
    "opportunities.waiting": "pages by key of its own",
    "opportunities.waiting_of": "what one person has asked and has no answer to yet; it shrinks with each answer",
    "opportunities.participants_called": "pages by key of its own",
    "payments.claims_to_decide": "pages by key of its own",
    "payments.owed": "pages by key of its own",
    "payments.all_runs": "pages by key of its own",
    "payments.claims_of": "pages by key of its own",
    "payments.receipts_alike": "the same ones, then the newest; the page says how many more there are",
    "payments.run": "pages by key of its own",
    "people.everyone": "pages by key of its own",
}
"""Reads that stop at a number, and why nobody misses what comes after."""


def test_every_list_that_ends_at_a_number_has_a_next_page_or_says_why_not():
    found = {name for path in READS for name in _limited(path)}
    assert found == set(ALLOWED), "a list with .limit needs a page after it: use shared.paging.page_of"


def _limited(path: Path) -> list[str]:
    service = path.relative_to(ROOT / "services").parts[0]
    tree = ast.parse(path.read_text())
    return [
        f"{service}.{each.name}"
        for each in ast.walk(tree)
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and _stops(each)
    ]


def _stops(function: ast.AST) -> bool:
    """It calls `fetchmany`, or `.limit` with anything but a bare 1."""
    calls = [each for each in ast.walk(function) if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute)]
    stopping = [each for each in calls if each.func.attr in ("limit", "fetchmany")]  # pyrefly: ignore
    return any(
        not (each.args and isinstance(each.args[0], ast.Constant) and each.args[0].value == 1) for each in stopping
    )


def test_no_statement_of_ours_is_written_with_a_limit():
    """SQL in text: its LIMIT is of the newest one."""
    written = {
        path.relative_to(ROOT / "services").parts[0] for path in READS if re.search(r"LIMIT (?!1\b)", path.read_text())
    }
    assert written == set()
