"""docs/words.md: one word for one thing. What was once called by two names, or named two things, does not come back."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WRITTEN = ("services", "shared", "deploy", "docs", "tests", "README.md")
KINDS = {".py", ".html", ".md", ".txt", ".toml"}
NAMES_THEM = ("docs/words.md", "tests/architecture/test_words.py")

FORBIDDEN = {
    r"(?<!Willow )(?<!Fox )(?<!@)\b[Hh]ouses?\b": "an organisation, or our own",
    r"\bclass Session(Tokens|Keys)?\b|\bSessionKeys\b|\bsession token|\bend_session\b|\bsigns? sessions\b": "a sign-in",
    r"\bsealed letters?\b|\bdead-?letter queue\b": "a sealed message; a dead letter",
    r"\bknows all (its|the) others\b": "name what it imports",
    r"\b(is|be) another than\b|\bis another one than\b": "differs from, has changed",
    r"\bby and by\b": "who does it, and when",
    r"\bwho is no longer\b": "who has left",
}
"""What is not written, and what is meant instead."""

ALLOWED = {
    ("services/gateway/migrations/versions/0001_initial.py", "sealed letters"): "migrations stay as they ran",
}

ONCE = {
    "Organisation": 0,  # its name, what it announced, what runs it and what stands in front of it differ
    "Known": 0,
    "Session": 0,
    "Member": 1,  # of the hub
    "Step": 1,  # what was done
    "Place": 1,  # a participant's
    "Job": 1,  # work that comes due
    "Letter": 1,  # paper
}
"""How many classes of services, shared and deploy bear a name that once had two meanings."""

ONE_MODULE = ("border", "databases", "known")
"""Modules of which there is one at most."""


def files() -> Iterator[Path]:
    for part in WRITTEN:
        place = ROOT / part
        yield from (place,) if place.is_file() else sorted(each for each in place.rglob("*") if each.suffix in KINDS)


def found_in(text: str) -> list[tuple[str, str]]:
    return [(found.group(), instead) for wrong, instead in FORBIDDEN.items() for found in re.finditer(wrong, text)]


def test_words_that_mean_two_things_do_not_come_back():
    wrong = [
        f"{name}: {said!r}: say {instead}"
        for path in files()
        if (name := str(path.relative_to(ROOT))) not in NAMES_THEM and "/static/" not in name
        for said, instead in found_in(path.read_text())
        if (name, said) not in ALLOWED
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "text",
    ["into the house's own stream", "class Session:", "a sealed letter", "The only file that knows all the others"],
)
def test_a_word_that_comes_back_is_seen(text: str):
    assert found_in(text)


def classes() -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    named = re.compile(rf"\bclass ({'|'.join(ONCE)})\b")
    for part in ("services", "shared", "deploy"):
        for path in (ROOT / part).rglob("*.py"):
            for name in named.findall(path.read_text()):
                found[name].append(str(path.relative_to(ROOT)))
    return found


def test_a_class_has_a_name_of_its_own():
    found = classes()
    assert {name: found[name] for name, most in ONCE.items() if len(found[name]) > most} == {}


@pytest.mark.parametrize("name", ONE_MODULE)
def test_a_module_has_a_name_of_its_own(name: str):
    found = [path for part in ("services", "shared", "deploy") for path in (ROOT / part).rglob(f"{name}.py")]
    assert len(found) <= 1, found


def heard_by(source: str) -> list[str]:
    """The names of the functions that consumers call, one for each `consumers.on(Event, use_case)`."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [
        ast.unparse(call.args[1]).rpartition(".")[2]
        for call in calls
        if ast.unparse(call.func) == "consumers.on" and len(call.args) > 1
    ]


@pytest.mark.parametrize("path", sorted((ROOT / "services").glob("*/consumers.py")), ids=lambda path: path.parent.name)
def test_what_an_event_does_is_kept_or_heard(path: Path):
    names = heard_by(path.read_text())
    assert names
    assert [name for name in names if not name.lstrip("_").startswith(("hear_", "keep_"))] == []


def test_a_verb_of_another_kind_is_seen():
    assert heard_by("consumers.on(ClaimPaid, claims.follow_claim)") == ["follow_claim"]
