"""The import contracts hold, and the guard fails when one is broken: each violation is put into a copy of the tree."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")

FLOORS = "deploy runs services, services stand on shared"
INDEPENDENT = "Services know nothing of each other"
LAYERS = "Inside a service, each layer knows only those below"
GATEWAY = "Inside the gateway"
OPERATORS = "Inside the operators' app"
ROOMS = "deploy is a list of rooms"
SETUP = "Setting up needs nothing"
PURE = "Rules are pure"
SHARED = "shared is a list of floors"

VIOLATIONS = {
    "a service imports another": ("services/payments/tables.py", "from services.people import domain", INDEPENDENT),
    "a service imports deploy": ("services/feedback/queries.py", "import deploy.local.processes", FLOORS),
    "shared imports a service": ("shared/money.py", "from services.payments import domain", FLOORS),
    "tables import use cases": ("services/people/tables.py", "from services.people import use_cases", LAYERS),
    "use cases import pages": ("services/opportunities/use_cases/__init__.py", "from services.opportunities import pages", LAYERS),
    "pages import consumers": ("services/feedback/pages/__init__.py", "from services.feedback import consumers", LAYERS),
    "a module that is no layer": ("services/payments/helpers.py", "", LAYERS),
    "the gateway imports a service": ("services/gateway/pressure.py", "from services.people import domain", INDEPENDENT),
    "a service imports the operators' app": ("services/payments/api.py", "from services.operators import way", INDEPENDENT),
    "the gateway's way out knows its way in": ("services/gateway/egress.py", "from services.gateway import parking", GATEWAY),
    "the carrier knows the gateway": ("services/gateway/carrier.py", "from services.gateway import gateway", GATEWAY),
    "a module that is no layer of the gateway": ("services/gateway/helpers.py", "", GATEWAY),
    "a claim's way is drawn by itself": ("services/operators/way.py", "from services.operators import waterfall", OPERATORS),
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
    "what is in the image alone knows what it runs": ("deploy/images/health.py", "from deploy.provisioning import parts", ROOMS),
    "the command line sets up": ("deploy/cli/doctor.py", "from deploy.setup import browser", ROOMS),
    "setting up needs shared": ("deploy/setup/bootstrap.py", "from shared import money", SETUP),
    "setting up needs another room": ("deploy/setup/browser.py", "from deploy.provisioning import files", SETUP),
    "a rule imports a framework": ("services/payments/domain/__init__.py", "import sqlalchemy", PURE),
    "a rule reads the clock": ("services/people/domain.py", "import time", PURE),
    "a rule imports a framework through shared": ("shared/reasons.py", "import pydantic", PURE),
    "events know the database": ("shared/events/base.py", "from shared import db", SHARED),
    "a new module in shared": ("shared/helpers.py", "", SHARED),
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what the contracts are about."""
    for package in ("shared", "services", "deploy"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "templates", "assets"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def check_imports(directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([LINT_IMPORTS, "--no-logo", "--no-cache"], cwd=directory, capture_output=True, text=True, timeout=90, check=False)


def broken(output: str) -> list[str]:
    return [line for line in output.splitlines() if line.endswith("BROKEN")]


def test_the_import_contracts_hold(copy: Path) -> None:
    done = check_imports(copy)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("file", "statement", "contract"), VIOLATIONS.values(), ids=VIOLATIONS)
def test_the_guard_fails_when_a_contract_is_broken(copy: Path, file: str, statement: str, contract: str) -> None:
    path = place_of(copy, file)
    path.write_text((path.read_text() if path.exists() else "") + f"\n{statement}\n")
    done = check_imports(copy)
    assert done.returncode == 1, done.stdout + done.stderr
    assert any(line.startswith(contract) for line in broken(done.stdout)), done.stdout


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
