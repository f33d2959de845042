"""Why something is refused is said in a domain, and refused in one way."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PASSED_ON = {"services/opportunities/publishing/api.py", "services/people/pages/sign_in.py"}
"""Here a refusal that came back as a value, or under other names of fields, goes on."""


def _called(node: ast.expr | None) -> str:
    if not isinstance(node, ast.Call):
        return ""
    return (
        node.func.id
        if isinstance(node.func, ast.Name)
        else node.func.attr
        if isinstance(node.func, ast.Attribute)
        else ""
    )


def made_here(source: str) -> Iterator[str]:
    """The reasons that a file makes, and the refusals that it raises by itself."""
    if "Reason" not in source and "Refused" not in source:
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and _called(node) == "Reason":
            yield f"line {node.lineno} makes a Reason: that is for its domain"
        if isinstance(node, ast.Raise) and _called(node.exc) == "Refused":
            yield f"line {node.lineno} raises Refused: refuse(reasons) does"


def in_domain(path: Path) -> bool:
    return path.stem == "domain" or "domain" in path.parts


@pytest.mark.parametrize(
    "service", sorted(each.name for each in (ROOT / "services").iterdir() if (each / "app.py").exists())
)
def test_reasons_are_made_in_the_domain_and_refused_in_one_way(service: str):
    outside = [path for path in (ROOT / "services" / service).rglob("*.py") if not in_domain(path)]
    assert outside
    found = [f"{path.relative_to(ROOT)}: {each}" for path in outside for each in made_here(path.read_text())]
    assert [each for each in found if "makes a Reason" in each or each.split(":")[0] not in PASSED_ON] == []


def test_a_reason_or_a_refusal_made_elsewhere_is_seen():
    assert len(list(made_here("def f():\n    raise Refused([reasons.Reason('PAY-01', 'No.')]) from None"))) == 2
    assert not list(made_here("refuse(domain.reasons_not_to_pay(claim))\nproblem = Refused([domain.NO_NUMBER])"))
