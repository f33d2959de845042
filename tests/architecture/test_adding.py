"""docs/adding.md is true: every passage that it shows is in the file that it names, and every path, test and name
in it exists."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "adding.md").read_text()
_BLOCK = re.compile(r"^`([^`\n]+)`\n```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_IN_TICKS = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_PATH = re.compile(r"(?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:md|toml|yml|py|ini)")
_NAME = re.compile(r"[A-Za-z]\w+")
NO_NAMES = {"chorus", "doctor", "make", "v2"}


def blocks(guide: str) -> list[tuple[str, list[str]]]:
    """(path, the passages that stand there, in this order): "..." stands between them."""
    return [
        (path, [each for each in re.split(r"^\s*\.\.\.$", body, flags=re.MULTILINE) if each.strip()])
        for path, body in _BLOCK.findall(guide)
    ]


def missing(passages: list[str], source: str) -> str | None:
    """The first of these passages that does not come after the one before it. How lines are broken does not matter."""
    rest = _run_together(source)
    for passage in passages:
        _, there, rest = rest.partition(_run_together(passage))
        if not there:
            return passage
    return None


def _run_together(text: str) -> str:
    return re.sub(r",?\s*(?=[)\]}])|\s+", "", text)


@pytest.mark.parametrize(("path", "passages"), blocks(GUIDE), ids=lambda each: each if isinstance(each, str) else "")
def test_what_is_shown_stands_in_the_code(path: str, passages: list[str]) -> None:
    assert passages and missing(passages, (ROOT / path).read_text()) is None


def named(guide: str) -> Iterator[str]:
    """What is in ticks, outside of the blocks."""
    outside = re.sub(r"^```.*?^```$", "", guide, flags=re.MULTILINE | re.DOTALL)
    yield from _IN_TICKS.findall(outside)


def known_names() -> set[str]:
    files = [
        *(
            path
            for top in ("services", "shared", "deploy", "tests")
            for path in (ROOT / top).rglob("*.py")
            if path != Path(__file__)
        ),
        ROOT / "pyproject.toml",
    ]
    return {name for path in files for name in _NAME.findall(path.read_text())}


def untrue(named_things: list[str], known: set[str]) -> list[str]:
    """Paths that lead nowhere, tests that are not in their file, and words of code that stand in no file of ours."""
    wrong = []
    for each in named_things:
        path, _, test = each.partition("::")
        if _PATH.fullmatch(path):
            there = (ROOT / path).exists() or path in ("__init__.py", "app.py", "pages.py", "tables.py", "alembic.ini")
            if not there or (test and f"def {test}(" not in (ROOT / path).read_text()):
                wrong.append(each)
        elif paths := [word for word in each.split() if _PATH.fullmatch(word) and not word.startswith(".venv/")]:
            wrong += [word for word in paths if not (ROOT / word).exists()]
        else:
            wrong += [
                word
                for word in _NAME.findall(re.sub(r'"[^"]*"', "", each))
                if word not in known and word not in NO_NAMES
            ]
    return wrong


def test_every_path_test_and_name_exists() -> None:
    found = list(named(GUIDE))
    assert len(found) > 80
    assert untrue(found, known_names()) == []


def test_what_is_no_longer_true_is_seen() -> None:
    guide = "`shared/reasons.py`\n```python\ndef refuse_gladly(reasons):\n```\n"
    [(path, passages)] = blocks(guide)
    assert missing(passages, (ROOT / path).read_text()) == "def refuse_gladly(reasons):\n"
    assert missing(["b", "a"], "a\nb") == "a"
    assert missing(["f(a, b)"], "f(\n    a,\n    b,\n)") is None
    gone = [
        "shared/nowhere.py",
        "tests/architecture/test_adding.py::test_gone",
        "refuse_gladly(reasons)",
        "pytest -q tests/nowhere",
    ]
    assert untrue([*gone, "shared/reasons.py", "refuse"], {"refuse", "reasons", "pytest", "q"}) == [
        *gone[:2],
        "refuse_gladly",
        "tests/nowhere",
    ]


def test_the_way_in_leads_to_the_guide() -> None:
    assert "docs/adding.md" in (ROOT / "README.md").read_text()
    assert "(adding.md)" in (ROOT / "docs" / "developing.md").read_text()
