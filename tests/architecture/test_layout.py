"""Nothing hides in an `__init__.py`, no file is too long to read, and a feature's tests lie in its folder."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.test_imports import ROOT, features

LONGEST = 400
"""Lines of a file."""
IN_FEATURES = sorted({name.partition("/")[0] for name in features(ROOT / "services")})


def has_code(source: str) -> bool:
    """Anything but words about the package."""
    return any(
        not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in ast.parse(source).body
    )


def test_opportunities_is_laid_out_in_features() -> None:
    assert "opportunities" in IN_FEATURES


def is_public_face(package: str, source: str) -> bool:
    """Names of the package's own files, each of them in `__all__`, and nothing else."""
    words, *imports, names = ast.parse(source).body
    return (
        isinstance(words, ast.Expr)
        and all(isinstance(each, ast.ImportFrom) and f"{each.module}".startswith(f"{package}.") for each in imports)
        and isinstance(names, ast.Assign)
        and ast.unparse(names.targets[0]) == "__all__"
        and sorted(ast.literal_eval(names.value))
        == sorted(name.name for each in imports if isinstance(each, ast.ImportFrom) for name in each.names)
    )


@pytest.mark.parametrize("room", ["services", "shared", "deploy", "bench"])
def test_a_package_holds_no_code_of_its_own(room: str) -> None:
    """Only a floor of `shared` has a public face: what the services import from it."""
    packages = sorted((ROOT / room).rglob("__init__.py"))
    assert packages
    with_code = {
        ".".join(path.parent.relative_to(ROOT).parts): path.read_text()
        for path in packages
        if has_code(path.read_text())
    }
    assert [name for name, source in with_code.items() if room != "shared" or not is_public_face(name, source)] == []


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


@pytest.mark.parametrize(
    ("source", "is_face"),
    [
        ('"""Pages."""\nfrom shared.web.pages import page\n__all__ = ["page"]\n', True),
        ('"""Pages."""\nfrom shared.web.pages import page, redirect\n__all__ = ["page"]\n', False),
        ('"""Pages."""\nfrom shared.db import page\n__all__ = ["page"]\n', False),
        ('"""Pages."""\nfrom shared.web.pages import page\ndef install(): ...\n__all__ = ["page"]\n', False),
    ],
)
def test_a_public_face_says_its_own_names_and_nothing_else(source: str, is_face: bool) -> None:
    assert is_public_face("shared.web", source) is is_face
