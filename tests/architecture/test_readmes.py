"""The tables of rules in the services' READMEs name functions, files and tests that exist."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = sorted(path.parent.name for path in (ROOT / "services").glob("*/README.md"))


def named_in_rules(readme: str) -> Iterator[str]:
    """What stands between backquotes in the rows that begin with a rule's id."""
    for line in readme.splitlines():
        if re.match(r"\| [A-Z]{2,3}-\d\d", line):
            yield from re.findall(r"`(\.*\w[\w./]*)`", line)


@cache
def words_of(*places: Path) -> frozenset[str]:
    return frozenset(
        word for place in places for path in place.rglob("*.py") for word in re.findall(r"\w+", path.read_text())
    )


def is_there(name: str, service: str) -> bool:
    """`file.py` and `folder/`, in the service or among its tests; `name`; `..._end` and `test_begin_...` of names.
    `subject.of.an.event` counts as there: other tests know the events."""
    homes = (ROOT / "services" / service, ROOT / "tests" / service, ROOT)
    if "/" in name or name.endswith(".py"):
        return any((home / name).exists() or any(homes[0].rglob(name.rstrip("/"))) for home in homes)
    words = words_of(homes[0], ROOT / "shared", ROOT / "deploy", ROOT / "tests")
    if name.startswith("..."):
        return any(word.endswith(name[3:]) for word in words)
    if name.endswith("..."):
        return any(word.startswith(name[:-3]) for word in words)
    return "." in name or name in words or name.lower().removeprefix("chorus_") in words


@pytest.mark.parametrize("service", SERVICES)
def test_what_the_tables_of_rules_name_is_there(service: str) -> None:
    readme = (ROOT / "services" / service / "README.md").read_text()
    assert [name for name in named_in_rules(readme) if not is_there(name, service)] == []


@pytest.mark.parametrize(
    "name", ["reasons_not_to_be_" + "rude", "test_nowhere" + ".py", "..._be_" + "rude", "test_pay_" + "99_...", "no/"]
)
def test_a_name_that_is_not_there_is_seen(name: str) -> None:
    assert [*named_in_rules(f"| PAY-01 a rule | `{name}` |\n| another table | `{name}` |")] == [name]
    assert not is_there(name, "payments")
