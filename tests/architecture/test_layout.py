"""How services with a folder for each feature are laid out: nothing hides in an `__init__.py`. No file is too long to
read."""

import ast
import re
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
    return any(
        not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in ast.parse(source).body
    )


def test_opportunities_is_laid_out_in_features() -> None:
    assert "opportunities" in IN_FEATURES


@pytest.mark.parametrize("service", IN_FEATURES)
def test_a_package_holds_no_code_of_its_own(service: str) -> None:
    assert [
        str(path.relative_to(ROOT))
        for path in files_of(service)
        if path.name == "__init__.py" and has_code(path.read_text())
    ] == []


def test_no_file_is_longer_than_400_lines() -> None:
    """A migration that ran is never touched again."""
    files = [
        path
        for room in ("services", "shared", "deploy", "bench", "tests")
        for path in sorted((ROOT / room).rglob("*.py"))
        if "migrations" not in path.parts
    ]
    assert len(files) > 1_000
    assert {
        str(path.relative_to(ROOT)): lines for path in files if (lines := len(path.read_text().splitlines())) > LONGEST
    } == {}


@pytest.mark.parametrize("service", IN_FEATURES)
def test_the_tests_of_a_feature_lie_in_its_folder(service: str) -> None:
    """A folder of tests for each feature, and none without a feature."""
    folders = {path.parent.name for path in (ROOT / "tests" / service).glob("*/test_*.py")}
    assert folders <= {name.partition("/")[2] for name in features(ROOT / "services") if name.startswith(f"{service}/")}


def untrue(readme: str, homes: list[Path]) -> list[str]:
    """What a README names that is not there: `path.py`, `path.py: name`, and the names in `path.py`: `name`, `name`."""
    wrong = []
    for path, name, names in re.findall(r"`([\w/]+\.py)(?:: (\w+))?`(?:: ((?:`\w+`(?:, )?)+))?", readme):
        there = next((home / path for home in homes if (home / path).exists()), None)
        if there is None:
            wrong.append(path)
            continue
        words = set(re.findall(r"\w+", there.read_text()))
        wrong += [
            f"{path}: {each}" for each in [*([name] if name else []), *re.findall(r"\w+", names)] if each not in words
        ]
    return wrong + _moved(readme, homes[0])


def _moved(readme: str, home: Path) -> list[str]:
    """What it calls `module.name` of a module that has no such name; a table's column is not meant."""
    wrong = []
    for module, name in re.findall(r"`([a-z_]+)\.([a-z_]{8,})`", readme):
        there = [path for top in (home, ROOT / "shared") for path in top.rglob(f"{module}.py")]
        if there and not any(re.search(rf"\b{name}\b", path.read_text()) for path in there):
            wrong.append(f"{module}.{name}")
    return wrong


@pytest.mark.parametrize("service", IN_FEATURES)
def test_the_readme_says_where_rules_and_their_tests_are(service: str) -> None:
    homes = [ROOT / "services" / service, ROOT / "tests" / service, ROOT]
    assert untrue((homes[0] / "README.md").read_text(), homes) == []


def test_what_a_readme_says_wrong_is_seen(tmp_path: Path) -> None:
    (tmp_path / "domain.py").write_text("def reasons_not_to_thank(): ...")
    readme = (
        "| `domain.py`: `reasons_not_to_thank`, `gone` | `domain.py: lost` | `domain.py: reasons_not_to_thank` | "
        "`nowhere.py` | `domain.reasons_not_to_thank` | `domain.moved_elsewhere` |"
    )
    assert untrue(readme, [tmp_path]) == [
        "domain.py: gone",
        "domain.py: lost",
        "nowhere.py",
        "domain.moved_elsewhere",
    ]


def test_code_in_a_package_is_seen() -> None:
    assert has_code('"""Words."""\n\nfrom services import people\n')
    assert not has_code('"""Words."""\n')
    assert not has_code("")
