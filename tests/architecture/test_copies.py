"""Copies of what others own are kept in one way: a hand-written one forgets what another remembers."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]


def keeps_by_hand(source: str) -> list[int]:
    """Lines that write over a row where its version is lower."""
    if "on_conflict_do_update" not in source:
        return []
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "on_conflict_do_update"
        for keyword in node.keywords
        if keyword.arg == "where" and ".version <" in ast.unparse(keyword.value)
    ]


def test_the_newest_version_of_anothers_fact_is_kept_by_keep_newest():
    found = {
        str(path.relative_to(ROOT)): lines
        for path in (ROOT / "services").rglob("*.py")
        if (lines := keeps_by_hand(path.read_text()))
    }
    assert found == {}


def test_a_copy_kept_by_hand_is_seen():
    assert keeps_by_hand(
        "upsert(cards).on_conflict_do_update(index_elements=['id'], set_=said, where=cards.c.version < said.version)"
    ) == [1]
