"""How a service with a folder for each feature is laid out: nothing hides in an `__init__.py`, and no file is too long to read."""

import ast
from pathlib import Path

import pytest

from tests.architecture.test_imports import ROOT, features

LONGEST = 400
"""Lines of a file."""
IN_FEATURES = sorted({name.partition("/")[0] for name in features(ROOT / "services")})


def files_of(service: str) -> list[Path]:
    return [path for path in sorted((ROOT / "services" / service).rglob("*.py")) if "migrations" not in path.parts]


def has_code(source: str) -> bool:
    """Anything but words about the package."""
    return any(not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in ast.parse(source).body)


def test_opportunities_is_laid_out_in_features() -> None:
    assert "opportunities" in IN_FEATURES


@pytest.mark.parametrize("service", IN_FEATURES)
def test_a_package_holds_no_code_of_its_own(service: str) -> None:
    assert [str(path.relative_to(ROOT)) for path in files_of(service) if path.name == "__init__.py" and has_code(path.read_text())] == []


@pytest.mark.parametrize("service", IN_FEATURES)
def test_no_file_is_longer_than_400_lines(service: str) -> None:
    assert {str(path.relative_to(ROOT)): lines for path in files_of(service) if (lines := len(path.read_text().splitlines())) > LONGEST} == {}


@pytest.mark.parametrize("service", IN_FEATURES)
def test_the_tests_of_a_feature_lie_in_its_folder(service: str) -> None:
    """A folder of tests for each feature, and none without a feature."""
    folders = {path.parent.name for path in (ROOT / "tests" / service).glob("*/test_*.py")}
    assert folders <= {name.partition("/")[2] for name in features(ROOT / "services") if name.startswith(f"{service}/")}


def test_code_in_a_package_is_seen() -> None:
    assert has_code('"""Words."""\n\nfrom services import people\n')
    assert not has_code('"""Words."""\n')
    assert not has_code("")
