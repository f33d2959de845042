"""`make mutants` finds the rules of every service and feature, and the tests that it runs in a copy can run there."""

import ast
from pathlib import Path

import pytest

from tests.mutants import SERVICES, domains

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("service", SERVICES)
def test_mutants_finds_all_rules_of_a_service(service: str) -> None:
    found = domains(ROOT / "services" / service)
    assert found
    missed = [
        path
        for path in (ROOT / "services" / service).rglob("*.py")
        if "domain" in (path.stem, *path.parts) and not {path, *path.parents} & {*found}
    ]
    assert missed == []


@pytest.mark.parametrize(
    "path", sorted((ROOT / "tests").rglob("test_domain*.py")), ids=lambda path: str(path.relative_to(ROOT / "tests"))
)
def test_tests_of_rules_need_nothing_else_of_the_tests(path: Path) -> None:
    """They run in a copy without conftest.py, servers or tests/support."""
    needs = [str(node.module) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
    assert [name for name in needs if name.partition(".")[0] == "tests"] == []
