"""The import contracts hold, and the guard fails when one is broken: each violation is put into a copy of the tree."""

import ast
import contextlib
import json
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest

from tests.support.slices import crossed

ROOT = Path(__file__).resolve().parents[2]
LINTER = """
import json, os, sys
from importlinter.cli import lint_imports_command

for line in sys.stdin:
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        os.dup2(writing, 1)
        os.dup2(writing, 2)
        os.close(writing)
        lint_imports_command(["--no-logo", "--cache-dir=.imports", *json.loads(line)])
    os.close(writing)
    with open(reading) as said:
        text = said.read()
    print(json.dumps([os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), text]), flush=True)
"""
"""`lint-imports`, its libraries loaded once: each look is a process of its own all the same, which reads again only the
files whose time of change is another."""

FLOORS = "deploy runs services, services stand on shared"
INDEPENDENT = "Services know nothing of each other"
LAYERS = "Inside a service, each layer knows only those below"
GATEWAY = "Inside the gateway"
OPERATORS = "Inside the operators' app"
ROOMS = "deploy is a list of rooms"
SETUP = "Setting up needs nothing"
PURE = "Rules are pure"
OPPORTUNITIES = "In opportunities, each feature"
FEATURE = "Inside a feature"
RULES = "Rules know nothing of what they are asked by"
RECORDS = "Tables know nothing of who reads and writes them"
WORK = "Reads and use cases know no page"
PAYMENTS = "Inside payments, features stand on each other"
SHARED = "shared is a list of floors"

VIOLATIONS = {
    "a service imports another": ("services/payments/tables.py", "from services.people import domain", INDEPENDENT),
    "a service imports deploy": ("services/feedback/queries.py", "import deploy.local.processes", FLOORS),
    "shared imports a service": ("shared/money.py", "from services.payments import settings", FLOORS),
    "tables import use cases": ("services/people/tables.py", "from services.people import use_cases", LAYERS),
    "a lower feature knows a higher one": (
        "services/opportunities/writing/use_cases.py",
        "from services.opportunities.places.queries import own",
        OPPORTUNITIES,
    ),
    "a feature knows the list of all tables": (
        "services/opportunities/places/use_cases/taking.py",
        "from services.opportunities import tables",
        OPPORTUNITIES,
    ),
    "a feature that has no place in the order": ("services/opportunities/thanking/__init__.py", "", OPPORTUNITIES),
    "a use case knows its feature's pages": (
        "services/opportunities/places/use_cases/taking.py",
        "from services.opportunities.places.pages import common",
        WORK,
    ),
    "a table knows its feature's use cases": (
        "services/opportunities/questions/tables.py",
        "from services.opportunities.questions import use_cases",
        RECORDS,
    ),
    "a feature's rule knows a table below": (
        "services/opportunities/register/domain.py",
        "from services.opportunities.writing import tables",
        RULES,
    ),
    "a feature's rule imports a framework": (
        "services/opportunities/writing/domain/drafts.py",
        "import sqlalchemy",
        PURE,
    ),
    "a feature's page knows its routes": (
        "services/opportunities/publishing/pages.py",
        "from services.opportunities.publishing import api",
        FEATURE,
    ),
    "use cases import pages": (
        "services/notifications/use_cases/__init__.py",
        "from services.notifications import pages",
        LAYERS,
    ),
    "pages import consumers": (
        "services/feedback/pages/__init__.py",
        "from services.feedback import consumers",
        LAYERS,
    ),
    "a module that is no layer": ("services/people/helpers.py", "", LAYERS),
    "a claim knows payment runs": (
        "services/payments/claims/queries/claims.py",
        "from services.payments.paying import tables as runs",
        PAYMENTS,
    ),
    "the ledger knows who claims": (
        "services/payments/ledger/domain.py",
        "from services.payments.claims.domain import claims",
        PAYMENTS,
    ),
    "a feature knows the list of tables": (
        "services/payments/policy/queries.py",
        "from services.payments import tables as all_tables",
        PAYMENTS,
    ),
    "a feature of payments without a place": ("services/payments/thanking.py", "", PAYMENTS),
    "the gateway imports a service": (
        "services/gateway/pressure.py",
        "from services.people import domain",
        INDEPENDENT,
    ),
    "a service imports the operators' app": (
        "services/payments/api.py",
        "from services.operators import way",
        INDEPENDENT,
    ),
    "the gateway's way out knows its way in": (
        "services/gateway/egress.py",
        "from services.gateway import parking",
        GATEWAY,
    ),
    "the carrier knows the gateway": ("services/gateway/carrier.py", "from services.gateway import gateway", GATEWAY),
    "a module that is no layer of the gateway": ("services/gateway/helpers.py", "", GATEWAY),
    "a claim's way is drawn by itself": (
        "services/operators/way.py",
        "from services.operators import waterfall",
        OPERATORS,
    ),
    "a module that is no layer of the operators' app": ("services/operators/helpers.py", "", OPERATORS),
    "the gateway's rule imports a framework": ("services/gateway/domain.py", "import nats", PURE),
    "a module at the top of deploy": ("deploy/helpers.py", "", ROOMS),
    "the demo imports the command line": ("deploy/demo/joining.py", "from deploy.cli import clock", ROOMS),
    "the demo starts what it plays on": ("deploy/demo/play.py", "from deploy.local import region", ROOMS),
    "the client starts servers": ("deploy/client/clock.py", "from deploy.local import servers", ROOMS),
    "the client knows the hub": ("deploy/client/imports.py", "from deploy.hub import registry", ROOMS),
    "local servers know the command line": ("deploy/local/instance.py", "from deploy.cli import common", ROOMS),
    "the hub starts servers by itself": ("deploy/hub/hub.py", "from deploy.local import servers", ROOMS),
    "provisioning knows the hub": ("deploy/provisioning/border.py", "from deploy.hub import streams", ROOMS),
    "what is in the image alone knows what it runs": (
        "deploy/images/health.py",
        "from deploy.provisioning import parts",
        ROOMS,
    ),
    "the command line sets up": ("deploy/cli/doctor.py", "from deploy.setup import browser", ROOMS),
    "setting up needs shared": ("deploy/setup/bootstrap.py", "from shared import money", SETUP),
    "setting up needs another room": ("deploy/setup/browser.py", "from deploy.provisioning import files", SETUP),
    "a rule imports a framework": ("services/payments/claims/domain/claims.py", "import sqlalchemy", PURE),
    "a rule reads the clock": ("services/people/domain.py", "import time", PURE),
    "a rule imports a framework through shared": ("shared/reasons.py", "import pydantic", PURE),
    "events know the database": ("shared/events/base.py", "from shared import db", SHARED),
    "a new module in shared": ("shared/helpers.py", "", SHARED),
}

FILE_WORDS = {
    "pages",
    "api",
    "consumers",
    "use_cases",
    "queries",
    "invariants",
    "gateways",
    "tables",
    "domain",
    "drawing",
}
"""What a file (or a package in its place) of a feature is called."""

IN_A_FEATURE = {
    "its rule imports a framework": ("domain", "import sqlalchemy", {PURE}),
    "its rule reads the clock": ("domain", "import time", {PURE}),
    "its rule knows a table": ("domain", "from services.feedback.thanking import tables", {FEATURE, RULES}),
    "its rule knows a use case": ("domain", "from services.feedback.thanking import use_cases", {FEATURE, RULES}),
    "its rule knows the service's reads": ("domain", "from services.feedback import queries", {RULES}),
    "its table knows a use case": ("tables", "from services.feedback.thanking import use_cases", {FEATURE, RECORDS}),
    "its table knows the service's reads": ("tables", "from services.feedback import queries", {RECORDS}),
    "its use case knows a page": ("use_cases", "from services.feedback.thanking import pages", {FEATURE, WORK}),
    "its use case knows the service's page": ("use_cases", "from services.feedback.pages import staff", {WORK}),
    "its read knows a route": ("queries", "from services.feedback.thanking import api", {FEATURE, WORK}),
    "its read knows who hears": ("queries", "from services.feedback import consumers", {WORK}),
    "its page knows a route": ("pages", "from services.feedback.thanking import api", {FEATURE}),
}
"""file word, what it says there, the contracts that must see it."""


def contracts_of(root: Path) -> list[dict[str, Any]]:
    return tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


@dataclass(frozen=True)
class Copy:
    """A copy of what the contracts are about, which each test leaves as it was, and who looks at it."""

    root: Path
    questions: IO[str]
    answers: IO[str]

    def lint(self, *contracts: str) -> tuple[int, str]:
        """The exit code of `lint-imports`, and what it says. contracts: how the names begin of those that it looks at,
        instead of all."""
        ids = (
            [each["id"] for each in contracts_of(self.root) if each["name"].startswith(contracts)] if contracts else []
        )
        assert len(ids) == len(contracts)
        self.questions.write(json.dumps([f"--contract={each}" for each in ids]) + "\n")
        self.questions.flush()
        code, said = json.loads(self.answers.readline())
        return code, said

    @contextlib.contextmanager
    def saying(self, file: str, statement: str) -> Iterator[None]:
        """Meanwhile the file says this at its end; one that is not there is made."""
        path = place_of(self.root, file)
        before = path.read_text() if path.exists() else None
        path.write_text(f"{before or ''}\n{statement}\n")
        try:
            yield
        finally:
            path.unlink() if before is None else path.write_text(before)

    @contextlib.contextmanager
    def with_a_feature(self) -> Iterator[Path]:
        """Meanwhile feedback has one that nobody has put on a list yet."""
        folder = self.root / "services/feedback/thanking"
        add_feature(folder)
        try:
            yield folder
        finally:
            shutil.rmtree(folder)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    root = tmp_path_factory.mktemp("copy")
    for package in ("shared", "services", "deploy"):
        shutil.copytree(
            ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__", "templates", "assets")
        )
    shutil.copy(ROOT / "pyproject.toml", root)
    with subprocess.Popen(
        [sys.executable, "-c", LINTER], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as linter:
        assert linter.stdin and linter.stdout
        copied = Copy(root, linter.stdin, linter.stdout)
        yield copied
        assert copied.lint()[0] == 0, "a test has left something behind"
        linter.stdin.close()


def broken(output: str) -> list[str]:
    return [line for line in output.splitlines() if line.endswith("BROKEN")]


def test_the_import_contracts_hold(copy: Copy) -> None:
    code, said = copy.lint()
    assert code == 0, said


ONE_OF_A_CONTRACT = {contract: what for what, (_, _, contract) in reversed(VIOLATIONS.items())}.values()


@pytest.mark.parametrize(
    ("file", "statement", "contract"),
    [
        pytest.param(*each, id=what, marks=[] if what in ONE_OF_A_CONTRACT else pytest.mark.slow)
        for what, each in VIOLATIONS.items()
    ],
)
def test_the_guard_fails_when_a_contract_is_broken(copy: Copy, file: str, statement: str, contract: str) -> None:
    with copy.saying(file, statement):
        code, said = copy.lint(contract)
    assert code == 1, said
    assert any(line.startswith(contract) for line in broken(said)), said


@pytest.fixture(scope="module")
def broken_by_a_feature(copy: Copy) -> set[str]:
    """What a feature breaks that nobody has put on a list yet, before anything is wrong in it."""
    with copy.with_a_feature():
        return set(broken(copy.lint()[1]))


ONE_OF_A_WORD = {word: what for what, (word, _, contracts) in reversed(IN_A_FEATURE.items()) if len(contracts) > 1}
FEW = {"its rule imports a framework", "its page knows a route", *ONE_OF_A_WORD.values()}
PAIRS = crossed(IN_A_FEATURE, ["in a file", "in a package"])


@pytest.mark.parametrize(
    ("what", "kept"),
    [each if each.values[0] in FEW else pytest.param(*each.values, marks=pytest.mark.slow) for each in PAIRS],
)
def test_the_guard_sees_into_the_folder_of_a_feature(
    copy: Copy, broken_by_a_feature: set[str], what: str, kept: str
) -> None:
    """Each file word and each contract; in make slow each pair of them, once as a file and once as a package."""
    word, statement, contracts = IN_A_FEATURE[what]
    with copy.with_a_feature() as feature:
        path = feature / f"{word}.py"
        if kept == "in a package":
            path = path.rename(add_package(path.with_suffix("")) / "parts.py")
        path.write_text(f"{statement}\n")
        seen = set(broken(copy.lint(*contracts)[1])) - broken_by_a_feature
    assert {contract for contract in contracts if any(line.startswith(contract) for line in seen)} == contracts


def add_feature(folder: Path) -> None:
    for word in FILE_WORDS:
        (add_package(folder) / f"{word}.py").touch()


def add_package(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "__init__.py").touch()
    return folder


def unnamed(contracts: list[dict[str, Any]], services: set[str]) -> set[str]:
    """Services that the contract of independence, or that of what lies inside a service, forgets."""
    independent = {name for each in contracts if each["id"] == "independent" for name in each["modules"]}
    inside = {
        name for each in contracts if each["type"] == "layers" and each.get("exhaustive") for name in each["containers"]
    }
    return services - (independent & inside)


def test_the_contracts_name_every_service() -> None:
    contracts = contracts_of(ROOT)
    services = {f"services.{path.parent.name}" for path in ROOT.glob("services/*/app.py")}
    assert len(services) > 6 and unnamed(contracts, services) == set()
    assert unnamed(contracts, {"services.gardens"}) == {"services.gardens"}


def features(services: Path) -> dict[str, set[str]]:
    """The folders that hold a file word inside, each with what it holds. Packages of a file word are no features."""
    held = {
        folder: {path.stem for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
        for folder in services.glob("*/*/")
        if folder.name not in FILE_WORDS | {"migrations"}
    }
    return {
        str(folder.relative_to(services)): names - {"__init__"} for folder, names in held.items() if names & FILE_WORDS
    }


def test_a_feature_has_the_same_file_words_as_a_service() -> None:
    assert {name: names - FILE_WORDS for name, names in features(ROOT / "services").items() if names - FILE_WORDS} == {}


def test_a_file_of_a_feature_with_another_name_is_seen(tmp_path: Path) -> None:
    add_package(tmp_path / "feedback")
    add_feature(tmp_path / "feedback/thanking")
    (tmp_path / "feedback/thanking/helpers.py").touch()
    assert features(tmp_path)["feedback/thanking"] - FILE_WORDS == {"helpers"}


@pytest.mark.parametrize("path", sorted((ROOT / "deploy" / "setup").glob("*.py")), ids=lambda path: path.name)
def test_setting_up_needs_the_standard_library_alone(path: Path) -> None:
    """It runs before anything is installed."""
    assert imported_by(path.read_text()) <= {*sys.stdlib_module_names}


def test_an_import_that_must_be_installed_first_is_seen() -> None:
    assert imported_by("import os.path\ndef late() -> None:\n    from httpx import Client") == {"os", "httpx"}


def imported_by(source: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." if node.level else str(node.module).partition(".")[0])
    return found


def place_of(root: Path, file: str) -> Path:
    """The file, whether its module is one file or has become a package (or the other way round)."""
    path = root / file
    if path.name == "__init__.py" and not path.exists():
        return path.parent.with_suffix(".py")
    if not path.exists() and path.with_suffix("").is_dir():
        return path.with_suffix("") / "__init__.py"
    return path
